//! What an admin is refused, and that nothing changes then.

use super::{NUMBER, list, places, refused, with_twilio};
use crate::login::key_file;
use crate::support::service::{OUR_NUMBER, SEALING_KEY};
use serde_json::json;

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_changes_nothing() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let (_twilio, service) = with_twilio(&[&flag]).await;
    let admin = service.sign_in("admin").await;
    let before = (
        list(&admin, "gateways").await,
        list(&admin, "numbers").await,
    );
    let in_file: (u16, &str, &[&str]) = (409, "set_in_file", &[]);
    let wrong = |at: &'static [&'static str]| (422, "settings_refused", at);
    let simulator = json!({"kind": "simulator"});
    let number = |number: &str, gateway: &str| json!({"number": number, "gateway": gateway});
    for (call, body, (status, code, at)) in [
        ("PUT gateways/sim", Some(simulator.clone()), in_file),
        ("DELETE gateways/sim", None, in_file),
        (
            "PUT numbers/main",
            Some(number("+14155550199", "sim")),
            in_file,
        ),
        ("DELETE numbers/main", None, in_file),
        ("DELETE gateways/tw", None, (409, "gateway_in_use", &[])),
        ("DELETE gateways/none", None, (404, "not_found", &[])),
        ("DELETE numbers/none", None, (404, "not_found", &[])),
        ("GET gateways/none", None, (404, "not_found", &[])),
        ("GET numbers/none", None, (404, "not_found", &[])),
        ("PUT gateways/a%20b", Some(simulator), wrong(&["id"])),
        ("PUT gateways/new", Some(json!({})), wrong(&["kind"])),
        (
            "PUT gateways/new",
            Some(json!([])),
            (400, "bad_request", &[]),
        ),
        (
            "PUT gateways/new",
            Some(json!({"kind": "twilio"})),
            wrong(&["account_sid", "auth_token"]),
        ),
        (
            "PUT gateways/new",
            Some(json!({"kind": "simulator", "secret_file": "/etc/passwd"})),
            wrong(&["secret_file"]),
        ),
        (
            "PUT numbers/new",
            Some(number("+14155550199", "none")),
            wrong(&["gateway"]),
        ),
        (
            "PUT numbers/new",
            Some(number("0800", "sim")),
            wrong(&["number"]),
        ),
        (
            "PUT numbers/new",
            Some(number(OUR_NUMBER, "sim")),
            wrong(&["number"]),
        ),
        (
            "PUT numbers/new",
            Some(number(NUMBER, "sim")),
            wrong(&["number"]),
        ),
        (
            "PUT numbers/new",
            Some(json!({"number": "+14155550199", "gateway": "sim", "members": ["a b"]})),
            wrong(&["members[0]"]),
        ),
    ] {
        let (method, path) = call.split_once(' ').unwrap();
        let answer = refused(&admin, method, path, body).await;
        assert_eq!(
            answer.problem(),
            (status, code.to_owned()),
            "{call}: {}",
            answer.body
        );
        assert_eq!(places(&answer), at, "{call}: {}", answer.body);
    }
    let after = (
        list(&admin, "gateways").await,
        list(&admin, "numbers").await,
    );
    assert_eq!(before, after);
}
