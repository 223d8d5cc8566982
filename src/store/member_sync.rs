//! Whose turn it is to read Sugar's users: one node in each period, whichever comes first.

use super::conn::Db;
use super::schema::member_sync;
use crate::domain::clock::Timestamp;
use diesel::prelude::*;

/// The table has this one row.
const ROW: i32 = 1;

/// What the node whose turn it is has to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// All users.
    All,
    /// Those who changed since this moment of Sugar's clock.
    ChangedSince(Timestamp),
}

/// When users are read.
#[derive(Debug, Clone, Copy)]
pub struct Periods {
    /// Those who changed, in milliseconds.
    pub changed_ms: i64,
    /// All of them, in milliseconds.
    pub all_ms: i64,
}

/// Takes the turn if it is due; `at_start` it always is, and all users are read.
pub fn take_turn(
    conn: &mut Db,
    now: Timestamp,
    periods: Periods,
    at_start: bool,
) -> QueryResult<Option<Turn>> {
    let row = member_sync::table.find(ROW);
    let (due, full, newest): (i64, i64, i64) = row
        .select((
            member_sync::due_at,
            member_sync::full_at,
            member_sync::newest,
        ))
        .first(conn)?;
    if due > now.0 && !at_start {
        return Ok(None);
    }
    let all = at_start || full <= now.0 || newest == 0;
    diesel::update(row)
        .set(member_sync::due_at.eq(now.plus_ms(periods.changed_ms).0))
        .execute(conn)?;
    Ok(Some(if all {
        Turn::All
    } else {
        Turn::ChangedSince(Timestamp(newest))
    }))
}

/// Keeps how far the users were read, so that a turn that failed is made up for by the next.
pub fn finish_turn(
    conn: &mut Db,
    newest: Option<Timestamp>,
    next_full: Option<Timestamp>,
) -> QueryResult<()> {
    if let Some(newest) = newest {
        let older = member_sync::newest.lt(newest.0);
        diesel::update(member_sync::table.filter(older))
            .set(member_sync::newest.eq(newest.0))
            .execute(conn)?;
    }
    if let Some(next) = next_full {
        diesel::update(member_sync::table.find(ROW))
            .set(member_sync::full_at.eq(next.0))
            .execute(conn)?;
    }
    Ok(())
}
