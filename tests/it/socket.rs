//! The socket: hello, resume, limits, and everything that is not our protocol.

use crate::support::panel::message_id;
use crate::support::{Panel, Service, at};
use serde_json::json;
use tokio_tungstenite::tungstenite::{Bytes, Message};

#[tokio::test]
async fn a_panel_that_reconnects_gets_every_missed_event_once_and_in_order() {
    let service = Service::start().await;
    let (sally, sarah) = (
        service.sign_in("sally").await,
        service.sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut panel = Panel::connect(&service.url, &sarah.token, None).await;
    sally.say(&chat, "seen").await;
    assert_eq!(panel.message().await, "seen");
    let cursor = panel.cursor.clone();
    drop(panel);
    for n in 1..=20 {
        sally.say(&chat, &format!("missed {n}")).await;
    }
    let mut panel = Panel::connect(&service.url, &sarah.token, Some(&cursor)).await;
    assert_eq!(panel.welcome["resumed"], true);
    for n in 1..=20 {
        assert_eq!(panel.message().await, format!("missed {n}"));
    }
    sally.say(&chat, "live again").await;
    assert_eq!(panel.message().await, "live again");
}

#[tokio::test]
async fn a_restart_of_the_service_keeps_cursors_good() {
    let mut service = Service::start().await;
    let sally = service.sign_in("sally").await;
    service.sign_in("sarah").await;
    let chat = sally.chat_with("seed_sarah_id").await;
    sally.say(&chat, "before").await;
    let token = sally.token.clone();
    let panel = Panel::connect(&service.url, &token, None).await;
    let cursor = panel.cursor.clone();
    drop(panel);
    assert!(service.stop().await.success());
    service.start_again();
    let panel = Panel::connect(&service.url, &token, Some(&cursor)).await;
    assert_eq!(panel.welcome["resumed"], true);
}

#[tokio::test]
async fn what_cannot_be_resumed_is_said() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    service.sign_in("sarah").await;
    let chat = sally.chat_with("seed_sarah_id").await;
    sally.say(&chat, "something in the log").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let (id, time) = panel.cursor.split_once('.').unwrap();
    let (id, time): (u64, u64) = (id.parse().unwrap(), time.parse().unwrap());
    // The same place in a database that was restored and went another way has another time.
    let restored = format!("{id}.{}", time - 1);
    let future = format!("{}.{time}", id + 1);
    for cursor in [
        restored.as_str(),
        future.as_str(),
        "999999.1",
        "9223372036854775808.1",
        "99999999999999999999999999999999.1",
        "1e3.1",
        "garbage",
        "-1.0",
        "1.1.1",
        "\u{663}.1",
        "\0",
        "",
    ] {
        let mut panel = Panel::connect(&service.url, &sally.token, Some(cursor)).await;
        assert_eq!(panel.welcome["resumed"], false, "{cursor}");
        panel.send(&json!({"type": "ping"})).await;
        panel.until(|frame| frame["type"] == "pong").await;
    }
    panel.send(&json!({"type": "ping"})).await;
    panel.until(|frame| frame["type"] == "pong").await;
}

#[tokio::test]
async fn a_stranger_cannot_write_into_a_chat_and_keeps_his_socket() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut sarah = service.panel("sarah").await;
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut jim = service.panel("jim").await;
    let refused = jim.say(&chat, &message_id(), "let me in").await;
    assert_eq!(at(&refused, "problem.code"), "conversation_not_found");
    let mine = jim.say(&chat, &message_id(), "again").await;
    assert_eq!(at(&mine, "problem.code"), "conversation_not_found");
    sally.say(&chat, "between us").await;
    assert_eq!(sarah.message().await, "between us");
}

#[tokio::test]
async fn what_is_not_our_protocol_ends_with_its_code() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let hello = json!({"type": "hello", "token": sally.token}).to_string();
    let long = format!("{{\"type\":\"hello\",\"token\":\"{}\"}}", "x".repeat(5_000));
    for (first, code) in [
        ("not json", 4400),
        ("{\"type\":\"typing\",\"conversation_id\":\"c\"}", 4400),
        ("{\"type\":\"hello\",\"token\":\"rls_wrong\"}", 4401),
        (
            "{\"type\":\"hello\",\"token\":\"rls_wrong\",\"more\":1}",
            4400,
        ),
        (long.as_str(), 1009),
    ] {
        let mut panel = Panel::silent(&service.url).await;
        panel.send_text(first).await;
        assert_eq!(
            panel.closed().await.code,
            code,
            "{}",
            &first[..first.len().min(40)]
        );
    }
    let mut silent = Panel::silent(&service.url).await;
    assert_eq!(silent.closed().await.code, 4408);
    for (later, code) in [(hello.as_str(), 4400), ("{}", 4400), ("[1,2", 4400)] {
        let mut panel = Panel::connect(&service.url, &sally.token, None).await;
        panel.send_text(later).await;
        assert_eq!(panel.closed().await.code, code, "{later}");
    }
    let mut binary = Panel::connect(&service.url, &sally.token, None).await;
    binary
        .send_raw(Message::Binary(Bytes::from_static(b"\x00")))
        .await;
    assert_eq!(binary.closed().await.code, 4400);
    let mut big = Panel::connect(&service.url, &sally.token, None).await;
    big.send_text(&format!(
        "{{\"type\":\"ping\",\"x\":\"{}\"}}",
        "x".repeat(9_000)
    ))
    .await;
    assert_eq!(big.closed().await.code, 1009);
}

#[tokio::test]
async fn a_frame_that_cannot_be_used_is_answered_when_it_names_a_ref() {
    let service = Service::start().await;
    let mut panel = service.panel("sally").await;
    for (frame, code) in [
        (
            json!({"type": "send", "ref": "1", "conversation_id": "c", "message_id": "no", "text": "x"}),
            "bad_request",
        ),
        (
            json!({"type": "send", "ref": "2", "conversation_id": "c", "message_id": message_id(), "text": "x", "more": 1}),
            "unknown_field",
        ),
        (
            json!({"type": "send", "ref": "3", "conversation_id": "c", "message_id": message_id(), "text": " "}),
            "text_empty",
        ),
        (
            json!({"type": "send", "ref": "4", "conversation_id": "c", "message_id": message_id(), "text": "x"}),
            "conversation_not_found",
        ),
    ] {
        panel.send(&frame).await;
        let answer = panel.until(|answer| answer["ref"] == frame["ref"]).await;
        assert_eq!(at(&answer, "problem.code"), code);
    }
    panel.send(&json!({"type": "ping"})).await;
    panel.until(|frame| frame["type"] == "pong").await;
}

#[tokio::test]
async fn limits_end_a_socket_with_a_time_to_come_back() {
    let service = Service::with(&["limits.panels_per_member=1", "limits.frames_per_10s=10"]).await;
    let sally = service.sign_in("sally").await;
    let mut first = Panel::connect(&service.url, &sally.token, None).await;
    let mut second = Panel::silent(&service.url).await;
    second
        .send(&json!({"type": "hello", "token": sally.token}))
        .await;
    let closed = second.closed().await;
    assert_eq!(closed.code, 4429);
    assert!(closed.reason.contains("retry_ms"), "{closed:?}");
    for _ in 0..20 {
        first.send(&json!({"type": "ping"})).await;
    }
    assert_eq!(first.closed().await.code, 4429);
}

#[tokio::test]
async fn a_stop_closes_sockets_with_a_time_to_come_back() {
    let mut service = Service::start().await;
    let mut panel = service.panel("sally").await;
    let (closed, status) = tokio::join!(panel.closed(), service.stop());
    assert_eq!(closed.code, 1012);
    assert!(closed.reason.contains("retry_ms"), "{closed:?}");
    assert!(status.success());
}
