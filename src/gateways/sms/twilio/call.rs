//! Twilio's calls and the texts in its list, in our words (sms-gateways 2.3, 2.4).

use super::codes;
use super::signature::is_form;
use crate::domain::consent::Keyword;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::gateways::sms::form::Form;
use crate::gateways::sms::{
    Callback, CallbackError, CallbackKind, InboundText, News, Picture, Receipt,
};

/// Twilio takes ten pictures; nothing names more of them than this.
const MAX_PICTURES: usize = 32;

const fn malformed(what: &'static str) -> CallbackError {
    CallbackError::Malformed(what)
}

/// What a verified call says.
pub(super) fn read(call: &Callback) -> Result<News, CallbackError> {
    let form = parameters(call)?;
    match call.kind {
        CallbackKind::Inbound => Ok(News::Text(text(&form)?)),
        CallbackKind::Status(message_id) => {
            let status = form.text("MessageStatus")?;
            let status = match status {
                Some(status) => Some(status),
                None => form.text("SmsStatus")?,
            };
            let status = status.ok_or(malformed("there is no status"))?;
            let code = form.text("ErrorCode")?;
            let provider_id = message_sid(&form)?;
            let receipt = receipt(Some(message_id), provider_id, &status, code);
            Ok(News::Receipt(receipt))
        }
    }
}

fn parameters(call: &Callback) -> Result<Form, CallbackError> {
    if call.method == "GET" {
        Ok(Form::parse(call.raw_query.as_bytes()))
    } else if is_form(call) {
        Ok(Form::parse(&call.body))
    } else {
        Err(malformed("it is not a form"))
    }
}

/// All three names are the same id; hosts that are like Twilio leave some out.
fn message_sid(form: &Form) -> Result<Option<String>, CallbackError> {
    for name in ["MessageSid", "SmsMessageSid", "SmsSid"] {
        if let Some(sid) = form.text(name)? {
            return Ok(Some(sid));
        }
    }
    Ok(None)
}

fn text(form: &Form) -> Result<InboundText, CallbackError> {
    let provider_id = message_sid(form)?.ok_or(malformed("the text has no id"))?;
    let from = form.text("From")?.unwrap_or_default();
    let from = Peer::parse(&from).map_err(|_| malformed("the sender is no number and no name"))?;
    let to = form.text("To")?.ok_or(malformed("the text is to nobody"))?;
    let keyword = form.text("OptOutType")?.and_then(|word| keyword(&word));
    Ok(InboundText {
        provider_id,
        from,
        to,
        // Absent when there are pictures only.
        text: form.text("Body")?.unwrap_or_default(),
        sent_at: None,
        pictures: pictures(form)?,
        part: None,
        keyword,
    })
}

fn keyword(word: &str) -> Option<Keyword> {
    match word {
        "STOP" => Some(Keyword::Stop),
        "START" => Some(Keyword::Start),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

fn pictures(form: &Form) -> Result<Vec<Picture>, CallbackError> {
    let count = form.text("NumMedia")?.unwrap_or_default();
    let count: usize = count.parse().unwrap_or(0);
    let mut pictures = Vec::new();
    for index in 0..count.min(MAX_PICTURES) {
        if let Some(url) = form.text(&format!("MediaUrl{index}"))? {
            let content_type = form.text(&format!("MediaContentType{index}"))?;
            pictures.push(Picture {
                url,
                content_type: content_type.unwrap_or_default(),
            });
        }
    }
    Ok(pictures)
}

/// What a status means; Twilio adds new ones, and those change nothing.
fn state(status: &str) -> Option<MessageState> {
    match status {
        // The first four prove no more than that Twilio took it, which is what `sent` says.
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Some(MessageState::Sent),
        "delivered" | "read" => Some(MessageState::Delivered),
        "undelivered" | "partially_delivered" | "failed" | "canceled" => Some(MessageState::Failed),
        _ => None,
    }
}

/// A receipt from a call or from the list.
pub(super) fn receipt(
    message_id: Option<MessageId>,
    provider_id: Option<String>,
    status: &str,
    code: Option<String>,
) -> Receipt {
    let state = state(status);
    let failed = state == Some(MessageState::Failed);
    let number = code.as_ref().and_then(|code| code.parse().ok());
    let reason = failed.then(|| match number.and_then(codes::find) {
        Some(known) => known.words.to_owned(),
        None if status == "canceled" => "The text was cancelled at the carrier.".to_owned(),
        None => "The carrier could not deliver the text.".to_owned(),
    });
    Receipt {
        message_id,
        provider_id,
        state,
        of_part: false,
        unknown_status: state.is_none().then(|| status.to_owned()),
        code: code.filter(|_| failed),
        reason,
        opted_out: failed && number.is_some_and(codes::is_opt_out),
    }
}
