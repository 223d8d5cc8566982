//! Vonage's Messages API (sms-gateways 3.2): JSON both ways, long texts joined.

use super::{international, malformed};
use crate::domain::clock::Timestamp;
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::gateways::sms::exchange::Answer;
use crate::gateways::sms::{
    Callback, CallbackError, CallbackKind, InboundText, News, Outbound, Outcome, Picture, Receipt,
    Rejection, RejectionClass,
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

/// For how long the API may be told to try.
const TTL_S: std::ops::RangeInclusive<u64> = 20..=604_800;

/// A text as the API takes it.
pub(super) fn request(text: &Outbound, from: &str, to: &str) -> Value {
    json!({
        "message_type": "text",
        "channel": "sms",
        "from": from,
        "to": to,
        "text": text.text,
        "ttl": text.validity_s.clamp(*TTL_S.start(), *TTL_S.end()),
        "client_ref": text.message_id.to_string(),
        "webhook_url": text.status_url.expose_secret(),
        "webhook_version": "v1",
        "sms": {"encoding_type": "auto"},
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    message_uuid: Option<String>,
    #[serde(rename = "type")]
    kind: Value,
}

/// What an answer to a send proves.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    let unknown = |reason| Outcome::Unknown { reason };
    match (answer.status, body) {
        (429, _) => Outcome::BackOff {
            after_ms: answer.retry_after_ms(),
            reason: "the carrier asks to come back later",
        },
        (200..=299, Some(body)) => match body.message_uuid.filter(|id| !id.is_empty()) {
            Some(id) => Outcome::Accepted {
                provider_ids: vec![id],
                parts: None,
            },
            None => unknown("The carrier did not name the text; it may have been sent."),
        },
        (400..=407 | 409..=499, Some(body)) => refused(answer.status, &body),
        (500..=599, _) => unknown("The carrier had an error; the text may have been sent."),
        _ => unknown("The carrier's answer is not in its form; the text may have been sent."),
    }
}

fn refused(status: u16, body: &Body) -> Outcome {
    // `https://developer.vonage.com/api-errors/messages#1120`
    let code = body.kind.as_str().and_then(|kind| kind.rsplit_once('#'));
    let code = code.map(|(_, code)| code.to_owned());
    let (class, reason) = match (status, code.as_deref()) {
        (401 | 403, _) => (
            RejectionClass::Configuration,
            "The carrier does not accept our sign-in; an admin must correct it.",
        ),
        (402, _) => (
            RejectionClass::Configuration,
            "The account at the carrier has no money left.",
        ),
        (_, Some("1120")) => (
            RejectionClass::Configuration,
            "The carrier does not accept our number; an admin must correct it.",
        ),
        _ => (RejectionClass::Permanent, "The carrier refused the text."),
    };
    Outcome::Rejected(Rejection {
        class,
        code,
        reason: reason.to_owned(),
    })
}

#[derive(Deserialize)]
struct Call {
    message_uuid: Option<String>,
    from: Option<String>,
    to: Option<String>,
    timestamp: Option<String>,
    text: Option<String>,
    image: Option<Image>,
    status: Option<String>,
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct Image {
    url: String,
    caption: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    title: Value,
}

/// What a verified call says.
pub(super) fn read(call: &Callback) -> Result<News, CallbackError> {
    let told = serde_json::from_slice::<Call>(&call.body);
    let told = told.map_err(|_| malformed("it is not a message"))?;
    match call.kind {
        CallbackKind::Inbound => Ok(News::Text(text(told)?)),
        CallbackKind::Status(id) => {
            let status = told.status.ok_or(malformed("there is no status"))?;
            let state = match status.as_str() {
                "submitted" => Some(MessageState::Sent),
                "delivered" | "read" => Some(MessageState::Delivered),
                "rejected" | "undeliverable" => Some(MessageState::Failed),
                _ => None,
            };
            let failed = state == Some(MessageState::Failed);
            let code = told.error.and_then(|error| match error.title {
                Value::String(text) => Some(text),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
            let reason = "The carrier could not deliver the text.";
            Ok(News::Receipt(Receipt {
                message_id: Some(id),
                provider_id: told.message_uuid,
                state,
                of_part: false,
                unknown_status: state.is_none().then_some(status),
                code: code.filter(|_| failed),
                reason: failed.then(|| reason.to_owned()),
                opted_out: false,
            }))
        }
    }
}

fn text(told: Call) -> Result<InboundText, CallbackError> {
    let from = international(&told.from.unwrap_or_default());
    let to = told.to.ok_or(malformed("the text is to nobody"))?;
    let sent_at = told
        .timestamp
        .and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let (picture, caption) = match told.image {
        Some(image) => (Some(image.url), image.caption),
        None => (None, None),
    };
    let pictures = picture.into_iter().map(|url| Picture {
        url,
        content_type: String::new(),
    });
    Ok(InboundText {
        provider_id: told.message_uuid.ok_or(malformed("the text has no id"))?,
        from: Peer::parse(&from).map_err(|_| malformed("the sender is no number and no name"))?,
        to: international(&to),
        text: told.text.or(caption).unwrap_or_default(),
        sent_at: sent_at.map(|at| Timestamp(at.as_millisecond())),
        pictures: pictures.collect(),
        part: None,
        keyword: None,
    })
}
