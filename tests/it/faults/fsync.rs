//! Nothing leaves before the disk has it: `strace` of the real binary under load (promise 1).
//!
//! The control is the same binary with SQLite at `synchronous=NORMAL`. The product has no way to be
//! run like that, and should have none; so the control is a copy of it in which the statement is
//! written over, as is the look at the setting by which the service would refuse to start.

use super::dice::Dice;
use super::load::Load;
use super::scene::{SETS, Scene};
use super::trace::{self, Seen};
use crate::support::history::Phase;
use crate::support::service::Setup;
use crate::support::{Service, eventually};
use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Messages that the traced service acknowledges.
const MESSAGES: usize = 150;

const FULL: [&str; 2] = ["PRAGMA synchronous = FULL", "PRAGMA synchronous = 1"];
const LOOK: [&str; 2] = [
    "SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous",
    "SELECT '2' AS value",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_batch_is_on_the_disk_before_anybody_hears_of_it() {
    let seen = traced(env!("CARGO_BIN_EXE_riverline").as_ref()).await;
    assert_eq!(seen.too_early, HashSet::new());
    println!(
        "{} acknowledged over {} synchronisations",
        seen.acknowledged.len(),
        seen.syncs
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_binary_with_less_durable_commits_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let seen = traced(&written_over(folder.path(), &[FULL, LOOK])).await;
    // Not all: a checkpoint synchronises what happens to be in the log.
    let (early, all) = (seen.too_early.len(), seen.acknowledged.len());
    assert!(early > all / 2, "{early} of {all}");
}

#[tokio::test]
async fn the_service_refuses_to_run_with_less_durable_commits() {
    let mut service = Service::start().await;
    service.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let refused = Command::new(written_over(folder.path(), &[FULL]))
        .arg("--config")
        .arg(service.config())
        .arg("serve")
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("synchronous=FULL"), "{words}");
}

/// Runs a program under strace and load, and returns what its trace shows.
async fn traced(program: &Path) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace");
    let mut words = trace::strace(&file);
    words.push(OsString::from(program));
    let setup = Setup {
        program: words,
        sets: &SETS,
        ..Setup::default()
    };
    let mut service = setup.start().await;
    let scene = Scene::set(&service).await;
    let (mut dice, _) = Dice::thrown("fsync");
    let mut load = Load::start(vec![service.url.clone()], scene.roles(1), &mut dice);
    load.acknowledges(MESSAGES).await;
    load.settle().await;
    let entries = load.history().entries();
    load.end().await;
    assert!(service.stop().await.success());
    let trace = eventually("the trace is complete", || async {
        let trace = std::fs::read_to_string(&file).unwrap();
        trace.ends_with("+++ exited with 0 +++\n").then_some(trace)
    })
    .await;
    let acknowledged = entries.iter().filter(|entry| entry.phase == Phase::Ok);
    let acknowledged: HashSet<String> = acknowledged.map(|entry| entry.message.clone()).collect();
    let seen = trace::follow(&trace, &acknowledged);
    assert_eq!(seen.acknowledged, acknowledged, "the trace is not complete");
    seen
}

/// A copy of the binary with some of its words written over by others, which blanks fill up.
fn written_over(folder: &Path, changes: &[[&str; 2]]) -> PathBuf {
    let binary = env!("CARGO_BIN_EXE_riverline");
    let copy = folder.join("riverline");
    std::fs::copy(binary, &copy).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&copy).unwrap();
    for [words, instead] in changes {
        let instead = format!("{instead:length$}", length = words.len());
        assert_eq!(words.len(), instead.len());
        let found = Command::new("grep")
            .args([
                "--only-matching",
                "--byte-offset",
                "--text",
                "--fixed-strings",
            ])
            .args([words, binary])
            .output()
            .unwrap();
        let places = String::from_utf8(found.stdout).unwrap();
        let place = places
            .split(':')
            .next()
            .and_then(|place| place.parse().ok());
        let place = place.unwrap_or_else(|| panic!("the binary no longer says `{words}`"));
        assert_eq!(
            places.lines().count(),
            1,
            "`{words}` is there more than once"
        );
        file.write_all_at(instead.as_bytes(), place).unwrap();
    }
    copy
}
