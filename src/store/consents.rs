//! Consent: what was said, and who must not be texted.

use super::conn::Db;
use super::schema::{consent_event, opt_out, participant, sms_session};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentEvent, ConsentKind, ConsentSource};
use crate::domain::ids::{MemberId, NumberId};
use crate::domain::phone::Peer;
use diesel::prelude::*;

/// Keeps what was said.
pub fn add(conn: &mut Db, new: &ConsentEvent) -> QueryResult<()> {
    diesel::insert_into(consent_event::table)
        .values((
            consent_event::id.eq(&new.id),
            consent_event::number_id.eq(new.number_id.as_str()),
            consent_event::peer.eq(new.peer.as_str()),
            consent_event::kind.eq(new.kind.as_str()),
            consent_event::source.eq(new.source.as_str()),
            consent_event::who.eq(new.member_id.as_ref().map(MemberId::as_str)),
            consent_event::text.eq(new.text.as_deref()),
            consent_event::at.eq(new.at.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps which request an event answers.
pub fn name_request(conn: &mut Db, id: &str, request: &str) -> QueryResult<()> {
    diesel::update(consent_event::table.find(id))
        .set(consent_event::request.eq(request))
        .execute(conn)?;
    Ok(())
}

/// The event that a request has written.
pub fn of_request(conn: &mut Db, request: &str) -> QueryResult<Option<ConsentEvent>> {
    let row = consent_event::table
        .filter(consent_event::request.eq(request))
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    Ok(row.and_then(event))
}

/// Since when a peer must not be texted from a number.
pub fn opted_out_since(
    conn: &mut Db,
    number: &NumberId,
    peer: &Peer,
) -> QueryResult<Option<Timestamp>> {
    let since = opt_out::table
        .find((number.as_str(), peer.as_str()))
        .select(opt_out::since)
        .first(conn)
        .optional()?;
    Ok(since.map(Timestamp))
}

/// From now on the peer is not texted from the number; false when that was so already.
pub fn block(conn: &mut Db, number: &NumberId, peer: &Peer, now: Timestamp) -> QueryResult<bool> {
    if opted_out_since(conn, number, peer)?.is_some() {
        return Ok(false);
    }
    diesel::insert_into(opt_out::table)
        .values((
            opt_out::number_id.eq(number.as_str()),
            opt_out::peer.eq(peer.as_str()),
            opt_out::since.eq(now.0),
        ))
        .execute(conn)?;
    Ok(true)
}

/// The peer may be texted again; false when he always might.
pub fn unblock(conn: &mut Db, number: &NumberId, peer: &Peer) -> QueryResult<bool> {
    let removed =
        diesel::delete(opt_out::table.find((number.as_str(), peer.as_str()))).execute(conn)?;
    Ok(removed > 0)
}

/// When a peer last said that texts are welcome again.
pub fn last_opt_in(
    conn: &mut Db,
    number: &NumberId,
    peer: &Peer,
) -> QueryResult<Option<Timestamp>> {
    let at = consent_event::table
        .filter(
            consent_event::number_id
                .eq(number.as_str())
                .and(consent_event::peer.eq(peer.as_str()))
                .and(consent_event::kind.eq(ConsentKind::OptIn.as_str())),
        )
        .order(consent_event::at.desc())
        .select(consent_event::at)
        .first(conn)
        .optional()?;
    Ok(at.map(Timestamp))
}

/// What was said, newest first, at most `limit`, before an event of the same list; for a
/// member only of those he texts with.
pub fn page(
    conn: &mut Db,
    numbers: &[NumberId],
    peer: Option<&Peer>,
    of_member: Option<&MemberId>,
    after: Option<&str>,
    limit: i64,
) -> QueryResult<Vec<ConsentEvent>> {
    let numbers: Vec<&str> = numbers.iter().map(NumberId::as_str).collect();
    let mut query = consent_event::table
        .filter(consent_event::number_id.eq_any(numbers))
        .order(consent_event::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(peer) = peer {
        query = query.filter(consent_event::peer.eq(peer.as_str()));
    }
    if let Some(member) = of_member {
        let his = sms_session::table
            .inner_join(
                participant::table
                    .on(participant::conversation_id.eq(sms_session::conversation_id)),
            )
            .filter(
                sms_session::number_id
                    .eq(consent_event::number_id)
                    .and(sms_session::peer.eq(consent_event::peer))
                    .and(participant::member_id.eq(member.as_str()))
                    .and(participant::left_at.is_null()),
            );
        query = query.filter(diesel::dsl::exists(his));
    }
    if let Some(after) = after {
        query = query.filter(consent_event::id.lt(after));
    }
    let rows: Vec<Row> = query.select(COLUMNS).load(conn)?;
    Ok(rows.into_iter().filter_map(event).collect())
}

type Columns = (
    consent_event::id,
    consent_event::number_id,
    consent_event::peer,
    consent_event::kind,
    consent_event::source,
    consent_event::who,
    consent_event::text,
    consent_event::at,
);

const COLUMNS: Columns = (
    consent_event::id,
    consent_event::number_id,
    consent_event::peer,
    consent_event::kind,
    consent_event::source,
    consent_event::who,
    consent_event::text,
    consent_event::at,
);

#[derive(Queryable)]
struct Row {
    id: String,
    number_id: String,
    peer: String,
    kind: String,
    source: String,
    who: Option<String>,
    text: Option<String>,
    at: i64,
}

fn event(row: Row) -> Option<ConsentEvent> {
    Some(ConsentEvent {
        id: row.id,
        number_id: NumberId::parse(&row.number_id).ok()?,
        peer: Peer::parse(&row.peer).ok()?,
        kind: match row.kind.as_str() {
            "opt_in" => ConsentKind::OptIn,
            _ => ConsentKind::OptOut,
        },
        source: ConsentSource::from_stored(&row.source),
        member_id: row.who.and_then(|id| MemberId::parse(&id).ok()),
        text: row.text,
        at: Timestamp(row.at),
    })
}
