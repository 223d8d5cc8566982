//! Delivered parts of texts, from carriers that tell of each part.

use super::conn::Db;
use super::schema::part_receipt;
use crate::domain::clock::Timestamp;
use crate::domain::ids::MessageId;
use diesel::prelude::*;

/// Keeps that a part was delivered; repetitions count once.
pub fn keep(
    conn: &mut Db,
    message: MessageId,
    provider_id: &str,
    now: Timestamp,
) -> QueryResult<()> {
    let key = (message.to_string(), provider_id.to_owned());
    let known: i64 = part_receipt::table.find(key).count().get_result(conn)?;
    if known == 0 {
        diesel::insert_into(part_receipt::table)
            .values((
                part_receipt::message_id.eq(message.to_string()),
                part_receipt::provider_id.eq(provider_id),
                part_receipt::received_at.eq(now.0),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// How many parts of a text were delivered.
pub fn delivered(conn: &mut Db, message: MessageId) -> QueryResult<usize> {
    let count: i64 = part_receipt::table
        .filter(part_receipt::message_id.eq(message.to_string()))
        .count()
        .get_result(conn)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Deletes at most 500 that came before a moment: nobody waits for the other parts any more.
pub fn prune(conn: &mut Db, before: Timestamp) -> QueryResult<usize> {
    let old: Vec<(String, String)> = part_receipt::table
        .filter(part_receipt::received_at.lt(before.0))
        .select((part_receipt::message_id, part_receipt::provider_id))
        .limit(500)
        .load(conn)?;
    for (message, part) in &old {
        diesel::delete(part_receipt::table.find((message, part))).execute(conn)?;
    }
    Ok(old.len())
}
