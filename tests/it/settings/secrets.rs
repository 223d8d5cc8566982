//! The secrets of gateways: never told, kept sealed, lost with their key.

use super::{
    account, comes_in, ids, inbound_url, list, places, put, refused, sent, session_through,
    with_twilio,
};
use crate::login::{key_file, write_key};
use crate::support::service::SEALING_KEY;
use crate::support::twilio::TOKEN;
use crate::support::{Service, at};
use serde_json::{Value, json};

#[tokio::test]
async fn secrets_are_never_told_stay_when_left_out_and_go_to_no_other_address() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let (twilio, service) = with_twilio(&[&flag]).await;
    let admin = service.sign_in("admin").await;
    let sally = service.sign_in("sally").await;
    let first = inbound_url(&admin).await;
    let mut seen = admin.get("/v1/admin/gateways/tw").await;
    assert_eq!(seen["secrets"]["auth_token"], true);
    assert_eq!(seen["secrets"]["second_auth_token"], false);
    assert_eq!(seen["source"], "database");
    let all = json!(list(&admin, "gateways").await).to_string();
    let path_secret = first.split('/').rev().nth(1).unwrap();
    for secret in [TOKEN, path_secret] {
        assert!(!all.contains(secret), "{secret} is told in the list");
        assert!(!seen["settings"].to_string().contains(secret));
    }
    // What is shown can be sent back.
    let settings = seen["settings"].take();
    let again = put(&admin, "gateways/tw", settings.clone()).await;
    assert_eq!(again["settings"], settings);
    let session = session_through(&sally, "sales").await;
    sent(&sally, &twilio, &session, "with the token of before").await;
    assert_eq!(inbound_url(&admin).await, first);

    let mut elsewhere = settings.clone();
    elsewhere["base_url"] = "https://elsewhere.example.com".into();
    let answer = refused(&admin, "PUT", "gateways/tw", Some(elsewhere)).await;
    assert_eq!(places(&answer), ["auth_token"]);
    let mut without = settings.clone();
    without["auth_token"] = Value::Null;
    let answer = refused(&admin, "PUT", "gateways/tw", Some(without)).await;
    assert_eq!(places(&answer), ["auth_token"]);
    // A new address: the carrier that calls the old one is not believed any more.
    let mut renewed = settings;
    renewed["secret"] = Value::Null;
    put(&admin, "gateways/tw", renewed).await;
    assert_eq!(comes_in(&twilio, &first, "to the old address").await, 403);
    let second = inbound_url(&admin).await;
    assert_eq!(comes_in(&twilio, &second, "to the new one").await, 200);
}

#[tokio::test]
async fn without_a_key_no_secret_is_kept_and_it_is_said_how_to_get_one() {
    let mut service = Service::start().await;
    let config = std::fs::read_to_string(service.config()).unwrap();
    let key = format!("[secrets]\nkey = \"{SEALING_KEY}\"\n");
    std::fs::write(service.config(), config.replace(&key, "")).unwrap();
    service.kill();
    service.start_again();
    let admin = service.sign_in("admin").await;
    let simulator = Some(json!({"kind": "simulator"}));
    let answer = refused(&admin, "PUT", "gateways/new", simulator).await;
    assert_eq!(answer.problem(), (409, "sealing_key_missing".to_owned()));
    let words = at(&answer.body, "detail");
    assert!(words.contains("riverline secrets new-key"), "{words}");
    let number = json!({"number": "+14155550199", "gateway": "sim"});
    put(&admin, "numbers/new", number).await;
    assert_eq!(ids(&admin, "/v1/numbers").await, ["main", "new"]);
}

#[tokio::test]
async fn a_gateway_sealed_with_a_lost_key_is_off_until_it_is_forgotten_and_set_anew() {
    let (folder, flag) = key_file(SEALING_KEY);
    let (twilio, mut service) = with_twilio(&[&flag]).await;
    service.kill();
    write_key(&folder.path().join("key"), &"7b".repeat(32));
    service.start_again();
    let admin = service.sign_in("admin").await;
    let state = service.readiness().await["settings"].take();
    assert_eq!(state["ok"], false);
    let words = at(&state, "detail");
    for part in [
        "gateway `tw`",
        "another secrets.key",
        "riverline secrets forget",
    ] {
        assert!(words.contains(part), "{part} is not said: {words}");
    }
    let health = admin.get("/v1/admin/health").await;
    let findings = health["findings"].as_array().unwrap();
    let codes = findings.iter().map(|finding| at(finding, "code"));
    assert_eq!(codes.filter(|code| *code == "not_opened").count(), 1);
    assert!(
        service
            .log()
            .contains("the gateway `tw` of the database is off")
    );
    // Everything else works.
    let sally = service.sign_in("sally").await;
    assert_eq!(ids(&sally, "/v1/numbers").await, ["main"]);
    let main = session_through(&sally, "main").await;
    let id = at(&sally.say(&main, "through the file's").await, "id").to_owned();
    sally.message_in(&main, &id, "delivered").await;
    let found = list(&admin, "gateways").await;
    assert!(at(&found[1], "problem").contains("riverline secrets forget"));
    let answer = refused(&admin, "DELETE", "gateways/tw", None).await;
    assert_eq!(answer.problem().1, "gateway_in_use");

    let forgotten = service.command(&["--set", &flag, "secrets", "forget"]);
    let said = String::from_utf8(forgotten.stdout).unwrap();
    assert!(
        said.contains("1 gateways that do not open are forgotten"),
        "{said}"
    );
    assert_eq!(list(&admin, "gateways").await.len(), 1);
    let found = list(&admin, "numbers").await;
    assert!(at(&found[1], "problem").contains("there is no gateway `tw`"));
    put(&admin, "gateways/tw", account(&twilio)).await;
    assert_eq!(list(&admin, "numbers").await[1]["problem"], Value::Null);
    let session = session_through(&sally, "sales").await;
    sent(&sally, &twilio, &session, "sealed anew").await;
    let kept = service.command(&["--set", &flag, "secrets", "forget"]);
    let said = String::from_utf8(kept.stdout).unwrap();
    assert!(said.contains("0 gateways that do not open"), "{said}");
    assert_eq!(service.readiness().await["settings"]["ok"], true);
}

#[tokio::test]
async fn the_check_looks_at_gateways_of_the_database_too() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let (_twilio, service) = with_twilio(&[&flag]).await;
    let public = format!("public_url={}", service.url);
    let checked = service.command(&[
        "--set",
        &flag,
        "--set",
        &public,
        "check",
        "--json",
        "--gateway",
        "tw",
    ]);
    let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let way = findings.iter().find(|it| it["check"] == "gateway").unwrap();
    assert!(at(way, "says").starts_with("`tw`: a call arrives"), "{way}");
    // With another key it is said why it cannot be looked at.
    let (_folder, other) = key_file(&"7b".repeat(32));
    let checked = service.command(&["--set", &other, "--set", &public, "check", "--json"]);
    let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let off: Vec<_> = findings
        .iter()
        .filter(|it| it["check"] == "settings")
        .collect();
    let codes: Vec<_> = off.iter().map(|it| at(it, "code")).collect();
    assert_eq!(codes, ["ok", "not_opened", "not_in_force"], "{off:?}");
}
