//! Vonage's SMS API (sms-gateways 3.2): 200 whatever happened, one id and one receipt for each part,
//! and long texts that come in part by part.

use super::{international, malformed};
use crate::domain::clock::Timestamp;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::gateways::sms::exchange::Answer;
use crate::gateways::sms::form::Form;
use crate::gateways::sms::{
    Callback, CallbackError, CallbackKind, InboundText, News, Outcome, Part, Receipt, Rejection,
    RejectionClass,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Body {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    status: Value,
    #[serde(rename = "message-id")]
    id: Option<String>,
}

/// What an answer to a send proves.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    match (answer.status, body) {
        (429, _) => later(answer),
        (200..=299, Some(body)) => parts(answer, &body.messages),
        (401 | 403, _) => rejected(RejectionClass::Configuration, None),
        (500..=599, _) => unknown("The carrier had an error; the text may have been sent."),
        _ => unknown("The carrier's answer is not in its form; the text may have been sent."),
    }
}

fn parts(answer: &Answer, messages: &[Message]) -> Outcome {
    let taken = |message: &&Message| message.status == "0";
    let ids: Vec<_> = messages
        .iter()
        .filter(taken)
        .map(|message| message.id.clone())
        .collect();
    let refused = messages.iter().find(|message| message.status != "0");
    match refused.map(|message| message.status.as_str().unwrap_or_default()) {
        None if ids.is_empty() => {
            unknown("The carrier did not name the text; it may have been sent.")
        }
        None => match ids.into_iter().collect::<Option<Vec<_>>>() {
            Some(provider_ids) => Outcome::Accepted {
                parts: u32::try_from(provider_ids.len()).ok(),
                provider_ids,
            },
            None => unknown("The carrier did not name the text; it may have been sent."),
        },
        Some(code) if !ids.is_empty() => {
            let code = Some(code).filter(|code| !code.is_empty());
            Outcome::TakenInPart(rejection(RejectionClass::Permanent, code))
        }
        // Too fast, or on too many connections.
        Some("1" | "10") => later(answer),
        Some("5") => unknown("The carrier had an error; the text may have been sent."),
        Some(code @ ("4" | "8" | "9" | "14" | "15")) => {
            rejected(RejectionClass::Configuration, Some(code))
        }
        Some(code @ "7") => rejected(RejectionClass::Policy, Some(code)),
        Some(code) => rejected(RejectionClass::Permanent, Some(code)),
    }
}

fn rejected(class: RejectionClass, code: Option<&str>) -> Outcome {
    Outcome::Rejected(rejection(class, code))
}

fn rejection(class: RejectionClass, code: Option<&str>) -> Rejection {
    let reason = match code {
        Some("1" | "10") => "The carrier had too much to do.",
        Some("3") => "The carrier says that this is not a phone number.",
        Some("4" | "14") | None => {
            "The carrier does not accept our sign-in; an admin must correct it."
        }
        Some("7") => "Texts to this number are blocked.",
        Some("8") => "The account at the carrier is blocked.",
        Some("9") => "The account at the carrier has no money left.",
        Some("12") => "The text is too long for the carrier.",
        Some("15") => "The carrier does not accept our number; an admin must correct it.",
        Some(_) => "The carrier refused the text.",
    };
    Rejection {
        class,
        code: code.map(str::to_owned),
        reason: reason.to_owned(),
    }
}

fn later(answer: &Answer) -> Outcome {
    Outcome::BackOff {
        after_ms: answer.retry_after_ms(),
        reason: "the carrier asks to come back later",
    }
}

const fn unknown(reason: &'static str) -> Outcome {
    Outcome::Unknown { reason }
}

/// The parameters of a call: the account decides between query, form and JSON.
pub(super) fn parameters(call: &Callback) -> Result<Form, CallbackError> {
    if call.method == "GET" {
        return Ok(Form::parse(call.raw_query.as_bytes()));
    }
    let content_type = call.header("content-type").unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return Ok(Form::parse(&call.body));
    }
    let object = serde_json::from_slice::<serde_json::Map<String, Value>>(&call.body);
    let object = object.map_err(|_| malformed("it is not an object"))?;
    let pairs = object.into_iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (name.into_bytes(), text.into_bytes())
    });
    Ok(pairs.collect())
}

/// What a verified call says.
pub(super) fn read(call: &Callback) -> Result<News, CallbackError> {
    let form = parameters(call)?;
    match call.kind {
        CallbackKind::Inbound => Ok(News::Text(text(&form)?)),
        CallbackKind::Status(id) => Ok(News::Receipt(receipt(id, &form)?)),
    }
}

fn text(form: &Form) -> Result<InboundText, CallbackError> {
    let from = international(&form.text("msisdn")?.unwrap_or_default());
    let to = form.text("to")?.ok_or(malformed("the text is to nobody"))?;
    let sent_at = form
        .text("message-timestamp")?
        .and_then(|text| moment(&text));
    Ok(InboundText {
        provider_id: form
            .text("messageId")?
            .ok_or(malformed("the text has no id"))?,
        from: Peer::parse(&from).map_err(|_| malformed("the sender is no number and no name"))?,
        to: international(&to),
        text: form.text("text")?.unwrap_or_default(),
        sent_at,
        pictures: Vec::new(),
        part: part(form)?,
        keyword: None,
    })
}

/// `2026-11-22 15:27:30`, UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

fn part(form: &Form) -> Result<Option<Part>, CallbackError> {
    if form.text("concat")?.as_deref() != Some("true") {
        return Ok(None);
    }
    let number = |name| -> Result<Option<u16>, CallbackError> {
        Ok(form.text(name)?.and_then(|text| text.parse().ok()))
    };
    let (reference, number, total) = (
        form.text("concat-ref")?,
        number("concat-part")?,
        number("concat-total")?,
    );
    Ok(match (reference, number, total) {
        (Some(reference), Some(number), Some(total)) if (1..=total).contains(&number) => {
            Some(Part {
                reference,
                number,
                total,
            })
        }
        // It cannot be joined, and is a text all the same.
        _ => None,
    })
}

fn receipt(message_id: MessageId, form: &Form) -> Result<Receipt, CallbackError> {
    let status = form
        .text("status")?
        .ok_or(malformed("there is no status"))?;
    let state = match status.as_str() {
        "accepted" | "buffered" | "submitted" => Some(MessageState::Sent),
        "delivered" => Some(MessageState::Delivered),
        "expired" | "failed" | "rejected" => Some(MessageState::Failed),
        _ => None,
    };
    let failed = state == Some(MessageState::Failed);
    let code = form.text("err-code")?.filter(|_| failed);
    let reason = match (status.as_str(), code.as_deref()) {
        ("expired", _) => "The text could not be delivered in time.",
        (_, Some("2" | "12")) => {
            "The phone could not be reached; it may be switched off. You can try again later."
        }
        (_, Some("3" | "9")) => "This number is not in use.",
        (_, Some("4" | "14")) => "Texts to this number are blocked.",
        (_, Some("6")) => "The text was filtered as unwanted by the carrier.",
        _ => "The carrier could not deliver the text.",
    };
    Ok(Receipt {
        message_id: Some(message_id),
        provider_id: form.text("messageId")?,
        state,
        // A long text has a receipt for each part.
        of_part: true,
        unknown_status: (state.is_none() && status != "unknown").then_some(status),
        code,
        reason: failed.then(|| reason.to_owned()),
        opted_out: false,
    })
}
