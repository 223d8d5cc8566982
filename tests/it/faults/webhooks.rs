//! A carrier delivers every text one to five times, many at once and in no order, while the
//! service is killed and its database goes away (promise 4, reliability T5).

use super::dice::Dice;
use super::scene::{a_moment, ms};
use crate::support::Service;
use crate::support::postgres::{Postgres, Stop};
use crate::support::service::{GATEWAY_SECRET, OUR_NUMBER, Setup};
use crate::support::sugar::free_port;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};

/// Texts in the short form; `RL_WEBHOOKS` says otherwise.
const TEXTS: usize = 150;
/// Calls at once.
const CALLERS: usize = 16;
/// Faults in the short form; `RL_WEBHOOK_FAULTS` says otherwise.
const FAULTS: usize = 4;
/// Phones that text.
const PHONES: usize = 20;

/// A call that the carrier repeats until it is answered.
#[derive(Clone)]
struct Delivery {
    id: String,
    secret: &'static str,
    text: Value,
}

/// The carrier: calls to make, and what became of those that were made.
struct Carrier {
    url: String,
    http: reqwest::Client,
    calls: Mutex<Vec<Delivery>>,
    ledger: Mutex<Ledger>,
    answered: watch::Sender<usize>,
}

#[derive(Default)]
struct Ledger {
    taken: BTreeSet<String>,
    refused: BTreeSet<String>,
    unanswered: usize,
    times: Vec<Duration>,
}

fn deliveries(texts: usize, dice: &mut Dice) -> Vec<Delivery> {
    let mut calls = Vec::new();
    for n in 0..texts {
        let forged = n % 5 == 4;
        let (kind, secret) = match forged {
            true => ("forged", "00000000000000000000000000000000"),
            false => ("text", GATEWAY_SECRET),
        };
        let id = format!("{kind}-{n}");
        let from = format!("+1415555{:04}", 2_000 + n % PHONES);
        let text = json!({"id": id, "from": from, "to": OUR_NUMBER, "text": format!("text {n}")});
        let call = Delivery { id, secret, text };
        calls.extend(std::iter::repeat_n(call, 1 + dice.below(5)));
    }
    for last in (1..calls.len()).rev() {
        calls.swap(last, dice.below(last + 1));
    }
    calls
}

impl Carrier {
    async fn call_all(self: Arc<Self>) {
        loop {
            let Some(call) = self.calls.lock().unwrap().pop() else {
                return;
            };
            self.call_until_answered(&call).await;
            self.answered.send_modify(|answered| *answered += 1);
        }
    }

    async fn call_until_answered(&self, call: &Delivery) {
        let url = format!("{}/gateways/sim/{}/inbound", self.url, call.secret);
        loop {
            let started = Instant::now();
            let answer = self.http.post(&url).json(&call.text).send().await;
            let status = answer.ok().map(|answer| answer.status().as_u16());
            if self.note(&call.id, status, started.elapsed()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the call is answered, one way or the other.
    fn note(&self, id: &str, status: Option<u16>, took: Duration) -> bool {
        let mut ledger = self.ledger.lock().unwrap();
        match status {
            Some(200..=299) => {
                ledger.times.push(took);
                ledger.taken.insert(id.to_owned());
            }
            Some(status @ 400..=499) => {
                assert_eq!(status, 403, "{id}");
                ledger.refused.insert(id.to_owned());
            }
            _ => ledger.unanswered += 1,
        }
        status.is_some_and(|status| status < 500)
    }

    async fn has_answered(&self, more: usize, all: usize) {
        let mut answered = self.answered.subscribe();
        let wanted = (*answered.borrow() + more).min(all);
        let wait = answered.wait_for(|answered| *answered >= wanted);
        let waited = tokio::time::timeout(3 * crate::support::PATIENCE, wait).await;
        waited.expect("the carrier is answered").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_delivered_again_and_again_are_one_each_over_kills_on_sqlite() {
    let database = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite://{}",
        database.path().join("riverline.db").display()
    );
    deliver_over(
        "webhooks on sqlite",
        &url,
        async |service: &mut Service, _| {
            block_in_place(|| {
                service.kill();
                service.start_again();
            });
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_delivered_again_and_again_are_one_each_over_outages_of_postgresql() {
    let postgres = block_in_place(Postgres::own);
    let url = postgres.database();
    deliver_over(
        "webhooks on postgresql",
        &url,
        async |service: &mut Service, dice| {
            block_in_place(|| postgres.stop(Stop::Immediate));
            a_moment(dice, Duration::from_millis(500)).await;
            if dice.one_in(2) {
                block_in_place(|| service.kill());
                block_in_place(|| postgres.start());
                block_in_place(|| service.start_again());
            } else {
                block_in_place(|| postgres.start());
            }
        },
    )
    .await;
}

async fn deliver_over(
    test: &str,
    database_url: &str,
    mut fault: impl AsyncFnMut(&mut Service, &mut Dice),
) {
    let texts = super::from_env("RL_WEBHOOKS").unwrap_or(TEXTS);
    let faults = super::from_env("RL_WEBHOOK_FAULTS").unwrap_or(FAULTS);
    let (mut dice, seed) = Dice::thrown(test);
    let listen = format!("listen.public=127.0.0.1:{}", free_port());
    let mut service = Setup {
        database_url: Some(database_url.to_owned()),
        sets: &[&listen],
        ..Setup::default()
    }
    .start()
    .await;
    let calls = deliveries(texts, &mut dice);
    let all = calls.len();
    let carrier = Arc::new(Carrier {
        url: service.url.clone(),
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        calls: Mutex::new(calls),
        ledger: Mutex::default(),
        answered: watch::Sender::new(0),
    });
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(Arc::clone(&carrier).call_all());
    }
    for _ in 0..faults {
        carrier.has_answered(all / (faults + 1), all).await;
        fault(&mut service, &mut dice).await;
    }
    let done = async {
        while let Some(caller) = callers.join_next().await {
            caller.unwrap();
        }
    };
    let waited = tokio::time::timeout(10 * crate::support::PATIENCE, done).await;
    waited.expect("every call is answered");
    let mut ledger = std::mem::take(&mut *carrier.ledger.lock().unwrap());
    let query = "SELECT provider_id AS text FROM message WHERE sender_kind = 'peer'";
    let stored = service.texts_of(query);
    assert_eq!(stored.len(), ledger.taken.len(), "one row each");
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), ledger.taken);
    assert_eq!(ledger.taken.len() + ledger.refused.len(), texts);
    assert!(ledger.refused.iter().all(|id| id.starts_with("forged")));
    assert!(faults == 0 || ledger.unanswered > 0, "no fault met a call");
    ledger.times.sort_unstable();
    let p99 = ledger.times[ledger.times.len() * 99 / 100];
    super::keep(json!({
        "test": test, "texts": texts, "calls": all, "faults": faults, "seed": seed,
        "stored": ledger.taken.len(), "refused": ledger.refused.len(), "lost": 0, "doubled": 0,
        "unanswered": ledger.unanswered, "p99_ms": ms(p99),
    }));
}
