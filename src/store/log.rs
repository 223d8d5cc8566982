//! The log: everything that happened, in commit order.

use super::conn::Db;
use super::schema::{log, log_counter};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Audience, Cursor, Logged, NewEvent};
use diesel::prelude::*;

pub(super) fn counter(conn: &mut Db) -> QueryResult<i64> {
    log_counter::table
        .find(1)
        .select(log_counter::value)
        .first(conn)
}

pub(super) fn set_counter(conn: &mut Db, value: i64) -> QueryResult<()> {
    diesel::update(log_counter::table.find(1))
        .set(log_counter::value.eq(value))
        .execute(conn)?;
    Ok(())
}

pub(super) fn append(conn: &mut Db, id: i64, now: Timestamp, new: NewEvent) -> QueryResult<Logged> {
    let event = serde_json::to_string(&new.event)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
    diesel::insert_into(log::table)
        .values((
            log::id.eq(id),
            log::audience.eq(new.audience.to_stored()),
            log::event.eq(&event),
            log::created_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(Logged {
        id,
        audience: new.audience,
        event,
        created_at: now,
    })
}

fn to_row((id, audience, event, created_at): (i64, String, String, i64)) -> Logged {
    Logged {
        id,
        audience: Audience::from_stored(&audience),
        event,
        created_at: Timestamp(created_at),
    }
}

/// The rows after a place, oldest first.
pub fn after(conn: &mut Db, id: i64, limit: i64) -> QueryResult<Vec<Logged>> {
    let rows = log::table
        .filter(log::id.gt(id))
        .order(log::id)
        .limit(limit)
        .select((log::id, log::audience, log::event, log::created_at))
        .load(conn)?;
    Ok(rows.into_iter().map(to_row).collect())
}

/// The newest rows, oldest first, to fill the ring at start.
pub fn newest(conn: &mut Db, limit: i64) -> QueryResult<Vec<Logged>> {
    let mut rows: Vec<Logged> = log::table
        .order(log::id.desc())
        .limit(limit)
        .select((log::id, log::audience, log::event, log::created_at))
        .load(conn)?
        .into_iter()
        .map(to_row)
        .collect();
    rows.reverse();
    Ok(rows)
}

/// The end of the log.
pub fn end(conn: &mut Db) -> QueryResult<Cursor> {
    let last = log::table
        .order(log::id.desc())
        .select((log::id, log::created_at))
        .first::<(i64, i64)>(conn)
        .optional()?;
    Ok(last.map_or(Cursor::START, |(id, at)| Cursor {
        id,
        created_at: Timestamp(at),
    }))
}

/// Deletes at most 500 rows older than `before`, but never the last one; returns how many.
pub fn prune(conn: &mut Db, before: Timestamp) -> QueryResult<usize> {
    let end = end(conn)?.id;
    let old: Vec<i64> = log::table
        .filter(log::created_at.lt(before.0).and(log::id.lt(end)))
        .order(log::created_at)
        .limit(500)
        .select(log::id)
        .load(conn)?;
    // These rows and not all before them: a clock that was wrong for a while dates some too early.
    diesel::delete(log::table.filter(log::id.eq_any(old))).execute(conn)
}
