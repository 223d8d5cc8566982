//! The processes that serve this database, each alive for as long as its lease.

use super::conn::{Db, on_backend};
use super::schema::{node, node_presence, outbox};
use crate::domain::clock::Timestamp;
use crate::domain::ids::MemberId;
use crate::domain::presence::{Presence, PresenceState};
use diesel::prelude::*;

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    ms: i64,
}

/// The database's own time: leases of several machines are measured by one clock.
pub fn now(conn: &mut Db) -> QueryResult<Timestamp> {
    const POSTGRES: &str =
        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS ms";
    const SQLITE: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS ms";
    let moment: Moment = match conn {
        Db::Sqlite(sqlite) => diesel::sql_query(SQLITE).get_result(sqlite)?,
        Db::Postgres(postgres) => diesel::sql_query(POSTGRES).get_result(postgres)?,
    };
    Ok(Timestamp(moment.ms))
}

/// How a node found itself on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// In time.
    Alive,
    /// Its lease had run out; others may be just as late, so it judges nobody.
    Late,
    /// Not there: new, or buried. What it shared is gone.
    Absent,
}

/// Keeps a node alive for some time from `now`, the database's.
pub fn beat(conn: &mut Db, id: &str, now: Timestamp, lease_ms: i64) -> QueryResult<Beat> {
    let until = now.plus_ms(lease_ms).0;
    let known: Option<i64> = node::table
        .find(id)
        .select(node::lease_until)
        .first(conn)
        .optional()?;
    let Some(before) = known else {
        // A version that was never seen before, whatever another life of this node had.
        diesel::insert_into(node::table)
            .values((
                node::id.eq(id),
                node::lease_until.eq(until),
                node::presence_version.eq(now.0),
            ))
            .execute(conn)?;
        return Ok(Beat::Absent);
    };
    diesel::update(node::table.find(id))
        .set(node::lease_until.eq(until))
        .execute(conn)?;
    Ok(if before < now.0 {
        Beat::Late
    } else {
        Beat::Alive
    })
}

/// Buries the nodes whose lease has run out and frees the jobs they had claimed; returns how
/// many there were.
///
/// Should one wake again, its jobs have another generation by then and nothing of it counts.
pub fn bury_dead(conn: &mut Db, now: Timestamp) -> QueryResult<usize> {
    let dead: Vec<String> = node::table
        .filter(node::lease_until.lt(now.0))
        .select(node::id)
        .load(conn)?;
    for id in &dead {
        let claimed = outbox::table.filter(outbox::node_id.eq(id));
        diesel::update(claimed)
            .set((
                outbox::lease_until.eq(0),
                outbox::node_id.eq(None::<String>),
            ))
            .execute(conn)?;
        remove(conn, id)?;
    }
    Ok(dead.len())
}

/// Takes a node off the list, with its presence. A job that nobody freed keeps its lease:
/// it may still be at them.
pub fn remove(conn: &mut Db, id: &str) -> QueryResult<()> {
    diesel::delete(node_presence::table.filter(node_presence::node_id.eq(id))).execute(conn)?;
    diesel::delete(node::table.find(id)).execute(conn)?;
    Ok(())
}

/// The nodes that are alive, with the version of their presence.
pub fn alive(conn: &mut Db, now: Timestamp) -> QueryResult<Vec<(String, i64)>> {
    node::table
        .filter(node::lease_until.ge(now.0))
        .order(node::id)
        .select((node::id, node::presence_version))
        .load(conn)
}

/// Keeps how some members show at a node.
pub fn set_presence(conn: &mut Db, id: &str, changed: &[Presence]) -> QueryResult<()> {
    let ids: Vec<&str> = changed.iter().map(|one| one.member_id.as_str()).collect();
    let of_node = node_presence::table.filter(node_presence::node_id.eq(id));
    diesel::delete(of_node.filter(node_presence::member_id.eq_any(ids))).execute(conn)?;
    let there = changed
        .iter()
        .filter(|one| one.state != PresenceState::Offline);
    let rows: Vec<_> = there
        .map(|one| {
            (
                node_presence::node_id.eq(id),
                node_presence::member_id.eq(one.member_id.as_str()),
                node_presence::state.eq(one.state.as_str()),
                node_presence::since.eq(one.since.0),
            )
        })
        .collect();
    if !rows.is_empty() {
        on_backend!(conn, conn => diesel::insert_into(node_presence::table)
            .values(&rows)
            .execute(conn))?;
    }
    diesel::update(node::table.find(id))
        .set(node::presence_version.eq(node::presence_version + 1))
        .execute(conn)?;
    Ok(())
}

/// Who is not offline at a node.
pub fn presence(conn: &mut Db, id: &str) -> QueryResult<Vec<Presence>> {
    let rows: Vec<(String, String, i64)> = node_presence::table
        .filter(node_presence::node_id.eq(id))
        .select((
            node_presence::member_id,
            node_presence::state,
            node_presence::since,
        ))
        .load(conn)?;
    let rows = rows.into_iter().filter_map(|(member, state, since)| {
        Some(Presence {
            member_id: MemberId::try_from(member).ok()?,
            state: PresenceState::from_stored(&state),
            since: Timestamp(since),
        })
    });
    Ok(rows.collect())
}
