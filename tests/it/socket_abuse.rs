//! What no panel of ours sends: each is closed with its code, costs little, and nobody else notices.

use crate::support::raw::{CLOSE, FIRST, LAST, MORE, PING, Raw, TEXT, frame};
use crate::support::{Panel, Service};
use serde_json::json;

const PING_FRAME: &str = "{\"type\":\"ping\"}";

/// Others are served while somebody misbehaves.
async fn still_serves(panel: &mut Panel) {
    panel.send(&json!({"type": "ping"})).await;
    panel.until(|frame| frame["type"] == "pong").await;
}

#[tokio::test]
async fn frames_against_the_standard_end_with_its_code() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut other = service.panel("sarah").await;
    let unmasked = [&[TEXT, 2][..], b"{}"].concat();
    let long_ping = frame(PING, &[b'x'; 126]);
    let huge = |length: u64| {
        let length = length.to_be_bytes();
        [&[TEXT, 0x80 | 127][..], &length, &[0; 4], b"{\"type\""].concat()
    };
    for (what, bytes, code) in [
        ("not masked", unmasked, 1002),
        ("a reserved bit", frame(TEXT | 0x40, b"{}"), 1002),
        ("a reserved opcode", frame(0x83, b"{}"), 1002),
        ("a reserved control opcode", frame(0x8b, b""), 1002),
        ("a ping in fragments", frame(PING & 0x7f, b""), 1002),
        ("a long ping", long_ping, 1002),
        ("the end of nothing", frame(LAST, b"{}"), 1002),
        (
            "a text within a text",
            [frame(FIRST, b"{"), frame(TEXT, b"{}")].concat(),
            1002,
        ),
        ("a close of one byte", frame(CLOSE, b"\x03"), 1002),
        ("a close with no such code", frame(CLOSE, b"\x03\xed"), 1002),
        (
            "a close that is not UTF-8",
            frame(CLOSE, b"\x03\xe8\xff"),
            1007,
        ),
        ("not UTF-8", frame(TEXT, b"{\"type\":\"\xff\"}"), 1007),
        (
            "not UTF-8 in two fragments",
            [frame(FIRST, b"\xc3"), frame(LAST, b"\x28")].concat(),
            1007,
        ),
        ("one byte too many", frame(TEXT, &[b' '; 8_193]), 1009),
        (
            "too much in fragments",
            [frame(FIRST, &[b' '; 8_000]), frame(LAST, &[b' '; 193])].concat(),
            1009,
        ),
        ("2^31 bytes announced", huge(1 << 31), 1009),
        ("2^62 bytes announced", huge(1 << 62), 1009),
        ("2^63 bytes announced", huge(1 << 63), 1009),
        ("2^64 - 1 bytes announced", huge(u64::MAX), 1009),
        ("goodbye", frame(CLOSE, b"\x03\xe8bye"), 1000),
        ("goodbye without a word", frame(CLOSE, b""), 1000),
    ] {
        let mut raw = Raw::welcomed(&service.url, &sally.token).await;
        raw.send(&bytes).await;
        assert_eq!(raw.closed().await.code, code, "{what}");
        assert_eq!(raw.frame().await, None, "{what}: the connection ends");
        still_serves(&mut other).await;
    }
    assert!(!service.log().contains("panicked"), "{}", service.log());
}

#[tokio::test]
async fn a_stranger_is_held_to_less() {
    let service = Service::start().await;
    let mut other = service.panel("sarah").await;
    let announced = [&[TEXT, 0x80 | 126][..], &4_097_u16.to_be_bytes(), &[0; 4]].concat();
    let pings = frame(PING, b"").repeat(300);
    for (what, bytes, code) in [
        ("4,097 bytes announced", announced, 1009),
        ("300 pings", pings, 4429),
    ] {
        let mut raw = Raw::open(&service.url).await;
        raw.send(&bytes).await;
        assert_eq!(raw.closed().await.code, code, "{what}");
        still_serves(&mut other).await;
    }
}

#[tokio::test]
async fn a_message_in_fragments_with_pings_between_is_read() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut raw = Raw::welcomed(&service.url, &sally.token).await;
    let (start, end) = PING_FRAME.split_at(5);
    let parts = [
        frame(FIRST, start.as_bytes()),
        frame(PING, b"between"),
        frame(MORE, b""),
        frame(LAST, end.as_bytes()),
    ];
    // Byte by byte, so that every border between reads is tried.
    for byte in parts.concat() {
        raw.send(&[byte]).await;
    }
    let wanted = [(10, &b"between"[..]), (1, b"{\"type\":\"pong\"}")];
    for (opcode, body) in wanted {
        // Who else came may be told in between.
        while raw.frame().await.expect("the connection stays") != (opcode, body.to_vec()) {}
    }
}

#[tokio::test]
async fn floods_of_fragments_and_pings_are_ended() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut other = service.panel("sarah").await;
    let fragments = [frame(FIRST, b"x"), frame(MORE, b"x").repeat(9_998)].concat();
    let empty = [frame(FIRST, b""), frame(MORE, b"").repeat(9_998)].concat();
    let pings = frame(PING, b"12345678").repeat(10_000);
    let pongs = frame(0x8a, b"").repeat(10_000);
    for (what, bytes) in [
        ("10,000 fragments of one byte", fragments),
        ("10,000 empty fragments", empty),
        ("10,000 pings", pings),
        ("10,000 pongs", pongs),
    ] {
        let raw = Raw::welcomed(&service.url, &sally.token).await;
        let (mut reader, mut writer) = raw.stream.into_split();
        let send = async {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await;
        };
        let mut heard = Vec::new();
        let read = async {
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut heard).await;
        };
        let both = async { tokio::join!(send, read) };
        tokio::time::timeout(crate::support::PATIENCE, both)
            .await
            .expect("the flood is ended");
        let pongs_back = heard.windows(10).filter(|at| at.ends_with(b"12345678"));
        assert!(pongs_back.count() <= 200, "{what}");
        let close = [0x88, 2 + 18, 0x11, 0x4d];
        assert!(
            heard.windows(4).any(|at| at == close),
            "{what}: no 4429 in {heard:?}"
        );
        still_serves(&mut other).await;
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    let service = Service::start().await;
    let mut other = service.panel("sarah").await;
    let address = service.url.strip_prefix("http://").unwrap();
    let mut slow = tokio::net::TcpStream::connect(address).await.unwrap();
    let start = b"GET /v1/socket HTTP/1.1\r\nHost: x\r\nUpgr";
    tokio::io::AsyncWriteExt::write_all(&mut slow, start)
        .await
        .unwrap();
    let mut answer = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut slow, &mut answer);
    tokio::time::timeout(crate::support::PATIENCE, ended)
        .await
        .expect("the service gives up")
        .unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408"), "{answer:?}");
    still_serves(&mut other).await;
}

#[tokio::test]
async fn half_a_hello_is_given_up() {
    let service = Service::with(&["limits.hello_timeout_s=1"]).await;
    let mut raw = Raw::open(&service.url).await;
    raw.send(&frame(TEXT, b"{\"type\":\"hello\"}")[..9]).await;
    assert_eq!(raw.closed().await.code, 4408);
}
