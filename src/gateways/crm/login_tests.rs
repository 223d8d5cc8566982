//! The service's login against a scripted Sugar: every grant is counted.

use futures_util::future::join_all;
use serde_json::json;

use super::super::scripted::{Reply, Scripted, StillClock, refusal, reply, tokens};
use super::*;

struct Fixture {
    sugar: Scripted,
    login: ServiceLogin,
    clock: Arc<StillClock>,
}

async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let sugar = Scripted::start(replies).await;
    let clock = Arc::new(StillClock::default());
    let credentials = Credentials {
        username: "riverline".to_owned(),
        password: "pass & wörd".into(),
        client_id: "sugar".to_owned(),
        client_secret: String::new().into(),
        platform: "riverline".to_owned(),
    };
    let rest = Rest::new(&sugar.url, "v11", Duration::from_secs(5)).unwrap();
    let login = ServiceLogin::new(rest, credentials, clock.clone());
    Fixture {
        sugar,
        login,
        clock,
    }
}

fn shown(granted: &Granted) -> &str {
    granted.token.0.expose_secret()
}

#[test]
fn the_form_becomes_json_with_the_same_members() {
    let form = b"grant_type=password&username=a%26b&password=p+%C3%A9%3D&client_secret=";
    assert_eq!(
        form_as_json(form),
        json!({"grant_type": "password", "username": "a&b", "password": "p é=", "client_secret": ""})
    );
}

#[tokio::test]
async fn the_first_call_signs_in_with_json_and_the_others_share_its_token() {
    let it = fixture([tokens(1)]).await;
    let all = join_all((0..20).map(|_| it.login.token())).await;
    assert!(
        all.iter()
            .all(|granted| shown(granted.as_ref().unwrap()) == "access-1")
    );
    let asked = it.sugar.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].head.starts_with("post /rest/v11/oauth2/token "));
    assert!(asked[0].head.contains("content-type: application/json"));
    assert_eq!(
        asked[0].body,
        json!({
            "grant_type": "password", "username": "riverline", "password": "pass & wörd",
            "client_id": "sugar", "client_secret": "", "platform": "riverline",
        })
    );
}

#[tokio::test]
async fn a_token_near_its_end_is_refreshed_with_the_newest_refresh_token() {
    let it = fixture([tokens(1), tokens(2), tokens(3)]).await;
    it.login.token().await.unwrap();
    it.clock.advance_s(3_600 - 61);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-1");
    it.clock.advance_s(1);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-2");
    it.clock.advance_s(3_600);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-3");
    assert_eq!(
        it.sugar.grants(),
        ["password", "refresh_token", "refresh_token"]
    );
    let asked = it.sugar.asked();
    assert_eq!(asked[2].body["refresh_token"], "refresh-2");
    assert_eq!(asked[2].body["platform"], "riverline");
}

#[tokio::test]
async fn a_dead_token_is_replaced_once_for_all_who_met_it() {
    let it = fixture([tokens(1), tokens(2)]).await;
    let dead = it.login.token().await.unwrap().generation;
    let all = join_all((0..20).map(|_| it.login.replace(dead))).await;
    assert!(
        all.iter()
            .all(|granted| shown(granted.as_ref().unwrap()) == "access-2")
    );
    assert_eq!(it.sugar.grants(), ["password", "refresh_token"]);
}

#[tokio::test]
async fn a_refused_refresh_means_one_full_login_whatever_sugar_calls_it() {
    for refused in [
        refusal(400, "invalid_grant"),
        refusal(401, "need_login"),
        refusal(401, "invalid_grant"),
        refusal(422, "invalid_parameter"),
        reply(400, json!({"no": "label"})),
    ] {
        let it = fixture([tokens(1), refused, tokens(2)]).await;
        let dead = it.login.token().await.unwrap().generation;
        assert_eq!(shown(&it.login.replace(dead).await.unwrap()), "access-2");
        assert_eq!(it.sugar.grants(), ["password", "refresh_token", "password"]);
    }
}

#[tokio::test]
async fn a_refused_password_is_not_tried_again_for_a_minute() {
    let it = fixture([refusal(401, "need_login"), tokens(1)]).await;
    let refused = CrmError::LoginRefused {
        code: "need_login".to_owned(),
    };
    assert_eq!(it.login.token().await.unwrap_err(), refused);
    it.clock.advance_s(59);
    assert_eq!(it.login.token().await.unwrap_err(), refused);
    assert_eq!(it.sugar.asked().len(), 1);
    it.clock.advance_s(1);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-1");
}

#[tokio::test]
async fn all_who_wait_for_a_sugar_that_is_down_share_one_failure() {
    let busy = Reply(
        503,
        "Retry-After: 7\r\n",
        "<html>maintenance</html>".to_owned(),
    );
    let it = fixture([busy, tokens(1)]).await;
    let expected = CrmError::Busy {
        retry_after_s: Some(7),
    };
    for outcome in join_all((0..20).map(|_| it.login.token())).await {
        assert_eq!(outcome.unwrap_err(), expected);
    }
    assert_eq!(it.sugar.asked().len(), 1);
    assert!(it.login.token().await.is_ok());
}

#[tokio::test]
async fn an_outage_during_a_refresh_does_not_lose_the_pair() {
    let it = fixture([tokens(1), refusal(429, "slow_down"), tokens(2)]).await;
    let dead = it.login.token().await.unwrap().generation;
    let expected = CrmError::Busy {
        retry_after_s: None,
    };
    assert_eq!(it.login.replace(dead).await.unwrap_err(), expected);
    assert_eq!(shown(&it.login.replace(dead).await.unwrap()), "access-2");
    assert_eq!(
        it.sugar.grants(),
        ["password", "refresh_token", "refresh_token"]
    );
}

#[tokio::test]
async fn what_is_not_a_token_answer_is_an_error_of_its_own_and_shows_no_token() {
    let page = |status| {
        Reply(
            status,
            "Content-Type: text/html\r\n",
            "<html></html>".to_owned(),
        )
    };
    let half = json!({"access_token": "secret-half", "expires_in": 3600});
    let huge = Reply(200, "", format!("{{\"x\":\"{}\"}}", "x".repeat(5 << 20)));
    let elsewhere = Reply(302, "Location: http://127.0.0.1:1/\r\n", String::new());
    for answer in [
        page(200),
        page(403),
        page(500),
        reply(200, half),
        reply(200, json!([])),
        huge,
        elsewhere,
    ] {
        let status = answer.0;
        let it = fixture([answer]).await;
        let error = it.login.token().await.unwrap_err();
        assert!(
            matches!(error, CrmError::BadAnswer { .. }),
            "{status}: {error:?}"
        );
        assert!(error.is_temporary());
        assert!(!format!("{error:?} {error}").contains("secret-half"));
        assert_eq!(it.sugar.asked().len(), 1);
    }
}
