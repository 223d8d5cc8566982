//! The service's own login at Sugar, as an admin meets it: over restarts, with a wrong key, and when
//! somebody else signs in as the service.

use crate::support::service::SEALING_KEY;
use crate::support::{Service, at};
use riverline::domain::sealing::{Place, SealingKey};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A key in a file, as an admin gives it, and the flag that names it.
pub fn key_file(key: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    write_key(&file, key);
    let flag = format!("secrets.key_file={}", file.display());
    (folder, flag)
}

pub fn write_key(file: &Path, key: &str) {
    std::fs::write(file, format!("{key}\n")).unwrap();
}

/// What `/readyz` says of one part.
async fn part(service: &Service, name: &str) -> (bool, String) {
    let found = service.readiness().await[name].take();
    (found["ok"] == true, at(&found, "detail").to_owned())
}

async fn logins(service: &Service) -> u64 {
    service.sugar.count("login riverline riverline").await
}

#[tokio::test]
async fn a_sealed_login_outlives_a_restart() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let sets = [flag.as_str()];
    let mut service = Service::with(&sets).await;
    assert!(part(&service, "sugar").await.0);
    let sealed = service.texts_of("SELECT sealed AS text FROM shared_login");
    let account = service.texts_of("SELECT account AS text FROM shared_login");
    let place = Place {
        table: "shared_login",
        column: "sealed",
        row: &account[0],
    };
    let key = SealingKey::parse(SEALING_KEY).unwrap();
    let opened = key.open(place, &sealed[0]).unwrap();
    let login: Value = serde_json::from_str(opened.expose_secret()).unwrap();
    let stored = service.stored();
    for token in ["pair.access", "pair.refresh"] {
        let token = at(&login, token).as_bytes();
        assert!(!stored.windows(token.len()).any(|part| part == token));
    }
    service.kill();
    service.start_again();
    assert!(part(&service, "sugar").await.0);
    assert_eq!(logins(&service).await, 1);
    assert_eq!(service.sugar.count("eviction riverline riverline").await, 0);
}

#[tokio::test]
async fn a_login_sealed_with_a_lost_key_is_forgotten_by_command() {
    let (folder, flag) = key_file(SEALING_KEY);
    let sets = [flag.as_str()];
    let mut service = Service::with(&sets).await;
    assert!(part(&service, "sugar").await.0);
    service.kill();
    write_key(&folder.path().join("key"), &"7b".repeat(32));
    service.start_again();
    let (ok, words) = part(&service, "sugar").await;
    assert!(
        !ok && words.contains("sealed with another secrets.key"),
        "{words}"
    );
    assert!(words.contains("riverline secrets forget"), "{words}");
    // The doctor names the key, not Sugar.
    let checked = service.command(&["--set", flag.as_str(), "check"]);
    let found = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(!checked.status.success(), "{found}");
    assert!(found.contains("correct secrets.key"), "{found}");
    assert!(!found.contains("Sugar did not answer"), "{found}");
    assert_eq!(logins(&service).await, 1);
    let forgotten = service.command(&["secrets", "forget"]);
    assert!(forgotten.status.success(), "{forgotten:?}");
    let (ok, words) = part(&service, "sugar").await;
    assert!(ok, "{words}");
    assert_eq!(logins(&service).await, 2);
}

#[tokio::test]
async fn somebody_elses_login_is_recovered_from_said_once_and_reported_when_it_repeats() {
    let service = Service::start().await;
    assert!(part(&service, "sugar").await.0);
    let (alone, _) = part(&service, "sugar_login").await;
    assert!(alone);
    for (times, variant) in [(1, "A"), (2, "B"), (3, "C")] {
        service.sugar.switch("refresh_failure", variant).await;
        service.sugar.sign_in("riverline", "riverline").await;
        assert!(part(&service, "sugar").await.0, "recovered");
        let (alone, words) = part(&service, "sugar_login").await;
        assert_eq!(alone, times < 3, "{words}");
        assert!(words.contains(&format!(" {times} times")), "{words}");
    }
    let said = service.log().matches("was ended from outside").count();
    assert_eq!(said, 1);
    let (_, words) = part(&service, "sugar_login").await;
    assert!(words.contains("a Sugar user of its own"), "{words}");
}
