//! One request to Sugar's REST and one answer: addresses, limits, and errors told apart.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url, header};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{CrmError, SugarToken};

/// No answer we ask for comes near; a larger one is a mistake or an attack.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// A host that does not even accept a connection in this time is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A REST call, kept as data so that it can be made again with a fresh token.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    seen: Option<String>,
    body: Body,
}

/// What a call carries.
#[derive(Clone, Debug)]
enum Body {
    Nothing,
    Json(Value),
    PlainText(String),
}

impl Call {
    pub(super) fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path, Body::Nothing)
    }

    pub(super) fn post(path: &[&str], body: Value) -> Self {
        Self::new(Method::POST, path, Body::Json(body))
    }

    pub(super) fn put(path: &[&str], body: Value) -> Self {
        Self::new(Method::PUT, path, Body::Json(body))
    }

    /// Puts a file as its bytes.
    pub(super) fn put_text(path: &[&str], text: &str) -> Self {
        Self::new(Method::PUT, path, Body::PlainText(text.to_owned()))
    }

    pub(super) fn delete(path: &[&str]) -> Self {
        Self::new(Method::DELETE, path, Body::Nothing)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Refused with `edit_conflict` when the record was changed after this `date_modified`. Sugar's
    /// own pages do it; a version that does not know the header writes all the same
    /// (`sugar-server.md` 2.4).
    pub(super) fn unless_changed_since(mut self, seen: Option<&str>) -> Self {
        self.seen = seen.map(str::to_owned);
        self
    }

    fn new(method: Method, path: &[&str], body: Body) -> Self {
        Self {
            method,
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            query: Vec::new(),
            seen: None,
            body,
        }
    }
}

/// What Sugar answered: JSON, whatever the status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    /// The body of a success, or the refusal that Sugar named.
    pub(super) fn into_success(self) -> Result<Value, CrmError> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        match self.body.get("error").and_then(Value::as_str) {
            Some(code) => Err(CrmError::Refused {
                status: self.status,
                code: code.to_owned(),
            }),
            None => Err(CrmError::BadAnswer {
                status: self.status,
                reason: "an error without a label",
            }),
        }
    }
}

/// The connection to one Sugar.
#[derive(Clone)]
pub(super) struct Rest {
    http: reqwest::Client,
    base: Url,
}

impl Rest {
    /// Prepares calls to `{site}/rest/{version}/`; nothing is sent yet.
    pub(super) fn new(site: &Url, version: &str, timeout: Duration) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("Riverline/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            // A redirect would carry tokens to a host that nobody configured.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let mut base = site.clone();
        base.set_path(&format!("/rest/{version}"));
        Ok(Self { http, base })
    }

    /// The address of a path below the REST version, each segment escaped.
    pub(super) fn url<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base.clone();
        // Only addresses without a host have no segments; the configuration refuses those.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    /// A path as the inner calls of a bulk request name it: from the version on.
    pub(super) fn path_with_version(&self, path: &str) -> String {
        let base = self.base.path();
        format!("{}/{path}", base.strip_prefix("/rest").unwrap_or(base))
    }

    /// Makes a call with somebody's token.
    pub(super) async fn call(&self, call: &Call, token: &SugarToken) -> Result<Value, CrmError> {
        let url = self.url(call.path.iter().map(String::as_str));
        let mut request = self
            .http
            .request(call.method.clone(), url)
            .header("OAuth-Token", token.0.expose_secret())
            .query(&call.query);
        if let Some(seen) = &call.seen {
            request = request.header("X-TIMESTAMP", seen);
        }
        request = match &call.body {
            Body::Nothing => request,
            Body::Json(body) => request.json(body),
            Body::PlainText(text) => request
                .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
                .body(text.clone()),
        };
        answer(request).await?.into_success()
    }

    /// Posts JSON without a token: the token endpoint.
    pub(super) async fn post(&self, url: Url, body: &Value) -> Result<Answer, CrmError> {
        answer(self.http.post(url).json(body)).await
    }
}

/// Sends a request and reads a JSON answer; overload, pages and silence become errors here.
async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, CrmError> {
    let response = request.send().await.map_err(|error| no_answer(&error))?;
    let status = response.status();
    let busy = CrmError::Busy {
        retry_after_s: retry_after(&response),
    };
    if is_overload(status) {
        return Err(busy);
    }
    if status.is_redirection() {
        return Err(CrmError::BadAnswer {
            status: status.as_u16(),
            reason: "it leads to another address; sugar.url must be the one it ends at",
        });
    }
    let bytes = limited_body(response).await?;
    let body = serde_json::from_slice(&bytes).map_err(|_| CrmError::BadAnswer {
        status: status.as_u16(),
        reason: "not JSON",
    })?;
    Ok(Answer {
        status: status.as_u16(),
        body,
    })
}

/// What Sugar's maintenance mode and the proxies before it answer.
fn is_overload(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// `Retry-After` in seconds; its date form is not worth a clock.
fn retry_after(response: &Response) -> Option<u64> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    value.to_str().ok()?.trim().parse().ok()
}

async fn limited_body(mut response: Response) -> Result<Vec<u8>, CrmError> {
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            let reason = "too large";
            return Err(CrmError::BadAnswer { status, reason });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Tells a host that is not there from one that may have heard us. The library's own text is
/// dropped: it names the address, and with it a record.
fn no_answer(error: &reqwest::Error) -> CrmError {
    let (sent, reason) = if error.is_connect() || error.is_builder() {
        (false, "no connection")
    } else if error.is_timeout() {
        (true, "no answer in time")
    } else {
        (true, "the connection broke")
    };
    CrmError::Unreachable { sent, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn rest() -> Rest {
        let site = Url::parse("https://crm.example.com").unwrap();
        Rest::new(&site, "v11", Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn addresses_are_below_the_version_and_escaped() {
        let url = |path: &[&str]| rest().url(path.iter().copied()).to_string();
        assert_eq!(url(&["me"]), "https://crm.example.com/rest/v11/me");
        assert_eq!(
            url(&["Contacts", "a/../b?c#d"]),
            "https://crm.example.com/rest/v11/Contacts/a%2F..%2Fb%3Fc%23d"
        );
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4_096]).await.unwrap();
            let part = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":";
            stream.write_all(part.as_bytes()).await.unwrap();
            // Held open until the caller hangs up.
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        });
        let site = Url::parse(&site).unwrap();
        let rest = Rest::new(&site, "v11", Duration::from_millis(300)).unwrap();
        let answer = rest.post(rest.url(["oauth2", "token"]), &Value::Null).await;
        let reason = "no answer in time";
        assert_eq!(
            answer.unwrap_err(),
            CrmError::Unreachable { sent: true, reason }
        );
        server.await.unwrap();
    }

    #[test]
    fn an_error_is_known_by_status_and_label_only() {
        let answer = |status, body| Answer { status, body }.into_success();
        let body = serde_json::json!({"error": "not_found", "error_message": "Nicht gefunden"});
        assert_eq!(
            answer(404, body),
            Err(CrmError::Refused {
                status: 404,
                code: "not_found".to_owned()
            })
        );
        assert!(matches!(
            answer(404, serde_json::json!("gone")),
            Err(CrmError::BadAnswer { status: 404, .. })
        ));
    }
}
