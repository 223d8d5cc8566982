//! Two members chat.

use crate::support::panel::message_id;
use crate::support::{Panel, Service, at};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_message_reaches_every_tab_of_both_once_and_in_order() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let chat_id = {
        service.sign_in("sarah").await;
        sally.chat_with("seed_sarah_id").await
    };
    let mut first_tab = Panel::connect(&service.url, &sally.token, None).await;
    let mut second_tab = Panel::connect(&service.url, &sally.token, None).await;
    let mut sarah = service.panel("sarah").await;
    for text in ["one", "two", "three"] {
        let id = message_id();
        let ok = first_tab.say(&chat_id, &id, text).await;
        assert_eq!(
            (at(&ok, "type"), at(&ok, "message_id")),
            ("ok", id.as_str())
        );
    }
    for panel in [&mut second_tab, &mut sarah] {
        for text in ["one", "two", "three"] {
            assert_eq!(panel.message().await, text);
        }
    }
}

#[tokio::test]
async fn a_colleague_who_is_offline_finds_it_later_with_a_count() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    service.sign_in("sarah").await;
    let chat = sally.chat_with("seed_sarah_id").await;
    sally.say(&chat, "are you there?").await;
    let last = sally.say(&chat, "call me").await;
    let sarah = service.sign_in("sarah").await;
    let state = sarah.get("/v1/state").await;
    let entry = &state["conversations"][0];
    assert_eq!(entry["unread"], 2);
    assert_eq!(at(entry, "last_message.text"), "call me");
    let path = format!("/v1/conversations/{chat}/read");
    let read = sarah
        .call(Method::PUT, &path, Some(json!({"message_id": last["id"]})))
        .await;
    assert_eq!(read.status, 204);
    let state = sarah.get("/v1/state").await;
    assert_eq!(state["conversations"][0]["unread"], 0);
    assert_eq!(
        state["conversations"][0]["read"]["seed_sarah_id"],
        last["id"]
    );
}

#[tokio::test]
async fn history_loads_backwards_in_pages() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    service.sign_in("jim").await;
    let chat = sally.chat_with("seed_jim_id").await;
    for n in 1..=7 {
        sally.say(&chat, &format!("message {n}")).await;
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v1/conversations/{chat}/messages?limit=3{after}");
        let page = sally.get(&path).await;
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| at(m, "text").to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = (1..=7).rev().map(|n| format!("message {n}")).collect();
    assert_eq!(seen, expected);
    service.sign_in("sarah").await;
    let other = sally.chat_with("seed_sarah_id").await;
    let elsewhere = sally.say(&other, "in another chat").await;
    let path = format!(
        "/v1/conversations/{chat}/messages?after={}",
        at(&elsewhere, "id")
    );
    let answer = sally.call(Method::GET, &path, None).await;
    assert_eq!(answer.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn typing_and_read_marks_are_seen_by_the_other() {
    let service = Service::start().await;
    let mut sally = service.panel("sally").await;
    let sarah = service.sign_in("sarah").await;
    let chat = sarah.chat_with("seed_sally_id").await;
    let said = sarah.say(&chat, "hello").await;
    let mut sarah = Panel::connect(&service.url, &sarah.token, None).await;
    sally
        .send(&json!({"type": "typing", "conversation_id": chat}))
        .await;
    let typing = sarah.signal("typing").await;
    assert_eq!(at(&typing, "member_id"), "seed_sally_id");
    sally
        .send(&json!({"type": "read", "conversation_id": chat, "message_id": said["id"]}))
        .await;
    let read = sarah.event("conversation.read").await;
    assert_eq!(
        (&read["message_id"], at(&read, "member_id")),
        (&said["id"], "seed_sally_id")
    );
}

#[tokio::test]
async fn two_members_share_one_chat_and_strangers_see_nothing() {
    let service = Service::start().await;
    let (sally, sarah) = (
        service.sign_in("sally").await,
        service.sign_in("sarah").await,
    );
    let will = service.sign_in("will").await;
    let chat = sally.chat_with("seed_sarah_id").await;
    assert_eq!(sarah.chat_with("seed_sally_id").await, chat);
    for path in ["", "/messages"] {
        let answer = will
            .call(
                Method::GET,
                &format!("/v1/conversations/{chat}{path}"),
                None,
            )
            .await;
        assert_eq!(answer.problem(), (404, "conversation_not_found".to_owned()));
    }
    let mut panel = Panel::connect(&service.url, &will.token, None).await;
    let refused = panel.say(&chat, &message_id(), "let me in").await;
    assert_eq!(at(&refused, "problem.code"), "conversation_not_found");
}

#[tokio::test]
async fn the_same_message_id_is_the_same_message_and_nothing_else() {
    let service = Service::start().await;
    let (sally, sarah) = (
        service.sign_in("sally").await,
        service.sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let id = message_id();
    let first = panel.say(&chat, &id, "once").await;
    assert_eq!(at(&first, "type"), "ok");
    let second = panel.say(&chat, &id, "once").await;
    assert_eq!(
        (at(&second, "type"), second["message_id"].as_str()),
        ("ok", Some(id.as_str()))
    );
    let other = panel.say(&chat, &id, "something else").await;
    assert_eq!(at(&other, "problem.code"), "message_id_conflict");
    let path = format!("/v1/conversations/{chat}/messages");
    let body = json!({"text": "once", "message_id": id});
    let stolen = sarah.call(Method::POST, &path, Some(body)).await;
    assert_eq!(stolen.problem(), (409, "message_id_conflict".to_owned()));
    assert_eq!(sally.texts(&chat).await, ["once"]);
}

#[tokio::test]
async fn an_idempotency_key_stands_in_for_the_message_id() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    service.sign_in("sarah").await;
    let chat = sally.chat_with("seed_sarah_id").await;
    let send = async |text: &str| {
        let request = service
            .request(Method::POST, &format!("/v1/conversations/{chat}/messages"))
            .bearer_auth(&sally.token)
            .header("Idempotency-Key", "order 17")
            .json(&json!({"text": text}));
        crate::support::service::send(request).await
    };
    let first = send("shipped").await.ok();
    assert_eq!(send("shipped").await.ok()["id"], first["id"]);
    assert_eq!(
        send("cancelled").await.problem(),
        (409, "message_id_conflict".to_owned())
    );
    assert_eq!(sally.texts(&chat).await, ["shipped"]);
}
