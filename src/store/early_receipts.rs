//! Receipts that name a text by the carrier's id before the carrier's answer did.

use super::conn::Db;
use super::schema::early_receipt;
use crate::domain::clock::Timestamp;
use crate::domain::ids::GatewayId;
use crate::domain::message::MessageState;
use diesel::prelude::*;

/// What such a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyReceipt {
    /// The text's new state.
    pub state: MessageState,
    /// Plain words when it failed.
    pub reason: Option<String>,
    /// The other side has opted out at the carrier.
    pub opted_out: bool,
}

/// Keeps a receipt; repetitions count once.
pub fn keep(
    conn: &mut Db,
    gateway: &GatewayId,
    provider_id: &str,
    new: &EarlyReceipt,
    now: Timestamp,
) -> QueryResult<()> {
    let key = (gateway.as_str(), provider_id, new.state.as_str());
    let known: i64 = early_receipt::table.find(key).count().get_result(conn)?;
    if known == 0 {
        diesel::insert_into(early_receipt::table)
            .values((
                early_receipt::gateway_id.eq(gateway.as_str()),
                early_receipt::provider_id.eq(provider_id),
                early_receipt::state.eq(new.state.as_str()),
                early_receipt::reason.eq(&new.reason),
                early_receipt::opted_out.eq(new.opted_out),
                early_receipt::received_at.eq(now.0),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes out all receipts for one id of a carrier.
pub fn take(
    conn: &mut Db,
    gateway: &GatewayId,
    provider_id: &str,
) -> QueryResult<Vec<EarlyReceipt>> {
    let of_text = || {
        early_receipt::gateway_id
            .eq(gateway.as_str().to_owned())
            .and(early_receipt::provider_id.eq(provider_id.to_owned()))
    };
    let rows: Vec<(String, Option<String>, bool)> = early_receipt::table
        .filter(of_text())
        .order(early_receipt::received_at)
        .select((
            early_receipt::state,
            early_receipt::reason,
            early_receipt::opted_out,
        ))
        .load(conn)?;
    if !rows.is_empty() {
        diesel::delete(early_receipt::table.filter(of_text())).execute(conn)?;
    }
    let receipt = |(state, reason, opted_out): (String, _, _)| EarlyReceipt {
        state: MessageState::from_stored(&state),
        reason,
        opted_out,
    };
    Ok(rows.into_iter().map(receipt).collect())
}

/// Deletes at most 500 receipts of before a moment, whose texts nobody ever named.
pub fn prune(conn: &mut Db, before: Timestamp) -> QueryResult<usize> {
    let old: Vec<(String, String, String)> = early_receipt::table
        .filter(early_receipt::received_at.lt(before.0))
        .select((
            early_receipt::gateway_id,
            early_receipt::provider_id,
            early_receipt::state,
        ))
        .limit(500)
        .load(conn)?;
    for key in &old {
        diesel::delete(early_receipt::table.find((&key.0, &key.1, &key.2))).execute(conn)?;
    }
    Ok(old.len())
}
