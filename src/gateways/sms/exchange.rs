//! One request to a carrier and one answer, and what the lack of an answer proves.

use super::Outcome;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// No carrier's answer comes near.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A carrier that is silent for longer may have taken the text.
const TIMEOUT: Duration = Duration::from_secs(20);

const BROKE_OFF: &str = "The carrier's answer broke off; the text may have been sent.";

/// The client for carriers: no redirects, which could repeat a send or carry a secret elsewhere.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("Riverline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
}

/// A carrier's answer, whatever it says.
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// `Retry-After` in milliseconds; its date form is not worth a clock, and "at once" no wish
    /// that helps anybody.
    pub fn retry_after_ms(&self) -> Option<i64> {
        let value = self.headers.get(reqwest::header::RETRY_AFTER)?;
        let seconds: i64 = value.to_str().ok()?.trim().parse().ok()?;
        (seconds > 0).then_some(seconds.min(3_600) * 1_000)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// Not one byte of the request left: name, connection or TLS failed.
    NotSent,
    /// The request may have arrived.
    Lost(&'static str),
    /// It arrived, and the answer is longer than what is read.
    TooLong,
}

impl From<NoAnswer> for Outcome {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::NotSent => Self::BackOff {
                after_ms: None,
                reason: "no connection to the carrier",
            },
            NoAnswer::Lost(reason) => Self::Unknown { reason },
            NoAnswer::TooLong => Self::Unknown { reason: BROKE_OFF },
        }
    }
}

/// Makes one request, never a second.
pub async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, NoAnswer> {
    exchange_within(request, MAX_ANSWER_BYTES).await
}

/// Makes one request whose answer is at most so long; a longer one is no answer.
pub async fn exchange_within(
    request: reqwest::RequestBuilder,
    max_bytes: usize,
) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await.map_err(|error| no_answer(&error))?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= max_bytes => {
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break,
            Ok(Some(_)) => return Err(NoAnswer::TooLong),
            Err(_) => return Err(NoAnswer::Lost(BROKE_OFF)),
        }
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_connect() || error.is_builder() {
        NoAnswer::NotSent
    } else {
        NoAnswer::Lost("The carrier did not answer; the text may have been sent.")
    }
}
