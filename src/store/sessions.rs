//! SMS sessions: one open one per pair of numbers.

use super::conn::Db;
use super::schema::{message, participant, sms_session};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{NoteState, NoteStatus, RecordMatch, SessionState};
use crate::domain::ids::{ConversationId, GatewayId, MemberId, NumberId};
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::domain::record::RecordRef;
use diesel::prelude::*;

/// Stores a new open session beside its conversation.
pub fn insert(
    conn: &mut Db,
    id: &ConversationId,
    number: &NumberId,
    peer: &Peer,
    record: Option<&RecordRef>,
    owner: Option<&MemberId>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(sms_session::table)
        .values((
            sms_session::conversation_id.eq(id.as_str()),
            sms_session::number_id.eq(number.as_str()),
            sms_session::peer.eq(peer.as_str()),
            sms_session::record_module.eq(record.map(|record| record.module.as_str())),
            sms_session::record_id.eq(record.map(|record| record.id.as_str())),
            sms_session::owner_id.eq(owner.map(MemberId::as_str)),
            sms_session::state.eq(SessionState::Open.as_str()),
            sms_session::opened_at.eq(now.0),
            sms_session::note_state.eq(NoteState::None.as_str()),
            sms_session::record_match.eq(RecordMatch::Pending.as_str()),
        ))
        .execute(conn)?;
    Ok(())
}

fn id_of(found: Option<String>) -> Option<ConversationId> {
    found.and_then(|id| ConversationId::parse(&id).ok())
}

/// The open session of a pair of numbers.
pub fn open_one(
    conn: &mut Db,
    number: &NumberId,
    peer: &Peer,
) -> QueryResult<Option<ConversationId>> {
    let found = sms_session::table
        .filter(
            sms_session::number_id
                .eq(number.as_str())
                .and(sms_session::peer.eq(peer.as_str()))
                .and(sms_session::state.eq(SessionState::Open.as_str())),
        )
        .select(sms_session::conversation_id)
        .first(conn)
        .optional()?;
    Ok(id_of(found))
}

/// The open sessions about a record.
pub fn open_about(conn: &mut Db, record: &RecordRef) -> QueryResult<Vec<ConversationId>> {
    let ids: Vec<String> = sms_session::table
        .filter(
            sms_session::record_module
                .eq(record.module.as_str())
                .and(sms_session::record_id.eq(&record.id))
                .and(sms_session::state.eq(SessionState::Open.as_str())),
        )
        .select(sms_session::conversation_id)
        .load(conn)?;
    Ok(ids.into_iter().filter_map(|id| id_of(Some(id))).collect())
}

/// The session of a pair that was closed last, if after `since`.
pub fn closed_after(
    conn: &mut Db,
    number: &NumberId,
    peer: &Peer,
    since: Timestamp,
) -> QueryResult<Option<ConversationId>> {
    let found = sms_session::table
        .filter(
            sms_session::number_id
                .eq(number.as_str())
                .and(sms_session::peer.eq(peer.as_str()))
                .and(sms_session::closed_at.ge(since.0)),
        )
        .order(sms_session::closed_at.desc())
        .select(sms_session::conversation_id)
        .first(conn)
        .optional()?;
    Ok(id_of(found))
}

/// The member who texted this peer last, over all its sessions.
pub fn last_texter(conn: &mut Db, peer: &Peer) -> QueryResult<Option<MemberId>> {
    let of_peer = sms_session::peer.eq(peer.as_str());
    let id: Option<String> = message::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(message::conversation_id)),
        )
        .filter(of_peer.and(message::sender_kind.eq("member")))
        .order(message::seq.desc())
        .select(message::sender_id)
        .first(conn)
        .optional()?;
    Ok(id.and_then(|id| MemberId::parse(&id).ok()))
}

/// Makes a session a member's, if it is still nobody's.
pub fn claim(conn: &mut Db, id: &ConversationId, owner: &MemberId) -> QueryResult<bool> {
    let changed = diesel::update(
        sms_session::table
            .find(id.as_str())
            .filter(sms_session::owner_id.is_null()),
    )
    .set(sms_session::owner_id.eq(owner.as_str()))
    .execute(conn)?;
    Ok(changed > 0)
}

/// Makes a session another member's, or nobody's.
pub fn give(conn: &mut Db, id: &ConversationId, owner: Option<&MemberId>) -> QueryResult<()> {
    diesel::update(sms_session::table.find(id.as_str()))
        .set(sms_session::owner_id.eq(owner.map(MemberId::as_str)))
        .execute(conn)?;
    Ok(())
}

/// Closes an open session; false when it is closed already.
pub fn close(
    conn: &mut Db,
    id: &ConversationId,
    note: NoteState,
    now: Timestamp,
) -> QueryResult<bool> {
    let changed = diesel::update(
        sms_session::table
            .find(id.as_str())
            .filter(sms_session::state.eq(SessionState::Open.as_str())),
    )
    .set((
        sms_session::state.eq(SessionState::Closed.as_str()),
        sms_session::closed_at.eq(now.0),
        sms_session::note_state.eq(note.as_str()),
        sms_session::note_reason.eq(None::<String>),
    ))
    .execute(conn)?;
    Ok(changed > 0)
}

/// Opens a closed session again.
pub fn reopen(conn: &mut Db, id: &ConversationId) -> QueryResult<()> {
    diesel::update(sms_session::table.find(id.as_str()))
        .set((
            sms_session::state.eq(SessionState::Open.as_str()),
            sms_session::closed_at.eq(None::<i64>),
            sms_session::note_state.eq(NoteState::None.as_str()),
            sms_session::note_reason.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps that no record is linked, and how many have the number.
pub fn unlink(conn: &mut Db, id: &ConversationId, found: RecordMatch) -> QueryResult<()> {
    diesel::update(sms_session::table.find(id.as_str()))
        .set((
            sms_session::record_module.eq(None::<String>),
            sms_session::record_id.eq(None::<String>),
            sms_session::record_match.eq(found.as_str()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Connects a session with a record.
pub fn link(conn: &mut Db, id: &ConversationId, record: &RecordRef) -> QueryResult<()> {
    diesel::update(sms_session::table.find(id.as_str()))
        .set((
            sms_session::record_module.eq(record.module.as_str()),
            sms_session::record_id.eq(&record.id),
            sms_session::record_match.eq(RecordMatch::Linked.as_str()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps how far the Note is.
pub fn set_note(conn: &mut Db, id: &ConversationId, note: &NoteStatus) -> QueryResult<()> {
    diesel::update(sms_session::table.find(id.as_str()))
        .set((
            sms_session::note_state.eq(note.state.as_str()),
            sms_session::note_id.eq(note.id.as_deref()),
            sms_session::note_reason.eq(note.reason.as_deref()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps which Note of Sugar's is this session's.
pub fn set_note_id(conn: &mut Db, id: &ConversationId, note_id: &str) -> QueryResult<()> {
    diesel::update(sms_session::table.find(id.as_str()))
        .set(sms_session::note_id.eq(note_id))
        .execute(conn)?;
    Ok(())
}

/// The gateway that serves a session.
pub fn gateway(conn: &mut Db, id: &ConversationId) -> QueryResult<Option<GatewayId>> {
    use super::schema::number;
    let found: Option<String> = sms_session::table
        .inner_join(number::table.on(number::id.eq(sms_session::number_id)))
        .filter(sms_session::conversation_id.eq(id.as_str()))
        .select(number::gateway_id)
        .first(conn)
        .optional()?;
    Ok(found.and_then(|id| GatewayId::parse(&id).ok()))
}

/// Whether a member is in a session of a pair of numbers.
pub fn texts_with(
    conn: &mut Db,
    member: &MemberId,
    number: &NumberId,
    peer: &Peer,
) -> QueryResult<bool> {
    let found: Option<String> = sms_session::table
        .inner_join(
            participant::table.on(participant::conversation_id.eq(sms_session::conversation_id)),
        )
        .filter(
            sms_session::number_id
                .eq(number.as_str())
                .and(sms_session::peer.eq(peer.as_str()))
                .and(participant::member_id.eq(member.as_str()))
                .and(participant::left_at.is_null()),
        )
        .select(sms_session::conversation_id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// The newest session between a number of ours and a peer.
pub fn last_of(
    conn: &mut Db,
    number: &NumberId,
    peer: &Peer,
) -> QueryResult<Option<ConversationId>> {
    let found: Option<String> = sms_session::table
        .filter(
            sms_session::number_id
                .eq(number.as_str())
                .and(sms_session::peer.eq(peer.as_str())),
        )
        .order(sms_session::opened_at.desc())
        .select(sms_session::conversation_id)
        .first(conn)
        .optional()?;
    Ok(found.and_then(|id| ConversationId::parse(&id).ok()))
}

/// Open sessions without a message since a moment, at most 100.
pub fn idle_since(conn: &mut Db, since: Timestamp) -> QueryResult<Vec<ConversationId>> {
    let busy = diesel::dsl::exists(
        message::table.filter(
            message::conversation_id
                .eq(sms_session::conversation_id)
                .and(
                    message::created_at
                        .gt(since.0)
                        .or(message::due_at.gt(since.0))
                        .or(message::state.eq(MessageState::Scheduled.as_str()))
                        .or(message::state.eq(MessageState::Queued.as_str())),
                ),
        ),
    );
    let ids: Vec<String> = sms_session::table
        .filter(
            sms_session::state
                .eq(SessionState::Open.as_str())
                .and(sms_session::opened_at.le(since.0))
                .and(diesel::dsl::not(busy)),
        )
        .limit(100)
        .select(sms_session::conversation_id)
        .load(conn)?;
    Ok(ids
        .iter()
        .filter_map(|id| ConversationId::parse(id).ok())
        .collect())
}
