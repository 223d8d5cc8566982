//! The service's login at Sugar, one row for each account, with a lease on renewing it.
//!
//! Moments are the database's own ([`super::nodes::now`]): the nodes' clocks may differ.

use super::conn::Db;
use super::schema::shared_login::dsl::{
    account, generation, lease_holder, lease_until, sealed, shared_login,
};
use crate::domain::clock::Timestamp;
use diesel::prelude::*;

/// What is stored for one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable)]
pub struct Row {
    /// Goes up with every change of `sealed`.
    pub generation: i64,
    /// The login, encrypted.
    pub sealed: Option<String>,
    /// Who renews it, or did and never said how that ended.
    pub lease_holder: Option<String>,
    /// Until when nobody else may, in milliseconds.
    pub lease_until: i64,
}

impl Row {
    /// Whether somebody else than `holder` may renew the login and this one may not.
    pub fn is_leased_from(&self, holder: &str, now: Timestamp) -> bool {
        self.lease_until > now.0 && self.lease_holder.as_deref().is_some_and(|it| it != holder)
    }
}

/// What is stored for an account; nothing before its first lease.
pub fn find(conn: &mut Db, of: &str) -> QueryResult<Option<Row>> {
    shared_login
        .find(of)
        .select((generation, sealed, lease_holder, lease_until))
        .first(conn)
        .optional()
}

/// Takes the lease and returns the row as it was before; `None` while somebody else has it.
pub fn lease(
    conn: &mut Db,
    of: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> QueryResult<Option<Row>> {
    let before = find(conn, of)?;
    let Some(row) = before else {
        diesel::insert_into(shared_login)
            .values((
                account.eq(of),
                generation.eq(0),
                lease_holder.eq(holder),
                lease_until.eq(until.0),
            ))
            .execute(conn)?;
        return Ok(Some(Row::default()));
    };
    if row.is_leased_from(holder, now) {
        return Ok(None);
    }
    diesel::update(shared_login.find(of))
        .set((lease_holder.eq(holder), lease_until.eq(until.0)))
        .execute(conn)?;
    Ok(Some(row))
}

/// Makes a lease last longer; false when it is no longer this holder's.
pub fn prolong(
    conn: &mut Db,
    of: &str,
    holder: &str,
    at: i64,
    until: Timestamp,
) -> QueryResult<bool> {
    let mine = shared_login
        .find(of)
        .filter(lease_holder.eq(holder))
        .filter(generation.eq(at));
    let changed = diesel::update(mine)
        .set(lease_until.eq(until.0))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Stores a login over the one of generation `at` and gives the lease back; false when the lease
/// is no longer this holder's.
pub fn keep(
    conn: &mut Db,
    of: &str,
    holder: &str,
    at: i64,
    sealed_login: &str,
) -> QueryResult<bool> {
    let mine = shared_login
        .find(of)
        .filter(lease_holder.eq(holder))
        .filter(generation.eq(at));
    let changed = diesel::update(mine)
        .set((
            generation.eq(at + 1),
            sealed.eq(sealed_login),
            lease_holder.eq(None::<String>),
            lease_until.eq(0),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Ends all leases of holders that are dead for sure; what they did stays unknown.
pub fn end_leases(conn: &mut Db) -> QueryResult<usize> {
    diesel::update(shared_login)
        .set(lease_until.eq(0))
        .execute(conn)
}

/// Forgets all logins; returns how many there were.
pub fn forget(conn: &mut Db) -> QueryResult<usize> {
    diesel::delete(shared_login).execute(conn)
}
