//! Handing a text to Twilio, and what its answer proves (sms-gateways 2.1, 2.2, 8.4).

use super::codes::{self, Meaning};
use super::number;
use crate::gateways::sms::exchange::Answer;
use crate::gateways::sms::{Outcome, Rejection, RejectionClass};
use serde::Deserialize;
use serde_json::Value;

/// The parts of an answer that decide; every one may be missing, and numbers may be in quotes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    sid: Value,
    num_segments: Value,
    status: Value,
    error_code: Value,
    code: Value,
}

/// What an answer to a send proves.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    let body: Option<Message> = serde_json::from_slice(&answer.body).ok();
    match (answer.status, body) {
        (200..=299, Some(message)) => taken(&message),
        // Twilio's own door says it without a word about the text.
        (429, body) => refused(answer, body.and_then(|body| number(&body.code))),
        (400..=407 | 409..=499, Some(body)) => refused(answer, number(&body.code)),
        (301 | 307 | 308, _) => rejected(
            RejectionClass::Configuration,
            None,
            "The carrier is at another address; an admin must correct base_url.".to_owned(),
        ),
        (500..=599, _) => unknown("The carrier had an error; the text may have been sent."),
        _ => unknown("The carrier's answer is not in its form; the text may have been sent."),
    }
}

fn taken(message: &Message) -> Outcome {
    let Some(sid) = message.sid.as_str().filter(|sid| !sid.is_empty()) else {
        return unknown("The carrier did not name the text; it may have been sent.");
    };
    if matches!(message.status.as_str(), Some("failed" | "canceled")) {
        let code = number(&message.error_code);
        let known = code.and_then(codes::find);
        // It is on record as failed: no later attempt of Twilio's follows.
        let class = match known.map(|known| known.meaning) {
            Some(Meaning::No(class)) => class,
            _ => RejectionClass::Permanent,
        };
        return rejected(class, code, words(code));
    }
    let parts = number(&message.num_segments).filter(|parts| *parts > 0);
    Outcome::Accepted {
        provider_ids: vec![sid.to_owned()],
        parts,
    }
}

fn refused(answer: &Answer, code: Option<u32>) -> Outcome {
    use RejectionClass::{Configuration, Permanent};
    match code.and_then(codes::find).map(|known| known.meaning) {
        Some(Meaning::No(class)) => rejected(class, code, words(code)),
        Some(Meaning::Later) => later(answer),
        None if answer.status == 429 => later(answer),
        None => {
            let class = match answer.status {
                401 | 403 | 404 | 405 => Configuration,
                _ => Permanent,
            };
            rejected(class, code, words(code))
        }
    }
}

fn later(answer: &Answer) -> Outcome {
    Outcome::BackOff {
        after_ms: answer.retry_after_ms(),
        reason: "the carrier asks to come back later",
    }
}

fn rejected(class: RejectionClass, code: Option<u32>, reason: String) -> Outcome {
    Outcome::Rejected(Rejection {
        class,
        code: code.map(|code| code.to_string()),
        reason,
    })
}

const fn unknown(reason: &'static str) -> Outcome {
    Outcome::Unknown { reason }
}

fn words(code: Option<u32>) -> String {
    match (code.and_then(codes::find), code) {
        (Some(known), _) => known.words.to_owned(),
        (None, Some(code)) => format!("The carrier refused the text (Twilio's code {code})."),
        (None, None) => "The carrier refused the text.".to_owned(),
    }
}
