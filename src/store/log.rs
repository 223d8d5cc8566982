//! The log: everything that happened, in commit order.

use super::conn::{Db, on_backend};
use super::schema::{log, log_counter};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Audience, Cursor, Logged, NewEvent};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use std::sync::Arc;

/// Rows that are read at once where many are wanted.
const PAGE: usize = 5_000;

/// An event at its place, not stored yet.
pub(super) fn row(id: i64, now: Timestamp, new: NewEvent) -> QueryResult<Logged> {
    let event = serde_json::to_string(&new.event)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
    Ok(Logged {
        id,
        audience: new.audience,
        event,
        created_at: now,
    })
}

/// Appends rows that continue the log, and moves its counter to the last of them.
pub(super) fn append(conn: &mut Db, rows: &[Arc<Logged>]) -> QueryResult<()> {
    let Some(last) = rows.last() else {
        return Ok(());
    };
    match conn {
        Db::Sqlite(sqlite) => {
            for row in rows {
                diesel::insert_into(log::table)
                    .values((
                        log::id.eq(row.id),
                        log::audience.eq(row.audience.to_stored()),
                        log::event.eq(&row.event),
                        log::created_at.eq(row.created_at.0),
                    ))
                    .execute(sqlite)?;
            }
        }
        Db::Postgres(postgres) => {
            let audiences: Vec<String> = rows.iter().map(|row| row.audience.to_stored()).collect();
            let events: Vec<&str> = rows.iter().map(|row| row.event.as_str()).collect();
            diesel::sql_query(
                "INSERT INTO log (id, audience, event, created_at) \
                 SELECT * FROM unnest($1, $2, $3, $4)",
            )
            .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(audiences)
            .bind::<Array<Text>, _>(events)
            .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.created_at.0).collect::<Vec<_>>())
            .execute(postgres)?;
        }
    }
    on_backend!(conn, conn => diesel::update(log_counter::table.find(1))
        .set((
            log_counter::value.eq(last.id),
            log_counter::at.eq(last.created_at.0),
        ))
        .execute(conn))?;
    Ok(())
}

fn to_row((id, audience, event, created_at): (i64, String, String, i64)) -> Logged {
    Logged {
        id,
        audience: Audience::from_stored(&audience),
        event,
        created_at: Timestamp(created_at),
    }
}

/// The rows from a place on, that row included, oldest first.
pub fn from(conn: &mut Db, id: i64, limit: i64) -> QueryResult<Vec<Logged>> {
    let rows = log::table
        .filter(log::id.ge(id))
        .order(log::id)
        .limit(limit)
        .select((log::id, log::audience, log::event, log::created_at))
        .load(conn)?;
    Ok(rows.into_iter().map(to_row).collect())
}

/// The newest rows, oldest first, to fill a ring that takes so many rows and so many bytes.
pub fn newest(conn: &mut Db, most: usize, bytes: usize) -> QueryResult<Vec<Logged>> {
    let mut rows: Vec<Logged> = Vec::new();
    let (mut before, mut read) = (i64::MAX, 0);
    while rows.len() < most && read < bytes {
        let page = i64::try_from((most - rows.len()).min(PAGE)).unwrap_or(i64::MAX);
        let older: Vec<Logged> = log::table
            .filter(log::id.lt(before))
            .order(log::id.desc())
            .limit(page)
            .select((log::id, log::audience, log::event, log::created_at))
            .load(conn)?
            .into_iter()
            .map(to_row)
            .collect();
        let Some(oldest) = older.last() else { break };
        before = oldest.id;
        read += older.iter().map(|row| row.event.len()).sum::<usize>();
        rows.extend(older);
    }
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

/// Deletes those of the oldest 500 rows that are older than `before`, but never the last one;
/// returns how many.
pub fn prune(conn: &mut Db, before: Timestamp) -> QueryResult<usize> {
    let end = end(conn)?.id;
    let oldest: Vec<(i64, i64)> = log::table
        .filter(log::id.lt(end))
        .order(log::id)
        .limit(500)
        .select((log::id, log::created_at))
        .load(conn)?;
    // These and not all before them: a clock that was wrong for a while dates some too early.
    let old = oldest.into_iter().filter(|(_, at)| *at < before.0);
    let old: Vec<i64> = old.map(|(id, _)| id).collect();
    diesel::delete(log::table.filter(log::id.eq_any(old))).execute(conn)
}
