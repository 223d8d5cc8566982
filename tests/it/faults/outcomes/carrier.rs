//! What the carrier does: to each text in turn, and with its receipts.

use super::super::dice::Dice;
use crate::support::twilio::{Fault, Text, Twilio};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What carriers do with a text, beside being away altogether (reliability T6).
pub const BEHAVIOURS: [(&str, &[Fault]); 18] = [
    ("takes it", &[]),
    ("asks to come back later", &[Fault::Busy, Fault::Busy]),
    ("refuses the number", &[Fault::Refuse(21211)]),
    ("refuses by a rule of its own", &[Fault::Refuse(21408)]),
    ("refuses with a code of tomorrow", &[Fault::Refuse(99_999)]),
    ("does not know us", &[Fault::SignIn]),
    ("refuses without a code", &[Fault::NoCode]),
    ("fails before it took it", &[Fault::ErrorBefore]),
    ("fails after it took it", &[Fault::ErrorAfter]),
    ("hangs before it took it", &[Fault::HangBefore]),
    ("hangs after it took it", &[Fault::HangAfter]),
    ("hangs up before it took it", &[Fault::ResetBefore]),
    ("hangs up after it took it", &[Fault::ResetAfter]),
    ("breaks its answer off", &[Fault::BadJson]),
    ("does not name it", &[Fault::NoId]),
    ("names it like another", &[Fault::SameId]),
    ("answers with a page", &[Fault::Html]),
    ("has receipts before its answer", &[Fault::AnswerLater]),
];

/// How often hanging exchanges are let go and new texts are looked for.
const TICK: Duration = Duration::from_millis(30);

/// Calls with receipts, each in any order and some twice; half of the texts have none.
pub struct Receipts {
    /// The texts of which the carrier said that they did not arrive, by our ids.
    pub undelivered: Arc<Mutex<BTreeSet<String>>>,
    over: watch::Sender<bool>,
    task: tokio::task::JoinHandle<usize>,
}

impl Receipts {
    /// Begins, also to let go of what hangs.
    pub fn begin(twilio: &Arc<Twilio>, dice: Dice) -> Self {
        let undelivered = Arc::default();
        let over = watch::Sender::new(false);
        let tell = tell(
            Arc::clone(twilio),
            dice,
            Arc::clone(&undelivered),
            over.subscribe(),
        );
        Self {
            undelivered,
            over,
            task: tokio::spawn(tell),
        }
    }

    /// Ends once every call was made; how many there were.
    pub async fn end(self) -> usize {
        self.over.send_replace(true);
        self.task.await.unwrap()
    }
}

/// Our id of a text.
pub fn id_of(text: &Text) -> Option<String> {
    let id = text.callback.as_deref()?.rsplit('/').next()?;
    Some(id.to_owned())
}

async fn tell(
    twilio: Arc<Twilio>,
    mut dice: Dice,
    undelivered: Arc<Mutex<BTreeSet<String>>>,
    over: watch::Receiver<bool>,
) -> usize {
    let (mut seen, mut told) = (0, 0);
    let mut calls = JoinSet::new();
    loop {
        let last = *over.borrow();
        let new = twilio.ledger_from(seen);
        seen += new.len();
        for text in new {
            let Some(id) = id_of(&text) else { continue };
            let mut statuses = match dice.below(4) {
                0 => vec!["queued", "sent", "sent", "delivered", "delivered"],
                1 => vec!["sent", "undelivered", "undelivered"],
                _ => continue,
            };
            for last in (1..statuses.len()).rev() {
                statuses.swap(last, dice.below(last + 1));
            }
            if statuses.contains(&"undelivered") {
                undelivered.lock().unwrap().insert(id);
            }
            told += statuses.len();
            for status in statuses {
                let code = (status == "undelivered").then_some(30_005);
                let call = twilio.receipt_call(&text, status, code);
                let pause = dice.moment(Duration::from_millis(100));
                calls.spawn(async move {
                    tokio::time::sleep(pause).await;
                    // As Twilio does: a receipt that nobody takes is lost.
                    let _ = call.send().await;
                });
            }
        }
        if last {
            break;
        }
        twilio.release();
        tokio::time::sleep(TICK).await;
    }
    while calls.join_next().await.is_some() {}
    told
}
