//! Parts of longer texts, from carriers that do not join them.

use super::conn::Db;
use super::schema::text_part;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::phone::Peer;
use diesel::prelude::*;

/// Which text a part belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Whole {
    /// Where it came.
    pub gateway: GatewayId,
    /// To which number of ours, E.164.
    pub own_number: String,
    /// Who sent it.
    pub peer: Peer,
    /// The carrier's mark of it; comes round again after some texts.
    pub reference: String,
    /// How many parts it has.
    pub total: i32,
}

/// One part of it. Not `Debug`: it holds text.
#[derive(Clone, PartialEq, Eq)]
pub struct TextPart {
    /// What the carrier calls it.
    pub provider_id: String,
    /// From 1.
    pub number: i32,
    /// Its text.
    pub text: String,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
}

/// Whether a part is here already, joined or not.
pub fn is_known(conn: &mut Db, gateway: &GatewayId, provider_id: &str) -> QueryResult<bool> {
    let key = (gateway.as_str(), provider_id);
    let count: i64 = text_part::table.find(key).count().get_result(conn)?;
    Ok(count > 0)
}

/// Keeps a part.
pub fn insert(conn: &mut Db, whole: &Whole, part: &TextPart, now: Timestamp) -> QueryResult<()> {
    diesel::insert_into(text_part::table)
        .values((
            text_part::gateway_id.eq(whole.gateway.as_str()),
            text_part::provider_id.eq(&part.provider_id),
            text_part::own_number.eq(&whole.own_number),
            text_part::peer.eq(whole.peer.as_str()),
            text_part::reference.eq(&whole.reference),
            text_part::number.eq(part.number),
            text_part::total.eq(whole.total),
            text_part::text.eq(&part.text),
            text_part::sent_at.eq(part.sent_at.map(|at| at.0)),
            text_part::received_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// The parts of a text that wait for the others, in their order.
pub fn waiting(conn: &mut Db, whole: &Whole) -> QueryResult<Vec<TextPart>> {
    let rows: Vec<(String, i32, String, Option<i64>)> = text_part::table
        .filter(
            text_part::message_id
                .is_null()
                .and(text_part::gateway_id.eq(whole.gateway.as_str()))
                .and(text_part::own_number.eq(&whole.own_number))
                .and(text_part::peer.eq(whole.peer.as_str()))
                .and(text_part::reference.eq(&whole.reference))
                .and(text_part::total.eq(whole.total)),
        )
        .order(text_part::number)
        .select((
            text_part::provider_id,
            text_part::number,
            text_part::text,
            text_part::sent_at,
        ))
        .load(conn)?;
    let part = |(provider_id, number, text, sent_at): (_, _, _, Option<i64>)| TextPart {
        provider_id,
        number,
        text,
        sent_at: sent_at.map(Timestamp),
    };
    Ok(rows.into_iter().map(part).collect())
}

/// Notes which message some parts became.
pub fn joined(
    conn: &mut Db,
    whole: &Whole,
    parts: &[TextPart],
    message: MessageId,
) -> QueryResult<()> {
    for part in parts {
        let key = (whole.gateway.as_str(), part.provider_id.as_str());
        diesel::update(text_part::table.find(key))
            .set(text_part::message_id.eq(message.to_string()))
            .execute(conn)?;
    }
    Ok(())
}

/// Texts to a number of ours of which parts have waited since before a moment; at most 100.
pub fn waiting_since(
    conn: &mut Db,
    gateway: &GatewayId,
    own_number: &str,
    before: Timestamp,
) -> QueryResult<Vec<Whole>> {
    let rows: Vec<(String, String, i32)> = text_part::table
        .filter(
            text_part::message_id
                .is_null()
                .and(text_part::gateway_id.eq(gateway.as_str()))
                .and(text_part::own_number.eq(own_number))
                .and(text_part::received_at.lt(before.0)),
        )
        .select((text_part::peer, text_part::reference, text_part::total))
        .distinct()
        .limit(100)
        .load(conn)?;
    let whole = |(peer, reference, total): (String, _, _)| {
        Some(Whole {
            gateway: gateway.clone(),
            own_number: own_number.to_owned(),
            peer: Peer::parse(&peer).ok()?,
            reference,
            total,
        })
    };
    Ok(rows.into_iter().filter_map(whole).collect())
}

/// Deletes at most 500 parts that were joined and came before a moment.
pub fn prune(conn: &mut Db, before: Timestamp) -> QueryResult<usize> {
    let old: Vec<(String, String)> = text_part::table
        .filter(
            text_part::message_id
                .is_not_null()
                .and(text_part::received_at.lt(before.0)),
        )
        .select((text_part::gateway_id, text_part::provider_id))
        .limit(500)
        .load(conn)?;
    for (gateway, part) in &old {
        diesel::delete(text_part::table.find((gateway, part))).execute(conn)?;
    }
    Ok(old.len())
}
