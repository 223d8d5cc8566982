//! Attempts to send a text, each noted before its first byte leaves.

use super::conn::Db;
use super::schema::attempt;
use crate::domain::clock::Timestamp;
use crate::domain::ids::MessageId;
use diesel::prelude::*;

/// Notes, before the first byte leaves, that a text may now be at the carrier.
pub fn begin(
    conn: &mut Db,
    attempt_id: &str,
    message_id: MessageId,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(attempt::table)
        .values((
            attempt::id.eq(attempt_id),
            attempt::message_id.eq(message_id.to_string()),
            attempt::outcome.eq("sending"),
            attempt::started_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// Notes how an attempt ended; false when that was noted already.
pub fn end(
    conn: &mut Db,
    attempt_id: &str,
    outcome: &str,
    code: Option<&str>,
    now: Timestamp,
) -> QueryResult<bool> {
    let open = attempt::table
        .find(attempt_id)
        .filter(attempt::outcome.eq("sending"));
    let changed = diesel::update(open)
        .set((
            attempt::outcome.eq(outcome),
            attempt::code.eq(code),
            attempt::finished_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}
