//! What clients saw while faults happened, and the checker that compares it with the database.
//!
//! The method is Jepsen's: every send is invoked and later ends as `ok`, `fail` or `info` (nobody
//! knows), every reader notes what it applied, and afterwards all of that must fit the one order
//! of the database. The checker itself is tested with doctored histories in `faults::checker`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Display, Formatter};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is noted about a send, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// About to be written to a socket; repeating it is another invocation.
    Invoke {
        /// Which connection, unique in the history: its frames arrive in order.
        socket: u64,
        /// Where the message should go.
        conversation: String,
        /// What it says.
        text: String,
    },
    /// Acknowledged.
    Ok,
    /// Refused for good.
    Fail,
    /// The answer was lost, or said to try again.
    Info,
}

/// One line of the history.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The message's id.
    pub message: String,
    /// What happened to it.
    pub phase: Phase,
}

/// Everything that the senders noted, in the order of one clock.
#[derive(Default)]
pub struct History {
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    entries: Vec<Entry>,
    ends: Ends,
}

/// How many sends ended how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    /// Acknowledged.
    pub ok: usize,
    /// Refused for good.
    pub fail: usize,
    /// Nobody knows; a message that is sent again may count several times.
    pub info: usize,
}

impl History {
    /// Notes one line; an invocation before its frame leaves, an end after its answer came.
    pub fn note(&self, message: &str, phase: Phase) {
        let mut lines = self.lock();
        match phase {
            Phase::Invoke { .. } => {}
            Phase::Ok => lines.ends.ok += 1,
            Phase::Fail => lines.ends.fail += 1,
            Phase::Info => lines.ends.info += 1,
        }
        let message = message.to_owned();
        lines.entries.push(Entry { message, phase });
    }

    /// How many sends ended how so far.
    pub fn ends(&self) -> Ends {
        self.lock().ends
    }

    /// The lines so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one reader applied, over all of its connections.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Whose panel it is, for the report.
    pub reader: String,
    /// The member, as audiences name it.
    pub member: String,
    /// The place in the log where it began.
    pub since: i64,
    /// The places and messages it applied, in its order; other events have no message.
    pub events: Vec<(i64, Option<String>)>,
    /// How often it was told that it cannot resume.
    pub reloads: usize,
}

/// A row of the log.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Its place.
    pub id: i64,
    /// Whom it concerns; `None` is everybody.
    pub audience: Option<Vec<String>>,
    /// The message that it tells of, if it does.
    pub message: Option<String>,
}

/// A stored message.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub conversation: String,
    /// What it says.
    pub text: String,
}

/// What is true at the end.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// The log, in order, read from the database.
    pub log: Vec<LogRow>,
    /// The messages, in order, read from the database.
    pub messages: Vec<Stored>,
    /// The ids in every conversation, oldest first, read through the API.
    pub api: BTreeMap<String, Vec<String>>,
}

/// How a promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Acknowledged and not there.
    Lost,
    /// There more than once.
    Doubled,
    /// Refused and there all the same, or there and never sent.
    Ghost,
    /// Not what was sent.
    Altered,
    /// Not in the order in which it was sent or acknowledged.
    Reordered,
    /// Log, messages and API do not tell the same.
    Disagreement,
    /// A reader did not get an event that concerns it.
    Missed,
    /// A reader got an event twice.
    Repeated,
    /// A reader got an event that is not its own, or got it too early.
    OutOfPlace,
    /// A reader was told to reload although its place was good.
    Reload,
}

/// One broken promise.
#[derive(Clone, Debug)]
pub struct Violation {
    /// How.
    pub kind: Kind,
    /// Which message, reader or place.
    pub what: String,
}

impl Display for Violation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)
    }
}

/// Everything that is wrong; empty when every promise was kept.
pub fn check(entries: &[Entry], truth: &Truth, readers: &[Applied]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut report = |kind, what: String| found.push(Violation { kind, what });
    let places = check_stored(entries, truth, &mut report);
    check_order(entries, &places, &mut report);
    check_agreement(truth, &mut report);
    for reader in readers {
        check_reader(reader, truth, &mut report);
    }
    found
}

/// Every `ok` is there once, every `fail` is not, every `info` at most once, and nothing else is.
/// Returns the place of every stored message.
fn check_stored<'a>(
    entries: &[Entry],
    truth: &'a Truth,
    report: &mut impl FnMut(Kind, String),
) -> HashMap<&'a str, usize> {
    let mut sent: HashMap<&str, (&str, &str)> = HashMap::new();
    let mut acknowledged = HashSet::new();
    let mut refused = HashSet::new();
    for Entry { message, phase } in entries {
        match phase {
            Phase::Invoke {
                conversation, text, ..
            } => {
                sent.insert(message, (conversation, text));
            }
            Phase::Ok => {
                acknowledged.insert(message.as_str());
            }
            Phase::Fail => {
                refused.insert(message.as_str());
            }
            Phase::Info => {}
        }
    }
    let mut places = HashMap::new();
    for (place, stored) in truth.messages.iter().enumerate() {
        if places.insert(stored.id.as_str(), place).is_some() {
            report(Kind::Doubled, stored.id.clone());
        }
        match sent.get(stored.id.as_str()) {
            None => report(Kind::Ghost, format!("{} was never sent", stored.id)),
            Some((conversation, text)) => {
                if *conversation != stored.conversation || *text != stored.text {
                    report(Kind::Altered, stored.id.clone());
                }
            }
        }
    }
    for id in &acknowledged {
        if !places.contains_key(id) {
            report(Kind::Lost, (*id).to_owned());
        }
    }
    for id in refused.difference(&acknowledged) {
        if places.contains_key(id) {
            report(Kind::Ghost, format!("{id} was refused"));
        }
    }
    places
}

/// In a conversation, what was acknowledged stands before whatever was sent later, by anybody; and
/// what one connection sent once stands in the order of its frames.
fn check_order(
    entries: &[Entry],
    places: &HashMap<&str, usize>,
    report: &mut impl FnMut(Kind, String),
) {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for entry in entries {
        if matches!(entry.phase, Phase::Invoke { .. }) {
            *times.entry(&entry.message).or_default() += 1;
        }
    }
    let mut known: HashMap<&str, &str> = HashMap::new();
    let mut newest: HashMap<&str, usize> = HashMap::new();
    let mut frames: HashMap<(u64, &str), usize> = HashMap::new();
    for Entry { message, phase } in entries {
        let Some(place) = places.get(message.as_str()).copied() else {
            continue;
        };
        match phase {
            Phase::Invoke {
                socket,
                conversation,
                ..
            } => {
                if known.insert(message, conversation).is_none()
                    && newest.get(conversation.as_str()) >= Some(&place)
                {
                    let words = format!("{message} stands before what was acknowledged earlier");
                    report(Kind::Reordered, words);
                }
                if times[message.as_str()] == 1 {
                    let before = frames.insert((*socket, conversation), place);
                    if before >= Some(place) {
                        let words = format!("{message} stands before an earlier frame's");
                        report(Kind::Reordered, words);
                    }
                }
            }
            Phase::Ok => {
                let conversation = known.get(message.as_str()).copied().unwrap_or_default();
                let newest = newest.entry(conversation).or_insert(place);
                *newest = place.max(*newest);
            }
            Phase::Fail | Phase::Info => {}
        }
    }
}

/// The log has no hole, and log, messages and API tell of the same messages in the same order.
fn check_agreement(truth: &Truth, report: &mut impl FnMut(Kind, String)) {
    for pair in truth.log.windows(2) {
        if pair[1].id != pair[0].id + 1 {
            let words = format!("the log goes from {} to {}", pair[0].id, pair[1].id);
            report(Kind::Disagreement, words);
        }
    }
    let mut stored: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut conversation_of = HashMap::new();
    for message in &truth.messages {
        let ids = stored.entry(&message.conversation).or_default();
        ids.push(&message.id);
        conversation_of.insert(message.id.as_str(), message.conversation.as_str());
    }
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for id in truth.log.iter().filter_map(|row| row.message.as_deref()) {
        match conversation_of.get(id) {
            Some(conversation) => told.entry(conversation).or_default().push(id),
            None => report(Kind::Disagreement, format!("only the log has {id}")),
        }
    }
    for (conversation, ids) in &stored {
        if told.get(conversation) != Some(ids) {
            let words = format!("log and messages differ in {conversation}");
            report(Kind::Disagreement, words);
        }
        let answered = truth.api.get(*conversation);
        if !answered.is_some_and(|answered| answered.iter().eq(ids.iter())) {
            let words = format!("API and messages differ in {conversation}");
            report(Kind::Disagreement, words);
        }
    }
}

/// A reader applied exactly the events that concern it, from where it began, in the log's order.
fn check_reader(reader: &Applied, truth: &Truth, report: &mut impl FnMut(Kind, String)) {
    let name = &reader.reader;
    if reader.reloads > 0 {
        let words = format!("{name} was told to reload {} times", reader.reloads);
        report(Kind::Reload, words);
    }
    let concerns = |row: &&LogRow| {
        let audience = row.audience.as_ref();
        row.id > reader.since && audience.is_none_or(|members| members.contains(&reader.member))
    };
    let mut seen = HashSet::new();
    for (id, _) in &reader.events {
        if !seen.insert(*id) {
            report(Kind::Repeated, format!("{name} applied {id} twice"));
        }
    }
    let due: Vec<&LogRow> = truth.log.iter().filter(concerns).collect();
    for row in &due {
        if !seen.contains(&row.id) {
            let id = row.id;
            report(Kind::Missed, format!("{name} never applied {id}"));
        }
    }
    let mine: HashMap<i64, Option<&str>> = due
        .iter()
        .map(|row| (row.id, row.message.as_deref()))
        .collect();
    let mut last = reader.since;
    for (id, message) in &reader.events {
        if mine.get(id).copied() != Some(message.as_deref()) {
            let words = format!("{name} applied {id}, which is not its own");
            report(Kind::OutOfPlace, words);
        } else if *id < last {
            let words = format!("{name} applied {id} after {last}");
            report(Kind::OutOfPlace, words);
        }
        last = *id;
    }
}
