//! What must hold when the faults are over: the carrier's ledger is the truth.

use super::carrier::id_of;
use crate::support::twilio::Twilio;
use crate::support::{Service, at};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What became of the texts.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Texts by their last state.
    pub states: BTreeMap<String, usize>,
    /// Texts that the carrier took.
    pub taken: usize,
    /// Sends that it saw.
    pub requests: usize,
    /// Texts that it was given once more, since it surely had not taken them.
    pub repeated: usize,
}

/// The texts of members and their states.
pub fn states(service: &Service) -> BTreeMap<String, String> {
    let query = "SELECT id || ' ' || state AS text FROM message WHERE sender_kind = 'member'";
    let rows = service.texts_of(query);
    let pairs = rows.iter().map(|row| row.split_once(' ').unwrap());
    pairs
        .map(|(id, state)| (id.to_owned(), state.to_owned()))
        .collect()
}

/// Compares what is stored with what the carrier has and with what the service said it had taken.
pub fn check(
    service: &Service,
    twilio: &Twilio,
    sent: &[(String, bool)],
    undelivered: &BTreeSet<String>,
) -> Verdict {
    let states = states(service);
    for (id, taken) in sent {
        assert_eq!(states.contains_key(id), *taken, "{id}");
    }
    assert_eq!(
        states.len(),
        sent.iter().filter(|(_, taken)| *taken).count()
    );
    let mut ledger: BTreeMap<String, usize> = BTreeMap::new();
    for id in twilio.ledger().iter().filter_map(id_of) {
        *ledger.entry(id).or_default() += 1;
    }
    let mut verdict = Verdict {
        taken: ledger.len(),
        ..Verdict::default()
    };
    for (id, state) in &states {
        let taken = ledger.remove(id).unwrap_or(0);
        assert!(taken <= 1, "{id} was sent {taken} times");
        let right = match (taken, state.as_str()) {
            (1, "sent" | "delivered") | (0, "failed" | "canceled") => true,
            (1, "failed") => undelivered.contains(id),
            _ => false,
        };
        assert!(right, "{id} is {state}, and taken {taken} times");
        *verdict.states.entry(state.clone()).or_default() += 1;
    }
    assert!(ledger.is_empty(), "texts that nobody wrote: {ledger:?}");
    let mut doubtful = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for request in twilio.requests() {
        let id = &request.message_id;
        assert!(!doubtful.contains(id), "{id} was sent again by itself");
        verdict.requests += 1;
        verdict.repeated += usize::from(!seen.insert(id.clone()));
        if !request.fault.is_some_and(|fault| fault.is_sure()) {
            doubtful.insert(id.clone());
        }
    }
    verdict
}

/// In the order of the log, no text of a member begins to be sent between a STOP and the START
/// after it; how many were called off.
pub fn check_stops(service: &Service) -> usize {
    let mut stopped = BTreeSet::new();
    let mut canceled = 0;
    for event in service.texts_of("SELECT event AS text FROM log ORDER BY id") {
        let event: Value = serde_json::from_str(&event).unwrap();
        match at(&event, "kind") {
            "message.created" if event["message"]["sender"]["kind"] == "peer" => {
                let conversation = at(&event, "message.conversation_id").to_owned();
                match at(&event, "message.text") {
                    "STOP" => stopped.insert(conversation),
                    _ => stopped.remove(&conversation),
                };
            }
            "message.updated" => match at(&event, "state") {
                "sending" => {
                    let conversation = at(&event, "conversation_id");
                    assert!(!stopped.contains(conversation), "sent after STOP: {event}");
                }
                "canceled" => canceled += 1,
                _ => {}
            },
            _ => {}
        }
    }
    canceled
}
