//! Planned texts whose time has come take their turns among the others of their conversation.

use super::pace::{lane_of_many, line_up};
use super::receive_sms::{advance, tell};
use super::{FlowError, Number};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Message, MessageState};
use crate::store::outbox::{self, JobKind};
use crate::store::{Tx, conversations, messages, outgoing};

/// What is planned must not hold up what is written meanwhile.
pub(super) fn lane_of(id: MessageId) -> String {
    format!("planned {id}")
}

/// Plans a text that waited for its turn: it is sent later, and its members see when.
pub(super) fn plan(tx: &mut Tx<'_, '_>, text: &Message, at: Timestamp) -> Result<(), FlowError> {
    let (subject, lane, now) = (text.id.to_string(), lane_of(text.id), tx.now);
    let conn = tx.conn()?;
    outgoing::plan(conn, text.id, at)?;
    outbox::push_later(conn, JobKind::SendSms, &subject, &lane, now, at)?;
    let planned = Message {
        send_at: Some(at),
        ..text.clone()
    };
    tell(tx, &planned, MessageState::Scheduled, None)
}

/// Queues the planned texts of a conversation that are due, in the order of their times and of
/// their writing, and in the pace of their number.
pub(super) fn take_turns(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    numbers: &[Number],
) -> Result<(), FlowError> {
    let now = tx.now;
    let session = conversations::find(tx.conn()?, id)?.and_then(|found| found.session);
    let own = session.ok_or(FlowError::ConversationNotFound)?.number.id;
    let number = numbers.iter().find(|number| number.own.id == own);
    for text in messages::planned_until(tx.conn()?, id, now)? {
        let due_at = match number {
            Some(number) => line_up(tx, number, text.parts.unwrap_or(1))?,
            None => now,
        };
        let paced = number.is_some_and(|number| number.parts_per_minute.is_some());
        let lane = if paced {
            lane_of_many(id)
        } else {
            id.to_string()
        };
        advance(tx, text.id, MessageState::Queued, None)?;
        let (conn, subject) = (tx.conn()?, text.id.to_string());
        outbox::drop_lane(conn, &lane_of(text.id))?;
        outbox::push_later(conn, JobKind::SendSms, &subject, &lane, now, due_at)?;
    }
    Ok(())
}
