//! One look at an address, as a browser or a client would take it; for finding out what is wrong.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{self, HeaderMap};
use reqwest::{Method, RequestBuilder, Url};
use rustls::CertificateError;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::domain::clock::Timestamp;

/// How long each look may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// More of an answer is not read.
const MOST_BYTES: usize = 1024 * 1024;

/// The key of RFC 6455's own example: nobody keeps this socket.
const SOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// Why nothing was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// No name server knows the host.
    UnknownHost,
    /// Nothing listens there, or a firewall is between.
    NoConnection(String),
    /// There is a listener, and it says nothing.
    Silent,
    /// The certificate is past its last day, or before its first.
    CertificateExpired,
    /// No authority that this machine trusts has signed the certificate.
    CertificateUntrusted,
    /// The certificate is another host's.
    CertificateOfAnother,
    /// The two ends do not agree on TLS.
    NoTls(String),
    /// The connection ended before an answer.
    Broken,
}

/// An answer, whatever it says.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its HTTP status.
    pub status: u16,
    /// What the other side's clock says, to the second.
    pub date: Option<Timestamp>,
    /// Where it sends callers on to.
    pub leads_to: Option<Url>,
    /// Its content security policies.
    pub policies: Vec<String>,
    /// The origin whose pages may read it.
    pub allowed_origin: Option<String>,
    /// Its body, when that is JSON.
    pub json: Option<Value>,
}

/// Looks at addresses; follows nothing, and sends no secret but what a caller hands it.
pub struct Web {
    http: reqwest::Client,
}

impl Web {
    /// Prepares it; nothing is sent yet.
    pub fn new() -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("Riverline/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            // A socket cannot be opened over HTTP/2 like this.
            .http1_only()
            .no_proxy()
            .build()?;
        Ok(Self { http })
    }

    /// Looks the host up.
    pub async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, Unseen> {
        let Some(host) = url.host_str() else {
            return Err(Unseen::UnknownHost);
        };
        // The resolver wants an IPv6 address without its brackets.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_or_known_default().unwrap_or(443);
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, port))).await;
        let Ok(Ok(found)) = found else {
            return Err(Unseen::UnknownHost);
        };
        let found: Vec<_> = found.collect();
        if found.is_empty() {
            return Err(Unseen::UnknownHost);
        }
        Ok(found)
    }

    /// Connects to the first address that lets us, and hangs up.
    pub async fn knock(&self, addresses: &[SocketAddr]) -> Result<(), Unseen> {
        match tokio::time::timeout(PATIENCE, TcpStream::connect(addresses)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Unseen::NoConnection(error.kind().to_string())),
            Err(_) => Err(Unseen::NoConnection("no answer in time".to_owned())),
        }
    }

    /// Gets what is there.
    pub async fn get(&self, url: &Url) -> Result<Seen, Unseen> {
        look(self.http.get(url.clone())).await
    }

    /// Calls with whatever headers and body.
    pub async fn call(
        &self,
        method: &str,
        url: &Url,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<Seen, Unseen> {
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut request = self.http.request(method, url.clone()).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        look(request).await
    }

    /// Asks, as a browser does before it lets a page of `origin` call.
    pub async fn preflight(&self, url: &Url, origin: &str, headers: &str) -> Result<Seen, Unseen> {
        let request = self.http.request(Method::OPTIONS, url.clone());
        let request = request
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, headers);
        look(request).await
    }

    /// Opens a WebSocket as a page of `origin` does, and leaves it at that.
    pub async fn socket(&self, url: &Url, origin: &str, protocol: &str) -> Result<Seen, Unseen> {
        let request = self.http.get(url.clone());
        let request = request
            .header(header::ORIGIN, origin)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, SOCKET_KEY)
            .header(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        look(request).await
    }
}

async fn look(request: RequestBuilder) -> Result<Seen, Unseen> {
    let mut response = request.send().await.map_err(|error| unseen(&error))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    // After 101 the socket follows, and nobody says anything on it.
    while status != 101
        && body.len() < MOST_BYTES
        && let Some(chunk) = response.chunk().await.map_err(|error| unseen(&error))?
    {
        body.extend_from_slice(&chunk);
    }
    let location = text(&headers, &header::LOCATION);
    let all = |name| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|it| it.to_str().ok())
    };
    Ok(Seen {
        status,
        date: text(&headers, &header::DATE).and_then(http_date),
        leads_to: location.and_then(|to| response.url().join(to).ok()),
        policies: all(header::CONTENT_SECURITY_POLICY)
            .map(str::to_owned)
            .collect(),
        allowed_origin: text(&headers, &header::ACCESS_CONTROL_ALLOW_ORIGIN).map(str::to_owned),
        json: serde_json::from_slice(&body).ok(),
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A `Date`, such as `Sun, 22 Nov 2026 10:04:00 GMT` (RFC 9110, 5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    let moment = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp(moment.timestamp().as_millisecond()))
}

/// Tells apart what an admin mends in different places.
fn unseen(error: &reqwest::Error) -> Unseen {
    if error.is_timeout() {
        return Unseen::Silent;
    }
    match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(fault)) => certificate(fault),
        Some(other) => Unseen::NoTls(other.to_string()),
        None if error.is_connect() => Unseen::NoConnection("it refuses or hangs up".to_owned()),
        None => Unseen::Broken,
    }
}

fn certificate(fault: &CertificateError) -> Unseen {
    use CertificateError as E;
    match fault {
        E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => {
            Unseen::CertificateExpired
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => Unseen::CertificateOfAnother,
        // A certificate that signed itself is refused in several ways, by what it says it is.
        _ => Unseen::CertificateUntrusted,
    }
}

/// The TLS error among an error's causes.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        // An I/O error names the cause of what it holds, not what it holds.
        let held = error.downcast_ref::<std::io::Error>();
        cause = match held.and_then(std::io::Error::get_ref) {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_http_writes_them() {
        let read = http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(read, Some(Timestamp(784_111_777_000)));
        assert_eq!(http_date("yesterday"), None);
    }
}
