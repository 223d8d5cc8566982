//! An integrator with a key alone.

use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::json;

const GUS_PHONE: &str = "+14155552671";

#[tokio::test]
async fn a_key_texts_a_number_reads_the_answer_closes_and_sees_the_note() {
    let service = Service::start().await;
    let key = service.key(&[]);
    let call = async |method: Method, path: &str, body| {
        service.call(method, path, Some(&key), body).await.ok()
    };
    let opened = call(
        Method::POST,
        "/v1/sms-sessions",
        Some(json!({"peer": "+1 415 555 2671"})),
    )
    .await;
    let session = at(&opened, "id").to_owned();
    let messages = format!("/v1/conversations/{session}/messages");
    call(
        Method::POST,
        &messages,
        Some(json!({"text": "Your parcel is here."})),
    )
    .await;
    eventually("the phone has it", || async {
        let texts = service.phone().texts_to(GUS_PHONE).await;
        (texts == ["Your parcel is here."]).then_some(())
    })
    .await;
    service.phone().text(GUS_PHONE, "Coming!").await;
    eventually("the key reads the answer", || async {
        let page = call(Method::GET, &messages, None).await;
        (page["items"][0]["text"] == "Coming!").then_some(())
    })
    .await;
    call(
        Method::POST,
        &format!("/v1/sms-sessions/{session}/close"),
        Some(json!({})),
    )
    .await;
    let note = eventually("the Note is saved", || async {
        let found = call(Method::GET, &format!("/v1/conversations/{session}"), None).await;
        let note = found["session"]["note"].clone();
        (note["state"] == "saved").then_some(note)
    })
    .await;
    assert!(!at(&note, "id").is_empty());
}

#[tokio::test]
async fn a_key_s_texts_pop_up_for_nobody_until_the_peer_answers() {
    let service = Service::start().await;
    let key = service.key(&[]);
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let body = Some(json!({"peer": GUS_PHONE}));
    let opened = service
        .call(Method::POST, "/v1/sms-sessions", Some(&key), body)
        .await
        .ok();
    let path = format!("/v1/conversations/{}", at(&opened, "id"));
    let text = Some(json!({"text": "Your parcel is here."}));
    service
        .call(Method::POST, &format!("{path}/messages"), Some(&key), text)
        .await
        .ok();
    eventually("the record is found", || async {
        let found = service
            .call(Method::GET, &path, Some(&key), None)
            .await
            .ok();
        found["session"]["record"].is_object().then_some(())
    })
    .await;
    assert_eq!(sally.get("/v1/state").await["conversations"], json!([]));
    service.phone().text(GUS_PHONE, "Thanks!").await;
    assert_eq!(panel.message().await, "Your parcel is here.");
    assert_eq!(panel.message().await, "Thanks!");
}

#[tokio::test]
async fn scopes_and_numbers_bound_what_a_key_may_do() {
    let service = Service::start().await;
    let reader = service.key(&["--scopes", "sms:read"]);
    let body = Some(json!({"peer": GUS_PHONE}));
    let answer = service
        .call(
            Method::POST,
            "/v1/sms-sessions",
            Some(&reader),
            body.clone(),
        )
        .await;
    assert_eq!(answer.problem(), (403, "scope_missing".to_owned()));
    let members = service
        .call(Method::GET, "/v1/members", Some(&reader), None)
        .await;
    assert_eq!(members.problem(), (403, "scope_missing".to_owned()));
    let elsewhere = service.key(&["--numbers", "other"]);
    let answer = service
        .call(
            Method::POST,
            "/v1/sms-sessions",
            Some(&elsewhere),
            body.clone(),
        )
        .await;
    assert_eq!(answer.problem(), (409, "no_number_configured".to_owned()));
    let full = service.key(&[]);
    let opened = service
        .call(Method::POST, "/v1/sms-sessions", Some(&full), body)
        .await
        .ok();
    let path = format!("/v1/conversations/{}", at(&opened, "id"));
    let hidden = service
        .call(Method::GET, &path, Some(&elsewhere), None)
        .await;
    assert_eq!(hidden.problem(), (404, "conversation_not_found".to_owned()));
    let state = service
        .call(Method::GET, "/v1/state", Some(&full), None)
        .await;
    assert_eq!(state.problem(), (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn keys_are_listed_without_their_secret_and_revoked_at_once() {
    let service = Service::start().await;
    let key = service.key(&[]);
    service
        .call(Method::GET, "/v1/numbers", Some(&key), None)
        .await
        .ok();
    let listed = String::from_utf8(service.command(&["keys", "list"]).stdout).unwrap();
    assert!(
        listed.contains("sms:send") && listed.contains("used 20"),
        "{listed}"
    );
    assert!(
        !listed.contains(&key) && !listed.contains("rlk_"),
        "{listed}"
    );
    let id = listed.split_whitespace().next().unwrap();
    assert!(service.command(&["keys", "revoke", id]).status.success());
    let answer = service
        .call(Method::GET, "/v1/numbers", Some(&key), None)
        .await;
    assert_eq!(answer.problem(), (401, "token_invalid".to_owned()));
    assert!(!service.command(&["keys", "revoke", id]).status.success());
    let stored = service.stored();
    let holds = |text: &str| {
        let text = text.as_bytes();
        stored.windows(text.len()).any(|window| window == text)
    };
    assert!(holds(id), "nothing was found at all");
    assert!(!holds(&key), "the key is stored");
}
