//! The line of texts that wait for their turns at a number of ours.

use super::conn::Db;
use super::outbox::JobKind;
use super::schema::{message, number, outbox, sms_session};
use crate::domain::clock::Timestamp;
use crate::domain::ids::MessageId;
use diesel::dsl::exists;
use diesel::prelude::*;

/// How the lanes of texts begin that line up.
pub const LANES: &str = "many ";

/// Takes a text out of its line if its turn is still to come: those behind it move up.
///
/// Its place is as long as it is to the next one's. Where that is more than it took, the pace at
/// the hand-over still holds: places only say when to look. What was tried has left its place: it
/// waits for as long as the carrier said.
pub fn leave(conn: &mut Db, text: MessageId, lane: &str, now: Timestamp) -> QueryResult<()> {
    let turn: Option<(i64, String)> = outbox::table
        .inner_join(message::table.on(message::id.eq(outbox::subject)))
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .filter(
            outbox::kind
                .eq(JobKind::SendSms.as_str())
                .and(outbox::subject.eq(text.to_string()))
                .and(outbox::lane.eq(lane))
                .and(outbox::tries.eq(0))
                .and(outbox::due_at.gt(now.0)),
        )
        .select((outbox::due_at, sms_session::number_id))
        .first(conn)
        .optional()?;
    let Some((turn, own)) = turn else {
        return Ok(());
    };
    let of_number = message::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .filter(
            message::id
                .eq(outbox::subject)
                .and(sms_session::number_id.eq(own.clone())),
        );
    let behind = outbox::kind
        .eq(JobKind::SendSms.as_str())
        .and(outbox::lane.like(format!("{LANES}%")))
        .and(outbox::parked.eq(false))
        .and(outbox::tries.eq(0))
        .and(outbox::due_at.gt(turn))
        .and(exists(of_number));
    let next: Option<i64> = outbox::table
        .filter(behind.clone())
        .order(outbox::due_at)
        .select(outbox::due_at)
        .first(conn)
        .optional()?;
    let line = number::table.find(own);
    let free_at: i64 = line.clone().select(number::free_at).first(conn)?;
    let place = next.unwrap_or(free_at) - turn;
    diesel::update(outbox::table.filter(behind))
        .set(outbox::due_at.eq(outbox::due_at - place))
        .execute(conn)?;
    diesel::update(line)
        .set(number::free_at.eq(free_at - place))
        .execute(conn)?;
    Ok(())
}
