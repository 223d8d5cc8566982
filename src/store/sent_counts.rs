//! How many parts were sent, by whom and to whom, in an hour and in a day.

use super::conn::Db;
use super::schema::sent_count;
use crate::domain::caps::Count;
use crate::domain::clock::Timestamp;
use diesel::prelude::*;

/// What a count has reached.
pub fn get(conn: &mut Db, of: &Count) -> QueryResult<i64> {
    let found = sent_count::table
        .find((&of.scope, of.period))
        .select(sent_count::count)
        .first(conn)
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// Adds to a count.
pub fn add(conn: &mut Db, to: &Count, parts: u32) -> QueryResult<()> {
    let changed = diesel::update(sent_count::table.find((&to.scope, to.period)))
        .set(sent_count::count.eq(sent_count::count + i64::from(parts)))
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(sent_count::table)
            .values((
                sent_count::scope.eq(&to.scope),
                sent_count::period.eq(to.period),
                sent_count::count.eq(i64::from(parts)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes back what was added to a count, never below nothing.
pub fn take_back(conn: &mut Db, from: &Count, parts: u32) -> QueryResult<()> {
    let left = (get(conn, from)? - i64::from(parts)).max(0);
    diesel::update(sent_count::table.find((&from.scope, from.period)))
        .set(sent_count::count.eq(left))
        .execute(conn)?;
    Ok(())
}

/// Forgets counts of periods that began before a moment; at most 500.
pub fn prune(conn: &mut Db, before: Timestamp) -> QueryResult<usize> {
    let old: Vec<(String, i64)> = sent_count::table
        .filter(sent_count::period.lt(before.0))
        .select((sent_count::scope, sent_count::period))
        .limit(500)
        .load(conn)?;
    for (scope, period) in &old {
        diesel::delete(sent_count::table.find((scope, period))).execute(conn)?;
    }
    Ok(old.len())
}
