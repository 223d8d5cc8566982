//! Texts of ours on their way: how far each is, what its carrier calls it, what was sent again.

use super::conn::Db;
use super::schema::{message, number, sms_session};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{GatewayId, MessageId, NumberId};
use crate::domain::message::{Message, MessageState};
use crate::domain::phone::Peer;
use diesel::prelude::*;

/// Moves a text on, forward only; true when it changed.
pub fn advance(
    conn: &mut Db,
    current: &Message,
    next: MessageState,
    reason: Option<&str>,
) -> QueryResult<bool> {
    if !current.state.may_become(next) {
        return Ok(false);
    }
    let changed = diesel::update(
        message::table.filter(
            message::id
                .eq(current.id.to_string())
                .and(message::state.eq(current.state.as_str())),
        ),
    )
    .set((message::state.eq(next.as_str()), message::reason.eq(reason)))
    .execute(conn)?;
    Ok(changed > 0)
}

/// Puts a text that the carrier surely did not take back into the queue.
pub fn requeue(conn: &mut Db, id: MessageId) -> QueryResult<bool> {
    let changed = diesel::update(
        message::table.filter(
            message::id
                .eq(id.to_string())
                .and(message::state.eq(MessageState::Sending.as_str())),
        ),
    )
    .set(message::state.eq(MessageState::Queued.as_str()))
    .execute(conn)?;
    Ok(changed > 0)
}

/// Has a text that waits for its turn wait for a moment instead.
pub fn plan(conn: &mut Db, id: MessageId, at: Timestamp) -> QueryResult<()> {
    let queued = message::table.filter(
        message::id
            .eq(id.to_string())
            .and(message::state.eq(MessageState::Queued.as_str())),
    );
    let scheduled = MessageState::Scheduled.as_str();
    diesel::update(queued)
        .set((message::state.eq(scheduled), message::due_at.eq(at.0)))
        .execute(conn)?;
    Ok(())
}

/// Keeps what the carrier calls a text of ours.
pub fn set_provider(
    conn: &mut Db,
    id: MessageId,
    gateway: &GatewayId,
    provider_id: &str,
) -> QueryResult<()> {
    diesel::update(message::table.filter(message::id.eq(id.to_string())))
        .set((
            message::gateway_id.eq(gateway.as_str()),
            message::provider_id.eq(provider_id),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps in how many parts the carrier sent a text.
pub fn set_parts(conn: &mut Db, id: MessageId, parts: u32) -> QueryResult<()> {
    diesel::update(message::table.filter(message::id.eq(id.to_string())))
        .set(message::parts.eq(i32::try_from(parts).unwrap_or(i32::MAX)))
        .execute(conn)?;
    Ok(())
}

/// What the carrier calls a message, when that is known.
pub fn provider_id(conn: &mut Db, id: MessageId) -> QueryResult<Option<String>> {
    let found: Option<Option<String>> = message::table
        .filter(message::id.eq(id.to_string()))
        .select(message::provider_id)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

/// Whether a text of ours goes, or went, through a gateway.
pub fn is_at(conn: &mut Db, id: MessageId, gateway: &GatewayId) -> QueryResult<bool> {
    let found: Option<(Option<String>, String)> = message::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .inner_join(number::table.on(number::id.eq(sms_session::number_id)))
        .filter(
            message::id
                .eq(id.to_string())
                .and(message::sender_kind.ne("peer")),
        )
        .select((message::gateway_id, number::gateway_id))
        .first(conn)
        .optional()?;
    Ok(found
        .is_some_and(|(sent_through, now_at)| sent_through.unwrap_or(now_at) == gateway.as_str()))
}

/// The texts to a peer from a number that nothing was handed to a gateway of.
pub fn waiting(conn: &mut Db, number: &NumberId, peer: &Peer) -> QueryResult<Vec<MessageId>> {
    let ids: Vec<String> = message::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .filter(
            sms_session::number_id
                .eq(number.as_str())
                .and(sms_session::peer.eq(peer.as_str()))
                .and(
                    message::state
                        .eq(MessageState::Queued.as_str())
                        .or(message::state.eq(MessageState::Scheduled.as_str())),
                ),
        )
        .order(message::seq)
        .select(message::id)
        .load(conn)?;
    Ok(ids.iter().map(|id| MessageId::from_stored(id)).collect())
}

/// The text that a person sent again with this one.
pub fn resend_of(conn: &mut Db, id: MessageId) -> QueryResult<Option<MessageId>> {
    let old: Option<Option<String>> = message::table
        .filter(message::id.eq(id.to_string()))
        .select(message::resend_of)
        .first(conn)
        .optional()?;
    Ok(old.flatten().map(|id| MessageId::from_stored(&id)))
}

/// The texts that a person has sent one again with.
pub fn resends(conn: &mut Db, id: MessageId) -> QueryResult<Vec<(MessageId, MessageState)>> {
    let rows: Vec<(String, String)> = message::table
        .filter(message::resend_of.eq(id.to_string()))
        .select((message::id, message::state))
        .load(conn)?;
    let pairs = rows.iter();
    Ok(pairs
        .map(|(id, state)| (MessageId::from_stored(id), MessageState::from_stored(state)))
        .collect())
}
