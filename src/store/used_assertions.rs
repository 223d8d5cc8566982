//! Sugar's assertions that were presented: each counts once, at whichever node.

use super::conn::Db;
use super::schema::used_assertion;
use crate::domain::clock::Timestamp;
use diesel::prelude::*;

/// Remembers an assertion until it ends by itself; false when it was presented before.
pub fn take(conn: &mut Db, jti: &str, ends_at: Timestamp) -> QueryResult<bool> {
    let known: Option<String> = used_assertion::table
        .find(jti)
        .select(used_assertion::jti)
        .first(conn)
        .optional()?;
    if known.is_some() {
        return Ok(false);
    }
    diesel::insert_into(used_assertion::table)
        .values((
            used_assertion::jti.eq(jti),
            used_assertion::expires_at.eq(ends_at.0),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Forgets at most 500 that ended; returns how many.
pub fn prune(conn: &mut Db, now: Timestamp) -> QueryResult<usize> {
    let ended: Vec<String> = used_assertion::table
        .filter(used_assertion::expires_at.le(now.0))
        .limit(500)
        .select(used_assertion::jti)
        .load(conn)?;
    diesel::delete(used_assertion::table.filter(used_assertion::jti.eq_any(ended))).execute(conn)
}
