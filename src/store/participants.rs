//! Who goes out of a conversation, and who is not to be asked in again.

use super::conn::Db;
use super::schema::{participant, sms_session};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::SessionState;
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::phone::Peer;
use crate::domain::record::RecordRef;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Takes one member out of a conversation; `refused` when he is not to be offered it again.
pub fn leave(
    conn: &mut Db,
    id: &ConversationId,
    member: &MemberId,
    refused: bool,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(participant::table.find((id.as_str(), member.as_str())))
        .set((
            participant::left_at.eq(now.0),
            participant::refused.eq(refused),
        ))
        .execute(conn)?;
    Ok(())
}

/// The members whom Sugar no longer shows the record of a conversation.
pub fn refused(conn: &mut Db, id: &ConversationId) -> QueryResult<Vec<MemberId>> {
    let ids: Vec<String> = participant::table
        .filter(
            participant::conversation_id
                .eq(id.as_str())
                .and(participant::refused.eq(true)),
        )
        .select(participant::member_id)
        .load(conn)?;
    Ok(ids
        .iter()
        .filter_map(|id| MemberId::parse(id).ok())
        .collect())
}

/// The open sessions of a member that are about a record: those first that were proved to be his
/// longest ago, of two the newer one.
pub fn open_records(
    conn: &mut Db,
    member: &MemberId,
) -> QueryResult<Vec<(ConversationId, RecordRef)>> {
    let open = sms_session::state.eq(SessionState::Open.as_str());
    let his = participant::member_id
        .eq(member.as_str())
        .and(participant::left_at.is_null());
    let rows: Vec<(String, Option<String>, Option<String>)> = participant::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(participant::conversation_id)),
        )
        .filter(his.and(open))
        .order((participant::proved_at, participant::conversation_id.desc()))
        .select((
            participant::conversation_id,
            sms_session::record_module,
            sms_session::record_id,
        ))
        .load(conn)?;
    let parse = |(conversation, module, id): (String, Option<String>, Option<String>)| {
        let module = module?.parse().ok()?;
        let record = RecordRef { module, id: id? };
        Some((ConversationId::try_from(conversation).ok()?, record))
    };
    Ok(rows.into_iter().filter_map(parse).collect())
}

/// Keeps that Sugar showed a member the record of a session.
pub fn proved(
    conn: &mut Db,
    id: &ConversationId,
    member: &MemberId,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(participant::table.find((id.as_str(), member.as_str())))
        .set(participant::proved_at.eq(now.0))
        .execute(conn)?;
    Ok(())
}

/// The members to whom Sugar did not show the record when they were last in a session with a peer,
/// about this record if one is given.
pub fn refused_lately(
    conn: &mut Db,
    peer: &Peer,
    about: Option<&RecordRef>,
) -> QueryResult<Vec<MemberId>> {
    type Part = (String, bool, Option<String>, Option<String>);
    let parts: Vec<Part> = participant::table
        .inner_join(
            sms_session::table.on(sms_session::conversation_id.eq(participant::conversation_id)),
        )
        .filter(sms_session::peer.eq(peer.as_str()))
        // Where he still is comes last.
        .order((
            participant::left_at.is_null(),
            participant::left_at,
            participant::conversation_id,
        ))
        .select((
            participant::member_id,
            participant::refused,
            sms_session::record_module,
            sms_session::record_id,
        ))
        .load(conn)?;
    let mut last = BTreeMap::new();
    for (member, refused, module, id) in parts {
        let is_about = |record: &RecordRef| {
            module.as_deref() == Some(record.module.as_str()) && id.as_ref() == Some(&record.id)
        };
        if about.is_none_or(is_about) {
            last.insert(member, refused);
        }
    }
    let refused = last.into_iter().filter(|(_, refused)| *refused);
    Ok(refused
        .filter_map(|(id, _)| MemberId::parse(&id).ok())
        .collect())
}
