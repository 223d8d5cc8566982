//! `riverline check` against set-ups that are broken in every way, each naming its cause.

mod browsers;
mod sugar;

use crate::assertion::signed_anew;
use crate::support::front::{EditAnswer, Front, Way};
use crate::support::service::Setup;
use crate::support::sugar::free_port;
use crate::support::{Service, Sugar, at};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::{Command, Output};

/// What Sugar and the service share.
const KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// Runs a check; several settings over those of a service that stands nowhere yet.
async fn run(sets: Vec<String>, flags: &[&'static str], trusted: Option<String>) -> Output {
    let flags = flags.to_vec();
    // Not in this thread: what stands before Sugar answers from it.
    let ran = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riverline"));
        command.args([
            "--set",
            "listen.public=127.0.0.1:0",
            "--set",
            "sugar.username=riverline",
        ]);
        command.env("RIVERLINE_SUGAR__PASSWORD", "riverline");
        for set in &sets {
            command.args(["--set", set]);
        }
        if let Some(file) = trusted {
            command.env("SSL_CERT_FILE", file);
        }
        command.arg("check").args(flags).output().unwrap()
    });
    ran.await.unwrap()
}

/// The findings of a check that are not "ok", after seeing that the exit code fits them.
fn complaints(output: &Output) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {output:?}");
    });
    let mut findings = report["findings"].as_array().unwrap().clone();
    let errors = findings.iter().any(|it| it["severity"] == "error");
    assert_eq!(output.status.success(), !errors, "{output:?}");
    findings.retain(|finding| {
        let good = finding["severity"] == "ok";
        assert_eq!(good, finding["code"] == "ok", "{finding}");
        assert_eq!(good, finding["advice"].is_null(), "{finding}");
        // No number and no gateway: not what these tests are about.
        !good && finding["check"] != "settings"
    });
    findings
}

/// Runs a check that must complain of one thing only, and returns its words.
async fn only(sugar_url: &str, code: &str) -> String {
    only_with(
        vec![format!("sugar.url={sugar_url}")],
        &["--json"],
        None,
        code,
    )
    .await
}

async fn only_with(
    sets: Vec<String>,
    flags: &[&'static str],
    trusted: Option<String>,
    code: &str,
) -> String {
    let output = run(sets, flags, trusted).await;
    let complaints = complaints(&output);
    let codes: Vec<_> = complaints.iter().map(|it| at(it, "code")).collect();
    assert_eq!(codes, [code], "{complaints:#?}");
    format!(
        "{}; {}",
        at(&complaints[0], "says"),
        at(&complaints[0], "advice")
    )
}

fn says(words: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(words.contains(wanted), "`{wanted}` is not in: {words}");
    }
}

/// A service of which Sugar knows, and whose address its page allows.
async fn well_known() -> Service {
    let address = format!("127.0.0.1:{}", free_port());
    let listen = format!("listen.public={address}");
    let public = format!("public_url=http://{address}");
    let sets = [listen.as_str(), &public];
    let service = Setup {
        sets: &sets,
        ..Setup::default()
    }
    .start()
    .await;
    tell_sugar(&service, &service.url).await;
    let origins = json!([service.url, service.url.replace("http", "ws")]);
    service.sugar.switch("page_origins", origins).await;
    service
}

async fn tell_sugar(service: &Service, url: &str) {
    let admin = service.sugar.sign_in("admin", "base").await;
    let body = Some(json!({"url": url}));
    service
        .sugar
        .rest(Method::PUT, "riverline/settings", Some(&admin), body)
        .await;
}

fn sets_of(service: &Service) -> Vec<String> {
    vec![
        format!("sugar.url={}", service.sugar.url),
        format!("public_url={}", service.url),
    ]
}

#[tokio::test]
async fn people_read_one_line_per_finding_and_what_takes_so_long() {
    let sugar = Sugar::start().await;
    sugar
        .switch("acl", json!({"riverline": {"Leads": {"list": "no"}}}))
        .await;
    sugar
        .switch_for("latency_ms", 2_500, "^/oauth2/token")
        .await;
    let output = run(vec![format!("sugar.url={}", sugar.url)], &[], None).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    let line = |start: &str| said.lines().any(|line| line.starts_with(start));
    assert!(
        line("ok: login: Sugar takes the user `riverline`"),
        "{said}"
    );
    assert!(line("ok: version: Sugar 14.0.0 ENT"), "{said}");
    assert!(
        line("error: modules: the service cannot read Leads"),
        "{said}"
    );
    let progress = String::from_utf8(output.stderr).unwrap();
    assert!(progress.contains("still logging in to Sugar"), "{progress}");
    assert!(!said.contains("still"), "{said}");
}

#[test]
fn an_address_that_cannot_be_sugars_is_refused_before_anything_is_called() {
    for (url, wanted) in [
        (
            "https://crm.example.com/sugar",
            "write https://crm.example.com",
        ),
        ("crm.example.com", "https://"),
        ("http://crm.example.com", "sugar.allow_http = true"),
        ("ftp://crm.example.com", "http"),
    ] {
        for command in ["check", "serve"] {
            let set = format!("sugar.url={url}");
            let output = Command::new(env!("CARGO_BIN_EXE_riverline"))
                .args(["--set", &set, "--set", "sugar.username=x", command])
                .output()
                .unwrap();
            assert!(!output.status.success());
            let said = String::from_utf8(output.stderr).unwrap();
            says(&said, &["sugar.url", wanted]);
        }
    }
}

#[tokio::test]
async fn the_health_of_the_service_is_for_admins() {
    let service = well_known().await;
    let sally = service.sign_in("sally").await;
    let refused = sally.call(Method::GET, "/v1/admin/health", None).await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    let key = service.key(&[]);
    let refused = service
        .call(Method::GET, "/v1/admin/health", Some(&key), None)
        .await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    let nobody = service
        .call(Method::GET, "/v1/admin/health", None, None)
        .await;
    assert_eq!(nobody.problem(), (401, "token_missing".to_owned()));

    let admin = service.sign_in("admin").await;
    let health = admin.get("/v1/admin/health").await;
    assert_eq!(health["status"], "ok", "{health:#}");
    assert!(at(&health, "node_id").starts_with("node-"));
    let findings = health["findings"].as_array().unwrap();
    for check in ["login", "notes", "database", "outbox", "sign_ins"] {
        assert!(
            findings.iter().any(|it| it["check"] == check),
            "{check}: {health:#}"
        );
    }
    // Asked again at once it is the same checkup.
    let again = admin.get("/v1/admin/health").await;
    assert_eq!(again["checked_at"], health["checked_at"]);
    assert_eq!(service.sugar.count("eviction riverline riverline").await, 0);
}

#[tokio::test]
async fn a_sugar_that_ties_tokens_to_addresses_is_suspected() {
    let mut service = well_known().await;
    let token = service.sign_in("admin").await.token;
    service.stop().await;
    service.start_again();
    service.sugar.switch("ip_check", "agent").await;
    let refuse = async |user: &str| {
        let sugar_token = service.sugar.sign_in(user, "base").await;
        let body = Some(json!({"browser_id": format!("browser-of-{user}")}));
        let signing_in = service.call(Method::POST, "/v1/sign-in", Some(&sugar_token), body);
        let refused = signing_in.await.problem();
        assert_eq!(refused, (401, "sugar_token_invalid".to_owned()));
    };
    let internal = service.internal.trim_start_matches("http://");
    let mut sets = sets_of(&service);
    sets.push(format!("listen.internal={internal}"));
    // One panel with a stale token accuses nobody.
    for _ in 0..5 {
        refuse("sally").await;
    }
    let output = run(sets.clone(), &["--json"], None).await;
    assert_eq!(complaints(&output), Vec::<Value>::new());
    refuse("jim").await;
    let advice = [
        "Validate user IP",
        "Admin > System Settings",
        "sugar.sign_in = \"assertion\"",
    ];
    // Nobody signs in, so this is where it can be read.
    let words = only_with(sets, &["--json"], None, "ip_check_suspected").await;
    says(&words, &advice);
    assert!(!words.contains("browser-of"), "{words}");
    let health = service
        .call(Method::GET, "/v1/admin/health", Some(&token), None)
        .await
        .ok();
    let findings = health["findings"].as_array().unwrap();
    let suspected = findings
        .iter()
        .find(|it| it["code"] == "ip_check_suspected");
    says(at(suspected.unwrap(), "advice"), &advice);
}

#[tokio::test]
async fn what_keeps_sugar_from_vouching_for_its_users() {
    let service = well_known().await;
    let folder = tempfile::tempdir().unwrap();
    let (key, other) = (KEY.to_owned(), "o".repeat(32));
    let file = folder.path().join("key");
    std::fs::write(&file, &key).unwrap();
    let tokens = sets_of(&service);
    let mut asserted = tokens.clone();
    asserted.push("sugar.sign_in=assertion".to_owned());
    asserted.push(format!("sugar.assertion_key_file={}", file.display()));
    let only = async |code| only_with(asserted.clone(), &["--json"], None, code).await;
    let save = async |key: &str| {
        let admin = service.sugar.sign_in("admin", "base").await;
        let body = Some(json!({"url": service.url, "assertion_key": key}));
        let path = "riverline/settings";
        let saving = service.sugar.rest(Method::PUT, path, Some(&admin), body);
        saving.await;
    };

    let words = only("assertion_key_missing").await;
    says(&words, &["sugar.assertion_key", "Admin > Riverline"]);
    save(&other).await;
    let words = only("assertion_key_differs").await;
    says(&words, &["sugar.assertion_key", "Admin > Riverline"]);
    assert!(!words.contains(&key) && !words.contains(&other));
    save(&key).await;
    let output = run(asserted.clone(), &["--json"], None).await;
    assert_eq!(complaints(&output), Vec::<Value>::new());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Sugar vouches for its users"));
    // What nothing but a wrong clock or another package does to it, done on its way.
    for (edit_answer, code, wanted) in [
        (an_hour_ago as EditAnswer, "assertion_clock", "NTP"),
        (in_an_hour, "assertion_clock", "NTP"),
        (
            of_another_version,
            "assertion_unreadable",
            "riverline package",
        ),
    ] {
        let way = Way {
            edit_answer: Some(edit_answer),
            ..Way::default()
        };
        let front = Front::of(&service.sugar.url, way).await;
        let mut through = asserted.clone();
        through.push(format!("sugar.url=http://{}", front.address));
        let output = run(through, &["--json"], None).await;
        // The service does not know this address of Sugar: that is said too.
        let mut complaints = complaints(&output).into_iter();
        let found = complaints.find(|it| it["check"] == "assertion").unwrap();
        assert_eq!(at(&found, "code"), code);
        let words = format!("{}; {}", at(&found, "says"), at(&found, "advice"));
        says(&words, &["nobody can sign in", wanted]);
    }
    let words = only_with(tokens, &["--json"], None, "assertion_not_wanted").await;
    says(&words, &["sugar.sign_in", "remove the key"]);
}

fn an_hour_ago(path: &str, body: Vec<u8>) -> Vec<u8> {
    with_assertion(path, body, |text| {
        signed_anew(text, KEY, |it| move_by(it, -3_600))
    })
}

fn in_an_hour(path: &str, body: Vec<u8>) -> Vec<u8> {
    with_assertion(path, body, |text| {
        signed_anew(text, KEY, |it| move_by(it, 3_600))
    })
}

fn of_another_version(path: &str, body: Vec<u8>) -> Vec<u8> {
    with_assertion(path, body, |text| text.replacen("rla1.", "rla2.", 1))
}

fn move_by(statement: &mut Value, seconds: i64) {
    for moment in ["iat", "exp"] {
        statement[moment] = (statement[moment].as_i64().unwrap() + seconds).into();
    }
}

/// The answer to a call for an assertion with another one in it.
fn with_assertion(path: &str, body: Vec<u8>, change: impl Fn(&str) -> String) -> Vec<u8> {
    if !path.ends_with("/riverline/assertion") {
        return body;
    }
    let mut answer: Value = serde_json::from_slice(&body).unwrap();
    answer["assertion"] = change(at(&answer, "assertion")).into();
    answer.to_string().into_bytes()
}
