//! Phone numbers: ours, and the other side's.

pub use super::country::Country;
use rlibphonenumber::{PhoneNumber as Parsed, PhoneNumberFormat, PhoneNumberType};
use serde::{Deserialize, Serialize};

/// Why a text is not a number that can be texted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing there.
    #[error("there is no number")]
    Missing,
    /// Not a phone number in the default country nor an international one.
    #[error("this is not a phone number that can be texted")]
    NotANumber,
    /// The default country is not an ISO 3166 code.
    #[error("`{0}` is not a country code such as US or DE")]
    Country(String),
}

/// A valid phone number in E.164 (`+14155552671`); never printed whole in logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as people type it, national numbers in `country`; the first of several.
    pub fn parse(text: &str, country: Country) -> Result<Self, PhoneError> {
        if text.trim().is_empty() {
            return Err(PhoneError::Missing);
        }
        let first = Self::all_in(text, country).into_iter().next();
        first.ok_or(PhoneError::NotANumber)
    }

    /// The numbers of a text such as `303-555-0188 (cell) / 303-555-0189`, in its order.
    pub fn all_in(text: &str, country: Country) -> Vec<Self> {
        // A slash also stands between the parts of one German number, so the whole comes first.
        if let Ok(whole) = Self::parse_whole(text, country) {
            return vec![whole];
        }
        let between = |c: char| c.is_alphabetic() || matches!(c, '/' | ';' | ',' | '|' | '\n');
        text.split(between)
            .map(|part| part.trim_matches([' ', '(', '[', ']', ')', ':']))
            .filter_map(|part| Self::parse_whole(part, country).ok())
            .collect()
    }

    /// Whether a text as people type it holds this number.
    pub fn is_in(&self, text: &str, country: Country) -> bool {
        // Carriers deliver some numbers that the numbering plans no longer know: those are the
        // same when all digits are.
        let digits = text.chars().filter(char::is_ascii_digit);
        let all_digits = text.trim_start().starts_with('+') && digits.eq(self.0[1..].chars());
        all_digits || Self::all_in(text, country).contains(self)
    }

    fn parse_whole(text: &str, country: Country) -> Result<Self, PhoneError> {
        let parsed = Parsed::parse(text, Some(country.0)).map_err(|_| PhoneError::NotANumber)?;
        if !parsed.is_valid() {
            return Err(PhoneError::NotANumber);
        }
        // Some plans know numbers longer than E.164 allows; no carrier takes them.
        Self::parse_e164(&parsed.format_as(PhoneNumberFormat::E164))
    }

    /// Reads `+` and digits only, whatever the country.
    pub fn parse_e164(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').ok_or(PhoneError::NotANumber)?;
        let plausible = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit());
        if plausible {
            Ok(Self(text.to_owned()))
        } else {
            Err(PhoneError::NotANumber)
        }
    }

    /// The number as `+` and digits.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The country it belongs to; nothing for satellite phones, freephone and the like.
    pub fn country(&self) -> Option<Country> {
        let parsed = Parsed::parse(&self.0, None).ok()?;
        parsed.get_region_code().map(Country)
    }

    /// Whether texting it costs more than texting a person: premium rate or shared cost.
    pub fn is_premium(&self) -> bool {
        use PhoneNumberType::{PremiumRate, SharedCost};
        let parsed = Parsed::parse(&self.0, None);
        parsed.is_ok_and(|parsed| matches!(parsed.get_type(), PremiumRate | SharedCost))
    }

    /// The last four digits, which people almost never split.
    pub fn last_four(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}*****{}", &self.0[..2], self.last_four())
    }
}

/// The other side of a text: a number, a short code or an alphanumeric sender.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "+14155552671")]
pub struct Peer(String);

impl Peer {
    /// Keeps E.164, short codes (3 to 8 digits) and senders of up to 11 letters, digits and blanks.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let text = text.trim();
        let short_code = (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let name = (1..=11).contains(&text.chars().count())
            && text.chars().any(|c| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        if text.is_empty() {
            Err(PhoneError::Missing)
        } else if short_code || name || PhoneNumber::parse_e164(text).is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(PhoneError::NotANumber)
        }
    }

    /// As written on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a short code, which may be texted but belongs to no numbering plan.
    pub fn is_short_code(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_digit())
    }

    /// The phone number behind it, when there is one.
    pub fn number(&self) -> Option<PhoneNumber> {
        PhoneNumber::parse_e164(&self.0).ok()
    }
}

impl From<PhoneNumber> for Peer {
    fn from(number: PhoneNumber) -> Self {
        Self(number.0)
    }
}

impl TryFrom<String> for Peer {
    type Error = PhoneError;
    fn try_from(text: String) -> Result<Self, PhoneError> {
        Self::parse(&text)
    }
}

impl From<Peer> for String {
    fn from(peer: Peer) -> Self {
        peer.0
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("peer *****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn us() -> Country {
        "US".parse().unwrap()
    }

    #[test]
    fn numbers_as_people_type_them_are_one_number() {
        for typed in [
            "+1 415 555 2671",
            "(415) 555-2671",
            "415.555.2671",
            "1-415-555-2671",
            "1-415-555-2671 (cell)",
            "4155552671 / 4155552672",
            "415 555 2671 ask for Gus",
        ] {
            assert_eq!(
                PhoneNumber::parse(typed, us()).unwrap().e164(),
                "+14155552671",
                "{typed}"
            );
        }
        let german = PhoneNumber::parse("030 901820", "DE".parse().unwrap()).unwrap();
        assert_eq!(german.e164(), "+4930901820");
    }

    #[test]
    fn a_field_with_two_numbers_has_both() {
        let all = |text, country: &str| -> Vec<String> {
            let numbers = PhoneNumber::all_in(text, country.parse().unwrap());
            numbers
                .iter()
                .map(|number| number.e164().to_owned())
                .collect()
        };
        let two = ["+17025550150", "+17025550151"];
        assert_eq!(all("7025550150 / 7025550151", "US"), two);
        assert_eq!(all("Home (702) 555-0150, work: (702) 555-0151", "US"), two);
        assert_eq!(all("0151 / 23456789", "DE"), ["+4915123456789"]);
        assert_eq!(all("call Gus", "US"), [""; 0]);
    }

    #[test]
    fn nonsense_is_refused_and_nothing_prints_whole() {
        assert_eq!(PhoneNumber::parse("  ", us()), Err(PhoneError::Missing));
        assert_eq!(
            PhoneNumber::parse("call me", us()),
            Err(PhoneError::NotANumber)
        );
        let shown = format!("{:?}", PhoneNumber::parse("+14155552671", us()).unwrap());
        assert_eq!(shown, "+1*****2671");
    }

    #[test]
    fn short_codes_and_names_are_peers() {
        assert_eq!(Peer::parse("72404").unwrap().as_str(), "72404");
        assert_eq!(Peer::parse("ACME Bank").unwrap().as_str(), "ACME Bank");
        assert!(Peer::parse("+1 415").is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in "\\PC{0,24}") {
            if let Ok(number) = PhoneNumber::parse(&text, us()) {
                prop_assert_eq!(PhoneNumber::parse(number.e164(), us()).unwrap(), number.clone());
                prop_assert!(Peer::parse(number.e164()).is_ok());
            }
            let _ = Peer::parse(&text);
        }
    }
}
