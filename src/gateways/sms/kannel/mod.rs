//! Kannel: links to carriers over SMPP and friends, behind an HTTP door (sms-gateways 5.2, 5.3).
//!
//! It signs nothing and has its password and every text in query strings: the secret in the path
//! of its calls is all there is, and no address of either side is ever logged. It names no text:
//! receipts find theirs by our id in their path.

mod call;

use super::exchange::{Answer, exchange};
use super::specimen::FRAGILE;
use super::{
    Callback, CallbackError, CallbackKind, Capabilities, News, Outbound, Outcome, Rejection,
    RejectionClass, Reply, SmsGateway, Specimen, Verified,
};
use crate::config::KannelGateway;
use crate::domain::clock::Timestamp;
use crate::domain::consent;
use crate::domain::ids::GatewayId;
use crate::domain::segments::{Alphabet, longest, segments};
use async_trait::async_trait;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// Delivered, not delivered, buffered, accepted and rejected by the SMSC.
const EVERY_RECEIPT: &str = "31";
/// What Kannel fills in: the receipt's bit, and what the SMSC said.
const RECEIPT_QUERY: &str = "?status=%d&answer=%A";

/// A Kannel of ours.
pub struct Kannel {
    id: GatewayId,
    secret: SecretString,
    send_url: Url,
    username: String,
    password: SecretString,
    smsc: Option<String>,
    max_parts: u32,
    answers: &'static [&'static str],
    http: reqwest::Client,
}

/// How Kannel is told to send a text: left to itself, it sends `?` for what is not in GSM-7.
const fn coding(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Gsm7 => "0",
        Alphabet::Ucs2 => "2",
    }
}

impl Kannel {
    /// A Kannel as configured; the name of the setting that is missing otherwise.
    pub fn new(
        id: GatewayId,
        settings: &KannelGateway,
        http: reqwest::Client,
    ) -> Result<Self, &'static str> {
        Ok(Self {
            id,
            secret: settings.secret.clone().ok_or("secret")?,
            send_url: settings.send_url.clone().ok_or("send_url")?,
            username: settings.username.clone(),
            password: settings.password.clone().ok_or("password")?,
            smsc: settings.smsc.clone(),
            max_parts: u32::try_from(settings.max_parts).unwrap_or(u32::MAX),
            answers: settings.opt_out_replies.of_carrier(consent::USUAL),
            http,
        })
    }

    fn request(&self, text: &Outbound, coding: &str) -> reqwest::RequestBuilder {
        // Kannel reads escapes of its own in the address that we give it.
        let status_url = text.status_url.expose_secret().replace('%', "%%");
        let status_url = format!("{status_url}{RECEIPT_QUERY}");
        let minutes = text.validity_s.div_ceil(60).to_string();
        let mut query = vec![
            ("username", self.username.as_str()),
            ("password", self.password.expose_secret()),
            ("from", &text.from),
            ("to", text.to.as_str()),
            ("text", &text.text),
            ("charset", "UTF-8"),
            ("coding", coding),
            ("validity", &minutes),
            ("dlr-mask", EVERY_RECEIPT),
            ("dlr-url", &status_url),
        ];
        if let Some(smsc) = &self.smsc {
            query.push(("smsc", smsc));
        }
        self.http.get(self.send_url.clone()).query(&query)
    }
}

#[async_trait]
impl SmsGateway for Kannel {
    fn id(&self) -> &GatewayId {
        &self.id
    }

    fn inbound_address_tail(&self) -> &'static str {
        // Kannel fills these in.
        "?from=%p&to=%P&hex=%e&charset=%C&coding=%c&time=%T&id=%I&udh=%u"
    }

    fn callback_secret(&self) -> &SecretString {
        &self.secret
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_chars: longest(self.max_parts),
            max_parts: Some(self.max_parts),
            lists: false,
            answers: self.answers,
        }
    }

    async fn send(&self, text: &Outbound) -> Outcome {
        let shape = segments(&text.text);
        if shape.parts > self.max_parts {
            // Kannel would send the beginning and say nothing.
            let reason = format!("The text is longer than {} parts.", self.max_parts);
            return rejected(RejectionClass::Permanent, None, reason);
        }
        match exchange(self.request(text, coding(shape.alphabet))).await {
            Ok(answer) => outcome(&answer),
            Err(no_answer) => no_answer.into(),
        }
    }

    /// The secret in the path is all that Kannel has.
    fn verify<'c>(
        &self,
        call: &'c Callback,
        _now: Timestamp,
    ) -> Result<Verified<'c>, CallbackError> {
        Ok(call.believed())
    }

    fn specimen(&self, _url: &str, _now: Timestamp) -> Option<Specimen> {
        Some(Specimen {
            method: "GET",
            query: FRAGILE.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            signed: false,
        })
    }

    fn read(&self, call: Verified<'_>) -> Result<Vec<News>, CallbackError> {
        let news = match &call.kind {
            CallbackKind::Inbound => News::Text(call::text(&call.raw_query)?),
            CallbackKind::Status(id) => News::Receipt(call::receipt(*id, &call.raw_query)?),
        };
        Ok(vec![news])
    }

    /// Kannel would text a body back, and repeats the call for anything but 200 and 202.
    fn reply(&self, _kind: &CallbackKind) -> Reply {
        Reply {
            status: 200,
            content_type: None,
            body: "",
        }
    }
}

fn rejected(class: RejectionClass, code: Option<String>, reason: impl Into<String>) -> Outcome {
    let reason = reason.into();
    Outcome::Rejected(Rejection {
        class,
        code,
        reason,
    })
}

fn outcome(answer: &Answer) -> Outcome {
    use RejectionClass::{Configuration, Permanent, Policy};
    let words = String::from_utf8_lossy(&answer.body);
    let words = words.trim();
    let code = Some(answer.status.to_string());
    match answer.status {
        202 if words.starts_with("0:") || words.starts_with("3:") => Outcome::Accepted {
            provider_ids: Vec::new(),
            parts: None,
        },
        429 | 503 => Outcome::BackOff {
            after_ms: answer.retry_after_ms(),
            reason: "Kannel takes no texts at the moment",
        },
        400 | 403 if words.contains("black-list") => {
            rejected(Policy, code, "Kannel's lists do not allow this number.")
        }
        400 => rejected(Permanent, code, "Kannel does not take this text."),
        403 if words.starts_with("Not routable") => {
            rejected(Configuration, code, "Kannel has no SMSC for this number.")
        }
        401 | 403 => rejected(
            Configuration,
            code,
            "Kannel refuses our user name and password.",
        ),
        300..=499 => rejected(
            Configuration,
            code,
            "There is no Kannel at the configured address.",
        ),
        _ => Outcome::Unknown {
            reason: "Kannel did not say whether it took the text; it may have been sent.",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn said(status: u16, body: &str) -> Outcome {
        outcome(&Answer {
            status,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        })
    }

    fn class(outcome: Outcome) -> Option<RejectionClass> {
        match outcome {
            Outcome::Rejected(no) => Some(no.class),
            _ => None,
        }
    }

    #[test]
    fn only_what_kannel_surely_refused_may_be_sent_again() {
        for taken in ["0: Accepted for delivery", "3: Queued for later delivery\n"] {
            assert!(matches!(said(202, taken), Outcome::Accepted { .. }));
        }
        let busy = said(503, "Temporal failure, try again later.");
        assert!(matches!(busy, Outcome::BackOff { .. }));
        for (status, body) in [
            (202, ""),
            (202, "<html>Accepted"),
            (200, "0: Accepted for delivery"),
            (500, ""),
            (502, "Bad Gateway"),
            (504, ""),
        ] {
            let outcome = said(status, body);
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{status}");
        }
    }

    #[test]
    fn a_refusal_says_whose_it_is() {
        use RejectionClass::{Configuration, Permanent, Policy};
        for (status, body, expected) in [
            (403, "Authorization failed for sendsms", Configuration),
            (403, "Not routable. Do not try again.", Configuration),
            (400, "Missing receiver number, rejected", Permanent),
            (
                400,
                "Number(s) has/have been denied by white- and/or black-lists.",
                Policy,
            ),
            (404, "", Configuration),
            (302, "", Configuration),
        ] {
            assert_eq!(class(said(status, body)), Some(expected), "{body}");
        }
    }
}
