//! A Sugar that answers from a script and remembers what it was asked; for tests of the login.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use reqwest::Url;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::domain::clock::{Clock, Timestamp};

/// One scripted answer: status, further header lines, body.
pub(super) struct Reply(pub(super) u16, pub(super) &'static str, pub(super) String);

pub(super) fn reply(status: u16, body: Value) -> Reply {
    Reply(
        status,
        "Content-Type: application/json\r\n",
        body.to_string(),
    )
}

/// A token answer whose tokens end in `number`.
pub(super) fn tokens(number: u32) -> Reply {
    reply(
        200,
        json!({
            "access_token": format!("access-{number}"), "expires_in": 3600,
            "token_type": "bearer", "scope": null, "refresh_token": format!("refresh-{number}"),
            "refresh_expires_in": 1_209_600, "download_token": "download",
        }),
    )
}

pub(super) fn refusal(status: u16, label: &str) -> Reply {
    reply(
        status,
        json!({"error": label, "error_message": "übersetzt"}),
    )
}

/// What was asked: the request's head and its body.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) head: String,
    pub(super) body: Value,
}

pub(super) struct Scripted {
    pub(super) url: Url,
    asked: Arc<watch::Sender<Vec<Asked>>>,
    held: watch::Sender<bool>,
}

impl Scripted {
    /// Listens on a free port; answers run out into 500s that fail the test.
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(watch::Sender::new(Vec::new()));
        let held = watch::Sender::new(false);
        let mut answers = held.subscribe();
        let mut replies: VecDeque<_> = replies.into_iter().collect();
        let log = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                log.send_modify(|asked: &mut Vec<Asked>| asked.push(request));
                if answers.wait_for(|held| !held).await.is_err() {
                    return;
                }
                let reply = replies
                    .pop_front()
                    .unwrap_or_else(|| refusal(500, "script_ended"));
                let Reply(status, headers, body) = reply;
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n");
                let text = format!("{head}Connection: close\r\n\r\n{body}");
                // A caller that has read enough hangs up.
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        Self {
            url: url.parse().unwrap(),
            asked,
            held,
        }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().clone()
    }

    /// Waits until it was asked so often.
    pub(super) async fn is_asked(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        asked.wait_for(|asked| asked.len() >= times).await.unwrap();
    }

    /// Answers no more until released.
    pub(super) fn hold(&self) {
        self.held.send_replace(true);
    }

    pub(super) fn release(&self) {
        self.held.send_replace(false);
    }

    /// The grants asked for, in order.
    pub(super) fn grants(&self) -> Vec<String> {
        let grant = |asked: &Asked| asked.body["grant_type"].as_str().map(str::to_owned);
        self.asked().iter().filter_map(grant).collect()
    }
}

async fn read_request(stream: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            let body = serde_json::from_str(body).unwrap_or(Value::Null);
            return Asked { head, body };
        }
    }
}

/// A clock that stands still until it is moved.
#[derive(Default)]
pub(super) struct StillClock(AtomicI64);

impl StillClock {
    pub(super) fn advance_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
