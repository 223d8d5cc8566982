//! Signing in, staying, going.

use crate::support::{Panel, Service, at};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn sugar_says_who_the_panel_is() {
    let service = Service::start().await;
    let sugar_token = service.sugar.sign_in("admin", "base").await;
    let body = json!({"browser_id": "b"});
    let answer = service
        .call(Method::POST, "/v1/sign-in", Some(&sugar_token), Some(body))
        .await;
    let answer = answer.ok();
    assert_eq!(
        (at(&answer, "member.id"), &answer["admin"]),
        ("1", &json!(true))
    );
    assert!(at(&answer, "token").starts_with("rls_"));
}

#[tokio::test]
async fn machines_are_no_members_though_sugar_lets_them_in() {
    let service = Service::start().await;
    // A group user gets no token: Sugar does not let it in at all.
    for machine in ["portal", "riverline"] {
        let token = service.sugar.sign_in(machine, "base").await;
        let body = Some(json!({"browser_id": "b"}));
        let refused = service
            .call(Method::POST, "/v1/sign-in", Some(&token), body)
            .await;
        assert_eq!(
            refused.problem(),
            (403, "not_a_member".to_owned()),
            "{machine}"
        );
    }
    // Who was deactivated and is not any more is let in before the list is read again.
    let admin = service.sugar.sign_in("admin", "base").await;
    let active = Some(json!({"status": "Active"}));
    let path = "Users/seed_retired_id";
    let sugar = &service.sugar;
    sugar.rest(Method::PUT, path, Some(&admin), active).await;
    let rita = service.sign_in("retired").await;
    let me = rita.get("/v1/state").await;
    assert_eq!(at(&me, "me.title"), "Account Rep");
}

#[tokio::test]
async fn dead_tokens_and_strangers_are_told_what_to_do() {
    let service = Service::start().await;
    let sign_in = async |token: Option<&str>| {
        let body = Some(json!({"browser_id": "b"}));
        service
            .call(Method::POST, "/v1/sign-in", token, body)
            .await
            .problem()
    };
    assert_eq!(
        sign_in(Some("nonsense")).await,
        (401, "sugar_token_invalid".to_owned())
    );
    assert_eq!(sign_in(None).await, (401, "token_missing".to_owned()));
    service.sugar.switch("html_502", true).await;
    assert_eq!(
        sign_in(Some("anything")).await,
        (503, "sugar_unreachable".to_owned())
    );
    let ours = service
        .call(Method::GET, "/v1/state", Some("rls_wrong"), None)
        .await;
    assert_eq!(ours.problem(), (401, "token_invalid".to_owned()));
}

#[tokio::test]
async fn logging_out_ends_every_tab_of_the_browser_and_no_other() {
    let service = Service::start().await;
    let (first, second) = (
        service.sign_in("sally").await,
        service.sign_in("sally").await,
    );
    let elsewhere = {
        let body = Some(json!({"browser_id": "at home"}));
        let token = service.sugar.sign_in("sally", "mobile").await;
        let refused = service
            .call(Method::POST, "/v1/sign-in", Some(&token), body)
            .await;
        assert_eq!(refused.problem().0, 400, "ids hold no blanks");
        let body = Some(json!({"browser_id": "at-home"}));
        let answer = service
            .call(Method::POST, "/v1/sign-in", Some(&token), body)
            .await
            .ok();
        at(&answer, "token").to_owned()
    };
    let mut tab = Panel::connect(&service.url, &second.token, None).await;
    let mut home = Panel::connect(&service.url, &elsewhere, None).await;
    assert_eq!(
        first.call(Method::DELETE, "/v1/sign-in", None).await.status,
        204
    );
    assert_eq!(tab.closed().await.code, 4401);
    assert_eq!(
        first.call(Method::GET, "/v1/state", None).await.problem().0,
        401
    );
    home.send(&json!({"type": "ping"})).await;
    home.until(|frame| frame["type"] == "pong").await;
}

#[tokio::test]
async fn a_token_that_is_not_renewed_ends_and_one_that_is_stays() {
    let service = Service::with(&["limits.token_ttl_s=60", "limits.ping_s=1"]).await;
    let sally = service.sign_in("sally").await;
    let renewed = sally.call(Method::PUT, "/v1/sign-in", None).await.ok();
    assert!(at(&renewed, "expires_at").ends_with('Z'));
    let jim = service.sugar.sign_in("jim", "base").await;
    let request = service
        .request(Method::PUT, "/v1/sign-in")
        .bearer_auth(&sally.token);
    let stolen = crate::support::service::send(request.header("Sugar-Token", jim)).await;
    assert_eq!(stolen.problem(), (401, "token_invalid".to_owned()));
}

#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_right_ones_are_not() {
    let service = Service::with(&["limits.failed_tokens_per_minute=3"]).await;
    let sally = service.sign_in("sally").await;
    let mut codes = Vec::new();
    for n in 0..5 {
        let token = format!("rls_wrong{n}");
        let answer = service
            .call(Method::GET, "/v1/state", Some(&token), None)
            .await;
        codes.push(answer.problem().0);
    }
    assert_eq!(codes, [401, 401, 401, 429, 429]);
    sally.get("/v1/state").await;
    Panel::connect(&service.url, &sally.token, None).await;
    let mut wrong = Panel::silent(&service.url).await;
    wrong
        .send(&json!({"type": "hello", "token": "rls_wrong"}))
        .await;
    assert_eq!(wrong.closed().await.code, 4429);
}

#[tokio::test]
async fn only_configured_pages_may_talk_to_the_service() {
    let service = Service::start().await;
    let preflight = async |origin: &str| {
        let request = service
            .request(Method::OPTIONS, "/v1/sms-sessions")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "authorization,content-type,sugar-token",
            );
        request.send().await.unwrap()
    };
    let ours = preflight(&service.sugar.url).await;
    let headers = ours.headers();
    assert_eq!(
        headers["access-control-allow-origin"],
        service.sugar.url.as_str()
    );
    assert!(headers.get("access-control-allow-credentials").is_none());
    assert!(
        headers["vary"]
            .to_str()
            .unwrap()
            .to_lowercase()
            .contains("origin")
    );
    let foreign = preflight("https://evil.example").await;
    assert!(
        foreign
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
    assert!(
        Panel::open(&service.url, Some("https://evil.example"))
            .await
            .is_err()
    );
    assert!(
        Panel::open(&service.url, Some(&service.sugar.url))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn members_come_from_sugar_without_machines() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let names = crate::support::eventually("the members are read", || async {
        let page = sally.get("/v1/members").await;
        let items = page["items"].as_array().unwrap();
        let names: Vec<String> = items
            .iter()
            .map(|item| at(item, "name").to_owned())
            .collect();
        (names.len() > 1).then_some(names)
    })
    .await;
    assert!(names.contains(&"Sarah Smith".to_owned()), "{names:?}");
    for machine in [
        "Riverline Service",
        "Support Queue",
        "Portal API",
        "Rita Retired",
    ] {
        assert!(
            !names.contains(&machine.to_owned()),
            "{machine} is no member: {names:?}"
        );
    }
    let me = sally.get("/v1/state").await;
    assert_eq!(at(&me, "me.title"), "Account Rep West");
}

#[tokio::test]
async fn behind_a_proxy_wrong_tokens_count_against_the_client() {
    let sets = [
        "limits.failed_tokens_per_minute=1",
        "listen.behind_proxy=true",
    ];
    let service = Service::with(&sets).await;
    let mut codes = Vec::new();
    for forwarded in [
        "203.0.113.7",
        "203.0.113.7",
        "198.51.100.1",
        "203.0.113.7, 198.51.100.2",
    ] {
        let request = service
            .request(Method::GET, "/v1/state")
            .bearer_auth("rls_wrong")
            .header("X-Forwarded-For", forwarded);
        codes.push(crate::support::service::send(request).await.problem().0);
    }
    assert_eq!(codes, [401, 429, 401, 401]);
}

#[tokio::test]
async fn the_internal_listener_says_how_it_is() {
    let service = Service::start().await;
    let _panel = service.panel("sally").await;
    let get = async |path: &str| {
        let url = format!("{}{path}", service.internal);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    };
    let ready = get("/readyz").await;
    assert!(
        ready.contains("\"status\":\"ready\"") && ready.contains("Sugar 14"),
        "{ready}"
    );
    let metrics = get("/metrics").await;
    assert!(metrics.contains("riverline_panels 1\n"), "{metrics}");
    let public = service.call(Method::GET, "/metrics", None, None).await;
    assert_eq!(public.problem().0, 404);
}
