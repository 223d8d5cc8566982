//! Encryption at rest: what the service must be able to read again, and nobody who only has the
//! database or a copy of it.
//!
//! Sealed text is base64 of a version byte, the nonce, and AES-256-GCM-SIV's ciphertext and tag
//! (RFC 8452, which stays safe should a nonce ever repeat). The place where it is kept is
//! authenticated with it: moved to another row it does not open.

use super::clock::Entropy;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::sync::Arc;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// How sealed text is built today; the first byte of it.
const VERSION: u8 = 1;

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text is not a key.
    #[error("this is not a key: 32 bytes in base64 or hex, as `riverline secrets new-key` prints")]
    NotAKey,
    /// Sealed with another key, kept at another place, or changed since.
    #[error(
        "it was sealed with another secrets.key: give every node the key it was sealed with, or, \
         if that is lost, run `riverline secrets forget`"
    )]
    DoesNotOpen,
    /// A later version of the service sealed it.
    #[error("a newer Riverline sealed it: run that version, or run `riverline secrets forget`")]
    UnknownVersion,
    /// The cipher failed.
    #[error("the cipher failed")]
    Cipher,
}

/// Where sealed text is kept: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The key of the row.
    pub row: &'a str,
}

impl Place<'_> {
    fn authenticated(&self, version: u8) -> Aad<Vec<u8>> {
        // Neither table nor column has a dot or a colon: no two places read the same.
        let (table, column, row) = (self.table, self.column, self.row);
        Aad::from(format!("riverline {version} {table}.{column}:{row}").into_bytes())
    }
}

/// The key that seals; never prints.
#[derive(Clone)]
pub struct SealingKey(Arc<LessSafeKey>);

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

impl SealingKey {
    /// Reads a key: 64 hexadecimal digits, or 32 bytes in base64 with or without padding.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let text = text.trim();
        let bytes = from_hex(text).or_else(|| from_base64(text));
        let bytes = bytes.filter(|bytes| bytes.len() == KEY_BYTES);
        Self::new(&bytes.ok_or(SealError::NotAKey)?)
    }

    /// Makes a key, as the text that [`SealingKey::parse`] reads.
    pub fn mint(entropy: &dyn Entropy) -> String {
        let mut bytes = [0; KEY_BYTES];
        entropy.fill(&mut bytes);
        STANDARD.encode(bytes)
    }

    fn new(bytes: &[u8]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, bytes).map_err(|_| SealError::NotAKey)?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// Seals a secret for one place.
    pub fn seal(
        &self,
        place: Place<'_>,
        secret: &SecretString,
        entropy: &dyn Entropy,
    ) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = secret.expose_secret().as_bytes().to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(unique, place.authenticated(VERSION), &mut sealed)
            .map_err(|_| SealError::Cipher)?;
        Ok(STANDARD.encode([&[VERSION][..], &nonce, &sealed].concat()))
    }

    /// Opens what was sealed for the same place with the same key.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<SecretString, SealError> {
        let bytes = from_base64(sealed).ok_or(SealError::DoesNotOpen)?;
        let (version, rest) = bytes.split_first().ok_or(SealError::DoesNotOpen)?;
        if *version != VERSION {
            return Err(SealError::UnknownVersion);
        }
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(SealError::DoesNotOpen)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut sealed = sealed.to_vec();
        let opened = self
            .0
            .open_in_place(nonce, place.authenticated(VERSION), &mut sealed)
            .map_err(|_| SealError::DoesNotOpen)?;
        let text = std::str::from_utf8(opened).map_err(|_| SealError::DoesNotOpen)?;
        Ok(text.to_owned().into())
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    pairs.iter().map(byte).collect()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Different bytes at every call, and the same ones in every run.
    #[derive(Default)]
    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    const PLACE: Place<'static> = Place {
        table: "login",
        column: "sealed",
        row: "one",
    };

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(&[byte; KEY_BYTES]).unwrap()
    }

    #[test]
    fn a_key_is_read_as_hex_and_as_base64() {
        let sealed = key(0xab).seal(PLACE, &"secret".into(), &Counting::default());
        let sealed = sealed.unwrap();
        let base64 = STANDARD.encode([0xab; KEY_BYTES]);
        for text in [
            "ab".repeat(32),
            "AB".repeat(32),
            base64.clone(),
            base64.trim_end_matches('=').to_owned(),
            format!(" {base64}\n"),
        ] {
            let read = SealingKey::parse(&text).unwrap();
            assert_eq!(
                read.open(PLACE, &sealed).unwrap().expose_secret(),
                "secret",
                "{text}"
            );
        }
        assert!(SealingKey::parse(&SealingKey::mint(&Counting::default())).is_ok());
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        let short = STANDARD.encode([1; 31]);
        for text in [
            "",
            "secret",
            &short,
            &"ab".repeat(31),
            &"zz".repeat(32),
            &"ä".repeat(32),
        ] {
            assert_eq!(
                SealingKey::parse(text).unwrap_err(),
                SealError::NotAKey,
                "{text}"
            );
        }
        assert_eq!(format!("{:?}", key(1)), "SealingKey(..)");
    }

    #[test]
    fn it_opens_with_its_key_at_its_place_only() {
        let entropy = Counting::default();
        let seal = || key(1).seal(PLACE, &"secret".into(), &entropy).unwrap();
        let sealed = seal();
        assert_ne!(sealed, seal(), "the nonce did not change");
        assert_eq!(
            key(1).open(PLACE, &sealed).unwrap().expose_secret(),
            "secret"
        );
        let elsewhere = [
            Place {
                row: "two",
                ..PLACE
            },
            Place {
                column: "other",
                ..PLACE
            },
            Place {
                table: "gateway",
                ..PLACE
            },
        ];
        for place in elsewhere {
            let opened = key(1).open(place, &sealed);
            assert_eq!(opened.unwrap_err(), SealError::DoesNotOpen);
        }
        let opened = key(2).open(PLACE, &sealed);
        assert_eq!(opened.unwrap_err(), SealError::DoesNotOpen);
    }

    #[test]
    fn a_later_version_is_said_to_be_one() {
        let later = STANDARD.encode([[VERSION + 1].as_slice(), &[0; 40]].concat());
        assert_eq!(
            key(1).open(PLACE, &later).unwrap_err(),
            SealError::UnknownVersion
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_one_changed_bit_is_noticed(
            text in ".{0,200}", row in ".{0,20}", at in any::<proptest::sample::Index>(), bit in 0..8_u8,
        ) {
            let place = Place { row: &row, ..PLACE };
            let sealed = key(3).seal(place, &text.clone().into(), &Counting::default()).unwrap();
            let opened = key(3).open(place, &sealed).unwrap();
            prop_assert_eq!(opened.expose_secret(), &text);
            let mut bytes = from_base64(&sealed).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert!(key(3).open(place, &STANDARD.encode(bytes)).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,100}") {
            let _ = SealingKey::parse(&text);
            let _ = key(1).open(PLACE, &text);
        }
    }
}
