//! Texts of ours that a carrier may have under a name that it did not tell us.

use super::conn::Db;
use super::schema::{attempt, message, number, sms_session};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{MessageId, NumberId};
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::domain::segments::same_words;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use std::collections::HashSet;

/// A text whose outcome nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownText {
    /// Which.
    pub id: MessageId,
    /// To whom.
    pub peer: Peer,
    /// When its last attempt began.
    pub tried_at: Timestamp,
}

/// The texts from a number whose outcome is unknown, of attempts since a moment.
pub fn of(conn: &mut Db, own: &NumberId, since: Timestamp) -> QueryResult<Vec<UnknownText>> {
    let rows: Vec<(String, String, i64)> = message::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .inner_join(attempt::table.on(attempt::message_id.eq(message::id)))
        // In these words the index on unknown texts serves.
        .filter(sql::<Bool>("message.state = 'unknown'"))
        .filter(
            sms_session::number_id
                .eq(own.as_str())
                .and(attempt::started_at.ge(since.0)),
        )
        .order(attempt::started_at.desc())
        .select((message::id, sms_session::peer, attempt::started_at))
        .load(conn)?;
    let mut seen = HashSet::new();
    let last = rows.into_iter().filter(|(id, ..)| seen.insert(id.clone()));
    let texts = last.filter_map(|(id, peer, tried_at)| {
        Some(UnknownText {
            id: MessageId::from_stored(&id),
            peer: Peer::parse(&peer).ok()?,
            tried_at: Timestamp(tried_at),
        })
    });
    Ok(texts.collect())
}

/// The text without a carrier's name, from a number to a peer, with these words or with what a
/// carrier makes of them, of which an attempt that may have succeeded began nearest to a moment, at
/// most so long before or after.
pub fn nearest(
    conn: &mut Db,
    from: &str,
    to: &Peer,
    text: &str,
    at: Timestamp,
    within_ms: i64,
) -> QueryResult<Option<(MessageId, MessageState)>> {
    let rows: Vec<(String, String, String, i64)> = message::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .inner_join(number::table.on(number::id.eq(sms_session::number_id)))
        .inner_join(attempt::table.on(attempt::message_id.eq(message::id)))
        .filter(
            sms_session::peer
                .eq(to.as_str())
                .and(number::e164.eq(from))
                .and(message::provider_id.is_null())
                .and(attempt::outcome.ne_all(["rejected", "back_off"]))
                .and(attempt::started_at.ge(at.plus_ms(-within_ms).0))
                .and(attempt::started_at.le(at.plus_ms(within_ms).0)),
        )
        .select((
            message::id,
            message::state,
            message::text,
            attempt::started_at,
        ))
        .load(conn)?;
    // Twilio's list names whole seconds: the text was taken before this one ended.
    let taken_by = at.plus_ms(999).0;
    let nearest = rows
        .into_iter()
        .filter(|(_, _, ours, _)| same_words(ours, text))
        .min_by_key(|(_, _, ours, began)| (ours != text, began.abs_diff(taken_by)));
    Ok(nearest.map(|(id, state, ..)| {
        (
            MessageId::from_stored(&id),
            MessageState::from_stored(&state),
        )
    }))
}
