//! Countries as ISO 3166 names them and as people type them.

use super::phone::PhoneError;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A country as in ISO 3166 (two letters), to read numbers without a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(pub(super) Region);

/// Every known spelling, reduced to its letters, and its country.
static SPELLINGS: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let lines = include_str!("countries.tsv").lines();
    let countries = lines.filter(|line| !line.starts_with('#'));
    let spellings = countries.flat_map(|line| {
        let country = line.split('\t').next().and_then(|code| code.parse().ok());
        let names = line.split('\t').map(letters);
        names.filter_map(move |name| Some((name, country?)))
    });
    spellings.collect()
});

/// What matters of a name: `U.S.A.` is `usa`.
pub(super) fn letters(name: &str) -> String {
    let lower = name.chars().flat_map(char::to_lowercase);
    lower.filter(|c| c.is_alphanumeric()).collect()
}

impl Country {
    /// The country of an address, such as `USA`, `Deutschland` or `de`; nothing when nobody knows.
    pub fn of_address(typed: &str) -> Option<Self> {
        SPELLINGS.get(&letters(typed)).copied()
    }

    /// What its numbers begin with, without `+`.
    pub(super) fn calling_code(self) -> Option<String> {
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(self.0);
        code.map(|code| code.to_string())
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.as_region_str())
    }
}

impl std::str::FromStr for Country {
    type Err = PhoneError;
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let upper = text.to_ascii_uppercase();
        Region::try_from(upper.as_str())
            .map(Self)
            .map_err(|_| PhoneError::Country(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_as_people_type_them() {
        for (code, spellings) in [
            (
                "US",
                &[
                    "USA",
                    "U.S.A.",
                    "us",
                    "United States",
                    "United States of America",
                    "UNITED STATES",
                ][..],
            ),
            (
                "DE",
                &[
                    "Germany",
                    "Deutschland",
                    "DE",
                    "DEU",
                    "Allemagne",
                    " germany ",
                ],
            ),
            (
                "GB",
                &[
                    "UK",
                    "U.K.",
                    "United Kingdom",
                    "Great Britain",
                    "England",
                    "GBR",
                    "Großbritannien",
                ],
            ),
            (
                "AT",
                &["Österreich", "Osterreich", "Oesterreich", "Austria"],
            ),
            ("CH", &["Schweiz", "Suisse", "Svizzera", "Switzerland"]),
            ("FR", &["France", "Frankreich"]),
            ("BR", &["Brasil", "Brazil"]),
            ("JP", &["Japan", "日本"]),
            ("CZ", &["Czechia", "Czech Republic", "Česko"]),
            ("KR", &["South Korea", "Korea, Republic of"]),
        ] {
            let country: Country = code.parse().unwrap();
            for spelling in spellings {
                assert_eq!(Country::of_address(spelling), Some(country), "{spelling}");
            }
        }
        for unknown in ["", "-", "Narnia", "Europe", "12345"] {
            assert_eq!(Country::of_address(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn no_spelling_means_two_countries() {
        let mut known = HashMap::new();
        for line in include_str!("countries.tsv").lines().skip(1) {
            for name in line.split('\t') {
                let before = known.insert(letters(name), line);
                assert!(before.is_none_or(|before| before == line), "{name}");
            }
        }
        assert!(SPELLINGS.len() > 1_000);
    }
}
