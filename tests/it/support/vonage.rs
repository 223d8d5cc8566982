//! How Vonage speaks, with either of its APIs (sms-gateways 3.2); its own SDK checks that it does.

use super::carrier::{Api, Call, Fault, SECRET, Stamp, Text};
use super::wire::{Answer, Head, pairs, value};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{EncodingKey, Header, encode};
use md5::Md5;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use std::collections::BTreeMap;

/// The account's API key.
pub const KEY: &str = "abcd1234";
/// The secret of that key.
pub const KEY_SECRET: &str = "a-secret-of-vonage";
/// What its calls are signed with.
pub const SIGNATURE_SECRET: &str = "a-signature-of-vonage";

/// The SMS API.
pub struct Sms;

/// The Messages API.
pub struct Messages;

fn settings(api: &str, url: &str, number: &str) -> String {
    format!(
        "[[gateways]]\nid = \"there\"\nkind = \"vonage\"\nsecret = \"{SECRET}\"\napi = \"{api}\"\n\
         base_url = \"{url}\"\napi_key = \"{KEY}\"\napi_secret = \"{KEY_SECRET}\"\n\
         signature_secret = \"{SIGNATURE_SECRET}\"\n\
         [[numbers]]\nid = \"there\"\nnumber = \"{number}\"\ngateway = \"there\"\n"
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Signs parameters as the SMS API's documentation says, by a method as its dashboard calls it.
pub fn sign(method: &str, secret: &str, parameters: &BTreeMap<String, String>) -> String {
    let pairs = parameters.iter();
    let pairs = pairs.map(|(name, value)| format!("&{name}={}", value.replace(['&', '='], "_")));
    let text: String = pairs.collect();
    macro_rules! hmac {
        ($Digest:ty) => {{
            let mut mac = Hmac::<$Digest>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(text.as_bytes());
            hex(&mac.finalize().into_bytes())
        }};
    }
    match method {
        "md5hash" => hex(&Md5::digest(format!("{text}{secret}"))),
        "md5" => hmac!(Md5),
        "sha1" => hmac!(Sha1),
        "sha256" => hmac!(Sha256),
        "sha512" => hmac!(Sha512),
        other => panic!("no method is called {other}"),
    }
}

/// The token that the Messages API puts into a header.
pub fn token(secret: &str, body: &[u8], at_s: i64) -> String {
    let claims = json!({"iat": at_s, "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5", "iss": "Vonage",
        "payload_hash": hex(&Sha256::digest(body)), "api_key": KEY});
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::default(), &claims, &key).unwrap()
}

fn secret(stamp: Stamp) -> &'static str {
    match stamp.forged {
        true => "a-signature-of-others",
        false => SIGNATURE_SECRET,
    }
}

fn digits(number: &str) -> &str {
    number.trim_start_matches('+')
}

/// A form with its signature in it.
fn form(parameters: &[(&str, &str)], stamp: Stamp) -> Call {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut parameters: BTreeMap<String, String> = parameters.iter().map(owned).collect();
    parameters.insert("timestamp".to_owned(), stamp.at_s.to_string());
    parameters.insert("nonce".to_owned(), "a1".to_owned());
    let signature = sign("sha256", secret(stamp), &parameters);
    parameters.insert("sig".to_owned(), signature);
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let form = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    Call {
        headers: vec![(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )],
        body: form.collect::<Vec<_>>().join("&").into_bytes(),
    }
}

fn answer(messages: &[Value]) -> Answer {
    let count = messages.len().to_string();
    Answer::json(200, &json!({"message-count": count, "messages": messages}))
}

impl Api for Sms {
    fn settings(&self, url: &str, number: &str) -> String {
        settings("sms", url, number)
    }

    fn words(&self) -> [&'static str; 3] {
        ["buffered", "delivered", "failed"]
    }

    fn is_send(&self, head: &Head) -> bool {
        head.method == "POST" && head.path == "/sms/json"
    }

    fn read(&self, head: &Head, body: &str, nth: usize) -> Result<Text, Answer> {
        let is_json = head.header("content-type") == Some("application/json");
        let given = match is_json {
            true => {
                let object: BTreeMap<String, Value> = serde_json::from_str(body).unwrap();
                let text = |value: Value| value.as_str().map_or(value.to_string(), str::to_owned);
                object
                    .into_iter()
                    .map(|(name, value)| (name, text(value)))
                    .collect()
            }
            false => pairs(body),
        };
        let field = |name: &str| value(&given, name).map(str::to_owned);
        let no =
            |status: &str, words: &str| answer(&[json!({"status": status, "error-text": words})]);
        let named = (field("api_key"), field("api_secret"));
        let (Some(key), Some(secret)) = head
            .sign_in()
            .map_or(named, |(key, secret)| (Some(key), Some(secret)))
        else {
            return Err(no("2", "Missing api_key"));
        };
        if (key.as_str(), secret.as_str()) != (KEY, KEY_SECRET) {
            return Err(no("4", "Bad Credentials"));
        }
        let to = field("to").ok_or(no("2", "Missing to param"))?;
        if to.len() < 7 || !to.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(no("3", "Invalid value for param: to"));
        }
        let body = field("text").ok_or(no("2", "Missing text param"))?;
        let parts = sms_splitter::SplitSms::default()
            .split(body.clone())
            .parts
            .len();
        Ok(Text {
            ids: (1..=parts.max(1))
                .map(|part| format!("{nth:014X}{part:02X}"))
                .collect(),
            from: field("from").unwrap_or_default(),
            to,
            body,
            callback: field("callback"),
        })
    }

    fn taken(&self, text: &Text, with_id: bool) -> Answer {
        let part = |id: &String| {
            let mut part = json!({"to": text.to, "message-id": id, "status": "0",
                "remaining-balance": "3.14", "message-price": "0.03", "network": "12345"});
            if !with_id {
                part["message-id"] = Value::Null;
            }
            part
        };
        answer(&text.ids.iter().map(part).collect::<Vec<_>>())
    }

    fn taken_in_part(&self, text: &Text, code: u32) -> Answer {
        let taken = text.ids[..text.ids.len() - 1].iter();
        let taken = taken.map(|id| json!({"to": text.to, "message-id": id, "status": "0"}));
        let refused = json!({"status": code.to_string(), "error-text": "Refused"});
        answer(&taken.chain([refused]).collect::<Vec<_>>())
    }

    fn no(&self, fault: Fault) -> Answer {
        match fault {
            Fault::Busy(seconds) => {
                let mut busy =
                    answer(&[json!({"status": "1", "error-text": "Throughput Rate Exceeded"})]);
                busy.headers
                    .push_str(&format!("Retry-After: {seconds}\r\n"));
                busy
            }
            Fault::Refuse(code) => {
                answer(&[json!({"status": code.to_string(), "error-text": "Refused"})])
            }
            Fault::RefuseBarely => answer(&[json!({"error-text": "Refused"})]),
            Fault::SignIn => answer(&[json!({"status": "4", "error-text": "Bad Credentials"})]),
            _ => Answer::raw(503, "text/plain", b"try later"),
        }
    }

    fn inbound(
        &self,
        id: &str,
        ends: [&str; 2],
        text: &str,
        _picture: Option<&str>,
        stamp: Stamp,
    ) -> Call {
        let parameters = [
            ("msisdn", digits(ends[0])),
            ("to", digits(ends[1])),
            ("messageId", id),
            ("text", text),
            ("type", "text"),
            ("keyword", "HELLO"),
            ("message-timestamp", "2026-11-20 20:16:07"),
        ];
        form(&parameters, stamp)
    }

    fn receipt(
        &self,
        text: &Text,
        part: usize,
        status: &str,
        code: Option<&str>,
        stamp: Stamp,
    ) -> Call {
        let parameters = [
            ("msisdn", digits(&text.to)),
            ("to", digits(&text.from)),
            ("messageId", &text.ids[part]),
            ("status", status),
            ("err-code", code.unwrap_or("0")),
            ("network-code", "12345"),
            ("price", "0.03"),
            ("scts", "2611202016"),
            ("message-timestamp", "2026-11-20 20:16:07"),
        ];
        form(&parameters, stamp)
    }
}

/// A problem of the Messages API.
fn problem(status: u16, code: Option<u32>, title: &str) -> Answer {
    let kind = match code {
        Some(code) => format!("https://developer.vonage.com/api-errors/messages#{code}"),
        None => "about:blank".to_owned(),
    };
    Answer::json(
        status,
        &json!({"type": kind, "title": title, "detail": title, "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf"}),
    )
}

fn signed(body: &Value, stamp: Stamp) -> Call {
    let body = body.to_string().into_bytes();
    let token = token(secret(stamp), &body, stamp.at_s);
    Call {
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("authorization", format!("Bearer {token}")),
        ],
        body,
    }
}

impl Api for Messages {
    fn settings(&self, url: &str, number: &str) -> String {
        settings("messages", url, number)
    }

    fn words(&self) -> [&'static str; 3] {
        ["submitted", "delivered", "undeliverable"]
    }

    fn is_send(&self, head: &Head) -> bool {
        head.method == "POST" && head.path == "/v1/messages"
    }

    fn read(&self, head: &Head, body: &str, nth: usize) -> Result<Text, Answer> {
        if head.sign_in() != Some((KEY.to_owned(), KEY_SECRET.to_owned())) {
            return Err(problem(401, None, "Unauthorized"));
        }
        let body: Value =
            serde_json::from_str(body).map_err(|_| problem(422, Some(1150), "Invalid params"))?;
        let field = |name: &str| body[name].as_str().map(str::to_owned);
        let is_number =
            |number: &String| number.len() >= 7 && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_text = (field("channel"), field("message_type"))
            == (Some("sms".to_owned()), Some("text".to_owned()));
        let (Some(to), Some(text), true) = (field("to").filter(is_number), field("text"), is_text)
        else {
            return Err(problem(422, Some(1150), "Invalid params"));
        };
        let from = field("from").filter(|from| !from.is_empty());
        Ok(Text {
            ids: vec![format!("aaaaaaaa-bbbb-4ccc-8ddd-{nth:012x}")],
            from: from.ok_or(problem(422, Some(1120), "Illegal sender"))?,
            to,
            body: text,
            callback: field("webhook_url"),
        })
    }

    fn taken(&self, text: &Text, with_id: bool) -> Answer {
        match with_id {
            true => Answer::json(202, &json!({"message_uuid": text.ids[0]})),
            false => Answer::json(202, &json!({})),
        }
    }

    fn no(&self, fault: Fault) -> Answer {
        match fault {
            Fault::Busy(seconds) => {
                let mut busy = problem(429, Some(1000), "Throttled");
                busy.headers
                    .push_str(&format!("Retry-After: {seconds}\r\n"));
                busy
            }
            Fault::Refuse(code) => problem(422, Some(code), "Refused"),
            Fault::RefuseBarely => Answer::json(422, &json!({"title": "Refused"})),
            Fault::SignIn => problem(401, None, "Unauthorized"),
            _ => problem(500, None, "Internal error"),
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
        let mut body = json!({"message_uuid": id, "from": digits(ends[0]), "to": digits(ends[1]),
            "timestamp": "2026-11-20T20:16:07.000Z"});
        match picture {
            Some(url) => {
                body["channel"] = "mms".into();
                body["message_type"] = "image".into();
                body["image"] = json!({"url": url, "caption": text});
            }
            None => {
                body["channel"] = "sms".into();
                body["message_type"] = "text".into();
                body["text"] = text.into();
                body["sms"] = json!({"num_messages": "1", "keyword": "HELLO"});
            }
        }
        signed(&body, stamp)
    }

    fn receipt(
        &self,
        text: &Text,
        _part: usize,
        status: &str,
        code: Option<&str>,
        stamp: Stamp,
    ) -> Call {
        let mut body = json!({"message_uuid": text.ids[0], "from": text.from, "to": text.to,
            "timestamp": "2026-11-20T20:16:07.000Z", "status": status, "channel": "sms",
            "sms": {"count_total": "1"}, "usage": {"currency": "EUR", "price": "0.03"}});
        if let Some(code) = code {
            body["error"] = json!({"type": "https://developer.vonage.com/api-errors/messages",
                "title": code, "detail": "x", "instance": "bf0ca0bf"});
        }
        signed(&body, stamp)
    }
}
