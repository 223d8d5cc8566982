//! What was offered to Sugar for a session's Note.

use super::conn::Db;
use super::schema::note_work;
use crate::domain::clock::Timestamp;
use crate::domain::ids::ConversationId;
use crate::domain::record::RecordRef;
use diesel::prelude::*;

/// How far the Note of a session is, as only the job needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoteWork {
    /// Until then a write whose outcome nobody knows may still arrive in Sugar.
    pub unsure_until: Option<Timestamp>,
    /// The texts that we wrote, hashed, with a space between: one, or several while nobody knows
    /// which of them arrived.
    pub text_hashes: String,
    /// What that text says of each message; see `transcript::marks`.
    pub marks: String,
    /// What the last addition says of each message, while nobody knows whether it arrived.
    pub offered_marks: Option<String>,
    /// A person changed it since: only additions from now on.
    pub edited: bool,
    /// The attached file as we wrote it last, hashed.
    pub attached_hash: Option<String>,
    /// The record that we put it on last.
    pub record: Option<RecordRef>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = note_work, treat_none_as_null = true)]
struct Row {
    conversation_id: String,
    unsure_until: Option<i64>,
    text_hashes: String,
    marks: String,
    offered_marks: Option<String>,
    edited: bool,
    attached_hash: Option<String>,
    record_module: Option<String>,
    record_id: Option<String>,
}

/// What was offered for a session; `None` when nothing ever was.
pub fn find(conn: &mut Db, id: &ConversationId) -> QueryResult<Option<NoteWork>> {
    let row: Option<Row> = note_work::table
        .find(id.as_str())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(|row| NoteWork {
        unsure_until: row.unsure_until.map(Timestamp),
        text_hashes: row.text_hashes,
        marks: row.marks,
        offered_marks: row.offered_marks,
        edited: row.edited,
        attached_hash: row.attached_hash,
        record: row
            .record_module
            .and_then(|module| module.parse().ok())
            .zip(row.record_id)
            .map(|(module, id)| RecordRef { module, id }),
    }))
}

/// Keeps it.
pub fn save(conn: &mut Db, id: &ConversationId, work: &NoteWork) -> QueryResult<()> {
    let record = work.record.as_ref();
    let row = Row {
        conversation_id: id.as_str().to_owned(),
        unsure_until: work.unsure_until.map(|until| until.0),
        text_hashes: work.text_hashes.clone(),
        marks: work.marks.clone(),
        offered_marks: work.offered_marks.clone(),
        edited: work.edited,
        attached_hash: work.attached_hash.clone(),
        record_module: record.map(|record| record.module.as_str().to_owned()),
        record_id: record.map(|record| record.id.clone()),
    };
    let changed = diesel::update(note_work::table.find(id.as_str()))
        .set(&row)
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(note_work::table)
            .values(&row)
            .execute(conn)?;
    }
    Ok(())
}
