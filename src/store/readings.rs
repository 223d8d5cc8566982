//! What records said of texting when Sugar last showed them.

use super::conn::Db;
use super::schema::record_reading;
use crate::domain::clock::Timestamp;
use crate::domain::place::Place;
use crate::domain::record::{RecordRef, TextingFacts};
use diesel::prelude::*;

/// What is known of a record; nothing when Sugar was never asked for it.
pub fn of(conn: &mut Db, record: &RecordRef) -> QueryResult<Option<TextingFacts>> {
    let found: Option<(bool, Option<String>, String)> = record_reading::table
        .find((record.module.as_str(), &record.id))
        .select((
            record_reading::do_not_text,
            record_reading::country,
            record_reading::zones,
        ))
        .first(conn)
        .optional()?;
    Ok(found.map(|(do_not_text, country, zones)| TextingFacts {
        do_not_text,
        place: Place {
            country: country.and_then(|code| code.parse().ok()),
            zones: zones.split_whitespace().map(str::to_owned).collect(),
        },
    }))
}

/// Notes that Sugar was told to forbid texts to a record, as far as anything is known of it.
pub fn forbid(conn: &mut Db, record: &RecordRef) -> QueryResult<()> {
    diesel::update(record_reading::table.find((record.module.as_str(), &record.id)))
        .set(record_reading::do_not_text.eq(true))
        .execute(conn)?;
    Ok(())
}

/// Keeps what Sugar said over what it said before.
pub fn keep(
    conn: &mut Db,
    record: &RecordRef,
    facts: &TextingFacts,
    now: Timestamp,
) -> QueryResult<()> {
    let said = (
        record_reading::do_not_text.eq(facts.do_not_text),
        record_reading::country.eq(facts.place.country.map(|it| it.to_string())),
        record_reading::zones.eq(facts.place.zones.join(" ")),
        record_reading::read_at.eq(now.0),
    );
    let row = record_reading::table.find((record.module.as_str(), &record.id));
    if diesel::update(row).set(said.clone()).execute(conn)? == 0 {
        let which = (
            record_reading::record_module.eq(record.module.as_str()),
            record_reading::record_id.eq(&record.id),
        );
        diesel::insert_into(record_reading::table)
            .values((which, said))
            .execute(conn)?;
    }
    Ok(())
}
