//! The gateways and numbers that admins set through the API, as they are kept.

use super::conn::Db;
use super::schema::{gateway_setting, number_setting, settings_version};
use diesel::prelude::*;

/// The version has this one row.
const ROW: i32 = 1;

/// Everything that is kept, each list in the order of the names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Goes up with every change.
    pub version: i64,
    /// Names of gateways and their settings, sealed.
    pub gateways: Vec<(String, String)>,
    /// Names of numbers and their settings, JSON.
    pub numbers: Vec<(String, String)>,
}

/// The version of the last change.
pub fn version(conn: &mut Db) -> QueryResult<i64> {
    settings_version::table
        .find(ROW)
        .select(settings_version::version)
        .first(conn)
}

/// Notes that something changes, so that every node reads it anew.
pub fn note_change(conn: &mut Db) -> QueryResult<()> {
    diesel::update(settings_version::table.find(ROW))
        .set(settings_version::version.eq(settings_version::version + 1))
        .execute(conn)?;
    Ok(())
}

/// Everything.
pub fn rows(conn: &mut Db) -> QueryResult<Rows> {
    Ok(Rows {
        version: version(conn)?,
        gateways: gateway_setting::table
            .order(gateway_setting::id)
            .load(conn)?,
        numbers: number_setting::table.order(number_setting::id).load(conn)?,
    })
}

/// Keeps a gateway's settings in place of those before.
pub fn put_gateway(conn: &mut Db, id: &str, sealed: &str) -> QueryResult<()> {
    delete_gateway(conn, id)?;
    diesel::insert_into(gateway_setting::table)
        .values((
            gateway_setting::id.eq(id),
            gateway_setting::sealed.eq(sealed),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps a number's settings in place of those before.
pub fn put_number(conn: &mut Db, id: &str, settings: &str) -> QueryResult<()> {
    delete_number(conn, id)?;
    diesel::insert_into(number_setting::table)
        .values((
            number_setting::id.eq(id),
            number_setting::settings.eq(settings),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets a gateway; whether it was there.
pub fn delete_gateway(conn: &mut Db, id: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(gateway_setting::table.find(id)).execute(conn)?;
    Ok(deleted > 0)
}

/// Forgets a number; whether it was there.
pub fn delete_number(conn: &mut Db, id: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(number_setting::table.find(id)).execute(conn)?;
    Ok(deleted > 0)
}
