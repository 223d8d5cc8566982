//! Our numbers, copied from the configuration so that sessions can name them.

use super::conn::Db;
use super::schema::number;
use crate::domain::conversation::OwnNumber;
use crate::domain::ids::GatewayId;
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
            .values((number::id.eq(new.id.as_str()), values))
            .execute(conn)?;
    }
    Ok(())
}
