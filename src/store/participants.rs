//! Who goes out of a conversation, and who is not to be asked in again.

use super::conn::Db;
use super::schema::participant;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ConversationId, MemberId};
use diesel::prelude::*;

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
