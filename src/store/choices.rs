//! Which record people mean by a phone number that several have.

use super::conn::Db;
use super::schema::record_choice;
use crate::domain::clock::Timestamp;
use crate::domain::phone::Peer;
use crate::domain::record::RecordRef;
use diesel::prelude::*;

/// What somebody chose for a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The record.
    pub record: RecordRef,
    /// When.
    pub at: Timestamp,
}

/// The last choice for a peer.
pub fn of(conn: &mut Db, peer: &Peer) -> QueryResult<Option<Choice>> {
    let found: Option<(String, String, i64)> = record_choice::table
        .find(peer.as_str())
        .select((
            record_choice::record_module,
            record_choice::record_id,
            record_choice::chosen_at,
        ))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(module, id, at)| {
        let module = module.parse().ok()?;
        let record = RecordRef { module, id };
        let at = Timestamp(at);
        Some(Choice { record, at })
    }))
}

/// Keeps a choice over the one before it.
pub fn keep(conn: &mut Db, peer: &Peer, record: &RecordRef, now: Timestamp) -> QueryResult<()> {
    let chosen = (
        record_choice::record_module.eq(record.module.as_str()),
        record_choice::record_id.eq(&record.id),
        record_choice::chosen_at.eq(now.0),
    );
    let known = diesel::update(record_choice::table.find(peer.as_str()))
        .set(chosen)
        .execute(conn)?;
    if known == 0 {
        diesel::insert_into(record_choice::table)
            .values((record_choice::peer.eq(peer.as_str()), chosen))
            .execute(conn)?;
    }
    Ok(())
}
