//! Opaque tokens: 256 random bits shown once, kept only as a SHA-256.

use super::clock::Entropy;
use sha2::{Digest, Sha256};

/// The stored form of a token or key: SHA-256 in hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// Hashes what a caller presented.
    pub fn of(token: &str) -> Self {
        Self(hex(&Sha256::digest(token.as_bytes())))
    }

    /// The hash as hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Prefix of a panel's token.
pub const PANEL_PREFIX: &str = "rls_";
/// Prefix of an integrator's key.
pub const KEY_PREFIX: &str = "rlk_";

/// Makes a new token: the prefix and 256 random bits in hex.
pub fn mint(prefix: &str, entropy: &dyn Entropy) -> String {
    let mut random = [0_u8; 32];
    entropy.fill(&mut random);
    format!("{prefix}{}", hex(&random))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
