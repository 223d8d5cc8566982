//! The signature of Vonage's Messages API (sms-gateways 3.2): a token in the header that holds the
//! hash of the body. Vonage's own library checks neither hash nor age.

use crate::domain::clock::Timestamp;
use crate::gateways::sms::{Callback, CallbackError};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How old a call may be, and how far ahead its clock.
const TOLERANCE_S: i64 = 300;

#[derive(Deserialize, Serialize)]
struct Claims {
    iat: i64,
    iss: String,
    payload_hash: Option<String>,
    api_key: Option<String>,
}

/// Checks the token of a call, the hash of its body and its age.
pub fn check(
    call: &Callback,
    secret: &SecretString,
    api_key: &str,
    now: Timestamp,
) -> Result<(), CallbackError> {
    let forged = CallbackError::Forged;
    let header = call.header("authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ");
    let token = token.ok_or(forged("there is no token"))?;
    // Nothing but HS256, whatever the token says of itself.
    let mut rules = Validation::new(Algorithm::HS256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
    let decoded = decode::<Claims>(token.trim(), &key, &rules);
    let claims = decoded
        .map_err(|_| forged("the signature is another one"))?
        .claims;
    if claims.iss != "Vonage" {
        return Err(forged("somebody else issued the token"));
    }
    let age = now.0.div_euclid(1_000).saturating_sub(claims.iat);
    if age.saturating_abs() > TOLERANCE_S {
        return Err(forged("it is too old, or a clock is wrong"));
    }
    if claims.api_key.is_some_and(|key| key != api_key) {
        return Err(forged("it is for another account"));
    }
    let hash = claims
        .payload_hash
        .ok_or(forged("the token does not cover the body"))?;
    if hash.eq_ignore_ascii_case(&hash_of(&call.body)) {
        Ok(())
    } else {
        Err(forged("the body is another one"))
    }
}

/// Signs a body as Vonage does; `None` when the token cannot be made.
pub fn sign(body: &[u8], secret: &SecretString, now: Timestamp) -> Option<String> {
    let claims = Claims {
        iat: now.0.div_euclid(1_000),
        iss: "Vonage".to_owned(),
        payload_hash: Some(hash_of(body)),
        api_key: None,
    };
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).ok()
}

fn hash_of(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
