//! Panels' tokens, hashed.

use super::conn::{Db, on_backend};
use super::schema::{member, sign_in};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{BrowserId, MemberId};
use crate::domain::presence::Choice;
use crate::domain::token::TokenHash;
use diesel::prelude::*;

/// One signed-in tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Whose.
    pub member_id: MemberId,
    /// In which browser.
    pub browser_id: BrowserId,
    /// Sugar calls him an admin.
    pub admin: bool,
    /// When it ends unless renewed.
    pub expires_at: Timestamp,
}

/// Stores a new token.
pub fn insert(conn: &mut Db, hash: &TokenHash, new: &SignIn) -> QueryResult<()> {
    diesel::insert_into(sign_in::table)
        .values((
            sign_in::token_hash.eq(hash.as_str()),
            sign_in::member_id.eq(new.member_id.as_str()),
            sign_in::browser_id.eq(new.browser_id.as_str()),
            sign_in::admin.eq(new.admin),
            sign_in::expires_at.eq(new.expires_at.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// The sign-in behind a token, if it has not ended.
pub fn find(conn: &mut Db, hash: &TokenHash, now: Timestamp) -> QueryResult<Option<SignIn>> {
    let row = sign_in::table
        .find(hash.as_str())
        .filter(sign_in::expires_at.gt(now.0))
        .select((
            sign_in::member_id,
            sign_in::browser_id,
            sign_in::admin,
            sign_in::expires_at,
        ))
        .first::<(String, String, bool, i64)>(conn)
        .optional()?;
    Ok(row.and_then(|(member, browser, admin, expires_at)| {
        Some(SignIn {
            member_id: MemberId::parse(&member).ok()?,
            browser_id: BrowserId::parse(&browser).ok()?,
            admin,
            expires_at: Timestamp(expires_at),
        })
    }))
}

/// As [`find`], with what the member chose to show: one read for a panel that comes back.
pub fn find_panel(
    conn: &mut Db,
    hash: &TokenHash,
    now: Timestamp,
) -> QueryResult<Option<(SignIn, Choice)>> {
    let query = sign_in::table
        .inner_join(member::table)
        .filter(
            sign_in::token_hash
                .eq(hash.as_str())
                .and(sign_in::expires_at.gt(now.0)),
        )
        .select((
            sign_in::member_id,
            sign_in::browser_id,
            sign_in::admin,
            sign_in::expires_at,
            member::presence_choice,
        ));
    let row: Option<(String, String, bool, i64, String)> =
        on_backend!(conn, conn => query.first(conn).optional())?;
    Ok(
        row.and_then(|(member, browser, admin, expires_at, choice)| {
            let found = SignIn {
                member_id: MemberId::try_from(member).ok()?,
                browser_id: BrowserId::try_from(browser).ok()?,
                admin,
                expires_at: Timestamp(expires_at),
            };
            Some((found, Choice::from_stored(&choice)))
        }),
    )
}

/// Moves the end of a token and keeps what Sugar now says of its user; false when it was ended.
pub fn renew(conn: &mut Db, hash: &TokenHash, admin: bool, until: Timestamp) -> QueryResult<bool> {
    let changed = diesel::update(sign_in::table.find(hash.as_str()))
        .set((sign_in::expires_at.eq(until.0), sign_in::admin.eq(admin)))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Takes the admin's rights from every token of a member; his next renewal asks for them anew.
pub fn no_admin(conn: &mut Db, member: &MemberId) -> QueryResult<()> {
    let his = sign_in::member_id
        .eq(member.as_str())
        .and(sign_in::admin.eq(true));
    diesel::update(sign_in::table.filter(his))
        .set(sign_in::admin.eq(false))
        .execute(conn)?;
    Ok(())
}

/// Ends every token of a member; returns their hashes.
pub fn end_member(conn: &mut Db, member: &MemberId) -> QueryResult<Vec<String>> {
    let of_member = sign_in::member_id.eq(member.as_str());
    let hashes = sign_in::table
        .filter(of_member)
        .select(sign_in::token_hash)
        .load::<String>(conn)?;
    diesel::delete(sign_in::table.filter(of_member)).execute(conn)?;
    Ok(hashes)
}

/// Ends every token of a member in one browser; returns their hashes.
pub fn end_browser(
    conn: &mut Db,
    member: &MemberId,
    browser: &BrowserId,
) -> QueryResult<Vec<String>> {
    let of_browser = sign_in::member_id
        .eq(member.as_str())
        .and(sign_in::browser_id.eq(browser.as_str()));
    let hashes = sign_in::table
        .filter(of_browser)
        .select(sign_in::token_hash)
        .load::<String>(conn)?;
    diesel::delete(sign_in::table.filter(of_browser)).execute(conn)?;
    Ok(hashes)
}

/// Whether a member is signed in anywhere.
pub fn is_signed_in(conn: &mut Db, member: &MemberId, now: Timestamp) -> QueryResult<bool> {
    let count: i64 = sign_in::table
        .filter(
            sign_in::member_id
                .eq(member.as_str())
                .and(sign_in::expires_at.gt(now.0)),
        )
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}

/// Deletes at most 500 tokens that ended; returns how many.
pub fn prune(conn: &mut Db, now: Timestamp) -> QueryResult<usize> {
    let ended: Vec<String> = sign_in::table
        .filter(sign_in::expires_at.le(now.0))
        .limit(500)
        .select(sign_in::token_hash)
        .load(conn)?;
    diesel::delete(sign_in::table.filter(sign_in::token_hash.eq_any(ended))).execute(conn)
}
