//! `kill -9` at random moments under load (promise 1, reliability T1).

use super::dice::Dice;
use super::load::Load;
use super::scene::{SETS, Scene, a_moment, ms};
use crate::support::Service;
use crate::support::postgres::Postgres;
use crate::support::service::Setup;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

/// Kills in the short form; `RL_KILLS` says otherwise.
const KILLS: usize = 6;

/// Messages that must be acknowledged after a start before the next kill may come.
const BETWEEN_KILLS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_on_sqlite() {
    let service = Setup {
        sets: &SETS,
        ..Setup::default()
    }
    .start()
    .await;
    let database_url = format!("sqlite://{}", service.database().display());
    kill_again_and_again("kills on sqlite", service, &database_url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_on_postgresql() {
    let database_url = block_in_place(Postgres::shared).database();
    let setup = Setup {
        database_url: Some(database_url.clone()),
        sets: &SETS,
        ..Setup::default()
    };
    let service = setup.start().await;
    kill_again_and_again("kills on postgresql", service, &database_url).await;
}

/// Kills the service under load, starts it again, and checks all that clients saw.
async fn kill_again_and_again(test: &str, mut service: Service, database_url: &str) {
    let kills = super::from_env("RL_KILLS").unwrap_or(KILLS);
    let between = super::from_env("RL_ACKS_PER_KILL").unwrap_or(BETWEEN_KILLS);
    let longest = Duration::from_millis(super::from_env("RL_KILL_WITHIN_MS").unwrap_or(300));
    let (mut dice, seed) = Dice::thrown(test);
    let scene = Scene::set(&service).await;
    let load = Load::start(vec![service.url.clone()], scene.roles(1), &mut dice);
    let mut ready = Vec::new();
    for _ in 0..kills {
        load.acknowledges(between).await;
        a_moment(&mut dice, longest).await;
        block_in_place(|| {
            service.kill();
            let killed = Instant::now();
            service.start_again();
            ready.push(ms(killed.elapsed()));
        });
        load.moved(0, &service.url);
    }
    load.acknowledges(between).await;
    let verdict = scene.finish(load, &service, database_url).await;
    // Senders were cut off in the middle, or the kills met an idle service.
    assert!(kills == 0 || verdict.ends.info > 0);
    assert!(verdict.ends.fail > 0);
    ready.sort_unstable();
    super::keep(json!({
        "test": test, "kills": kills, "seed": seed, "acknowledged": verdict.ends.ok, "lost": 0, "doubled": 0,
        "refused": verdict.ends.fail, "doubtful": verdict.ends.info, "stored": verdict.stored,
        "applied_by_readers": verdict.applied, "readers_done_ms": ms(verdict.read_up),
        "ready_again_ms": {"median": ready.get(ready.len() / 2), "longest": ready.last()},
    }));
}
