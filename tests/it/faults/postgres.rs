//! PostgreSQL goes away and comes back under load (promise 1, reliability T13).

use super::dice::Dice;
use super::load::Load;
use super::scene::{SETS, Scene, a_moment, ms};
use crate::support::panel::message_id;
use crate::support::postgres::{Postgres, Stop};
use crate::support::proxy::Proxy;
use crate::support::service::Setup;
use crate::support::{Panel, Service, at, eventually};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

/// Restarts in the short form; `RL_PG_RESTARTS` says otherwise.
const RESTARTS: usize = 3;

/// Storms of cut connections in the short form; `RL_PG_CUTS` says otherwise.
const CUTS: usize = 12;

/// Messages acknowledged between two faults.
const BETWEEN: usize = 60;

async fn service_on(database_url: &str) -> Service {
    let setup = Setup {
        database_url: Some(database_url.to_owned()),
        sets: &SETS,
        ..Setup::default()
    };
    setup.start().await
}

/// The HTTP status of `/readyz`.
async fn readiness(service: &Service) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("{}/readyz", service.internal)).send();
    answer.await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_of_the_database_lose_nothing_and_need_no_hand() {
    let restarts = super::from_env("RL_PG_RESTARTS").unwrap_or(RESTARTS);
    let postgres = block_in_place(Postgres::own);
    let database_url = postgres.database();
    let service = service_on(&database_url).await;
    let (mut dice, seed) = Dice::thrown("restarts of postgresql");
    let scene = Scene::set(&service).await;
    let load = Load::start(vec![service.url.clone()], scene.roles(1), &mut dice);
    let mut back = Vec::new();
    for _ in 0..restarts {
        load.acknowledges(BETWEEN).await;
        a_moment(&mut dice, Duration::from_millis(300)).await;
        // An admin's restart, once in a while; else a crash.
        let how = match dice.one_in(5) {
            true => Stop::Fast,
            false => Stop::Immediate,
        };
        block_in_place(|| postgres.stop(how));
        // Once senders are answered with errors, no acknowledgement is on its way any more.
        load.is_unanswered(10).await;
        let acknowledged = load.history().ends().ok;
        eventually("readiness says that the database is away", || async {
            (readiness(&service).await == 503).then_some(())
        })
        .await;
        assert_eq!(load.history().ends().ok, acknowledged, "without a database");
        block_in_place(|| postgres.start());
        let started = Instant::now();
        load.acknowledges(1).await;
        back.push(ms(started.elapsed()));
        eventually("readiness says that the database is back", || async {
            (readiness(&service).await == 200).then_some(())
        })
        .await;
    }
    load.acknowledges(BETWEEN).await;
    let verdict = scene.finish(load, &service, &database_url).await;
    assert!(verdict.ends.info > 0 && verdict.ends.fail > 0);
    back.sort_unstable();
    super::keep(json!({
        "test": "restarts of postgresql", "restarts": restarts, "seed": seed, "acknowledged": verdict.ends.ok,
        "lost": 0, "doubled": 0, "doubtful": verdict.ends.info, "stored": verdict.stored,
        "back_ms": {"median": back.get(back.len() / 2), "longest": back.last()},
    }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_again_and_again_lose_nothing() {
    let cuts = super::from_env("RL_PG_CUTS").unwrap_or(CUTS);
    let postgres = block_in_place(Postgres::shared);
    let database_url = postgres.database();
    let service = service_on(&database_url).await;
    let (mut dice, seed) = Dice::thrown("cut connections");
    let scene = Scene::set(&service).await;
    let load = Load::start(vec![service.url.clone()], scene.roles(1), &mut dice);
    let mut connections = 0;
    for _ in 0..cuts {
        load.acknowledges(BETWEEN / 2).await;
        a_moment(&mut dice, Duration::from_millis(100)).await;
        connections += block_in_place(|| postgres.cut_connections(&database_url));
    }
    load.acknowledges(BETWEEN).await;
    let verdict = scene.finish(load, &service, &database_url).await;
    assert!(connections > 0);
    super::keep(json!({
        "test": "cut connections", "storms": cuts, "connections": connections,
        "seed": seed, "acknowledged": verdict.ends.ok, "lost": 0, "doubled": 0,
        "doubtful": verdict.ends.info, "stored": verdict.stored,
    }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_an_error_and_the_repeat_is_the_same_message() {
    const TEXT: &str = "is this one there or not";
    let postgres = block_in_place(Postgres::shared);
    let database_url = postgres.database();
    let direct = std::net::SocketAddr::from(([127, 0, 0, 1], postgres.port()));
    let wire = Proxy::to(direct).await;
    let (from, to) = (postgres.port(), wire.address.port());
    let through = database_url.replace(&format!(":{from}/"), &format!(":{to}/"));
    let service = service_on(&through).await;
    let (sally, sarah) = (
        service.sign_in("sally").await,
        service.sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let mut reader = Panel::connect(&service.url, &sarah.token, None).await;
    wire.lose_the_answer_after(TEXT);
    let id = message_id();
    let send = json!({"type": "send", "ref": "doubtful", "conversation_id": chat,
                      "message_id": id, "text": TEXT});
    panel.send(&send).await;
    let count = format!("SELECT count(*) AS number FROM message WHERE id = '{id}'");
    eventually("PostgreSQL has committed it", || {
        let there = block_in_place(|| postgres.number(&database_url, &count)) == 1;
        async move { there.then_some(()) }
    })
    .await;
    wire.open();
    wire.drop_connections();
    let doubtful = panel.until(|frame| frame["ref"] == "doubtful").await;
    assert_eq!(at(&doubtful, "type"), "error", "{doubtful}");
    assert_eq!(doubtful["problem"]["status"], 503, "{doubtful}");
    assert!(!at(&doubtful, "problem.code").is_empty());
    let repeated = eventually("the repeat is acknowledged", || {
        // One repeat after the other: the first may still find the database away.
        let answer = block_in_place(|| {
            let runtime = tokio::runtime::Handle::current();
            runtime.block_on(panel.say(&chat, &id, TEXT))
        });
        async move { (answer["type"] == "ok").then_some(answer) }
    })
    .await;
    assert_eq!(at(&repeated, "message_id"), id);
    assert_eq!(postgres.number(&database_url, &count), 1);
    assert_eq!(reader.message().await, TEXT);
    sally.say(&chat, "after it").await;
    assert_eq!(reader.message().await, "after it");
    assert_eq!(sarah.texts(&chat).await, [TEXT, "after it"]);
}

#[test]
fn a_server_that_may_lose_what_it_acknowledged_is_refused() {
    let postgres = Postgres::shared();
    let database_url = postgres.database();
    let name = database_url.rsplit('/').next().unwrap();
    let change = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    postgres.run(&database_url, &change);
    let migrate = std::process::Command::new(env!("CARGO_BIN_EXE_riverline"))
        .args(["--set", &format!("database.url={database_url}"), "migrate"])
        .output()
        .unwrap();
    assert!(!migrate.status.success());
    let words = String::from_utf8(migrate.stderr).unwrap();
    assert!(words.contains("synchronous_commit=off"), "{words}");
}

#[test]
fn a_wrong_address_is_said_and_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = "postgres://me:secret@127.0.0.1:1/riverline";
    let migrate = std::process::Command::new(env!("CARGO_BIN_EXE_riverline"))
        .current_dir(&folder)
        .args(["--set", &format!("database.url={nowhere}"), "migrate"])
        .output()
        .unwrap();
    assert!(!migrate.status.success());
    let words = String::from_utf8(migrate.stderr).unwrap();
    assert!(
        words.contains("postgres://me:...@127.0.0.1:1/riverline"),
        "{words}"
    );
    assert!(!words.contains("secret"), "{words}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}
