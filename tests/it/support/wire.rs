//! HTTP/1.1 by hand: a server that can break off wherever a test wants it to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request's first lines.
pub struct Head {
    /// `GET` or `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The query's pairs.
    pub query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

impl Head {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// User and password of Basic authentication.
    pub fn sign_in(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }
}

/// The pairs of a form.
pub fn pairs(form: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The value of a name, if it is there.
pub fn value<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// How a client begins that wants TLS, which is not spoken here.
const TLS_HANDSHAKE: u8 = 0x16;

/// Reads a request up to its body; nothing when the client has gone, or wants TLS.
pub async fn read_head(stream: &mut TcpStream) -> Option<Head> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
        if bytes == [TLS_HANDSHAKE] {
            return None;
        }
    }
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Head {
        method,
        path: path.to_owned(),
        query: pairs(query),
        headers: headers.collect(),
    })
}

/// Reads the body after a head.
pub async fn read_body(stream: &mut TcpStream, head: &Head) -> Option<String> {
    let length = head
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(String::from_utf8(body).unwrap())
}

/// An answer to be written.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// More header lines, each with its end.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, "application/json", body.to_string().as_bytes())
    }

    /// Anything.
    pub fn raw(status: u16, content_type: &str, body: &[u8]) -> Self {
        Self {
            status,
            headers: format!("Content-Type: {content_type}\r\n"),
            body: body.to_vec(),
        }
    }
}

/// Writes an answer; the client may have gone.
pub async fn write(stream: &mut TcpStream, answer: &Answer) {
    write_head(stream, answer).await;
    let _ = stream.write_all(&answer.body).await;
    let _ = stream.shutdown().await;
}

/// Writes what comes before the body.
pub async fn write_head(stream: &mut TcpStream, answer: &Answer) {
    let head = format!(
        "HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
        answer.status,
        answer.body.len(),
        answer.headers
    );
    let _ = stream.write_all(head.as_bytes()).await;
}

/// Ends a connection as a crashed server does.
pub fn reset(stream: TcpStream) {
    let zero = Some(Duration::ZERO);
    socket2::SockRef::from(&stream).set_linger(zero).unwrap();
    drop(stream);
}
