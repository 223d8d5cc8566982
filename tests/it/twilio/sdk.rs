//! Twilio's own SDK judges the stand-in, and our signature check.

use super::{GUS_PHONE, NUMBER};
use crate::support::at;
use crate::support::node::node;
use crate::support::twilio::{ACCOUNT, TOKEN, Twilio, sign};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use riverline::gateways::sms::twilio::signature::Signer;
use riverline::gateways::sms::{Callback, CallbackKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Pairs = Vec<(String, String)>;

#[tokio::test]
async fn twilios_sdk_believes_the_stand_in() {
    let stand_in = Twilio::start().await;
    for n in 0..5 {
        stand_in.take_in(GUS_PHONE, NUMBER, &format!("text {n}"), usize::from(n == 3));
    }
    let url = stand_in.url.clone();
    let run = move || {
        node(
            "twilio/client.js",
            &[&url, ACCOUNT, TOKEN, NUMBER, GUS_PHONE],
            "",
        )
    };
    let printed = tokio::task::spawn_blocking(run).await.unwrap();
    let seen: Value = serde_json::from_str(&printed).unwrap();
    let ledger = stand_in.ledger();
    assert_eq!(seen["sent"]["sid"], ledger[5].sid);
    assert_eq!(seen["fetched"], seen["sent"]);
    assert_eq!(seen["sent"]["isDate"], true);
    assert_eq!(
        (at(&seen, "sent.status"), at(&seen, "pooled.status")),
        ("queued", "accepted")
    );
    assert_eq!(ledger[5].callback.as_deref(), Some("https://cb.example/s"));
    let listed: Vec<_> = seen["listed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| at(it, "body"))
        .collect();
    assert_eq!(listed, ["text 4", "text 3", "text 2", "text 1", "text 0"]);
    assert_eq!(seen["media"].as_array().unwrap().len(), 1);
    let refused = &seen["refused"];
    let code = |code: u32, status: u16| json!({"code": code, "status": status});
    assert_eq!(
        refused["nobody"]["code"],
        Value::Null,
        "the SDK itself wants a receiver"
    );
    assert_eq!(refused["nonsense"], code(21211, 400));
    assert_eq!(refused["empty"], code(21602, 400));
    assert_eq!(refused["long"], code(21617, 400));
    assert_eq!(refused["unsigned"], code(20003, 401));
    assert_eq!(refused["gone"], code(20404, 404));
}

fn accepts(token: &str, url: &str, pairs: &[(String, String)], signature: &str) -> bool {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let encoded = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let form: Vec<_> = encoded.collect();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let call = Callback {
        kind: CallbackKind::Inbound,
        method: "POST".to_owned(),
        url: url.to_owned(),
        raw_query: url
            .split_once('?')
            .map_or("", |(_, query)| query)
            .to_owned(),
        headers: vec![
            header("content-type", "application/x-www-form-urlencoded"),
            header("x-twilio-signature", signature),
        ],
        body: form.join("&").into_bytes(),
    };
    let signer = Signer {
        header: "x-twilio-signature".to_owned(),
        tokens: vec![token.into()],
        shared_key: None,
    };
    signer.check(&call).is_ok()
}

/// The form as the SDK takes it: a name that comes again has a list.
fn parameters(pairs: &Pairs) -> Value {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in pairs {
        values.entry(name).or_default().push(value);
    }
    let value = |(name, values): (&str, Vec<&str>)| match values.as_slice() {
        [one] => (name.to_owned(), json!(one)),
        many => (name.to_owned(), json!(many)),
    };
    Value::Object(values.into_iter().map(value).collect())
}

#[test]
fn twilios_sdk_and_we_agree_on_every_signature() {
    let port = prop::sample::select(vec!["", ":443", ":80", ":8443"]);
    let url = (
        "https?",
        "[a-z]{1,8}\\.example",
        port,
        "(/[a-zA-Z0-9%_~-]{0,6}){1,3}",
        "(\\?[a-z]=[a-zA-Z0-9%+]{0,6}(&[a-z]=[a-z]{0,3}){0,2})?",
    )
        .prop_map(|(scheme, host, port, path, query)| {
            format!("{scheme}://{host}{port}{path}{query}")
        });
    let pairs = prop::collection::vec(("[A-Za-z]{1,2}", "[ -~żółćé+&=%]{0,6}"), 0..7);
    let case = ("[a-f0-9]{1,40}", url, pairs, 0..4_u8);
    let mut runner = TestRunner::deterministic();
    let cases: Vec<_> = (0..300)
        .map(|_| case.new_tree(&mut runner).unwrap().current())
        .collect();
    let lines = cases.iter().map(|(token, url, pairs, damage)| {
        let mut line = json!({"token": token, "url": url, "params": parameters(pairs)});
        let other_port = url.replace(":443/", "/").replace(":80/", "/");
        let signature = match damage {
            0 => sign(token, url, pairs),
            1 => sign(token, &other_port, pairs),
            2 => sign(&format!("{token}0"), url, pairs),
            _ => sign(token, &format!("{url}x"), pairs),
        };
        line["signature"] = signature.into();
        format!("{line}\n")
    });
    let lines: Vec<_> = lines.collect();
    let printed = node("twilio/signatures.js", &[], &lines.concat());
    let mut accepted = 0;
    for ((line, verdict), (token, url, pairs, damage)) in
        lines.iter().zip(printed.lines()).zip(&cases)
    {
        let line: Value = serde_json::from_str(line).unwrap();
        let verdict: Value = serde_json::from_str(verdict).unwrap();
        let expected = at(&verdict, "expected");
        assert!(
            accepts(token, url, pairs, expected),
            "theirs, by us: {line}"
        );
        let ours = accepts(token, url, pairs, at(&line, "signature"));
        assert_eq!(verdict["accepted"], ours, "{line}");
        assert!(*damage > 0 || ours, "{line}");
        accepted += usize::from(ours);
    }
    assert_eq!(printed.lines().count(), cases.len());
    assert!(
        (50..250).contains(&accepted),
        "{accepted} of {} were right",
        cases.len()
    );
}
