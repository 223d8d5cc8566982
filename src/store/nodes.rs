//! The processes that serve this database, each alive for as long as its lease.

use super::conn::{Db, on_backend};
use super::schema::{node, node_presence, outbox};
use crate::domain::clock::Timestamp;
use crate::domain::ids::MemberId;
use crate::domain::presence::{Presence, PresenceState};
use diesel::prelude::*;

/// Keeps a node alive until a time.
pub fn beat(conn: &mut Db, id: &str, lease_until: Timestamp) -> QueryResult<()> {
    let known = diesel::update(node::table.find(id))
        .set(node::lease_until.eq(lease_until.0))
        .execute(conn)?;
    if known == 0 {
        diesel::insert_into(node::table)
            .values((
                node::id.eq(id),
                node::lease_until.eq(lease_until.0),
                node::presence_version.eq(0),
            ))
            .execute(conn)?;
    }
    Ok(())
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
        remove(conn, id)?;
    }
    Ok(dead.len())
}

/// Takes a node off the list, with its presence, and frees its jobs.
pub fn remove(conn: &mut Db, id: &str) -> QueryResult<()> {
    diesel::update(outbox::table.filter(outbox::node_id.eq(id)))
        .set((
            outbox::lease_until.eq(0),
            outbox::node_id.eq(None::<String>),
        ))
        .execute(conn)?;
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
