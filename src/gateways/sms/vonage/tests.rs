use super::*;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::gateways::sms::exchange::Answer;
use crate::gateways::sms::{CallbackKind, InboundText, Part, Receipt, Rejection, RejectionClass};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

const SECRET: &str = "my_secret_key_for_testing";
/// The published parameters, without their signature.
const PUBLISHED: &str = "message-timestamp=2013-11-21+15%3A27%3A30&messageId=020000001B0FE827&msisdn=14843472194\
    &text=Test+again&timestamp=1385047698&to=13239877404&type=text";
const SIGNED_AT: Timestamp = Timestamp(1_385_047_698_000);
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn gateway(api: &str, method: &str) -> Vonage {
    let settings = VonageGateway {
        secret: Some("0123456789abcdef0123456789abcdef".into()),
        api: api.to_owned(),
        api_key: Some("abcd1234".into()),
        api_secret: Some("s".into()),
        signature_secret: Some(SECRET.into()),
        signature_method: method.to_owned(),
        ..VonageGateway::default()
    };
    let id = GatewayId::parse("vo").unwrap();
    Vonage::new(id, &settings, HTTP.clone()).unwrap()
}

/// Making one takes long, and no test sends anything.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

fn message_id() -> MessageId {
    MessageId::parse_any("0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa").unwrap()
}

fn call(kind: CallbackKind, content_type: &str, body: &[u8]) -> Callback {
    Callback {
        kind,
        method: "POST".to_owned(),
        url: String::new(),
        raw_query: String::new(),
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.to_vec(),
    }
}

fn accepted(method: &str, form: &str, now: Timestamp) -> bool {
    let call = call(CallbackKind::Inbound, FORM, form.as_bytes());
    gateway("sms", method).verify(&call, now).is_ok()
}

#[test]
fn published_signatures_are_accepted_for_five_minutes() {
    for (method, signature) in [
        ("md5hash", "d2e7b1dc968737c5998ad624e02f90b7"),
        ("md5", "DDEBD46008C2D4E93CCE578A332A52D5"),
        ("sha1", "27D0D05C2876C7CB1720DBCDBA4D492E1E55C09A"),
        (
            "sha256",
            "DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330",
        ),
    ] {
        let signed = format!("{PUBLISHED}&sig={signature}");
        assert!(accepted(method, &signed, SIGNED_AT), "{method}");
        for signature in [
            signature.to_ascii_lowercase(),
            signature.to_ascii_uppercase(),
        ] {
            assert!(accepted(
                method,
                &format!("{PUBLISHED}&sig={signature}"),
                SIGNED_AT
            ));
        }
        assert!(accepted(method, &signed, SIGNED_AT.plus_ms(300_000)));
        assert!(!accepted(method, &signed, SIGNED_AT.plus_ms(301_000)));
        assert!(!accepted(method, &signed, SIGNED_AT.plus_ms(-301_000)));
        assert!(!accepted(
            method,
            &signed.replace("again", "again."),
            SIGNED_AT
        ));
        assert!(!accepted(method, &format!("{signed}&more=1"), SIGNED_AT));
        assert!(!accepted(
            method,
            &format!("{signed}&text=other"),
            SIGNED_AT
        ));
        assert!(!accepted(method, PUBLISHED, SIGNED_AT));
        assert!(!accepted(method, &format!("{PUBLISHED}&sig="), SIGNED_AT));
        let other = if method == "sha1" { "sha256" } else { "sha1" };
        assert!(!accepted(other, &signed, SIGNED_AT));
        let mut got = call(CallbackKind::Inbound, "", b"");
        got.method = "GET".to_owned();
        got.raw_query = signed;
        assert!(gateway("sms", method).verify(&got, SIGNED_AT).is_ok());
    }
}

#[test]
fn the_same_parameters_as_json_have_the_same_signature() {
    let body = json!({
        "message-timestamp": "2013-11-21 15:27:30", "messageId": "020000001B0FE827", "msisdn": "14843472194",
        "text": "Test again", "timestamp": 1_385_047_698, "to": "13239877404", "type": "text",
        "sig": "d2e7b1dc968737c5998ad624e02f90b7",
    });
    let call = call(CallbackKind::Inbound, JSON, body.to_string().as_bytes());
    assert!(gateway("sms", "md5hash").verify(&call, SIGNED_AT).is_ok());
}

fn token(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap()
}

fn claims(body: &[u8]) -> Value {
    let hash: String = Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({"iat": 1_385_047_698, "jti": "1", "iss": "Vonage", "payload_hash": hash, "api_key": "abcd1234"})
}

fn trusted(token: &str, body: &[u8], now: Timestamp) -> bool {
    let mut call = call(CallbackKind::Inbound, JSON, body);
    call.headers
        .push(("authorization".to_owned(), format!("Bearer {token}")));
    gateway("messages", "sha256").verify(&call, now).is_ok()
}

#[test]
fn a_token_must_be_fresh_for_this_body_and_by_vonage() {
    let body = br#"{"to":"14155552671"}"#;
    let good = token(Algorithm::HS256, SECRET, &claims(body));
    assert!(trusted(&good, body, SIGNED_AT));
    assert!(trusted(&good, body, SIGNED_AT.plus_ms(300_000)));
    assert!(!trusted(&good, body, SIGNED_AT.plus_ms(301_000)));
    assert!(!trusted(&good, body, SIGNED_AT.plus_ms(-301_000)));
    assert!(!trusted(&good, b"{}", SIGNED_AT));
    assert!(!trusted("", body, SIGNED_AT));
    assert!(!trusted(
        &token(Algorithm::HS256, "another", &claims(body)),
        body,
        SIGNED_AT
    ));
    assert!(!trusted(
        &token(Algorithm::HS512, SECRET, &claims(body)),
        body,
        SIGNED_AT
    ));
    for (claim, value) in [
        ("iss", json!("Somebody")),
        ("payload_hash", Value::Null),
        ("payload_hash", json!("")),
        ("api_key", json!("other")),
        ("iat", json!("now")),
        ("iat", Value::Null),
    ] {
        let mut wrong = claims(body);
        wrong[claim] = value;
        let wrong = token(Algorithm::HS256, SECRET, &wrong);
        assert!(!trusted(&wrong, body, SIGNED_AT), "{claim}");
    }
    // `{"alg":"none","typ":"JWT"}` and no signature.
    let payload = good.split('.').nth(1).unwrap();
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
    assert!(!trusted(&none, body, SIGNED_AT));
    let unsigned = call(CallbackKind::Inbound, JSON, body);
    assert!(
        gateway("messages", "sha256")
            .verify(&unsigned, SIGNED_AT)
            .is_err()
    );
}

fn text(api: &str, content_type: &str, body: &str) -> Result<InboundText, CallbackError> {
    let call = call(CallbackKind::Inbound, content_type, body.as_bytes());
    gateway(api, "sha256")
        .read(call.believed())
        .map(|mut news| match news.remove(0) {
            News::Text(text) => text,
            News::Receipt(_) => panic!("it is a receipt"),
        })
}

#[test]
fn recorded_texts_are_read() {
    let long = format!("{PUBLISHED}&concat=true&concat-ref=a7&concat-total=3&concat-part=2");
    let read = text("sms", FORM, &long).unwrap();
    assert_eq!(
        (read.from.as_str(), read.to.as_str()),
        ("+14843472194", "+13239877404")
    );
    assert_eq!(
        (read.text.as_str(), read.provider_id.as_str()),
        ("Test again", "020000001B0FE827")
    );
    assert_eq!(
        read.sent_at.unwrap().to_string(),
        "2013-11-21T15:27:30.000Z"
    );
    let part = Part {
        reference: "a7".to_owned(),
        number: 2,
        total: 3,
    };
    assert_eq!(read.part, Some(part));
    for odd in [
        "&concat=true",
        "&concat=true&concat-ref=a&concat-total=2&concat-part=3",
        "",
    ] {
        assert_eq!(
            text("sms", FORM, &format!("{PUBLISHED}{odd}"))
                .unwrap()
                .part,
            None
        );
    }
    let joined = r#"{"channel":"sms","message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","to":"14155550142",
        "from":"14155552671","timestamp":"2026-11-20T14:00:00.000Z","text":"Hallö 😀","sms":{"num_messages":"2","keyword":"HALLO"}}"#;
    let read = text("messages", JSON, joined).unwrap();
    assert_eq!(
        (read.from.as_str(), read.to.as_str(), read.text.as_str()),
        ("+14155552671", "+14155550142", "Hallö 😀")
    );
    assert_eq!(read.part, None);
    for wrong in [
        "",
        "{}",
        "[]",
        r#"{"message_uuid":"x","from":"14155552671"}"#,
    ] {
        assert!(text("messages", JSON, wrong).is_err(), "{wrong}");
    }
    assert!(text("sms", FORM, "msisdn=14155552671&to=14155550142").is_err());
}

fn receipt(api: &str, content_type: &str, body: &str) -> Receipt {
    let call = call(
        CallbackKind::Status(message_id()),
        content_type,
        body.as_bytes(),
    );
    match gateway(api, "sha256")
        .read(call.believed())
        .unwrap()
        .remove(0)
    {
        News::Receipt(receipt) => receipt,
        News::Text(_) => panic!("it is a text"),
    }
}

#[test]
fn statuses_of_both_apis_are_read() {
    use MessageState::{Delivered, Failed, Sent};
    for (status, state) in [
        ("accepted", Some(Sent)),
        ("buffered", Some(Sent)),
        ("delivered", Some(Delivered)),
        ("expired", Some(Failed)),
        ("failed", Some(Failed)),
        ("rejected", Some(Failed)),
        ("unknown", None),
        ("flying", None),
    ] {
        let read = receipt(
            "sms",
            FORM,
            &format!("messageId=1&status={status}&err-code=6"),
        );
        assert_eq!(
            (read.message_id, read.state),
            (Some(message_id()), state),
            "{status}"
        );
        assert_eq!(
            (read.reason.is_some(), read.code.is_some()),
            (state == Some(Failed), state == Some(Failed))
        );
    }
    for (status, state) in [
        ("submitted", Some(Sent)),
        ("delivered", Some(Delivered)),
        ("read", Some(Delivered)),
        ("rejected", Some(Failed)),
        ("undeliverable", Some(Failed)),
        ("flying", None),
    ] {
        let body = json!({"message_uuid": "1", "status": status, "error": {"title": 1320}});
        let read = receipt("messages", JSON, &body.to_string());
        assert_eq!(
            (read.state, read.code.is_some()),
            (state, state == Some(Failed)),
            "{status}"
        );
    }
}

fn outcome(api: &str, status: u16, body: &str) -> Outcome {
    let answer = Answer {
        status,
        headers: reqwest::header::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    };
    match api {
        "sms" => sms::outcome(&answer),
        _ => messages::outcome(&answer),
    }
}

#[test]
fn only_a_text_that_is_named_whole_is_accepted() {
    let part = |status: &str| format!(r#"{{"status":"{status}","message-id":"m{status}"}}"#);
    let parts = |statuses: &[&str]| {
        let parts: Vec<_> = statuses.iter().map(|status| part(status)).collect();
        format!(
            r#"{{"message-count":"{}","messages":[{}]}}"#,
            parts.len(),
            parts.join(",")
        )
    };
    let two = Outcome::Accepted {
        provider_ids: vec!["m0".to_owned(), "m0".to_owned()],
        parts: Some(2),
    };
    assert_eq!(outcome("sms", 200, &parts(&["0", "0"])), two);
    for (statuses, refused) in [(["0", "9"], "9"), (["1", "0"], "1"), (["0", "5"], "5")] {
        match outcome("sms", 200, &parts(&statuses)) {
            Outcome::TakenInPart(no) => assert_eq!(no.code.as_deref(), Some(refused)),
            other => panic!("{statuses:?}: {other:?}"),
        }
    }
    let one = Outcome::Accepted {
        provider_ids: vec!["u".to_owned()],
        parts: None,
    };
    assert_eq!(outcome("messages", 202, r#"{"message_uuid":"u"}"#), one);
    for (api, status, body) in [
        ("sms", 200, parts(&["5"])),
        ("sms", 200, parts(&[])),
        ("sms", 200, r#"{"messages":[{"status":"0"}]}"#.to_owned()),
        ("sms", 200, "<html>".to_owned()),
        ("sms", 503, String::new()),
        ("messages", 202, "{}".to_owned()),
        ("messages", 202, "<html>".to_owned()),
        ("messages", 403, "<html>".to_owned()),
        ("messages", 500, "{}".to_owned()),
    ] {
        let outcome = outcome(api, status, &body);
        assert!(
            matches!(outcome, Outcome::Unknown { .. }),
            "{api} {status} {body}: {outcome:?}"
        );
    }
    use RejectionClass::{Configuration, Permanent, Policy};
    for (api, status, body, expected) in [
        ("sms", 200, parts(&["4"]), Configuration),
        ("sms", 200, parts(&["9"]), Configuration),
        ("sms", 200, parts(&["7"]), Policy),
        ("sms", 200, parts(&["3"]), Permanent),
        ("sms", 200, parts(&["99"]), Permanent),
        ("messages", 401, "{}".to_owned(), Configuration),
        (
            "messages",
            422,
            r#"{"type":"https://x/messages#1120"}"#.to_owned(),
            Configuration,
        ),
        (
            "messages",
            422,
            r#"{"type":"https://x/messages#1150"}"#.to_owned(),
            Permanent,
        ),
    ] {
        match outcome(api, status, &body) {
            Outcome::Rejected(Rejection { class, .. }) => assert_eq!(class, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    assert!(matches!(
        outcome("sms", 200, &parts(&["1"])),
        Outcome::BackOff { .. }
    ));
    assert!(matches!(
        outcome("messages", 429, ""),
        Outcome::BackOff { .. }
    ));
}

proptest! {
    #[test]
    fn no_bytes_panic(
        body in prop::collection::vec(any::<u8>(), 0..200),
        api in prop::sample::select(vec!["sms", "messages"]),
        content_type in prop::sample::select(vec![FORM, JSON, "x"]),
        header in "\\PC{0,60}",
        now in any::<i64>(),
    ) {
        let mut call = call(CallbackKind::Inbound, content_type, &body);
        call.headers.push(("authorization".to_owned(), format!("Bearer {header}")));
        let gateway = gateway(api, "md5hash");
        prop_assert!(gateway.verify(&call, Timestamp(now)).is_err());
        let _ = gateway.read(call.believed());
        let _ = outcome(api, 200, &String::from_utf8_lossy(&body));
    }
}
