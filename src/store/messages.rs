//! Messages of every kind: stored, found, counted. A text of ours on its way is in `outgoing`.

use super::conn::Db;
use super::schema::{message, participant, sms_session};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ConversationId, GatewayId, KeyId, MemberId, MessageId, NumberId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::Peer;
use crate::domain::picture::Picture;
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Queryable, Selectable)]
#[diesel(table_name = message)]
struct Row {
    seq: i64,
    id: String,
    conversation_id: String,
    sender_kind: String,
    sender_id: String,
    text: String,
    state: String,
    reason: Option<String>,
    created_at: i64,
    parts: Option<i32>,
    due_at: Option<i64>,
    resend_of: Option<String>,
    sent_at: Option<i64>,
    pictures: Option<String>,
}

/// A message with its place in the order of all messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Grows with every message; stays inside the service.
    pub seq: i64,
    /// The message.
    pub message: Message,
}

fn placed(row: Row) -> Option<Placed> {
    let sender = match row.sender_kind.as_str() {
        "member" => Sender::Member(MemberId::parse(&row.sender_id).ok()?),
        "key" => Sender::Key(KeyId::parse(&row.sender_id).ok()?),
        "service" => Sender::Service,
        _ => Sender::Peer(Peer::parse(&row.sender_id).ok()?),
    };
    Some(Placed {
        seq: row.seq,
        message: Message {
            id: MessageId::from_stored(&row.id),
            conversation_id: ConversationId::parse(&row.conversation_id).ok()?,
            sender,
            text: row.text,
            state: MessageState::from_stored(&row.state),
            reason: row.reason,
            parts: row.parts.and_then(|parts| u32::try_from(parts).ok()),
            send_at: row.due_at.map(Timestamp),
            resend_of: row.resend_of.as_deref().map(MessageId::from_stored),
            sent_at: row.sent_at.map(Timestamp),
            pictures: shown(row.pictures.as_deref()),
            created_at: Timestamp(row.created_at),
        },
    })
}

fn shown(pictures: Option<&str>) -> Vec<Picture> {
    let read = pictures.and_then(|pictures| serde_json::from_str(pictures).ok());
    read.unwrap_or_default()
}

fn kept(pictures: &[Picture]) -> QueryResult<Option<String>> {
    if pictures.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string(pictures);
    text.map(Some)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))
}

pub(super) fn sender_columns(sender: &Sender) -> (&'static str, &str) {
    match sender {
        Sender::Member(id) => ("member", id.as_str()),
        Sender::Peer(peer) => ("peer", peer.as_str()),
        Sender::Key(id) => ("key", id.as_str()),
        Sender::Service => ("service", ""),
    }
}

/// Stores a message; returns its place.
pub fn insert(
    conn: &mut Db,
    new: &Message,
    provider: Option<(&GatewayId, &str)>,
) -> QueryResult<i64> {
    let (sender_kind, sender_id) = sender_columns(&new.sender);
    diesel::insert_into(message::table)
        .values((
            message::id.eq(new.id.to_string()),
            message::conversation_id.eq(new.conversation_id.as_str()),
            message::sender_kind.eq(sender_kind),
            message::sender_id.eq(sender_id),
            message::text.eq(&new.text),
            message::state.eq(new.state.as_str()),
            message::gateway_id.eq(provider.map(|(gateway, _)| gateway.as_str())),
            message::provider_id.eq(provider.map(|(_, id)| id)),
            message::created_at.eq(new.created_at.0),
            message::parts.eq(new.parts.and_then(|parts| i32::try_from(parts).ok())),
            message::due_at.eq(new.send_at.map(|at| at.0)),
            message::resend_of.eq(new.resend_of.map(|id| id.to_string())),
            message::sent_at.eq(new.sent_at.map(|at| at.0)),
            message::pictures.eq(kept(&new.pictures)?),
        ))
        .returning(message::seq)
        .get_result(conn)
}

/// Those of some messages that are stored, by their public ids.
pub(super) fn find_each(
    conn: &mut Db,
    ids: impl Iterator<Item = MessageId>,
) -> QueryResult<HashMap<MessageId, Message>> {
    let ids = ids.map(|id| id.to_string());
    let rows: Vec<Row> = match conn {
        Db::Sqlite(sqlite) => {
            let mut rows = Vec::new();
            for id in ids {
                let one = message::table.filter(message::id.eq(id));
                rows.extend(one.select(Row::as_select()).first(sqlite).optional()?);
            }
            rows
        }
        Db::Postgres(postgres) => message::table
            .filter(message::id.eq_any(ids.collect::<Vec<_>>()))
            .select(Row::as_select())
            .load(postgres)?,
    };
    let messages = rows.into_iter().filter_map(placed);
    Ok(messages
        .map(|placed| (placed.message.id, placed.message))
        .collect())
}

/// One message by its public id.
pub fn find(conn: &mut Db, id: MessageId) -> QueryResult<Option<Placed>> {
    let row = message::table
        .filter(message::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.and_then(placed))
}

/// One message by what the carrier calls it.
pub fn find_by_provider(
    conn: &mut Db,
    gateway: &GatewayId,
    provider_id: &str,
) -> QueryResult<Option<Placed>> {
    let row = message::table
        .filter(
            message::gateway_id
                .eq(gateway.as_str())
                .and(message::provider_id.eq(provider_id)),
        )
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.and_then(placed))
}

/// A page of a conversation, newest first, before a place.
pub fn page(
    conn: &mut Db,
    conversation: &ConversationId,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<Placed>> {
    let rows = message::table
        .filter(
            message::conversation_id
                .eq(conversation.as_str())
                .and(message::seq.lt(before.unwrap_or(i64::MAX))),
        )
        .order(message::seq.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().filter_map(placed).collect())
}

/// Every message of a conversation, oldest first.
pub fn all(conn: &mut Db, conversation: &ConversationId) -> QueryResult<Vec<Message>> {
    let rows = message::table
        .filter(message::conversation_id.eq(conversation.as_str()))
        .order(message::seq)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(placed)
        .map(|placed| placed.message)
        .collect())
}

/// The newest message of a conversation.
pub fn last(conn: &mut Db, conversation: &ConversationId) -> QueryResult<Option<Message>> {
    Ok(page(conn, conversation, None, 1)?
        .pop()
        .map(|placed| placed.message))
}

/// Whether the peer has written in a session.
pub fn has_inbound(conn: &mut Db, conversation: &ConversationId) -> QueryResult<bool> {
    let count: i64 = message::table
        .filter(
            message::conversation_id
                .eq(conversation.as_str())
                .and(message::state.eq(MessageState::Received.as_str())),
        )
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}

/// Whether a peer has written to a number since a moment: by the carrier's clock where it has one,
/// since a text may come to us long after it was sent.
pub fn peer_wrote_since(
    conn: &mut Db,
    number: &NumberId,
    peer: &Peer,
    since: Timestamp,
) -> QueryResult<bool> {
    let by_us = message::sent_at
        .is_null()
        .and(message::created_at.ge(since.0));
    let sent = message::sent_at.is_not_null();
    let by_them = sent.and(message::sent_at.assume_not_null().ge(since.0));
    let found: Option<i64> = message::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .filter(
            sms_session::number_id
                .eq(number.as_str())
                .and(sms_session::peer.eq(peer.as_str()))
                .and(message::state.eq(MessageState::Received.as_str()))
                .and(by_us.or(by_them)),
        )
        .select(message::seq)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// How many automatic answers a conversation has had since a moment.
pub fn automatic_since(
    conn: &mut Db,
    conversation: &ConversationId,
    since: Timestamp,
) -> QueryResult<usize> {
    let count: i64 = message::table
        .filter(
            message::conversation_id
                .eq(conversation.as_str())
                .and(message::sender_kind.eq("service"))
                .and(message::created_at.ge(since.0)),
        )
        .count()
        .get_result(conn)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// How many messages of others a member has not read.
pub fn unread(conn: &mut Db, conversation: &ConversationId, member: &MemberId) -> QueryResult<i64> {
    let read: Option<i64> = participant::table
        .find((conversation.as_str(), member.as_str()))
        .select(participant::read_seq)
        .first(conn)
        .optional()?;
    message::table
        .filter(
            message::conversation_id
                .eq(conversation.as_str())
                .and(message::seq.gt(read.unwrap_or(0)))
                .and(message::sender_kind.ne("service"))
                .and(message::sender_id.ne(member.as_str())),
        )
        .count()
        .get_result(conn)
}

/// The planned texts of a conversation whose time has come, in the order of their times.
pub fn planned_until(
    conn: &mut Db,
    conversation: &ConversationId,
    until: Timestamp,
) -> QueryResult<Vec<Message>> {
    let rows = message::table
        .filter(
            message::conversation_id
                .eq(conversation.as_str())
                .and(message::state.eq(MessageState::Scheduled.as_str()))
                .and(message::due_at.le(until.0)),
        )
        .order((message::due_at, message::seq))
        .select(Row::as_select())
        .load(conn)?;
    let found = rows.into_iter().filter_map(placed);
    Ok(found.map(|placed| placed.message).collect())
}
