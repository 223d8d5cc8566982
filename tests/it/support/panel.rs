//! A panel's socket, spoken by hand.

use super::PATIENCE;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// One open socket.
pub struct Panel {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The `welcome` it was greeted with.
    pub welcome: Value,
    /// The cursor of the last event it saw.
    pub cursor: String,
}

/// How a socket ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    /// The close code; 1006 when there was none.
    pub code: u16,
    /// The reason, often JSON.
    pub reason: String,
}

/// A new message id, as panels make them.
pub fn message_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Panel {
    /// Opens a socket without saying who it is.
    pub async fn silent(url: &str) -> Self {
        Self::open(url, None).await.unwrap()
    }

    /// Opens a socket from a page, and says nothing.
    pub async fn open(url: &str, origin: Option<&str>) -> Result<Self, Error> {
        let url = format!("{}/v1/socket", url.replace("http:", "ws:"));
        let mut request = url.into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", "riverline.v1".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert("Origin", origin.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await?;
        Ok(Self {
            socket,
            welcome: Value::Null,
            cursor: String::new(),
        })
    }

    /// Connects, says hello and is welcomed.
    pub async fn connect(url: &str, token: &str, after: Option<&str>) -> Self {
        let mut panel = Self::silent(url).await;
        let mut hello = json!({"type": "hello", "token": token});
        if let Some(after) = after {
            hello["after"] = json!(after);
        }
        panel.send(&hello).await;
        panel.welcome = panel.frame().await;
        assert_eq!(panel.welcome["type"], "welcome", "{}", panel.welcome);
        panel.cursor = super::at(&panel.welcome, "cursor").to_owned();
        panel
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends text that may not be a frame at all.
    pub async fn send_text(&mut self, text: &str) {
        // The service may have closed already; what it said is read afterwards.
        let _ = self.socket.send(Message::text(text)).await;
    }

    /// Sends a raw message.
    pub async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// The next frame of any kind.
    pub async fn frame(&mut self) -> Value {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next());
            match next
                .await
                .expect("no frame came")
                .expect("the socket ended")
            {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("expected a frame, got {other:?}"),
            }
        }
    }

    /// The next frame of any kind; nothing once the service has said goodbye.
    pub async fn frame_or_end(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(PATIENCE, self.next());
        next.await.expect("no frame came and no end")
    }

    /// The next frame, however long it takes; `None` when the socket has ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// The next frame of any kind, or how the service closed instead.
    pub async fn frame_or_close(&mut self) -> Result<Value, Closed> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next());
            match next.await.expect("no frame came and no end") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Closed {
                        code: frame.code.into(),
                        reason: frame.reason.to_string(),
                    });
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => {
                    return Err(Closed {
                        code: 1006,
                        reason: String::new(),
                    });
                }
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame that passes, skipping all others but remembering cursors.
    pub async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["type"] == "event" {
                self.cursor = super::at(&frame, "cursor").to_owned();
            }
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// The next event of a kind.
    pub async fn event(&mut self, kind: &str) -> Value {
        let frame = self.until(|frame| frame["event"]["kind"] == kind).await;
        frame["event"].clone()
    }

    /// The next signal of a kind.
    pub async fn signal(&mut self, kind: &str) -> Value {
        let frame = self.until(|frame| frame["signal"]["kind"] == kind).await;
        frame["signal"].clone()
    }

    /// The next text that was written into a conversation the member is in.
    pub async fn message(&mut self) -> String {
        super::at(&self.event("message.created").await, "message.text").to_owned()
    }

    /// Sends a message and returns the answer to it.
    pub async fn say(&mut self, conversation: &str, id: &str, text: &str) -> Value {
        self.send(
            &json!({"type": "send", "ref": id, "conversation_id": conversation,
                          "message_id": id, "text": text}),
        )
        .await;
        self.until(|frame| frame["ref"] == id).await
    }

    /// Waits until the service closes.
    pub async fn closed(&mut self) -> Closed {
        loop {
            if let Err(closed) = self.frame_or_close().await {
                return closed;
            }
        }
    }
}
