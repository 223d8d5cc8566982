//! How Telnyx speaks (sms-gateways 3.1); its own SDK checks that it does.

use super::carrier::{Api, Call, Fault, SECRET, Stamp, Text};
use super::wire::{Answer, Head};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The account's API key.
pub const KEY: &str = "KEY-of-telnyx-77a1";
/// What its calls are checked with.
pub const PUBLIC_KEY: &str = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=";

/// Telnyx.
pub struct Telnyx;

/// Signs as Telnyx's documentation says.
pub fn sign(body: &[u8], stamp: Stamp) -> String {
    let first = u8::from(stamp.forged);
    let seed: Vec<u8> = (first..first + 32).collect();
    let key = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let at = stamp.at_s.to_string();
    STANDARD.encode(key.sign(&[at.as_bytes(), b"|", body].concat()))
}

/// An answer to a mistake.
fn errors(status: u16, code: Option<u32>, title: &str) -> Answer {
    let mut error =
        json!({"title": title, "detail": title, "meta": {"url": "https://developers.telnyx.com"}});
    if let Some(code) = code {
        error["code"] = code.to_string().into();
    }
    Answer::json(status, &json!({"errors": [error]}))
}

/// A text as JSON; `status` is its receiver's.
fn message(text: &Text, status: &str, code: Option<&str>) -> Value {
    let errors = code.map(|code| json!({"code": code, "title": "Not delivered", "detail": "x"}));
    json!({
        "record_type": "message", "direction": "outbound", "id": text.ids[0], "type": "SMS",
        "organization_id": "b448f9cc-a842-4784-98e9-03c1a5872950",
        "messaging_profile_id": "740572b6-099c-44a1-89b9-6c92163bc68d",
        "from": {"phone_number": text.from, "carrier": "Telnyx", "line_type": "Wireless"},
        "to": [{"phone_number": text.to, "status": status, "carrier": "T-MOBILE", "line_type": "Wireless"}],
        "text": text.body, "media": [], "webhook_url": text.callback, "encoding": "GSM-7", "parts": 1,
        "tags": [], "cost": null, "received_at": "2026-11-20T20:16:07.503+00:00", "sent_at": null,
        "completed_at": null, "valid_until": null, "errors": errors.into_iter().collect::<Vec<_>>(),
    })
}

fn call(event: &str, payload: &Value, stamp: Stamp) -> Call {
    let body = json!({
        "data": {"event_type": event, "id": "0ea7f36c-3b5e-4f3a-8d9c-6d1f8a1d2f10",
            "occurred_at": "2026-11-20T20:16:07.588+00:00", "payload": payload, "record_type": "event"},
        "meta": {"attempt": 1, "delivered_to": "https://example.com"},
    });
    let body = body.to_string().into_bytes();
    Call {
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("telnyx-timestamp", stamp.at_s.to_string()),
            ("telnyx-signature-ed25519", sign(&body, stamp)),
        ],
        body,
    }
}

impl Api for Telnyx {
    fn settings(&self, url: &str, number: &str) -> String {
        format!(
            "[[gateways]]\nid = \"there\"\nkind = \"telnyx\"\nsecret = \"{SECRET}\"\n\
             base_url = \"{url}\"\napi_key = \"{KEY}\"\npublic_key = \"{PUBLIC_KEY}\"\n\
             [[numbers]]\nid = \"there\"\nnumber = \"{number}\"\ngateway = \"there\"\n"
        )
    }

    fn words(&self) -> [&'static str; 3] {
        ["sent", "delivered", "delivery_failed"]
    }

    fn is_send(&self, head: &Head) -> bool {
        head.method == "POST" && head.path == "/v2/messages"
    }

    fn read(&self, head: &Head, body: &str, nth: usize) -> Result<Text, Answer> {
        if head.header("authorization") != Some(&format!("Bearer {KEY}")) {
            return Err(errors(401, Some(10009), "Authentication failed"));
        }
        let body: Value =
            serde_json::from_str(body).map_err(|_| errors(400, Some(10015), "Bad request"))?;
        let field = |name: &str| body[name].as_str().map(str::to_owned);
        let to = field("to").unwrap_or_default();
        let is_number = to.len() > 7
            && to
                .strip_prefix('+')
                .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        if !is_number {
            return Err(errors(
                422,
                Some(10016),
                "Phone number must be in +E.164 format",
            ));
        }
        let Some(text) = field("text").filter(|text| !text.is_empty()) else {
            return Err(errors(400, Some(40009), "Invalid message body"));
        };
        Ok(Text {
            ids: vec![format!("40385f64-5717-4562-b3fc-{nth:012x}")],
            from: field("from").unwrap_or_default(),
            to,
            body: text,
            callback: field("webhook_url"),
        })
    }

    fn taken(&self, text: &Text, with_id: bool) -> Answer {
        let mut data = message(text, "queued", None);
        if !with_id {
            data["id"] = Value::Null;
        }
        Answer::json(200, &json!({"data": data}))
    }

    fn no(&self, fault: Fault) -> Answer {
        match fault {
            Fault::Busy(seconds) => {
                let mut busy = errors(429, Some(10011), "Too many requests");
                busy.headers
                    .push_str(&format!("Retry-After: {seconds}\r\n"));
                busy
            }
            Fault::Refuse(code) => errors(400, Some(code), "Refused"),
            Fault::RefuseBarely => errors(400, None, "Refused"),
            Fault::SignIn => errors(401, Some(10009), "Authentication failed"),
            _ => errors(500, Some(10007), "Unexpected error"),
        }
    }

    fn inbound(
        &self,
        id: &str,
        ends: [&str; 2],
        text: &str,
        picture: Option<&str>,
        stamp: Stamp,
    ) -> Call {
        let media = picture.map(
            |url| json!({"url": url, "content_type": "image/png", "sha256": "aa", "size": 102}),
        );
        let payload = json!({
            "id": id, "record_type": "message", "direction": "inbound", "encoding": "GSM-7", "errors": [],
            "from": {"phone_number": ends[0], "carrier": "T-Mobile USA", "line_type": "Wireless", "status": "webhook_delivered"},
            "to": [{"phone_number": ends[1], "carrier": "Telnyx", "line_type": "Wireless", "status": "webhook_delivered"}],
            "text": text, "media": media.into_iter().collect::<Vec<_>>(), "parts": 1, "type": "SMS",
        });
        call("message.received", &payload, stamp)
    }

    fn receipt(
        &self,
        text: &Text,
        _part: usize,
        status: &str,
        code: Option<&str>,
        stamp: Stamp,
    ) -> Call {
        call("message.finalized", &message(text, status, code), stamp)
    }
}
