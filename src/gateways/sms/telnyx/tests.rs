use super::*;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::gateways::sms::exchange::Answer;
use crate::gateways::sms::{CallbackKind, InboundText, Receipt, Rejection, RejectionClass};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use proptest::prelude::*;
use std::sync::LazyLock;

const PUBLIC_KEY: &str = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=";
/// Over `1700000000|{}`, made with PyNaCl.
const SIGNATURE: &str =
    "s+zz03T84b2uklZQ1rDgPx1Tv8KL+kTSIREoRYdNssP5WJCQhVeyHPhYQAMVY1nMDn0cs192kxvEvG6YQY1/Cw==";
const SIGNED_AT: Timestamp = Timestamp(1_700_000_000_000);

fn gateway() -> Telnyx {
    let settings = TelnyxGateway {
        secret: Some("0123456789abcdef0123456789abcdef".into()),
        api_key: Some("KEY".into()),
        public_key: PUBLIC_KEY.to_owned(),
        ..TelnyxGateway::default()
    };
    let id = GatewayId::parse("tx").unwrap();
    Telnyx::new(id, &settings, HTTP.clone()).unwrap()
}

/// Making one takes long, and no test sends anything.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

fn message_id() -> MessageId {
    MessageId::parse_any("0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa").unwrap()
}

fn call(kind: CallbackKind, body: &[u8], headers: &[(&str, &str)]) -> Callback {
    let headers = headers.iter();
    Callback {
        kind,
        method: "POST".to_owned(),
        url: String::new(),
        raw_query: String::new(),
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_vec(),
    }
}

fn accepted(body: &[u8], signature: &str, stamp: &str, now: Timestamp) -> bool {
    let headers = [
        ("telnyx-signature-ed25519", signature),
        ("telnyx-timestamp", stamp),
    ];
    let call = call(CallbackKind::Inbound, body, &headers);
    gateway().verify(&call, now).is_ok()
}

#[test]
fn the_published_signature_is_accepted_for_five_minutes() {
    let stamp = "1700000000";
    for (body, signature, stamp, seconds, expected) in [
        (&b"{}"[..], SIGNATURE, stamp, 0, true),
        (b"{}", SIGNATURE, stamp, 300, true),
        (b"{}", SIGNATURE, stamp, -300, true),
        (b"{}", SIGNATURE, stamp, 301, false),
        (b"{}", SIGNATURE, stamp, -301, false),
        (b"{} ", SIGNATURE, stamp, 0, false),
        (b"{}", SIGNATURE, "1700000001", 0, false),
        (b"{}", SIGNATURE, "01700000000", 0, false),
        (b"{}", SIGNATURE, "-9223372036854775808", 0, false),
        (b"{}", SIGNATURE, "soon", 0, false),
        (b"{}", "AAAA", stamp, 0, false),
        (b"{}", "?", stamp, 0, false),
    ] {
        let now = SIGNED_AT.plus_ms(seconds * 1_000);
        assert_eq!(
            accepted(body, signature, stamp, now),
            expected,
            "{stamp} {seconds}"
        );
    }
    for headers in [
        &[][..],
        &[("telnyx-timestamp", stamp)],
        &[("telnyx-signature-ed25519", SIGNATURE)],
    ] {
        let call = call(CallbackKind::Inbound, b"{}", headers);
        assert!(gateway().verify(&call, SIGNED_AT).is_err());
    }
}

#[test]
fn a_public_key_that_is_none_is_refused() {
    for public_key in ["", "AAAA", "not base64!"] {
        let settings = TelnyxGateway {
            secret: Some("0123456789abcdef0123456789abcdef".into()),
            api_key: Some("KEY".into()),
            public_key: public_key.to_owned(),
            ..TelnyxGateway::default()
        };
        let id = GatewayId::parse("tx").unwrap();
        let made = Telnyx::new(id, &settings, HTTP.clone());
        assert_eq!(made.err(), Some("public_key"));
    }
}

const RECEIVED: &str = r#"{"data":{"event_type":"message.received","id":"b301ed3f-1490-491f-995f-6e64e69674d4",
  "occurred_at":"2026-11-20T20:16:07.588+00:00","payload":{"completed_at":null,"cost":null,
  "direction":"inbound","encoding":"GSM-7","errors":[],"from":{"carrier":"T-Mobile USA","line_type":"Wireless",
  "phone_number":"+14155552671","status":"webhook_delivered"},"id":"84cca175-9755-4859-b67f-4730d7f58aa3",
  "media":[{"url":"https://media.telnyx.com/x.png","content_type":"image/png","sha256":"aa","size":102}],
  "messaging_profile_id":"740572b6-099c-44a1-89b9-6c92163bc68d","parts":1,"received_at":"2026-11-20T20:16:07.503+00:00",
  "record_type":"message","sent_at":null,"tags":[],"text":"Hallö 😀","to":[{"carrier":"Telnyx",
  "phone_number":"+14155550142","status":"webhook_delivered"}],"type":"MMS","valid_until":null,"webhook_url":null},
  "record_type":"event"},"meta":{"attempt":1,"delivered_to":"https://example.com"}}"#;

fn told(kind: CallbackKind, body: &str) -> Result<Vec<News>, CallbackError> {
    call::read(&call(kind, body.as_bytes(), &[]))
}

fn text(body: &str) -> InboundText {
    match told(CallbackKind::Inbound, body).unwrap().remove(0) {
        News::Text(text) => text,
        News::Receipt(_) => panic!("it is a receipt"),
    }
}

#[test]
fn a_recorded_text_is_read_whole() {
    let text = text(RECEIVED);
    assert_eq!(text.provider_id, "84cca175-9755-4859-b67f-4730d7f58aa3");
    assert_eq!(
        (text.from.as_str(), text.to.as_str()),
        ("+14155552671", "+14155550142")
    );
    assert_eq!(text.text, "Hallö 😀");
    assert_eq!(
        text.sent_at.unwrap().to_string(),
        "2026-11-20T20:16:07.588Z"
    );
    assert_eq!(text.pictures.len(), 1);
}

#[test]
fn what_is_not_a_text_is_refused_or_ignored() {
    for wrong in [
        "",
        "{}",
        "[]",
        r#"{"data":{"event_type":"message.received","payload":{}}}"#,
        r#"{"data":{"event_type":"message.received","payload":{"id":"x","from":{"phone_number":"+14155552671"}}}}"#,
    ] {
        let told = told(CallbackKind::Inbound, wrong);
        assert!(matches!(told, Err(CallbackError::Malformed(_))), "{wrong}");
    }
    let other = r#"{"data":{"event_type":"10dlc.campaign.update","payload":{}}}"#;
    assert_eq!(told(CallbackKind::Inbound, other), Ok(Vec::new()));
}

fn receipt(status: &str, code: Option<&str>) -> Receipt {
    let errors = code.map_or(String::new(), |code| {
        format!(r#"{{"code":"{code}","title":"x"}}"#)
    });
    let body = format!(
        r#"{{"data":{{"event_type":"message.finalized","id":"e","payload":{{"id":"m1","errors":[{errors}],
        "to":[{{"phone_number":"+14155552671","status":"{status}"}}]}}}}}}"#
    );
    match told(CallbackKind::Status(message_id()), &body)
        .unwrap()
        .remove(0)
    {
        News::Receipt(receipt) => receipt,
        News::Text(_) => panic!("it is a text"),
    }
}

#[test]
fn statuses_are_read_and_unknown_ones_change_nothing() {
    use MessageState::{Delivered, Failed, Sent};
    for (status, state) in [
        ("queued", Some(Sent)),
        ("sending", Some(Sent)),
        ("sent", Some(Sent)),
        ("delivered", Some(Delivered)),
        ("delivery_failed", Some(Failed)),
        ("sending_failed", Some(Failed)),
        ("expired", Some(Failed)),
        ("delivery_unconfirmed", None),
        ("flying", None),
    ] {
        let receipt = receipt(status, None);
        assert_eq!(
            (receipt.message_id, receipt.state),
            (Some(message_id()), state),
            "{status}"
        );
        assert_eq!(receipt.reason.is_some(), state == Some(Failed));
    }
    let stopped = receipt("delivery_failed", Some("40300"));
    assert!(stopped.opted_out);
    assert_eq!(stopped.code.as_deref(), Some("40300"));
    assert!(!receipt("delivery_failed", Some("40002")).opted_out);
}

fn outcome(status: u16, body: &str) -> Outcome {
    send::outcome(&Answer {
        status,
        headers: reqwest::header::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    })
}

#[test]
fn only_a_named_text_is_accepted_and_only_a_no_is_refused() {
    use RejectionClass::{Configuration, OptOut, Permanent};
    let taken = r#"{"data":{"id":"m1","parts":2,"to":[{"status":"queued"}]}}"#;
    let accepted = Outcome::Accepted {
        provider_ids: vec!["m1".to_owned()],
        parts: Some(2),
    };
    assert_eq!(outcome(200, taken), accepted);
    for (status, body) in [
        (200, "{}"),
        (200, r#"{"data":{"id":""}}"#),
        (200, "<html>"),
        (200, r#"{"data":{"id":"m"#),
        (408, "{}"),
        (403, "<html>"),
        (500, r#"{"errors":[{"code":"10007"}]}"#),
        (302, ""),
    ] {
        assert!(
            matches!(outcome(status, body), Outcome::Unknown { .. }),
            "{status} {body}"
        );
    }
    for (status, code, expected) in [
        (400, "\"40300\"", OptOut),
        (403, "40300", OptOut),
        (401, "\"10009\"", Configuration),
        (403, "\"99999\"", Configuration),
        (422, "\"10016\"", Permanent),
        (400, "null", Permanent),
    ] {
        let refused = outcome(status, &format!(r#"{{"errors":[{{"code":{code}}}]}}"#));
        let Outcome::Rejected(Rejection { class, reason, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(class, expected, "{status} {code}");
        assert!(reason.ends_with('.'), "{reason}");
    }
    assert!(matches!(outcome(429, "<html>"), Outcome::BackOff { .. }));
}

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200), header in "\\PC{0,90}", now in any::<i64>()) {
        let headers = [("telnyx-signature-ed25519", header.as_str()), ("telnyx-timestamp", header.as_str())];
        let call = call(CallbackKind::Inbound, &body, &headers);
        prop_assert!(gateway().verify(&call, Timestamp(now)).is_err());
        let _ = call::read(&call);
        let _ = outcome(400, &String::from_utf8_lossy(&body));
    }

    #[test]
    fn what_telnyx_signed_is_accepted_and_nothing_else(body in prop::collection::vec(any::<u8>(), 0..200), seconds in 0..4_000_000_000_i64) {
        use base64::Engine as _;
        let seed: Vec<u8> = (0..32).collect();
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        prop_assert_eq!(STANDARD.encode(key.public_key()), PUBLIC_KEY);
        let stamp = seconds.to_string();
        let signature = key.sign(&[stamp.as_bytes(), b"|", &body].concat());
        let signature = STANDARD.encode(signature.as_ref());
        let now = Timestamp(seconds * 1_000);
        prop_assert!(accepted(&body, &signature, &stamp, now));
        prop_assert!(!accepted(&[&body[..], b" "].concat(), &signature, &stamp, now));
    }
}
