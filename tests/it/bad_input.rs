//! Bad input gets a sentence, loses nothing and never stops the service.

use crate::support::service::send;
use crate::support::{Service, at};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn texts_that_cannot_be_sent_are_refused_with_a_sentence() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    service.sign_in("sarah").await;
    let chat = sally.chat_with("seed_sarah_id").await;
    let session = sally.text_contact("seed_gus_dales_id").await;
    let chat_long = "x".repeat(4_001);
    let sms_long = "x".repeat(1_601);
    for (conversation, text, status, code) in [
        (&chat, "", 422, "text_empty"),
        (&chat, " \n\t ", 422, "text_empty"),
        (&chat, "a\0b", 400, "bad_request"),
        (&chat, chat_long.as_str(), 422, "text_too_long"),
        (&session, sms_long.as_str(), 422, "text_too_long"),
    ] {
        let path = format!("/v1/conversations/{conversation}/messages");
        let answer = sally
            .call(Method::POST, &path, Some(json!({"text": text})))
            .await;
        assert_eq!(answer.problem(), (status, code.to_owned()));
        assert!(at(&answer.body, "detail").ends_with('.'));
    }
    assert!(sally.texts(&chat).await.is_empty() && sally.texts(&session).await.is_empty());
}

#[tokio::test]
async fn contacts_without_a_usable_mobile_are_refused_with_a_sentence() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    for contact in ["seed_nora_nomobile_id", "seed_hal_textless_id"] {
        let body = json!({"module": "Contacts", "record_id": contact});
        let answer = sally
            .call(Method::POST, "/v1/sms-sessions", Some(body))
            .await;
        assert_eq!(answer.problem(), (422, "no_usable_number".to_owned()));
        assert!(
            at(&answer.body, "detail").contains("mobile number"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn malformed_requests_are_4xx_with_a_code() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let post = |path: &str| {
        service
            .request(Method::POST, path)
            .bearer_auth(&sally.token)
            .header("Content-Type", "application/json")
    };
    let huge = format!("{{\"member_ids\":[\"{}\"]}}", "x".repeat(70_000));
    for (path, body, code) in [
        ("/v1/chats", "{", (400, "bad_request")),
        ("/v1/chats", "[]", (400, "bad_request")),
        (
            "/v1/chats",
            "{\"member_ids\":[\"a b\"]}",
            (400, "bad_request"),
        ),
        (
            "/v1/chats",
            "{\"member_ids\":[\"nobody\"]}",
            (404, "not_found"),
        ),
        ("/v1/chats", "{\"member_ids\":[]}", (400, "bad_request")),
        (
            "/v1/chats",
            "{\"member_ids\":[\"x\"],\"more\":1}",
            (400, "unknown_field"),
        ),
        ("/v1/chats", huge.as_str(), (413, "payload_too_large")),
        (
            "/v1/sms-sessions",
            "{\"module\":\"Opportunities\",\"record_id\":\"1\"}",
            (400, "bad_request"),
        ),
        (
            "/v1/sms-sessions",
            "{\"peer\":\"+14155552671\"}",
            (400, "bad_request"),
        ),
        ("/v1/nothing", "{}", (404, "not_found")),
        ("/v1/state", "{}", (405, "method_not_allowed")),
        (
            "/v1/conversations/none/messages",
            "{\"text\":\"x\"}",
            (404, "conversation_not_found"),
        ),
    ] {
        let answer = send(post(path).body(body.to_owned())).await;
        assert_eq!(
            answer.problem(),
            (code.0, code.1.to_owned()),
            "{path} {}",
            &body[..body.len().min(60)]
        );
    }
    let text = service
        .request(Method::POST, "/v1/chats")
        .bearer_auth(&sally.token)
        .body("hello");
    assert_eq!(send(text).await.problem(), (400, "bad_request".to_owned()));
    for query in ["limit=0", "limit=101", "limit=x", "more=1"] {
        let answer = sally
            .call(Method::GET, &format!("/v1/members?{query}"), None)
            .await;
        assert_eq!(answer.problem(), (400, "bad_request".to_owned()), "{query}");
    }
    sally.get("/v1/state").await;
    assert!(!service.log().contains("panicked"), "{}", service.log());
}

#[tokio::test]
async fn calls_of_unknown_carriers_are_refused() {
    let service = Service::start().await;
    let secret = crate::support::service::GATEWAY_SECRET;
    let text = json!({"id": "1", "from": "+14155552671", "to": "+14155559999", "text": "x"});
    for (path, body, status) in [
        ("/gateways/none/s/inbound".to_owned(), text, 404),
        (
            format!("/gateways/sim/{secret}/status/none"),
            json!({"status": "sent"}),
            400,
        ),
    ] {
        let answer = service.call(Method::POST, &path, None, Some(body)).await;
        assert_eq!(answer.problem().0, status, "{path}");
    }
    // Anything but 2xx would have the carrier repeat it for a day.
    let path = format!("/gateways/sim/{secret}/status/0199f3a0-0000-7000-8000-000000000001");
    let receipt = json!({"status": "sent"});
    let answer = service.call(Method::POST, &path, None, Some(receipt)).await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn nothing_private_is_in_the_log() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact("seed_gus_dales_id").await;
    sally.say(&session, "the secret recipe").await;
    service
        .phone()
        .text("+14155552671", "the secret answer")
        .await;
    service.sugar.switch("maintenance", true).await;
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    crate::support::eventually("the job is tried", || async {
        service.log().contains("tried again later").then_some(())
    })
    .await;
    let log = service.log();
    let private = [
        "secret",
        "4155552671",
        "Gus",
        "rls_",
        &sally.sugar_token,
        "password",
    ];
    for word in private {
        assert!(!log.contains(word), "{word} is in the log:\n{log}");
    }
}
