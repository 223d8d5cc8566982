//! `riverline check --gateway` through proxies that change what carriers send.

use crate::support::front::{Front, Passing, Way};
use crate::support::service::Setup;
use crate::support::sugar::free_port;
use crate::support::{Service, at};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const SECRET: &str = "0123456789abcdef0123456789abcdee";

const GATEWAYS: &str = r#"
[[gateways]]
id = "tw"
kind = "twilio"
secret = "0123456789abcdef0123456789abcdee"
account_sid = "AC00000000000000000000000000000001"
auth_token = "a token"
[[gateways]]
id = "te"
kind = "telnyx"
secret = "0123456789abcdef0123456789abcdee"
api_key = "a key"
public_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
[[gateways]]
id = "vm"
kind = "vonage"
secret = "0123456789abcdef0123456789abcdee"
api_key = "a key"
api_secret = "a secret"
signature_secret = "another secret"
[[gateways]]
id = "vs"
kind = "vonage"
api = "sms"
secret = "0123456789abcdef0123456789abcdee"
api_key = "a key"
api_secret = "a secret"
signature_secret = "another secret"
[[gateways]]
id = "ka"
kind = "kannel"
secret = "0123456789abcdef0123456789abcdee"
send_url = "http://127.0.0.1:9/cgi-bin/sendsms"
username = "riverline"
password = "riverline"
"#;

/// A service behind a proxy, at a path of its own there.
async fn behind_proxy() -> (Service, Front) {
    let address = format!("127.0.0.1:{}", free_port());
    let front = Front::of(&format!("http://{address}"), straight()).await;
    let listen = format!("listen.public={address}");
    let public = format!("public_url={}", public_url(&front));
    let service = Setup {
        sets: &[&listen, &public],
        more: GATEWAYS.to_owned(),
        ..Setup::default()
    };
    (service.start().await, front)
}

fn public_url(front: &Front) -> String {
    format!("http://{}/texting", front.address)
}

/// As a proxy should be: it takes its own folder away and nothing else.
fn straight() -> Way {
    Way {
        own_folder: Some("/texting"),
        ..Way::default()
    }
}

/// The lines of a check about the way of carriers.
async fn check(service: &Service, front: &Front, gateway: Option<&'static str>) -> Vec<Value> {
    let (config, public) = (service.config(), public_url(front));
    let ran = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riverline"));
        command.arg("--config").arg(config);
        command.args(["--set", &format!("public_url={public}")]);
        command.args(["check", "--json", "--gateway"]).args(gateway);
        command.output().unwrap()
    });
    let output = ran.await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let mut findings = report["findings"].as_array().unwrap().clone();
    let errors = findings.iter().any(|it| it["severity"] == "error");
    assert_eq!(output.status.success(), !errors, "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains(SECRET));
    findings.retain(|it| it["check"] != "settings");
    findings
}

async fn codes(service: &Service, front: &Front, gateway: &'static str) -> Vec<[String; 2]> {
    let findings = check(service, front, Some(gateway)).await;
    let told = |it: &Value| ["severity", "code"].map(|name| at(it, name).to_owned());
    findings.iter().map(told).collect()
}

#[tokio::test]
async fn calls_of_every_carrier_come_through_as_they_were_sent() {
    let (service, front) = behind_proxy().await;
    let findings = check(&service, &front, None).await;
    let all: Vec<_> = findings.iter().map(|it| at(it, "code")).collect();
    assert_eq!(all, ["ok"; 6], "{findings:#?}");
    let says = |id: &str| {
        let named = format!("`{id}`: ");
        let line = findings
            .iter()
            .find(|it| at(it, "says").starts_with(&named));
        at(line.unwrap(), "says").to_owned()
    };
    for id in ["tw", "vm", "vs"] {
        assert!(
            says(id).contains("its signature is believed"),
            "{}",
            says(id)
        );
    }
    for id in ["te", "ka"] {
        assert!(says(id).contains("cannot be tried"), "{}", says(id));
    }
    assert!(says("tw").contains("another Host"), "{}", says("tw"));
    assert!(says("sim").contains("no carrier calls it"));
    let unknown = codes(&service, &front, "other").await;
    assert_eq!(unknown, [["error", "gateway_unknown"]]);
    // An admin sees the same at the running service, which goes through the proxy as well.
    let admin = service.sign_in("admin").await;
    let health = admin.get("/v1/admin/health").await;
    let lines = health["findings"].as_array().unwrap();
    let of_gateways = lines.iter().filter(|it| it["check"] == "gateway");
    assert_eq!(of_gateways.count(), 5, "{health:#}");
    assert!(!service.log().contains(SECRET));
}

/// A gateway, what a front does to its calls, and what the check says: its finding and its cause.
type Case = (
    &'static str,
    &'static str,
    fn(&mut Passing),
    [&'static str; 2],
);

#[tokio::test]
async fn every_change_on_the_way_is_named() {
    let (service, front) = behind_proxy().await;
    let cases: [Case; 11] = [
        (
            "order",
            "tw",
            |it| it.path = reordered(&it.path),
            ["error", "gateway_query"],
        ),
        (
            "escapes",
            "tw",
            |it| it.path = it.path.replace('+', "%20"),
            ["error", "gateway_query"],
        ),
        (
            "query",
            "ka",
            |it| it.path = it.path.split('?').next().unwrap().to_owned(),
            ["error", "gateway_query"],
        ),
        // The same form in other bytes: Twilio signs what it means.
        (
            "form",
            "tw",
            |it| it.body = replaced(&it.body, "+%26+", "%20%26%20"),
            ["warning", "gateway_body"],
        ),
        (
            "form cut",
            "tw",
            |it| it.body = replaced(&it.body, "+%26+", "+"),
            ["error", "gateway_body"],
        ),
        (
            "json",
            "te",
            |it| it.body = replaced(&it.body, "\": ", "\":"),
            ["error", "gateway_body"],
        ),
        (
            "json",
            "vm",
            |it| it.body = replaced(&it.body, ", ", ","),
            ["error", "gateway_body"],
        ),
        (
            "signature",
            "tw",
            |it| it.headers.retain(|(name, _)| !name.contains("twilio")),
            ["error", "gateway_header"],
        ),
        (
            "token",
            "vm",
            |it| it.headers.retain(|(name, _)| name != "authorization"),
            ["error", "gateway_header"],
        ),
        (
            "type",
            "te",
            |it| retype(it),
            ["error", "gateway_content_type"],
        ),
        (
            "prefix",
            "tw",
            |it| it.path = format!("/app{}", it.path),
            ["error", "gateway_path"],
        ),
    ];
    for (what, gateway, edit, expected) in cases {
        front.stand(Way {
            edit: Some(edit),
            ..straight()
        });
        assert_eq!(
            codes(&service, &front, gateway).await,
            [expected],
            "{what} {gateway}"
        );
    }
}

fn reordered(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap();
    let mut parts: Vec<_> = query.split('&').collect();
    parts.sort_unstable();
    format!("{path}?{}", parts.join("&"))
}

fn replaced(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap();
    assert!(text.contains(from), "{text}");
    text.replace(from, to).into_bytes()
}

fn retype(passing: &mut Passing) {
    for (name, value) in &mut passing.headers {
        if name == "content-type" {
            *value = "text/plain".to_owned();
        }
    }
}

#[tokio::test]
async fn what_answers_in_our_place_is_named() {
    let (service, front) = behind_proxy().await;
    let stand = async |way: Way, code: &str| -> String {
        front.stand(way);
        let findings = check(&service, &front, Some("tw")).await;
        let all: Vec<_> = findings.iter().map(|it| at(it, "code")).collect();
        assert_eq!(all, [code], "{findings:#?}");
        format!(
            "{}; {}",
            at(&findings[0], "says"),
            at(&findings[0], "advice")
        )
    };
    let redirect = Some("https://chat.example.com".to_owned());
    let way = Way {
        redirect,
        ..straight()
    };
    let words = stand(way, "gateway_redirected").await;
    assert!(words.contains("https://chat.example.com"), "{words}");
    let page = Some("<html>Are you a robot?</html>");
    let way = Way { page, ..straight() };
    let words = stand(way, "gateway_elsewhere").await;
    assert!(words.contains("robots"), "{words}");
    let delay = Duration::from_millis(2_100);
    let way = Way {
        delay,
        ..straight()
    };
    front.stand(way);
    let slow = codes(&service, &front, "tw").await;
    assert_eq!(slow, [["ok", "ok"], ["warning", "gateway_slow"]]);
}

#[tokio::test]
async fn a_passed_check_ends_the_quarantine() {
    let (service, front) = behind_proxy().await;
    let inbound = format!("/gateways/tw/{SECRET}/inbound");
    let forged = async || {
        let body = Some(json!({"MessageSid": "SM1"}));
        service
            .call(Method::POST, &inbound, None, body)
            .await
            .status
    };
    let broken = Way {
        edit: Some(|it| it.path = reordered(&it.path)),
        ..straight()
    };
    front.stand(broken);
    assert_eq!(
        codes(&service, &front, "tw").await,
        [["error", "gateway_query"]]
    );
    assert_eq!(forged().await, 200, "a check that failed proves nothing");
    front.stand(straight());
    assert_eq!(codes(&service, &front, "tw").await, [["ok", "ok"]]);
    assert_eq!(forged().await, 403);
    // Another secret in the path is told nothing.
    let guessed = "/gateways/tw/0123456789abcdef0123456789abcdef/probe";
    assert_eq!(
        service.call(Method::GET, guessed, None, None).await.status,
        403
    );
}
