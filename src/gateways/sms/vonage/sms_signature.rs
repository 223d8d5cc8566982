//! The signature of Vonage's SMS API (sms-gateways 3.2): over the sorted parameters, `&` and `=`
//! in values written as `_`, so that no value can pretend to be another parameter.

use crate::domain::clock::Timestamp;
use crate::gateways::sms::CallbackError;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

/// How old a call may be, and how far ahead its clock.
const TOLERANCE_S: i64 = 300;

/// How an account signs; its dashboard says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The secret at the end, hashed with MD5: the dashboard's "MD5 hash".
    Md5Hash,
    /// HMAC with MD5.
    Md5,
    /// HMAC with SHA-1.
    Sha1,
    /// HMAC with SHA-256.
    Sha256,
    /// HMAC with SHA-512.
    Sha512,
}

impl Method {
    /// Reads the word of the configuration.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "md5hash" => Self::Md5Hash,
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha256" => Self::Sha256,
            "sha512" => Self::Sha512,
            _ => return None,
        })
    }
}

/// Checks the signature of a call's parameters and its age. A name that comes twice is refused:
/// only one of the values would be read.
pub fn check(
    pairs: &[(Vec<u8>, Vec<u8>)],
    secret: &SecretString,
    method: Method,
    now: Timestamp,
) -> Result<(), CallbackError> {
    let forged = CallbackError::Forged;
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort();
    if sorted.windows(2).any(|two| two[0].0 == two[1].0) {
        return Err(forged("a parameter comes twice"));
    }
    let value = |name: &[u8]| {
        let found = sorted.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_slice())
    };
    let signature = value(b"sig").and_then(unhex);
    let signature = signature.ok_or(forged("there is no signature"))?;
    let stamp = value(b"timestamp").and_then(|bytes| std::str::from_utf8(bytes).ok());
    let seconds = stamp.and_then(|text| text.parse::<i64>().ok());
    let seconds = seconds.ok_or(forged("there is no time"))?;
    let age = now.0.div_euclid(1_000).saturating_sub(seconds);
    if age.saturating_abs() > TOLERANCE_S {
        return Err(forged("it is too old, or a clock is wrong"));
    }
    let secret = secret.expose_secret().as_bytes();
    if matches(method, secret, &signed(&sorted), &signature) {
        Ok(())
    } else {
        Err(forged("the signature is another one"))
    }
}

/// What is signed of sorted parameters.
fn signed(sorted: &[&(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut signed = Vec::new();
    for (name, value) in sorted.iter().filter(|(name, _)| name != b"sig") {
        signed.push(b'&');
        signed.extend(name);
        signed.push(b'=');
        signed.extend(value.iter().map(|byte| match byte {
            b'&' | b'=' => b'_',
            other => *other,
        }));
    }
    signed
}

/// Signs parameters as Vonage does; each name may come once.
pub fn sign(pairs: &[(Vec<u8>, Vec<u8>)], secret: &SecretString, method: Method) -> String {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort();
    let (signed, key) = (signed(&sorted), secret.expose_secret().as_bytes());
    macro_rules! mac {
        ($Digest:ty) => {
            // A key of any length is one.
            Hmac::<$Digest>::new_from_slice(key)
                .map(|mac| mac.chain_update(&signed).finalize().into_bytes().to_vec())
                .unwrap_or_default()
        };
    }
    let signature = match method {
        Method::Md5Hash => Md5::new()
            .chain_update(&signed)
            .chain_update(key)
            .finalize()
            .to_vec(),
        Method::Md5 => mac!(Md5),
        Method::Sha1 => mac!(Sha1),
        Method::Sha256 => mac!(Sha256),
        Method::Sha512 => mac!(Sha512),
    };
    signature.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares in constant time; the plain hash by comparing two tags of it.
fn matches(method: Method, key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
    macro_rules! verify {
        ($Digest:ty, $key:expr, $signed:expr, $signature:expr) => {
            // A key of any length is one.
            Hmac::<$Digest>::new_from_slice($key)
                .is_ok_and(|mac| mac.chain_update($signed).verify_slice($signature).is_ok())
        };
    }
    match method {
        Method::Md5Hash => {
            let expected = Md5::new().chain_update(signed).chain_update(key).finalize();
            let Ok(tag) = Hmac::<Sha256>::new_from_slice(key) else {
                return false;
            };
            let tag = tag.chain_update(expected).finalize().into_bytes();
            verify!(Sha256, key, signature, &tag)
        }
        Method::Md5 => verify!(Md5, key, signed, signature),
        Method::Sha1 => verify!(Sha1, key, signed, signature),
        Method::Sha256 => verify!(Sha256, key, signed, signature),
        Method::Sha512 => verify!(Sha512, key, signed, signature),
    }
}

/// Hexadecimal digits of either case.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| match *pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.chunks(2).map(byte).collect()
}
