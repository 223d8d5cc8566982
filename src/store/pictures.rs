//! Pictures: what is shown of them stands with the message, their bytes here.

use super::conn::Db;
use super::schema::{message, picture};
use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::picture::Picture;
use diesel::prelude::*;

/// A picture that is still at the carrier. Not `Debug`: its address opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct AtCarrier {
    /// Its message.
    pub message_id: MessageId,
    /// The gateway that the message came through.
    pub gateway: GatewayId,
    /// Where it is.
    pub url: String,
    /// What the carrier says that it is.
    pub told_type: String,
}

/// Keeps where a picture is.
pub fn insert(conn: &mut Db, id: &str, new: &AtCarrier) -> QueryResult<()> {
    diesel::insert_into(picture::table)
        .values((
            picture::id.eq(id),
            picture::message_id.eq(new.message_id.to_string()),
            picture::gateway_id.eq(new.gateway.as_str()),
            picture::url.eq(&new.url),
            picture::told_type.eq(&new.told_type),
        ))
        .execute(conn)?;
    Ok(())
}

/// Where a picture is; `None` once it is here or cannot come.
pub fn find(conn: &mut Db, id: &str) -> QueryResult<Option<AtCarrier>> {
    let row: Option<(String, String, Option<String>, String)> = picture::table
        .find(id)
        .select((
            picture::message_id,
            picture::gateway_id,
            picture::url,
            picture::told_type,
        ))
        .first(conn)
        .optional()?;
    Ok(row.and_then(|(message_id, gateway, url, told_type)| {
        Some(AtCarrier {
            message_id: MessageId::from_stored(&message_id),
            gateway: GatewayId::parse(&gateway).ok()?,
            url: url?,
            told_type,
        })
    }))
}

/// The bytes of a picture of a message, once they are here.
pub fn content(conn: &mut Db, message: MessageId, id: &str) -> QueryResult<Option<Vec<u8>>> {
    let content: Option<Option<Vec<u8>>> = picture::table
        .find(id)
        .filter(picture::message_id.eq(message.to_string()))
        .select(picture::content)
        .first(conn)
        .optional()?;
    Ok(content.flatten())
}

/// Keeps the bytes, or that there can be none, and forgets the carrier's address.
pub fn settle(conn: &mut Db, id: &str, content: Option<&[u8]>) -> QueryResult<()> {
    diesel::update(picture::table.find(id))
        .set((
            picture::content.eq(content),
            picture::url.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Changes what is shown of a message's pictures.
pub fn show(conn: &mut Db, id: MessageId, pictures: &[Picture]) -> QueryResult<()> {
    let shown = serde_json::to_string(pictures)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::update(message::table.filter(message::id.eq(id.to_string())))
        .set(message::pictures.eq(shown))
        .execute(conn)?;
    Ok(())
}
