//! Carriers deliver every text one to five times, many at once and in no order, and others call as
//! if they were carriers, while the service is killed and its database goes away (promise 4,
//! reliability T5).

use super::dice::Dice;
use super::scene::{a_moment, ms};
use super::webhook_calls::{Delivery, FORGED, GOOD, Kind, settings};
use crate::support::Service;
use crate::support::postgres::{Postgres, Stop};
use crate::support::service::Setup;
use crate::support::sugar::free_port;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};

/// Texts in the short form; `RL_WEBHOOKS` says otherwise. A fifth as many each are forged, called
/// with a signature of a day ago, and called once more when all is over.
const TEXTS: usize = 150;
/// Calls at once.
const CALLERS: usize = 16;
/// Faults in the short form; `RL_WEBHOOK_FAULTS` says otherwise.
const FAULTS: usize = 4;
/// Phones that text.
const PHONES: usize = 20;

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
    let good = (0..texts).map(|n| (format!("text-{n}"), GOOD[n % GOOD.len()]));
    let forged = (0..texts / 5).map(|n| (format!("forged-{n}"), FORGED[n % FORGED.len()]));
    let old = (0..texts / 5).map(|n| (format!("forged-by-age-{n}"), Kind::DayOld));
    let mut calls = Vec::new();
    for (n, (id, kind)) in good.chain(forged).chain(old).enumerate() {
        let from = format!("+1415555{:04}", 2_000 + n % PHONES);
        let call = Delivery { id, kind, from };
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
        loop {
            let started = Instant::now();
            let answer = call.request(&self.http, &self.url).send().await;
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

    /// From the first call with a right signature on, wrong ones are refused.
    async fn prove_itself(&self) {
        for kind in GOOD {
            let (id, from) = (format!("first-{kind:?}"), "+14155552001".to_owned());
            let first = Delivery { id, kind, from };
            self.call_until_answered(&first).await;
        }
    }

    /// What was taken is called with once more: Twilio signs no time and is answered as before,
    /// with Telnyx's signature of a day ago nothing is believed.
    async fn replay(&self, calls: &[Delivery]) {
        for call in calls {
            let (kind, status) = match call.kind {
                Kind::Telnyx => (Kind::DayOld, 403),
                Kind::Twilio => (Kind::Twilio, 200),
                kind => (kind, 204),
            };
            let (id, from) = (call.id.clone(), call.from.clone());
            let again = Delivery { id, kind, from };
            let answer = again.request(&self.http, &self.url).send().await.unwrap();
            assert_eq!(answer.status(), status, "{again:?}");
        }
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
        more: settings(),
        sets: &[&listen],
        ..Setup::default()
    }
    .start()
    .await;
    let calls = deliveries(texts, &mut dice);
    let all = calls.len();
    let good = calls.iter().filter(|call| GOOD.contains(&call.kind));
    let again: Vec<Delivery> = good.take(texts / 5).cloned().collect();
    let carrier = Arc::new(Carrier {
        url: service.url.clone(),
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        calls: Mutex::new(calls),
        ledger: Mutex::default(),
        answered: watch::Sender::new(0),
    });
    carrier.prove_itself().await;
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
    carrier.replay(&again).await;
    let mut ledger = std::mem::take(&mut *carrier.ledger.lock().unwrap());
    let query = "SELECT provider_id AS text FROM message WHERE sender_kind = 'peer'";
    let stored = service.texts_of(query);
    assert_eq!(stored.len(), ledger.taken.len(), "one row each");
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), ledger.taken);
    assert_eq!(ledger.taken.len(), texts + GOOD.len());
    assert_eq!(ledger.refused.len(), 2 * (texts / 5));
    assert!(ledger.taken.is_disjoint(&ledger.refused));
    assert!(ledger.refused.iter().all(|id| id.starts_with("forged")));
    assert!(faults == 0 || ledger.unanswered > 0, "no fault met a call");
    ledger.times.sort_unstable();
    let p99 = ledger.times[ledger.times.len() * 99 / 100];
    super::keep(json!({
        "test": test, "texts": texts, "calls": all, "faults": faults, "seed": seed,
        "stored": ledger.taken.len(), "refused": ledger.refused.len(), "replayed": again.len(), "lost": 0, "doubled": 0,
        "unanswered": ledger.unanswered, "p99_ms": ms(p99),
    }));
}
