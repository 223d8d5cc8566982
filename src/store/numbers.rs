//! Our numbers, copied from the configuration so that sessions can name them.

use super::conn::Db;
use super::schema::{fetched_until, number};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::OwnNumber;
use crate::domain::ids::{GatewayId, NumberId};
use diesel::prelude::*;

/// Stores or updates a number.
pub fn save(conn: &mut Db, new: &OwnNumber, gateway: &GatewayId) -> QueryResult<()> {
    let values = (
        number::e164.eq(&new.e164),
        number::label.eq(&new.label),
        number::gateway_id.eq(gateway.as_str()),
    );
    let updated = diesel::update(number::table.find(new.id.as_str()))
        .set(values)
        .execute(conn)?;
    if updated == 0 {
        diesel::insert_into(number::table)
            .values((
                number::id.eq(new.id.as_str()),
                values,
                number::free_at.eq(0),
                number::paced_until.eq(0),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// When the next text can line up at a number.
pub fn free_at(conn: &mut Db, id: &NumberId) -> QueryResult<Timestamp> {
    let at = number::table
        .find(id.as_str())
        .select(number::free_at)
        .first(conn)
        .optional()?;
    Ok(Timestamp(at.unwrap_or(0)))
}

/// Notes when the next text can line up at a number.
pub fn set_free_at(conn: &mut Db, id: &NumberId, at: Timestamp) -> QueryResult<()> {
    diesel::update(number::table.find(id.as_str()))
        .set(number::free_at.eq(at.0))
        .execute(conn)?;
    Ok(())
}

/// Until when a number's carrier has enough to do.
pub fn paced_until(conn: &mut Db, id: &NumberId) -> QueryResult<Timestamp> {
    let at = number::table
        .find(id.as_str())
        .select(number::paced_until)
        .first(conn)
        .optional()?;
    Ok(Timestamp(at.unwrap_or(0)))
}

/// Notes until when a number's carrier has enough to do.
pub fn set_paced_until(conn: &mut Db, id: &NumberId, at: Timestamp) -> QueryResult<()> {
    diesel::update(number::table.find(id.as_str()))
        .set(number::paced_until.eq(at.0))
        .execute(conn)?;
    Ok(())
}

/// Until when the carrier's list of a number's texts was read.
pub fn fetched_until(conn: &mut Db, id: &NumberId) -> QueryResult<Option<Timestamp>> {
    let at: Option<i64> = fetched_until::table
        .find(id.as_str())
        .select(fetched_until::at)
        .first(conn)
        .optional()?;
    Ok(at.map(Timestamp))
}

/// Notes until when the carrier's list of a number's texts was read.
pub fn set_fetched_until(conn: &mut Db, id: &NumberId, at: Timestamp) -> QueryResult<()> {
    let updated = diesel::update(fetched_until::table.find(id.as_str()))
        .set(fetched_until::at.eq(at.0))
        .execute(conn)?;
    if updated == 0 {
        diesel::insert_into(fetched_until::table)
            .values((
                fetched_until::number_id.eq(id.as_str()),
                fetched_until::at.eq(at.0),
            ))
            .execute(conn)?;
    }
    Ok(())
}
