//! The carriers' own SDKs judge the stand-ins, and our checks of signatures.

use super::{GUS_PHONE, NUMBER, Which};
use crate::support::carrier::{Fault, Stamp};
use crate::support::node::node;
use crate::support::{telnyx, vonage};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use riverline::config::{TelnyxGateway, VonageGateway};
use riverline::domain::clock::Timestamp;
use riverline::domain::ids::GatewayId;
use riverline::gateways::sms::telnyx::Telnyx;
use riverline::gateways::sms::vonage::Vonage;
use riverline::gateways::sms::{Callback, CallbackKind, SmsGateway, exchange};
use serde_json::{Value, json};

const NOW_S: i64 = 1_795_000_000;
const CASES: usize = 300;

/// Runs an SDK beside a stand-in that serves it.
async fn sdk(script: &'static str, arguments: &[&str]) -> Value {
    let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        node(script, &arguments, "")
    };
    let printed = tokio::task::spawn_blocking(run).await.unwrap();
    serde_json::from_str(&printed).unwrap()
}

#[tokio::test]
async fn telnyxs_sdk_believes_the_stand_in() {
    let carrier = Which::Telnyx.stand_in().await;
    carrier.fail(&[Fault::Busy(0), Fault::Refuse(40_300)]);
    let arguments = [carrier.url.as_str(), telnyx::KEY, NUMBER, GUS_PHONE];
    let seen = sdk("carriers/telnyx.js", &arguments).await;
    let ledger = carrier.ledger();
    let sent = json!({
        "id": ledger[0].ids[0], "parts": 1, "kind": "message", "to": GUS_PHONE, "status": "queued",
    });
    assert_eq!(seen["sent"], sent);
    assert_eq!(ledger[0].callback.as_deref(), Some("https://cb.example/s"));
    for (what, kind, status, code) in [
        ("busy", "RateLimitError", 429, "10011"),
        ("blocked", "BadRequestError", 400, "40300"),
        ("nonsense", "UnprocessableEntityError", 422, "10016"),
        ("empty", "BadRequestError", 400, "40009"),
        ("unsigned", "AuthenticationError", 401, "10009"),
    ] {
        let expected = json!({"kind": kind, "status": status, "code": code});
        assert_eq!(seen[what], expected, "{what}");
    }
    assert_eq!(ledger.len(), 1);
}

#[tokio::test]
async fn vonages_sdk_believes_the_stand_in() {
    let ends = [NUMBER, GUS_PHONE].map(|number| number.trim_start_matches('+'));
    for (which, api) in [
        (Which::VonageSms, "sms"),
        (Which::VonageMessages, "messages"),
    ] {
        let carrier = which.stand_in().await;
        carrier.fail(&[Fault::Busy(0)]);
        let url = carrier.url.as_str();
        let arguments = [api, url, vonage::KEY, vonage::KEY_SECRET, ends[0], ends[1]];
        let seen = sdk("carriers/vonage.js", &arguments).await;
        let ledger = carrier.ledger();
        assert_eq!((ledger.len(), ledger[0].to.as_str()), (1, ends[1]));
        if which == Which::VonageSms {
            assert_eq!(seen["sent"], json!(ledger[0].ids));
            assert_eq!(ledger[0].ids.len(), 3);
            for (what, status) in [("busy", "1"), ("nonsense", "3"), ("unsigned", "4")] {
                assert_eq!(seen[what]["statuses"], json!([status]), "{what}: {seen}");
            }
        } else {
            assert_eq!(seen["sent"], ledger[0].ids[0].as_str());
            for (what, status) in [("busy", 429), ("nonsense", 422), ("unsigned", 401)] {
                assert_eq!(seen[what]["status"], status, "{what}: {seen}");
            }
        }
    }
}

fn call(headers: &[(&str, &str)], body: &[u8]) -> Callback {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Callback {
        kind: CallbackKind::Inbound,
        method: "POST".to_owned(),
        url: String::new(),
        raw_query: String::new(),
        headers: headers.iter().map(owned).collect(),
        body: body.to_vec(),
    }
}

fn accepts(gateway: &dyn SmsGateway, call: &Callback) -> bool {
    gateway.verify(call, Timestamp(NOW_S * 1_000)).is_ok()
}

/// The same cases every time.
fn cases<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let case = |_| of.new_tree(&mut runner).unwrap().current();
    (0..CASES).map(case).collect()
}

/// What the SDK says of each line is what we say.
fn agree(script: &str, lines: &[Value], ours: &[bool]) {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let printed = node(script, &[], &input);
    assert_eq!(printed.lines().count(), lines.len());
    for ((theirs, ours), line) in printed.lines().zip(ours).zip(lines) {
        assert_eq!(theirs, ours.to_string(), "{line}");
    }
    let accepted = ours.iter().filter(|accepted| **accepted).count();
    let most = CASES - CASES / 6;
    assert!(
        (CASES / 6..most).contains(&accepted),
        "{accepted} were right"
    );
}

#[test]
fn telnyxs_sdk_and_we_agree_on_every_signature() {
    let settings = TelnyxGateway {
        secret: Some("0123456789abcdef0123456789abcdef".into()),
        api_key: Some(telnyx::KEY.into()),
        public_key: telnyx::PUBLIC_KEY.to_owned(),
        ..TelnyxGateway::default()
    };
    let http = exchange::client().unwrap();
    let ours = Telnyx::new(GatewayId::parse("tx").unwrap(), &settings, http).unwrap();
    let age = prop_oneof![4 => -310_i64..310, 1 => Just(300), 1 => Just(-300), 1 => -1_000_000_000_i64..1_000];
    let (mut lines, mut verdicts) = (Vec::new(), Vec::new());
    for (text, age, damage) in cases(("[ -~żółć😀]{0,20}", age, 0..7_u8)) {
        let mut body = json!({"data": {"payload": {"text": text}}}).to_string();
        let at_s = NOW_S - age;
        let mut signature = telnyx::sign(
            body.as_bytes(),
            Stamp {
                at_s,
                forged: damage == 0,
            },
        );
        let mut stamp = at_s.to_string();
        match damage {
            1 => body.push(' '),
            2 => stamp = (at_s + 1).to_string(),
            3 => signature.truncate(40),
            _ => {}
        }
        let headers = [
            ("telnyx-signature-ed25519", signature.as_str()),
            ("telnyx-timestamp", stamp.as_str()),
        ];
        verdicts.push(accepts(&ours, &call(&headers, body.as_bytes())));
        lines.push(json!({
            "key": telnyx::PUBLIC_KEY, "body": body, "stamp": stamp, "signature": signature, "now": NOW_S,
        }));
    }
    agree("carriers/telnyx_signatures.js", &lines, &verdicts);
}

fn vonage(api: &str, method: &str) -> Vonage {
    let settings = VonageGateway {
        secret: Some("0123456789abcdef0123456789abcdef".into()),
        api: api.to_owned(),
        api_key: Some(vonage::KEY.into()),
        api_secret: Some(vonage::KEY_SECRET.into()),
        signature_secret: Some(vonage::SIGNATURE_SECRET.into()),
        signature_method: method.to_owned(),
        ..VonageGateway::default()
    };
    let http = exchange::client().unwrap();
    Vonage::new(GatewayId::parse("vo").unwrap(), &settings, http).unwrap()
}

/// Their age is ours alone to check, so all of these are fresh.
#[test]
fn vonages_sdk_and_we_agree_on_every_signature_of_parameters() {
    let methods = ["md5hash", "md5", "sha1", "sha256", "sha512"];
    let gateways = methods.map(|method| vonage("sms", method));
    let parameters = prop::collection::btree_map("[a-z-]{1,6}", "[ -~żółć😀]{0,12}", 0..6);
    let (mut lines, mut verdicts) = (Vec::new(), Vec::new());
    for (mut parameters, method, damage) in cases((parameters, 0..methods.len(), 0..5_u8)) {
        parameters.remove("sig");
        parameters.insert("timestamp".to_owned(), NOW_S.to_string());
        let secret = match damage {
            0 => "a-signature-of-others",
            _ => vonage::SIGNATURE_SECRET,
        };
        let mut signature = vonage::sign(methods[method], secret, &parameters);
        match damage {
            1 => _ = parameters.insert("msisdn".to_owned(), "14155552671".to_owned()),
            2 => signature = signature.to_ascii_uppercase(),
            3 => signature.truncate(8),
            _ => {}
        }
        let mut whole = parameters.clone();
        whole.insert("sig".to_owned(), signature.clone());
        let form = serde_json::to_vec(&whole).unwrap();
        let headers = [("content-type", "application/json")];
        verdicts.push(accepts(&gateways[method], &call(&headers, &form)));
        lines.push(json!({
            "secret": vonage::SIGNATURE_SECRET, "params": parameters, "sig": signature,
            "method": methods[method],
        }));
    }
    agree("carriers/vonage_signatures.js", &lines, &verdicts);
}

/// The SDK checks no more than who signed; body, age and issuer are ours alone to check.
#[test]
fn vonages_sdk_and_we_agree_on_who_signed_a_token() {
    let ours = vonage("messages", "sha256");
    let (mut lines, mut verdicts) = (Vec::new(), Vec::new());
    for (text, damage) in cases(("[ -~żółć😀]{0,20}", 0..6_u8)) {
        let body = json!({ "text": text }).to_string();
        let secret = match damage {
            0 => "a-signature-of-others",
            _ => vonage::SIGNATURE_SECRET,
        };
        let mut token = vonage::token(secret, body.as_bytes(), NOW_S);
        match damage {
            1 => token.truncate(token.rfind('.').unwrap() + 1),
            2 => token.insert(token.rfind('.').unwrap(), 'x'),
            _ => {}
        }
        let header = format!("Bearer {token}");
        let call = call(&[("authorization", &header)], body.as_bytes());
        verdicts.push(accepts(&ours, &call));
        lines.push(json!({"secret": vonage::SIGNATURE_SECRET, "token": token}));
    }
    agree("carriers/vonage_signatures.js", &lines, &verdicts);
}
