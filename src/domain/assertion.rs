//! What Sugar states about a user, signed with a key that only Sugar and the service have.
//!
//! The text is `rla1.<statement>.<mac>`, both parts base64url without padding: the statement is
//! JSON, the MAC is HMAC-SHA256 over everything before the second dot. There is one algorithm and
//! the text names none, so whoever sends it cannot choose one.

use super::clock::Timestamp;
use super::record::{Module, RecordRef};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use std::collections::BTreeMap;

/// How every assertion begins; another form would begin otherwise.
pub const PREFIX: &str = "rla1.";
/// How long one is valid at most, in seconds.
pub const LIFE_S: i64 = 60;
/// How far Sugar's clock and ours may differ, in seconds.
pub const SKEW_S: i64 = 30;
/// Records that one assertion states at most; the text then stays within a header of 8 KiB, which
/// is what proxies take unless they are told otherwise.
pub const MOST_RECORDS: usize = 15;

const LONGEST: usize = 16_384;

/// Why an assertion is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Something else was sent, such as a token.
    #[error("this is not an assertion of Sugar's")]
    NotOne,
    /// The parts are not what our code in Sugar writes.
    #[error("this assertion cannot be read")]
    Malformed,
    /// Signed with another key, or altered.
    #[error("this assertion is not signed with the service's key")]
    Forged,
    /// Made for another service.
    #[error("this assertion is for another address than the service's")]
    WrongAudience,
    /// Too old.
    #[error("this assertion is too old")]
    Expired,
    /// Made later than now, or for longer than allowed.
    #[error("this assertion is from the future")]
    FromTheFuture,
    /// It was presented before.
    #[error("this assertion was used already")]
    Used,
}

/// What Sugar said, believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its own id: it counts once.
    pub jti: String,
    /// After this it is refused without a look at its id.
    pub ends_at: Timestamp,
    /// Whom it is about.
    pub user: StatedUser,
    /// What he may see of the records that were asked for.
    pub records: Vec<StatedRecord>,
}

/// The user as Sugar has him.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedUser {
    /// Sugar's id.
    pub id: String,
    /// The name he signs in with.
    pub user_name: String,
    /// The full name.
    pub name: String,
    /// The job title, or nothing.
    pub title: String,
    /// The department, or nothing.
    pub department: String,
    /// The value of the picture field, or nothing.
    pub picture: String,
    /// `Active`, or he may not sign in.
    pub status: String,
    /// An IANA time zone, or nothing.
    pub time_zone: String,
    /// A PHP date format such as `m/d/Y`, or nothing.
    pub date_format: String,
    /// A PHP time format such as `h:ia`, or nothing.
    pub time_format: String,
    /// Whether he administers Sugar.
    pub admin: bool,
    /// A shared account.
    pub is_group: bool,
    /// An account of the customer portal.
    pub portal_only: bool,
}

/// What the user may see of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedRecord {
    /// Which record.
    pub reference: RecordRef,
    /// The phone fields that he may read, as they were typed; `None` when Sugar does not show him
    /// the record.
    pub phones: Option<BTreeMap<String, String>>,
    /// The country of its address as it was typed, or nothing.
    pub country: String,
    /// The state of its address as it was typed, or nothing.
    pub state: String,
    /// The checkboxes that are ticked, of those that he may read.
    pub checked: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    aud: String,
    iat: i64,
    exp: i64,
    jti: String,
    user: StatedUser,
    records: Vec<WrittenRecord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecord {
    module: Module,
    id: String,
    phones: Option<BTreeMap<String, String>>,
    country: String,
    state: String,
    checked: Vec<String>,
}

impl Statement {
    /// Believes a text if everything about it is right, but for its single use.
    ///
    /// `audience` is the service's own address without a slash at its end.
    pub fn read(
        text: &str,
        key: &SecretString,
        audience: &str,
        now: Timestamp,
    ) -> Result<Self, AssertionError> {
        let rest = text.strip_prefix(PREFIX).ok_or(AssertionError::NotOne)?;
        let (payload, mac) = rest.split_once('.').ok_or(AssertionError::Malformed)?;
        if text.len() > LONGEST {
            return Err(AssertionError::Malformed);
        }
        let mac = decoded(mac)?;
        let signed = &text[..PREFIX.len() + payload.len()];
        if !is_signed(signed, &mac, key) {
            return Err(AssertionError::Forged);
        }
        let written: Written =
            serde_json::from_slice(&decoded(payload)?).map_err(|_| AssertionError::Malformed)?;
        written.believed(audience, now)
    }

    /// What it says of a record; `None` when it was not asked for.
    pub fn record(&self, wanted: &RecordRef) -> Option<&StatedRecord> {
        self.records
            .iter()
            .find(|record| record.reference == *wanted)
    }
}

impl Written {
    fn believed(self, audience: &str, now: Timestamp) -> Result<Statement, AssertionError> {
        if self.aud.trim_end_matches('/') != audience {
            return Err(AssertionError::WrongAudience);
        }
        let now_s = now.0.div_euclid(1_000);
        let life = self.exp.checked_sub(self.iat);
        if self.iat > now_s + SKEW_S || life.is_none_or(|life| life > LIFE_S) {
            return Err(AssertionError::FromTheFuture);
        }
        let last_s = self.exp.saturating_add(SKEW_S);
        if last_s <= now_s {
            return Err(AssertionError::Expired);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_id = (16..=64).contains(&self.jti.len()) && self.jti.bytes().all(plain);
        if !is_id || self.records.len() > MOST_RECORDS {
            return Err(AssertionError::Malformed);
        }
        let records = self.records.into_iter().map(|record| StatedRecord {
            reference: RecordRef {
                module: record.module,
                id: record.id,
            },
            phones: record.phones,
            country: record.country,
            state: record.state,
            checked: record.checked,
        });
        Ok(Statement {
            jti: self.jti,
            ends_at: Timestamp(last_s.saturating_mul(1_000)),
            user: self.user,
            records: records.collect(),
        })
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, AssertionError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| AssertionError::Malformed)
}

/// Compares in constant time; a key of any length will do for HMAC.
fn is_signed(signed: &str, mac: &[u8], key: &SecretString) -> bool {
    let Ok(mut expected) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else {
        return false;
    };
    expected.update(signed.as_bytes());
    expected.verify_slice(mac).is_ok()
}

#[cfg(test)]
#[path = "assertion_tests.rs"]
mod tests;
