//! Whether a text may go out, and when: consent, countries, caps, quiet hours.
//!
//! Everything here runs in the transaction that stores the text, so that two texts at once
//! cannot both take the last place.

use super::pace::{lane_of_many, line_up};
use super::{FlowError, Number, planned_texts};
use crate::domain::caps::{Caps, Count};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Session;
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::{Country, Peer, PhoneNumber};
use crate::domain::place::Place;
use crate::domain::quiet_hours::{QuietPolicy, zones_of_peer};
use crate::domain::record::TextingFacts;
use crate::domain::segments::{line_ends, segments, smart};
use crate::store::{Tx, consents, conversations, messages, readings, sent_counts};

/// A text is planned at most this far ahead.
const LATEST_MS: i64 = 7 * 24 * 3_600_000;
/// A time that has just passed means now.
const MISSED_MS: i64 = 5 * 60_000;

/// What an admin allows.
#[derive(Debug, Clone)]
pub struct TextingRules {
    /// The countries that may be texted; empty for all.
    pub countries: Vec<Country>,
    /// How much may be sent.
    pub caps: Caps,
    /// Look-alikes take the place of characters that would double the price.
    pub smart_encoding: bool,
    /// The company's country: its clocks hold for numbers of no known place.
    pub home: Country,
    /// When people are not texted.
    pub quiet: QuietPolicy,
    /// How long a text may wait and be on its way altogether.
    pub validity_ms: i64,
    /// For how long after a text from the other side an answer is one, whatever the hour.
    pub answering_ms: i64,
}

/// A text that may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// As it is sent.
    pub text: String,
    /// How many parts it takes.
    pub parts: u32,
    /// Not to be handed to the gateway before.
    pub due_at: Timestamp,
    /// It waits for that time, not for its turn.
    pub scheduled: bool,
    /// It lines up with others, and nobody waits for it.
    pub one_of_many: bool,
}

/// Where a text waits, and until when at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The texts of one lane go out one after another.
    pub lane: String,
    /// Not to be handed to the gateway before.
    pub due_at: Timestamp,
}

impl Admitted {
    /// The turn of a message that was admitted like this.
    pub(super) fn turn(&self, message: &Message) -> Turn {
        let lane = if self.scheduled {
            planned_texts::lane_of(message.id)
        } else if self.one_of_many {
            lane_of_many(&message.conversation_id)
        } else {
            message.conversation_id.to_string()
        };
        Turn {
            lane,
            due_at: self.due_at,
        }
    }
}

/// When a sender wants a text to go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct When {
    /// Not before; now when not set.
    pub send_at: Option<Timestamp>,
    /// Also in quiet hours: he was told, and means it.
    pub despite_quiet_hours: bool,
}

/// A text that somebody wants to send.
pub struct Wish<'a> {
    /// Into which session.
    pub session: &'a Session,
    /// Who.
    pub sender: &'a Sender,
    /// What.
    pub text: &'a str,
    /// When.
    pub when: When,
}

impl Message {
    /// Becomes the text as it was admitted.
    pub(super) fn take(&mut self, admitted: Admitted) {
        self.text = admitted.text;
        self.parts = Some(admitted.parts);
        self.send_at = admitted.scheduled.then_some(admitted.due_at);
        self.state = if admitted.scheduled {
            MessageState::Scheduled
        } else {
            MessageState::Queued
        };
    }
}

/// The text as it is sent: line ends as phones know them, look-alikes where they help.
pub fn as_sent(rules: &TextingRules, text: &str) -> String {
    let text = line_ends(text);
    if rules.smart_encoding {
        smart(&text)
    } else {
        text
    }
}

/// Admits a text into a session and counts it; one of many lines up at its number.
pub fn admit(
    tx: &mut Tx<'_, '_>,
    rules: &TextingRules,
    number: &Number,
    wish: &Wish<'_>,
) -> Result<Admitted, FlowError> {
    let session = wish.session;
    let text = as_sent(rules, wish.text);
    let parts = segments(&text).parts;
    if let Some(since) = consents::opted_out_since(tx.conn()?, &number.own.id, &session.peer)? {
        return Err(FlowError::OptedOut { since });
    }
    let facts = facts(tx, session)?;
    if facts.do_not_text {
        return Err(FlowError::DoNotText);
    }
    allow_peer(rules, &session.peer)?;
    let scheduled = send_at(tx, rules, wish, &facts.place)?;
    let at = scheduled.unwrap_or(tx.now);
    count(tx, rules, number, wish.sender, &session.peer, parts, at)?;
    let paced = number.parts_per_minute.is_some();
    let one_of_many = paced && matches!(wish.sender, Sender::Key(_)) && scheduled.is_none();
    let due_at = match scheduled {
        Some(at) => at,
        None if one_of_many => turn_in_time(tx, rules, number, parts)?,
        None => tx.now,
    };
    Ok(Admitted {
        text,
        parts,
        due_at,
        scheduled: scheduled.is_some(),
        one_of_many,
    })
}

/// Lines up, unless that would be in vain.
fn turn_in_time(
    tx: &mut Tx<'_, '_>,
    rules: &TextingRules,
    number: &Number,
    parts: u32,
) -> Result<Timestamp, FlowError> {
    let turn_at = line_up(tx, number, parts)?;
    let retry_after_ms = turn_at.0 - tx.now.0 - rules.validity_ms;
    if retry_after_ms > 0 {
        return Err(FlowError::LineTooLong {
            turn_at,
            retry_after_ms,
        });
    }
    Ok(turn_at)
}

/// What Sugar said of the session's record when it last showed it to somebody who texts it: at the
/// opening, at the linking, and with each renewal of a sign-in. Sugar is not asked for each text.
pub(super) fn facts(tx: &mut Tx<'_, '_>, session: &Session) -> Result<TextingFacts, FlowError> {
    Ok(match &session.record {
        Some(record) => readings::of(tx.conn()?, record)?.unwrap_or_default(),
        None => TextingFacts::default(),
    })
}

/// When a text is to be sent that does not go out now: as asked, or when quiet hours end.
fn send_at(
    tx: &mut Tx<'_, '_>,
    rules: &TextingRules,
    wish: &Wish<'_>,
    place: &Place,
) -> Result<Option<Timestamp>, FlowError> {
    let long_ago = tx.now.plus_ms(-MISSED_MS);
    if wish.when.send_at.is_some_and(|at| at < long_ago) {
        return Err(FlowError::BadRequest("`send_at` is in the past."));
    }
    let asked = wish.when.send_at.filter(|at| *at > tx.now);
    if asked.is_some_and(|at| at > tx.now.plus_ms(LATEST_MS)) {
        return Err(FlowError::BadRequest(
            "`send_at` is at most 7 days from now.",
        ));
    }
    let (QuietPolicy::Warn(hours) | QuietPolicy::Defer(hours)) = rules.quiet else {
        return Ok(asked);
    };
    // Whoever is awake now may be asleep at the planned time.
    let answers = asked.is_none() && is_answer(tx, rules, wish.session)?;
    if wish.when.despite_quiet_hours || answers {
        return Ok(asked);
    }
    let Some(peer) = wish.session.peer.number() else {
        return Ok(asked);
    };
    let from = asked.unwrap_or(tx.now);
    match (
        hours.end_after(from, &zones_of_peer(&peer, place, rules.home)),
        rules.quiet,
    ) {
        (None, _) => Ok(asked),
        (Some(end), QuietPolicy::Defer(_)) => Ok(Some(end)),
        (Some(allowed_at), _) => Err(FlowError::QuietHours { allowed_at }),
    }
}

/// When a text has to go out that has waited into quiet hours. What was admitted in such hours was
/// meant to go all the same.
pub(super) fn quiet_until(
    tx: &mut Tx<'_, '_>,
    rules: &TextingRules,
    session: &Session,
    text: &Message,
) -> Result<Option<Timestamp>, FlowError> {
    let (QuietPolicy::Defer(hours), Some(peer)) = (rules.quiet, session.peer.number()) else {
        return Ok(None);
    };
    let zones = zones_of_peer(&peer, &facts(tx, session)?.place, rules.home);
    let wanted_at = text.send_at.unwrap_or(text.created_at);
    let Some(end) = hours.end_after(tx.now, &zones) else {
        return Ok(None);
    };
    if hours.end_after(wanted_at, &zones).is_some() || is_answer(tx, rules, session)? {
        return Ok(None);
    }
    Ok(Some(end))
}

/// Whoever has just written is awake.
fn is_answer(
    tx: &mut Tx<'_, '_>,
    rules: &TextingRules,
    session: &Session,
) -> Result<bool, FlowError> {
    let since = tx.now.plus_ms(-rules.answering_ms);
    Ok(messages::peer_wrote_since(
        tx.conn()?,
        &session.number.id,
        &session.peer,
        since,
    )?)
}

/// Whether an automatic answer may go out; it counts like any text, and only the confirmation of a
/// STOP goes out although a cap is reached.
pub(super) fn admit_answer(
    tx: &mut Tx<'_, '_>,
    rules: &TextingRules,
    number: &Number,
    peer: &Peer,
    text: &str,
    confirms: bool,
) -> Result<bool, FlowError> {
    if allow_peer(rules, peer).is_err() {
        return Ok(false);
    }
    let (parts, at) = (segments(text).parts, tx.now);
    match count(tx, rules, number, &Sender::Service, peer, parts, at) {
        Err(FlowError::CapReached { .. }) => Ok(confirms),
        counted => counted.map(|()| true),
    }
}

fn allow_peer(rules: &TextingRules, peer: &Peer) -> Result<(), FlowError> {
    match peer.number() {
        Some(number) => allow_country(rules, &number),
        None if peer.is_short_code() => Ok(()),
        None => Err(FlowError::CannotBeAnswered),
    }
}

fn allow_country(rules: &TextingRules, peer: &PhoneNumber) -> Result<(), FlowError> {
    if peer.is_premium() {
        return Err(FlowError::CountryNotAllowed(
            "Premium and shared-cost numbers cannot be texted.".to_owned(),
        ));
    }
    let country = peer.country();
    let allowed = rules.countries.is_empty()
        || country.is_some_and(|country| rules.countries.contains(&country));
    if allowed {
        return Ok(());
    }
    let of = country.map_or("no country that is known".to_owned(), |it| it.to_string());
    Err(FlowError::CountryNotAllowed(format!(
        "This number belongs to {of}, which your administrator has not allowed (sms.countries)."
    )))
}

fn count(
    tx: &mut Tx<'_, '_>,
    rules: &TextingRules,
    number: &Number,
    sender: &Sender,
    peer: &Peer,
    parts: u32,
    at: Timestamp,
) -> Result<(), FlowError> {
    let who = counted_for(sender);
    let counts = rules
        .caps
        .counts(who.as_deref(), number.own.id.as_str(), peer, at);
    for count in &counts {
        let reached = sent_counts::get(tx.conn()?, count)? + i64::from(parts);
        if reached > i64::from(count.limit) {
            return Err(FlowError::CapReached {
                full: count.full,
                retry_after_ms: count.ends_at.0 - tx.now.0,
            });
        }
    }
    for count in &counts {
        sent_counts::add(tx.conn()?, count, parts)?;
    }
    Ok(())
}

fn counted_for(sender: &Sender) -> Option<String> {
    match sender {
        Sender::Member(id) => Some(format!("member {id}")),
        Sender::Key(id) => Some(format!("key {id}")),
        Sender::Peer(_) | Sender::Service => None,
    }
}

/// Gives back what a text was counted of which surely nothing went out.
pub(super) fn give_back(tx: &mut Tx<'_, '_>, text: &Message) -> Result<(), FlowError> {
    let at = text.send_at.unwrap_or(text.created_at);
    for count in counted(tx, text, at)? {
        sent_counts::take_back(tx.conn()?, &count, text.parts.unwrap_or(0))?;
    }
    Ok(())
}

/// Counts a text for another time than it was counted for.
pub(super) fn count_later(
    tx: &mut Tx<'_, '_>,
    text: &Message,
    at: Timestamp,
) -> Result<(), FlowError> {
    give_back(tx, text)?;
    for count in counted(tx, text, at)? {
        sent_counts::add(tx.conn()?, &count, text.parts.unwrap_or(0))?;
    }
    Ok(())
}

/// What a stored text counts for at a time.
fn counted(tx: &mut Tx<'_, '_>, text: &Message, at: Timestamp) -> Result<Vec<Count>, FlowError> {
    let found = conversations::find(tx.conn()?, &text.conversation_id)?;
    let Some(session) = found.and_then(|found| found.session) else {
        return Ok(Vec::new());
    };
    let (who, number) = (counted_for(&text.sender), session.number.id.as_str());
    Ok(Caps::NONE.counts(who.as_deref(), number, &session.peer, at))
}
