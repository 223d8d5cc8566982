//! Telnyx's calls: one event of JSON each, signed with Ed25519 (sms-gateways 3.1).

use super::codes;
use super::send::Problem;
use crate::domain::clock::Timestamp;
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::gateways::sms::RejectionClass::OptOut;
use crate::gateways::sms::{
    Callback, CallbackError, CallbackKind, InboundText, News, Picture, Receipt,
};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// How old a call may be, and how far ahead its clock.
const TOLERANCE_S: i64 = 300;

const fn forged(what: &'static str) -> CallbackError {
    CallbackError::Forged(what)
}

const fn malformed(what: &'static str) -> CallbackError {
    CallbackError::Malformed(what)
}

/// Checks the signature of a call and its age.
pub(super) fn verify(
    call: &Callback,
    public_key: &[u8],
    now: Timestamp,
) -> Result<(), CallbackError> {
    let signature = call.header("telnyx-signature-ed25519");
    let signature = signature.ok_or(forged("there is no signature"))?;
    let signature = STANDARD.decode(signature.trim());
    let signature = signature.map_err(|_| forged("the signature is not Base64"))?;
    let stamp = call.header("telnyx-timestamp");
    let stamp = stamp.ok_or(forged("there is no time"))?;
    let seconds: i64 = stamp.parse().map_err(|_| forged("its time is no number"))?;
    let age = now.0.div_euclid(1_000).saturating_sub(seconds);
    if age.saturating_abs() > TOLERANCE_S {
        return Err(forged("it is too old, or a clock is wrong"));
    }
    let signed = [stamp.as_bytes(), b"|", &call.body].concat();
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    let verified = key.verify(&signed, &signature);
    verified.map_err(|_| forged("the signature is another one"))
}

#[derive(Deserialize)]
struct Envelope {
    data: Event,
}

#[derive(Deserialize)]
struct Event {
    event_type: String,
    occurred_at: Option<String>,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    id: Option<String>,
    from: Option<Address>,
    #[serde(default)]
    to: Vec<Address>,
    text: Option<String>,
    #[serde(default)]
    media: Vec<Medium>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Address {
    phone_number: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Medium {
    url: String,
    content_type: Option<String>,
}

/// What a verified call says; other events of the account say nothing to us.
pub(super) fn read(call: &Callback) -> Result<Vec<News>, CallbackError> {
    let envelope = serde_json::from_slice::<Envelope>(&call.body);
    let event = envelope.map_err(|_| malformed("it is not an event"))?.data;
    match event.event_type.as_str() {
        "message.received" => Ok(vec![News::Text(text(event)?)]),
        "message.sent" | "message.finalized" => Ok(vec![News::Receipt(receipt(call, event))]),
        _ => Ok(Vec::new()),
    }
}

fn text(event: Event) -> Result<InboundText, CallbackError> {
    let payload = event.payload;
    let number = |address: Address| address.phone_number.unwrap_or_default();
    let from = payload.from.map(number).unwrap_or_default();
    let to = payload.to.into_iter().next().map(number);
    let sent_at = event
        .occurred_at
        .and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let pictures = payload.media.into_iter().map(|medium| Picture {
        url: medium.url,
        content_type: medium.content_type.unwrap_or_default(),
    });
    Ok(InboundText {
        provider_id: payload.id.ok_or(malformed("the text has no id"))?,
        from: Peer::parse(&from).map_err(|_| malformed("the sender is no number and no name"))?,
        to: to
            .filter(|to| !to.is_empty())
            .ok_or(malformed("the text is to nobody"))?,
        text: payload.text.unwrap_or_default(),
        sent_at: sent_at.map(|at| Timestamp(at.as_millisecond())),
        pictures: pictures.collect(),
        part: None,
        // Telnyx answers STOP itself and tells nothing about it: the text is read as one.
        keyword: None,
    })
}

fn receipt(call: &Callback, event: Event) -> Receipt {
    let status = event.payload.to.first().and_then(|to| to.status.as_deref());
    let state = match status {
        Some("queued" | "sending" | "sent") => Some(MessageState::Sent),
        Some("delivered") => Some(MessageState::Delivered),
        Some("delivery_failed" | "sending_failed" | "expired") => Some(MessageState::Failed),
        // `delivery_unconfirmed` and what Telnyx may add: it was sent, and that is all.
        _ => None,
    };
    let is_known = state.is_some() || status == Some("delivery_unconfirmed");
    let unknown_status = (!is_known).then(|| status.unwrap_or_default().to_owned());
    let failed = state == Some(MessageState::Failed);
    let code = event.payload.errors.first().and_then(Problem::code);
    let known = code.as_deref().and_then(codes::find);
    let words = known.map_or("The carrier could not deliver the text.", |known| {
        known.words
    });
    Receipt {
        message_id: match call.kind {
            CallbackKind::Status(id) => Some(id),
            CallbackKind::Inbound => None,
        },
        provider_id: event.payload.id,
        state,
        of_part: false,
        unknown_status,
        code: code.filter(|_| failed),
        reason: failed.then(|| words.to_owned()),
        opted_out: failed && known.is_some_and(|known| known.class == OptOut),
    }
}
