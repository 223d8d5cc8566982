//! What an admin sees of the outbox, and what he can do there.

use super::conn::Db;
use super::outbox::JobKind;
use super::schema::outbox;
use crate::domain::clock::Timestamp;
use diesel::prelude::*;

/// A job as an admin lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the outbox.
    pub id: i64,
    /// What to do.
    pub kind: JobKind,
    /// With what.
    pub subject: String,
    /// How often it was tried.
    pub tries: i32,
    /// When its cause was committed.
    pub created_at: Timestamp,
    /// When it is tried next, unless it is parked.
    pub due_at: Timestamp,
    /// Why the last try failed, without names, numbers or texts.
    pub reason: Option<String>,
}

type ListedRow = (i64, String, String, i32, i64, i64, Option<String>);

fn listed((id, kind, subject, tries, created_at, due_at, reason): ListedRow) -> Option<Listed> {
    Some(Listed {
        id,
        kind: JobKind::from_stored(&kind)?,
        subject,
        tries,
        created_at: Timestamp(created_at),
        due_at: Timestamp(due_at),
        reason,
    })
}

/// A page of parked jobs, or of those that wait, after the one with this id.
pub fn page(conn: &mut Db, parked: bool, after: i64, limit: usize) -> QueryResult<Vec<Listed>> {
    let rows: Vec<ListedRow> = outbox::table
        .filter(outbox::parked.eq(parked).and(outbox::id.gt(after)))
        .order(outbox::id)
        .limit(i64::try_from(limit).unwrap_or(1))
        .select(LISTED)
        .load(conn)?;
    Ok(rows.into_iter().filter_map(listed).collect())
}

type ListedColumns = (
    outbox::id,
    outbox::kind,
    outbox::subject,
    outbox::tries,
    outbox::created_at,
    outbox::due_at,
    outbox::last_error,
);

const LISTED: ListedColumns = (
    outbox::id,
    outbox::kind,
    outbox::subject,
    outbox::tries,
    outbox::created_at,
    outbox::due_at,
    outbox::last_error,
);

/// One parked job.
pub fn parked(conn: &mut Db, id: i64) -> QueryResult<Option<Listed>> {
    let row: Option<ListedRow> = outbox::table
        .find(id)
        .filter(outbox::parked.eq(true))
        .select(LISTED)
        .first(conn)
        .optional()?;
    Ok(row.and_then(listed))
}

/// Has a parked job tried again, as if its cause were new.
pub fn release(conn: &mut Db, id: i64, now: Timestamp) -> QueryResult<()> {
    diesel::update(outbox::table.find(id))
        .set((
            outbox::parked.eq(false),
            outbox::due_at.eq(now.0),
            outbox::created_at.eq(now.0),
            outbox::tries.eq(0),
            outbox::lease_until.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

/// How many jobs wait, and how many are parked.
pub fn depth(conn: &mut Db) -> QueryResult<(i64, i64)> {
    let waiting = outbox::table
        .filter(outbox::parked.eq(false))
        .count()
        .get_result(conn)?;
    let parked = outbox::table
        .filter(outbox::parked.eq(true))
        .count()
        .get_result(conn)?;
    Ok((waiting, parked))
}
