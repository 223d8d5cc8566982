//! What may stand before a Sugar or before the service: a clock that is wrong, a redirect, several
//! ways out, TLS, and whatever changes what passes.

use reqwest::header::{CONNECTION, CONTENT_LENGTH, DATE, HOST, TRANSFER_ENCODING, USER_AGENT};
use reqwest::{Method, Response};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// How it stands there.
#[derive(Clone, Default)]
pub struct Way {
    /// Answers carry this time instead of the real one.
    pub date: Option<String>,
    /// Every answer sends the caller there.
    pub redirect: Option<String>,
    /// Calls that carry a token come from another client than the logins.
    pub calls_from_elsewhere: bool,
    /// It speaks TLS with this certificate.
    pub certificate: Option<Arc<ServerConfig>>,
    /// The folder that is its own and that it takes away from paths.
    pub own_folder: Option<&'static str>,
    /// It changes requests.
    pub edit: Option<fn(&mut Passing)>,
    /// It changes the bodies of answers; it is told the path.
    pub edit_answer: Option<EditAnswer>,
    /// It answers with this page and asks nobody.
    pub page: Option<&'static str>,
    /// It hands a request on only after so long.
    pub delay: Duration,
}

/// The body of an answer to a path becomes another one.
pub type EditAnswer = fn(&str, Vec<u8>) -> Vec<u8>;

/// A request on its way through.
pub struct Passing {
    pub method: Method,
    /// With the query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A certificate and its key for a server, and the certificate as PEM.
pub fn certificate(key: &rcgen::KeyPair, made: &rcgen::Certificate) -> (Arc<ServerConfig>, String) {
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.der().clone()], secret)
        .unwrap();
    (Arc::new(config), made.pem())
}

/// It; gone when dropped.
pub struct Front {
    /// Where it listens.
    pub address: SocketAddr,
    way: Arc<Mutex<Way>>,
    task: JoinHandle<()>,
}

impl Front {
    /// Puts one before a server.
    pub async fn of(server: &str, way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = server.to_owned();
        let way = Arc::new(Mutex::new(way));
        let now = Arc::clone(&way);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (server, way) = (server.clone(), now.lock().unwrap().clone());
                tokio::spawn(async move {
                    match way.certificate.clone() {
                        // A caller that refuses the certificate hangs up.
                        Some(config) => match TlsAcceptor::from(config).accept(stream).await {
                            Ok(stream) => answer(stream, &server, &way).await,
                            Err(_) => None,
                        },
                        None => answer(stream, &server, &way).await,
                    }
                });
            }
        });
        Self { address, way, task }
    }

    /// From now on it stands there in another way.
    pub fn stand(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers one request and hangs up; `None` when the caller was first.
async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    server: &str,
    way: &Way,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let method: Method = first.next()?.parse().unwrap();
    let path = first.next()?;
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    tokio::time::sleep(way.delay).await;
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut passing = Passing {
        method,
        path: path
            .strip_prefix(way.own_folder.unwrap_or_default())?
            .to_owned(),
        headers: headers.into_iter().map(own).collect(),
        body,
    };
    if let Some(edit) = way.edit {
        edit(&mut passing);
    }
    let path = &passing.path;
    let answer = match (&way.redirect, way.page) {
        (Some(to), _) => {
            format!("HTTP/1.1 302 Found\r\nLocation: {to}{path}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes()
        }
        (None, Some(page)) => {
            let length = page.len();
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{page}")
                .into_bytes()
        }
        (None, None) => {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = http.request(passing.method, format!("{server}{path}"));
            let mut request = request.body(passing.body);
            for (name, value) in passing.headers {
                let ours = [HOST, CONNECTION, CONTENT_LENGTH];
                let elsewhere = way.calls_from_elsewhere && !path.ends_with("/oauth2/token");
                if elsewhere && name.eq_ignore_ascii_case(USER_AGENT.as_str()) {
                    request = request.header(USER_AGENT, "elsewhere");
                } else if !ours
                    .iter()
                    .any(|ours| name.eq_ignore_ascii_case(ours.as_str()))
                {
                    request = request.header(name, value);
                }
            }
            written(request.send().await.ok()?, path, way).await
        }
    };
    stream.write_all(&answer).await.ok()?;
    stream.shutdown().await.ok()
}

async fn written(answer: Response, path: &str, way: &Way) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status());
    for (name, value) in answer.headers() {
        let ours = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];
        let replaced = name == DATE && way.date.is_some();
        if !(replaced || ours.contains(name)) {
            head += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
    }
    if let Some(date) = &way.date {
        head += &format!("Date: {date}\r\n");
    }
    let mut body = answer.bytes().await.unwrap().to_vec();
    if let Some(edit) = way.edit_answer {
        body = edit(path, body);
    }
    head += &format!(
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}
