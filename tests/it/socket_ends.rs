//! How sockets end that did nothing wrong: a restart, a token's end, a browser that does not read.

use crate::support::panel::message_id;
use crate::support::raw::Raw;
use crate::support::{PATIENCE, Panel, Service, at, eventually};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Gives a member's tokens a time to end, behind the service's back, as another node does.
fn tokens_end_in(service: &Service, member: &str, left: Duration) {
    let end = (SystemTime::now() + left)
        .duration_since(UNIX_EPOCH)
        .unwrap();
    let change = format!(
        "UPDATE sign_in SET expires_at = {} WHERE member_id = '{member}'",
        end.as_millis()
    );
    let changed = service.change(&change);
    assert_eq!(changed, 1);
}

fn kept_messages(service: &Service) -> HashSet<String> {
    service
        .texts_of("SELECT id AS text FROM message")
        .into_iter()
        .collect()
}

#[tokio::test]
async fn two_hundred_panels_come_back_spread_over_time() {
    let mut service = Service::with(&["limits.panels_per_member=200"]).await;
    let token = service.sign_in("sally").await.token.clone();
    let mut panels = Vec::new();
    for _ in 0..200 {
        panels.push(Panel::connect(&service.url, &token, None).await);
    }
    let all = futures_util::future::join_all(panels.iter_mut().map(Panel::closed));
    let (closed, status) = tokio::join!(all, service.stop());
    assert!(status.success());
    let wait = |reason: &str| serde_json::from_str::<Value>(reason).unwrap()["retry_ms"].as_u64();
    let mut waits = Vec::new();
    for one in closed {
        assert_eq!(one.code, 1012);
        waits.push(wait(&one.reason).unwrap());
    }
    waits.sort_unstable();
    let widest = waits.windows(2).map(|two| two[1] - two[0]).max().unwrap();
    assert!(widest <= 200, "a gap of {widest} ms: {waits:?}");
    assert!(waits[0] < 1_000 && waits[199] > 9_000, "{waits:?}");
}

#[tokio::test]
async fn what_was_committed_before_a_stop_was_answered_before_it() {
    let mut service = Service::start().await;
    let (sally, sarah) = (
        service.sign_in("sally").await,
        service.sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let token = sally.token.clone();
    drop((sally, sarah));
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let panel = Panel::connect(&service.url, &token, None).await;
        writers.spawn(write_until_the_end(panel, chat.clone()));
    }
    eventually("writing is well under way", || async {
        (kept_messages(&service).len() > 200).then_some(())
    })
    .await;
    assert!(service.stop().await.success());
    let answered: HashSet<String> = writers.join_all().await.into_iter().flatten().collect();
    let kept = kept_messages(&service);
    let unanswered: Vec<_> = kept.difference(&answered).collect();
    let lost: Vec<_> = answered.difference(&kept).collect();
    assert!(unanswered.is_empty(), "committed, no ok: {unanswered:?}");
    assert!(lost.is_empty(), "ok, not committed: {lost:?}");
}

/// Keeps ten sends under way until the service says goodbye; returns what was acknowledged.
async fn write_until_the_end(mut panel: Panel, chat: String) -> HashSet<String> {
    let mut answered = HashSet::new();
    for _ in 0..10 {
        send_one(&mut panel, &chat).await;
    }
    while let Some(frame) = panel.frame_or_end().await {
        if frame["type"] == "ok" {
            answered.insert(at(&frame, "message_id").to_owned());
            send_one(&mut panel, &chat).await;
        }
    }
    answered
}

async fn send_one(panel: &mut Panel, chat: &str) {
    let id = message_id();
    let send =
        json!({"type": "send", "ref": id, "conversation_id": chat, "message_id": id, "text": "x"});
    panel.send(&send).await;
}

/// A request whose head the service has read and whose body it waits for.
async fn half_a_request(service: &Service, token: &str) -> TcpStream {
    let address = service.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PUT /v1/me/presence HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 16\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn a_request_under_way_is_answered_after_the_sockets_have_gone() {
    let mut service = Service::start().await;
    let token = service.sign_in("sally").await.token.clone();
    let mut panel = Panel::connect(&service.url, &token, None).await;
    let mut request = half_a_request(&service, &token).await;
    service.terminate();
    assert_eq!(panel.closed().await.code, 1012);
    request.write_all(b"{\"state\":\"busy\"}").await.unwrap();
    let mut answer = Vec::new();
    let read = request.read_to_end(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    assert!(service.ended().await.success());
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_service() {
    let mut service = Service::start().await;
    let token = service.sign_in("sally").await.token.clone();
    let _request = half_a_request(&service, &token).await;
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let mut service = Service::start().await;
    let token = service.sign_in("sally").await.token.clone();
    let mut panel = Panel::connect(&service.url, &token, None).await;
    let _request = half_a_request(&service, &token).await;
    service.terminate();
    assert_eq!(panel.closed().await.code, 1012);
    service.terminate();
    // Waiting for the request to the end would have been a success.
    assert_eq!(service.ended().await.code(), Some(1));
}

#[tokio::test]
async fn a_socket_ends_with_its_token_unless_another_node_renewed_it() {
    // No ping comes in time to look at the token.
    let service = Service::with(&["limits.ping_s=600", "limits.silence_s=1200"]).await;
    let (sally, sarah) = (
        service.sign_in("sally").await,
        service.sign_in("sarah").await,
    );
    tokens_end_in(&service, "seed_sally_id", Duration::from_secs(10));
    tokens_end_in(&service, "seed_sarah_id", Duration::from_secs(12));
    let mut renewed = Panel::connect(&service.url, &sally.token, None).await;
    let mut ended = Panel::connect(&service.url, &sarah.token, None).await;
    tokens_end_in(&service, "seed_sally_id", Duration::from_secs(3_600));
    assert_eq!(ended.closed().await.code, 4401);
    renewed.send(&json!({"type": "ping"})).await;
    renewed.until(|frame| frame["type"] == "pong").await;
}

#[tokio::test]
async fn a_browser_that_does_not_read_is_cut_and_the_others_are_served() {
    let sets = [
        "limits.socket_send_bytes=4096",
        "limits.queue_bytes=65536",
        "limits.send_timeout_s=1",
        "limits.untaken_s=1",
        "limits.frames_per_10s=100000",
    ];
    let service = Service::with(&sets).await;
    let (sally, sarah) = (
        service.sign_in("sally").await,
        service.sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let dead = Raw::welcomed(&service.url, &sarah.token).await;
    let ports = [
        dead.stream.peer_addr().unwrap().port(),
        dead.stream.local_addr().unwrap().port(),
    ];
    assert!(is_connected(ports));
    let mut reads = Panel::connect(&service.url, &sarah.token, None).await;
    let mut writes = Panel::connect(&service.url, &sally.token, None).await;
    // More than the buffers of both ends take.
    let text = "x".repeat(4_000);
    for _ in 0..1_000 {
        let answer = writes.say(&chat, &message_id(), &text).await;
        assert_eq!(answer["type"], "ok", "{answer}");
        assert_eq!(reads.message().await, text);
    }
    eventually("the service let go of the dead one", || async {
        (!is_connected(ports)).then_some(())
    })
    .await;
    drop(dead);
}

/// Whether the operating system keeps the service's end of a connection.
fn is_connected([ours, theirs]: [u16; 2]) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let (ours, theirs) = (format!(":{ours:04X}"), format!(":{theirs:04X}"));
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let mut ends = |end: &str| fields.next().is_some_and(|at| at.ends_with(end));
        ends(&ours) && ends(&theirs)
    })
}
