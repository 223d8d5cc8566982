//! Chat messages as a batch writes them: many at once, in their order.

use super::conn::Db;
use super::messages::sender_columns;
use super::schema::{message, participant};
use crate::domain::message::Message;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

/// Stores chat messages of members in their order; each sender has read up to his own.
pub(super) fn insert(conn: &mut Db, new: &[Message]) -> QueryResult<()> {
    match conn {
        Db::Sqlite(sqlite) => {
            // Nobody else writes now, and RETURNING would make a table of its own for each row.
            let last: Option<i64> = message::table
                .select(diesel::dsl::max(message::seq))
                .get_result(sqlite)?;
            let places = last.unwrap_or(0) + 1..;
            new.iter()
                .zip(places)
                .try_for_each(|(message, seq)| insert_sqlite(sqlite, message, seq))
        }
        Db::Postgres(postgres) => insert_postgres(postgres, new),
    }
}

fn insert_sqlite(sqlite: &mut SqliteConnection, new: &Message, seq: i64) -> QueryResult<()> {
    let (sender_kind, sender_id) = sender_columns(&new.sender);
    diesel::insert_into(message::table)
        .values((
            message::seq.eq(seq),
            message::id.eq(new.id.to_string()),
            message::conversation_id.eq(new.conversation_id.as_str()),
            message::sender_kind.eq(sender_kind),
            message::sender_id.eq(sender_id),
            message::text.eq(&new.text),
            message::state.eq(new.state.as_str()),
            message::created_at.eq(new.created_at.0),
        ))
        .execute(sqlite)?;
    diesel::update(participant::table.find((new.conversation_id.as_str(), sender_id)))
        .set(participant::read_seq.eq(seq))
        .execute(sqlite)?;
    Ok(())
}

fn insert_postgres(postgres: &mut PgConnection, new: &[Message]) -> QueryResult<()> {
    let senders = || new.iter().map(|new| sender_columns(&new.sender));
    let conversations: Vec<&str> = new.iter().map(|new| new.conversation_id.as_str()).collect();
    let texts: Vec<&str> = new.iter().map(|new| new.text.as_str()).collect();
    diesel::sql_query(
        "WITH stored AS ( \
           INSERT INTO message \
             (id, conversation_id, sender_kind, sender_id, text, state, created_at) \
           SELECT a, b, c, d, e, f, g \
           FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY AS new (a, b, c, d, e, f, g, n) \
           ORDER BY n \
           RETURNING seq, conversation_id, sender_id), \
         reach AS ( \
           SELECT conversation_id, sender_id, max(seq) AS seq FROM stored GROUP BY 1, 2) \
         UPDATE participant SET read_seq = reach.seq FROM reach \
         WHERE participant.conversation_id = reach.conversation_id \
           AND participant.member_id = reach.sender_id",
    )
    .bind::<Array<Text>, _>(new.iter().map(|new| new.id.to_string()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(conversations)
    .bind::<Array<Text>, _>(senders().map(|(kind, _)| kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(senders().map(|(_, id)| id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(texts)
    .bind::<Array<Text>, _>(new.iter().map(|new| new.state.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.iter().map(|new| new.created_at.0).collect::<Vec<_>>())
    .execute(postgres)?;
    Ok(())
}
