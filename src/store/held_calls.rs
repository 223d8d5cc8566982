//! Calls of carriers that could not be believed or applied, for an admin.

use super::conn::Db;
use super::schema::{held_call, proven_gateway};
use crate::domain::clock::Timestamp;
use crate::domain::held_call::{HeldCall, Why};
use crate::domain::ids::GatewayId;
use diesel::prelude::*;

/// Old calls deleted in one write.
const PRUNED_AT_ONCE: i64 = 100;

type Row = (String, String, String, String, String, i64, i64);

fn held(row: Row) -> Option<HeldCall> {
    let (id, gateway_id, why, reason, call, times, received_at) = row;
    Some(HeldCall {
        id,
        gateway_id: GatewayId::parse(&gateway_id).ok()?,
        why: Why::from_stored(&why),
        reason,
        call: serde_json::from_str(&call).ok()?,
        times,
        received_at: Timestamp(received_at),
    })
}

/// Keeps a call, or counts it when the same is kept; false when there are `most` already.
pub fn keep(conn: &mut Db, new: &HeldCall, most: i64) -> QueryResult<bool> {
    let digest = new.digest();
    let known = held_call::table.filter(held_call::digest.eq(&digest));
    let times: Option<i64> = known.select(held_call::times).first(conn).optional()?;
    if let Some(times) = times {
        diesel::update(held_call::table.filter(held_call::digest.eq(&digest)))
            .set(held_call::times.eq(times + 1))
            .execute(conn)?;
        return Ok(true);
    }
    let count: i64 = held_call::table.count().get_result(conn)?;
    if count >= most {
        return Ok(false);
    }
    let call = serde_json::to_string(&new.call)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::insert_into(held_call::table)
        .values((
            held_call::id.eq(&new.id),
            held_call::gateway_id.eq(new.gateway_id.as_str()),
            held_call::digest.eq(digest),
            held_call::why.eq(new.why.as_str()),
            held_call::reason.eq(&new.reason),
            held_call::call.eq(call),
            held_call::times.eq(new.times),
            held_call::received_at.eq(new.received_at.0),
        ))
        .execute(conn)?;
    Ok(true)
}

/// A page of the calls that are kept, newest first.
pub fn page(conn: &mut Db, after: Option<&str>, limit: i64) -> QueryResult<Vec<HeldCall>> {
    // A bound that sorts after every id.
    let after = after.unwrap_or("~");
    let rows: Vec<Row> = held_call::table
        .filter(held_call::id.lt(after))
        .order(held_call::id.desc())
        .limit(limit)
        .select((
            held_call::id,
            held_call::gateway_id,
            held_call::why,
            held_call::reason,
            held_call::call,
            held_call::times,
            held_call::received_at,
        ))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(held).collect())
}

/// One call.
pub fn find(conn: &mut Db, id: &str) -> QueryResult<Option<HeldCall>> {
    let row: Option<Row> = held_call::table
        .find(id)
        .select((
            held_call::id,
            held_call::gateway_id,
            held_call::why,
            held_call::reason,
            held_call::call,
            held_call::times,
            held_call::received_at,
        ))
        .first(conn)
        .optional()?;
    Ok(row.and_then(held))
}

/// Deletes a call; false when there is none.
pub fn delete(conn: &mut Db, id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(held_call::table.find(id)).execute(conn)? > 0)
}

/// Deletes some of the calls that came before a moment; how many.
pub fn prune(conn: &mut Db, before: Timestamp) -> QueryResult<usize> {
    let old: Vec<String> = held_call::table
        .filter(held_call::received_at.lt(before.0))
        .limit(PRUNED_AT_ONCE)
        .select(held_call::id)
        .load(conn)?;
    for id in &old {
        delete(conn, id)?;
    }
    Ok(old.len())
}

/// Whether a correctly signed call of a gateway has ever reached us.
pub fn is_proven(conn: &mut Db, gateway: &GatewayId) -> QueryResult<bool> {
    let since: Option<i64> = proven_gateway::table
        .find(gateway.as_str())
        .select(proven_gateway::since)
        .first(conn)
        .optional()?;
    Ok(since.is_some())
}

/// Notes that a correctly signed call of a gateway has reached us.
pub fn prove(conn: &mut Db, gateway: &GatewayId, now: Timestamp) -> QueryResult<()> {
    if !is_proven(conn, gateway)? {
        diesel::insert_into(proven_gateway::table)
            .values((
                proven_gateway::gateway_id.eq(gateway.as_str()),
                proven_gateway::since.eq(now.0),
            ))
            .execute(conn)?;
    }
    Ok(())
}
