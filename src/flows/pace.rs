//! The pace of a number: its carrier takes so many parts in a minute. Many texts line up when they
//! are written; when one is handed over, at first or again, it takes its turn.

use super::{FlowError, Number};
use crate::domain::clock::Timestamp;
use crate::domain::ids::ConversationId;
use crate::domain::message::{Message, Sender};
use crate::store::{Tx, line, numbers};

/// A turn that came late by no more than this is made up for.
const LATE_MS: i64 = 1_000;

/// Whether a person waits for it: not what was planned, nor what an integration sends.
pub(super) fn is_live(text: &Message) -> bool {
    matches!(text.sender, Sender::Member(_)) && text.send_at.is_none()
}

/// The lane of a conversation's texts that line up: what a person writes there must not wait for
/// their turns.
pub(super) fn lane_of_many(id: &ConversationId) -> String {
    format!("{}{id}", line::LANES)
}

fn takes_ms(number: &Number, parts: u32) -> Option<i64> {
    let per_minute = number.parts_per_minute?;
    Some(i64::from(parts) * 60_000 / i64::from(per_minute.get()))
}

/// Lines up behind all that wait for their turns at a number.
pub(super) fn line_up(
    tx: &mut Tx<'_, '_>,
    number: &Number,
    parts: u32,
) -> Result<Timestamp, FlowError> {
    let now = tx.now;
    let Some(takes_ms) = takes_ms(number, parts) else {
        return Ok(now);
    };
    let free_at = numbers::free_at(tx.conn()?, &number.own.id)?;
    let due_at = Timestamp(free_at.0.max(now.0));
    numbers::set_free_at(tx.conn()?, &number.own.id, due_at.plus_ms(takes_ms))?;
    Ok(due_at)
}

/// Closes the gap of a text that was called off before its turn.
pub(super) fn leave_line(tx: &mut Tx<'_, '_>, text: &Message) -> Result<(), FlowError> {
    let (lane, now) = (lane_of_many(&text.conversation_id), tx.now);
    Ok(line::leave(tx.conn()?, text.id, &lane, now)?)
}

/// Takes a turn for a text that is about to be handed over; or says when to come back, since the
/// carrier has enough to do: a person's text next, others behind all that wait.
pub(super) fn take_turn(
    tx: &mut Tx<'_, '_>,
    number: &Number,
    text: &Message,
) -> Result<Option<Timestamp>, FlowError> {
    let parts = text.parts.unwrap_or(1);
    let Some(takes_ms) = takes_ms(number, parts) else {
        return Ok(None);
    };
    let (id, now) = (&number.own.id, tx.now);
    let until = numbers::paced_until(tx.conn()?, id)?;
    let free_at = Timestamp(until.0.max(now.0 - LATE_MS));
    if free_at <= now {
        numbers::set_paced_until(tx.conn()?, id, free_at.plus_ms(takes_ms))?;
        return Ok(None);
    }
    if is_live(text) {
        return Ok(Some(free_at));
    }
    Ok(Some(line_up(tx, number, parts)?.max(free_at)))
}
