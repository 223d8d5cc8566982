//! The commands around the service.

use riverline::domain::sealing::SealingKey;
use std::process::{Command, Output};

fn riverline(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_riverline"))
        .args(arguments)
        .output()
        .unwrap()
}

fn words(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[test]
fn check_says_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("riverline.toml");
    std::fs::write(
        &file,
        "[sugar]\nurl = \"https://crm.example.com\"\nusernam = \"x\"\n",
    )
    .unwrap();
    let checked = riverline(&["--config", file.to_str().unwrap(), "check"]);
    assert!(!checked.status.success());
    let said = words(&checked.stderr);
    assert!(
        said.contains("usernam") && said.contains("riverline.toml"),
        "{said}"
    );
    assert!(said.contains('3'), "names the line: {said}");
}

#[test]
fn a_service_that_cannot_serve_says_everything_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("database.url=sqlite://{}/rl.db", folder.path().display());
    let started = riverline(&["--set", &database, "serve"]);
    assert!(!started.status.success());
    let said = words(&started.stderr);
    assert!(
        said.contains("sugar.url") && said.contains("sugar.username"),
        "{said}"
    );
}

#[test]
fn migrate_brings_a_new_database_up_and_is_then_done() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("database.url=sqlite://{}/rl.db", folder.path().display());
    let first = riverline(&["--set", &database, "migrate"]);
    assert!(
        first.status.success() && !words(&first.stdout).starts_with('0'),
        "{first:?}"
    );
    let second = riverline(&["--set", &database, "migrate"]);
    assert!(
        second.status.success() && words(&second.stdout).starts_with('0'),
        "{second:?}"
    );
}

#[test]
fn a_new_key_is_printed_and_can_be_used_and_no_two_are_alike() {
    let new_key = || {
        let printed = riverline(&["secrets", "new-key"]);
        assert!(printed.status.success(), "{printed:?}");
        words(&printed.stdout)
    };
    let (one, two) = (new_key(), new_key());
    assert_ne!(one, two);
    assert_eq!(one.lines().count(), 1);
    assert!(SealingKey::parse(&one).is_ok() && SealingKey::parse(&two).is_ok());
}

#[test]
fn every_setting_is_printed_with_its_default() {
    let printed = riverline(&["check", "--print-defaults"]);
    let said = words(&printed.stdout);
    for setting in [
        "public_url",
        "idle_close_s",
        "panels_per_member",
        "rest_version",
    ] {
        assert!(said.contains(setting), "{setting} is not in\n{said}");
    }
}

#[test]
fn the_package_is_the_same_bytes_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let build = |name: &str| {
        let path = folder.path().join(name);
        let built = riverline(&["package", "--out", path.to_str().unwrap()]);
        assert!(built.status.success(), "{built:?}");
        std::fs::read(path).unwrap()
    };
    assert_eq!(build("one.zip"), build("two.zip"));
}

#[test]
fn openapi_prints_the_document() {
    let printed = riverline(&["openapi"]);
    assert_eq!(
        words(&printed.stdout),
        riverline::http::openapi::openapi_json()
    );
}
