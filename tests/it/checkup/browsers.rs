//! What browsers would meet: certificates, addresses and origins.

use super::{complaints, only_with, run, says, sets_of, tell_sugar, well_known};
use crate::support::front::{Front, Way, certificate};
use crate::support::{Sugar, at};
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test]
async fn certificates_that_browsers_would_refuse() {
    let sugar = Sugar::start().await;
    let certified = |names: &[&str], expired: bool| {
        let key = rcgen::KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut wanted = rcgen::CertificateParams::new(names).unwrap();
        if expired {
            wanted.not_before = rcgen::date_time_ymd(2020, 1, 1);
            wanted.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        certificate(&key, &wanted.self_signed(&key).unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let check = async |names: &[&str], expired: bool, trusted: bool, code: &str| -> String {
        let (config, pem) = certified(names, expired);
        let file = folder.path().join("authority.pem");
        std::fs::write(&file, pem).unwrap();
        let way = Way {
            certificate: Some(config),
            ..Way::default()
        };
        let front = Front::of(&sugar.url, way).await;
        let sets = vec![format!(
            "sugar.url=https://localhost:{}",
            front.address.port()
        )];
        let trusted = trusted.then(|| file.display().to_string());
        only_with(sets, &["--json"], trusted, code).await
    };
    let words = check(&["localhost"], false, false, "certificate_untrusted").await;
    says(&words, &["self-signed", "ca-certificates"]);
    let words = check(&["localhost"], true, true, "certificate_expired").await;
    says(&words, &["expired", "renew it"]);
    let words = check(&["crm.example.com"], false, true, "certificate_of_another").await;
    says(&words, &["another name", "sugar.url"]);

    // TLS where there is none.
    let plain = sugar.url.replace("http://", "https://");
    let output = run(vec![format!("sugar.url={plain}")], &["--json"], None).await;
    let complaints = complaints(&output);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    let code = at(&complaints[0], "code");
    assert!(
        ["sugar_no_tls", "sugar_no_connection", "sugar_broken"].contains(&code),
        "{code}"
    );
    says(at(&complaints[0], "advice"), &["sugar.url"]);

    // The same certificate trusted: https works, and http of ours does not go with it.
    let (config, pem) = certified(&["localhost"], false);
    let file = folder.path().join("trusted.pem");
    std::fs::write(&file, pem).unwrap();
    let way = Way {
        certificate: Some(config),
        ..Way::default()
    };
    let front = Front::of(&sugar.url, way).await;
    let sets = vec![
        format!("sugar.url=https://localhost:{}", front.address.port()),
        "public_url=http://chat.invalid".to_owned(),
    ];
    let output = run(sets, &["--json"], Some(file.display().to_string())).await;
    let complaints = self::complaints(&output);
    let mixed = complaints.iter().find(|it| it["code"] == "mixed_content");
    let mixed = mixed.unwrap_or_else(|| panic!("{complaints:#?}"));
    says(at(mixed, "advice"), &["TLS", "https", "public_url"]);
    assert!(
        !complaints.iter().any(|it| it["check"] == "sugar"),
        "{complaints:#?}"
    );
}

#[tokio::test]
async fn what_browsers_meet() {
    let service = well_known().await;
    let sugar = Arc::clone(&service.sugar);
    let sets = sets_of(&service);
    let output = run(sets.clone(), &["--json"], None).await;
    assert_eq!(complaints(&output), Vec::<Value>::new());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| at(it, "check"))
        .collect();
    for check in [
        "sugar",
        "clock",
        "login",
        "version",
        "modules",
        "notes",
        "package",
        "package_url",
        "public_url",
        "csp",
        "cors",
        "socket",
    ] {
        assert!(checks.contains(&check), "{check} is not in {checks:?}");
    }

    sugar.switch("page_origins", json!([service.url])).await;
    let words = only_with(sets.clone(), &["--json"], None, "csp_forbids").await;
    let socket = service.url.replace("http", "ws");
    says(&words, &[&socket, "Content Security Policy"]);
    assert!(
        !words.contains(&service.url),
        "only what is missing: {words}"
    );
    sugar
        .switch("page_origins", json!([service.url, socket]))
        .await;

    tell_sugar(&service, "https://chat.example.net").await;
    let words = only_with(sets.clone(), &["--json"], None, "package_url_differs").await;
    says(
        &words,
        &[
            "https://chat.example.net",
            &service.url,
            "Admin > Riverline",
        ],
    );
    tell_sugar(&service, "").await;
    let words = only_with(sets.clone(), &["--json"], None, "package_url_missing").await;
    says(&words, &["save", &service.url]);
    tell_sugar(&service, &service.url).await;

    let elsewhere = vec![sets[0].clone(), format!("public_url={}", sugar.url)];
    let output = run(elsewhere, &["--json"], None).await;
    let complaints = complaints(&output);
    let wrong = complaints
        .iter()
        .find(|it| it["code"] == "public_url_elsewhere");
    says(
        at(wrong.unwrap(), "advice"),
        &["public_url", "listen.public"],
    );
}

#[tokio::test]
async fn an_origin_that_the_service_does_not_take() {
    let service = well_known().await;
    // People open Sugar under a name that the running service was not told.
    let front = Front::of(&service.sugar.url, Way::default()).await;
    let other = format!("http://{}", front.address);
    let sets = vec![
        format!("sugar.url={other}"),
        format!("public_url={}", service.url),
    ];
    let output = run(sets, &["--json"], None).await;
    let complaints = complaints(&output);
    let refused: Vec<_> = complaints
        .iter()
        .filter(|it| it["code"] == "origin_refused")
        .collect();
    assert_eq!(refused.len(), 1, "{complaints:#?}");
    says(at(refused[0], "says"), &[&other]);
    says(
        at(refused[0], "advice"),
        &["sugar.origins", "start the service anew"],
    );
}
