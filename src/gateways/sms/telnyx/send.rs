//! Handing a text to Telnyx, and what its answer proves (sms-gateways 3.1, 8.4).

use super::codes;
use crate::gateways::sms::exchange::Answer;
use crate::gateways::sms::{Outcome, Rejection, RejectionClass};
use serde::Deserialize;
use serde_json::Value;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Message,
    errors: Vec<Problem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    id: Value,
    parts: Value,
}

/// One of Telnyx's problems; its codes are text.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    code: Value,
}

impl Problem {
    /// Its code, in quotes or not.
    pub(super) fn code(&self) -> Option<String> {
        match &self.code {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// What an answer to a send proves.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    match (answer.status, body) {
        (200..=299, Some(body)) => taken(&body.data),
        // Telnyx's own door says it without a word about the text.
        (429, _) => Outcome::BackOff {
            after_ms: answer.retry_after_ms(),
            reason: "the carrier asks to come back later",
        },
        (400..=407 | 409..=499, Some(body)) => refused(answer.status, &body.errors),
        (500..=599, _) => unknown("The carrier had an error; the text may have been sent."),
        _ => unknown("The carrier's answer is not in its form; the text may have been sent."),
    }
}

fn taken(message: &Message) -> Outcome {
    let Some(id) = message.id.as_str().filter(|id| !id.is_empty()) else {
        return unknown("The carrier did not name the text; it may have been sent.");
    };
    let parts = message.parts.as_u64();
    Outcome::Accepted {
        provider_ids: vec![id.to_owned()],
        parts: parts
            .and_then(|parts| u32::try_from(parts).ok())
            .filter(|parts| *parts > 0),
    }
}

fn refused(status: u16, problems: &[Problem]) -> Outcome {
    let code = problems.first().and_then(Problem::code);
    let (class, reason) = match (code.as_deref().and_then(codes::find), status) {
        (Some(known), _) => (known.class, known.words.to_owned()),
        (None, 401 | 403 | 404) => (RejectionClass::Configuration, words(code.as_deref())),
        (None, _) => (RejectionClass::Permanent, words(code.as_deref())),
    };
    Outcome::Rejected(Rejection {
        class,
        code,
        reason,
    })
}

fn words(code: Option<&str>) -> String {
    // A code goes to the user: nothing but digits is one.
    match code.filter(|code| code.len() <= 8 && code.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(code) => format!("The carrier refused the text (Telnyx's code {code})."),
        None => "The carrier refused the text.".to_owned(),
    }
}

const fn unknown(reason: &'static str) -> Outcome {
    Outcome::Unknown { reason }
}
