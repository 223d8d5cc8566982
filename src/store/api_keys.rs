//! Integrators' keys, hashed.

use super::conn::Db;
use super::schema::api_key;
use crate::domain::access::{ApiKey, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{KeyId, NumberId};
use crate::domain::token::TokenHash;
use diesel::prelude::*;

/// A key as an admin lists it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What it may do.
    pub key: ApiKey,
    /// The name its admin gave it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

type Row = (
    String,
    String,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
);

fn listed((id, name, scopes, numbers, created_at, used, revoked): Row) -> Option<Listed> {
    Some(Listed {
        key: ApiKey {
            id: KeyId::parse(&id).ok()?,
            scopes: scopes
                .split_whitespace()
                .filter_map(|s| s.parse().ok())
                .collect(),
            numbers: numbers
                .split_whitespace()
                .filter_map(|n| NumberId::parse(n).ok())
                .collect(),
        },
        name,
        created_at: Timestamp(created_at),
        last_used_at: used.map(Timestamp),
        revoked_at: revoked.map(Timestamp),
    })
}

const COLUMNS: (
    api_key::id,
    api_key::name,
    api_key::scopes,
    api_key::numbers,
    api_key::created_at,
    api_key::last_used_at,
    api_key::revoked_at,
) = (
    api_key::id,
    api_key::name,
    api_key::scopes,
    api_key::numbers,
    api_key::created_at,
    api_key::last_used_at,
    api_key::revoked_at,
);

/// Stores a new key.
pub fn insert(
    conn: &mut Db,
    key: &ApiKey,
    hash: &TokenHash,
    name: &str,
    now: Timestamp,
) -> QueryResult<()> {
    let scopes: Vec<&str> = key.scopes.iter().copied().map(Scope::as_str).collect();
    let numbers: Vec<&str> = key.numbers.iter().map(NumberId::as_str).collect();
    diesel::insert_into(api_key::table)
        .values((
            api_key::id.eq(key.id.as_str()),
            api_key::secret_hash.eq(hash.as_str()),
            api_key::name.eq(name),
            api_key::scopes.eq(scopes.join(" ")),
            api_key::numbers.eq(numbers.join(" ")),
            api_key::created_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// The key behind a secret, unless revoked, with its last use.
pub fn find(conn: &mut Db, hash: &TokenHash) -> QueryResult<Option<(ApiKey, Option<Timestamp>)>> {
    let row: Option<Row> = api_key::table
        .filter(
            api_key::secret_hash
                .eq(hash.as_str())
                .and(api_key::revoked_at.is_null()),
        )
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    Ok(row
        .and_then(listed)
        .map(|listed| (listed.key, listed.last_used_at)))
}

/// All keys, newest first.
pub fn all(conn: &mut Db) -> QueryResult<Vec<Listed>> {
    let rows: Vec<Row> = api_key::table
        .order(api_key::created_at.desc())
        .select(COLUMNS)
        .load(conn)?;
    Ok(rows.into_iter().filter_map(listed).collect())
}

/// Keeps when a key was last used.
pub fn used(conn: &mut Db, id: &KeyId, now: Timestamp) -> QueryResult<()> {
    diesel::update(api_key::table.find(id.as_str()))
        .set(api_key::last_used_at.eq(now.0))
        .execute(conn)?;
    Ok(())
}

/// Revokes a key; false when there is no such key or it was revoked before.
pub fn revoke(conn: &mut Db, id: &str, now: Timestamp) -> QueryResult<bool> {
    let changed = diesel::update(
        api_key::table.filter(api_key::id.eq(id).and(api_key::revoked_at.is_null())),
    )
    .set(api_key::revoked_at.eq(now.0))
    .execute(conn)?;
    Ok(changed > 0)
}
