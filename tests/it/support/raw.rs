//! A socket spoken byte by byte, for what no proper client sends.

use super::PATIENCE;
use super::panel::Closed;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Text, last fragment.
pub const TEXT: u8 = 0x81;
/// Text, more to come.
pub const FIRST: u8 = 0x01;
/// More of the same, and more to come.
pub const MORE: u8 = 0x00;
/// The last of the same.
pub const LAST: u8 = 0x80;
/// A close frame.
pub const CLOSE: u8 = 0x88;
/// A ping.
pub const PING: u8 = 0x89;

/// An upgraded connection.
pub struct Raw {
    /// The connection, to send whatever one likes.
    pub stream: TcpStream,
}

/// A masked frame; the mask is zero, so the body is as it is.
pub fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = match u8::try_from(body.len()) {
        Ok(short @ ..=125) => vec![first, 0x80 | short],
        _ => {
            let medium = u16::try_from(body.len()).unwrap();
            [&[first, 0x80 | 126], &medium.to_be_bytes()[..]].concat()
        }
    };
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(body);
    bytes
}

impl Raw {
    /// Connects and upgrades.
    pub async fn open(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /v1/socket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Sec-WebSocket-Protocol: riverline.v1\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"));
        Self { stream }
    }

    /// Connects and says hello; the welcome and the presence that follows are read.
    pub async fn welcomed(url: &str, token: &str) -> Self {
        let mut raw = Self::open(url).await;
        let hello = json!({"type": "hello", "token": token}).to_string();
        raw.send(&frame(TEXT, hello.as_bytes())).await;
        assert_eq!(raw.text().await["type"], "welcome");
        assert_eq!(raw.text().await["signal"]["kind"], "presence");
        raw
    }

    /// Sends bytes; a service that has closed already is no failure.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = tokio::time::timeout(PATIENCE, self.stream.write_all(bytes)).await;
    }

    /// The next frame as opcode and body; nothing when the connection ends.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let read = async {
            let first = self.stream.read_u8().await.ok()?;
            let length = match self.stream.read_u8().await.ok()? {
                126 => usize::from(self.stream.read_u16().await.ok()?),
                127 => usize::try_from(self.stream.read_u64().await.ok()?).unwrap(),
                short => usize::from(short),
            };
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).await.ok()?;
            Some((first & 0x0f, body))
        };
        tokio::time::timeout(PATIENCE, read)
            .await
            .expect("no frame came and the connection did not end")
    }

    /// The next text frame.
    pub async fn text(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some((1, body)) => return serde_json::from_slice(&body).unwrap(),
                Some((9 | 10, _)) => {}
                other => panic!("expected a text frame, got {other:?}"),
            }
        }
    }

    /// Waits for the close frame; 1006 when the connection ends without one.
    pub async fn closed(&mut self) -> Closed {
        loop {
            match self.frame().await {
                Some((8, body)) => {
                    let (code, reason) = body.split_first_chunk().unwrap();
                    return Closed {
                        code: u16::from_be_bytes(*code),
                        reason: String::from_utf8(reason.to_vec()).unwrap(),
                    };
                }
                Some(_) => {}
                None => {
                    return Closed {
                        code: 1006,
                        reason: String::new(),
                    };
                }
            }
        }
    }
}
