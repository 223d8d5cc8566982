//! Where somebody is, as the address of his record tells: the clock that quiet hours go by.

use super::country::{Country, letters};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The zones of states, by country and by the state's code or name, reduced to its letters.
static STATES: LazyLock<HashMap<(&str, String), Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("states.tsv").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    let mut states = HashMap::new();
    for line in lines {
        let mut parts = line.split('\t');
        let (Some(country), Some(zones)) = (parts.next(), parts.next()) else {
            continue;
        };
        for name in parts {
            states.insert((country, letters(name)), zones.split(' ').collect());
        }
    }
    states
});

/// A country, and the time zones of the state where that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The country of the address.
    pub country: Option<Country>,
    /// IANA names; all zones of a state that lies in several. Empty when the state says nothing.
    pub zones: Vec<String>,
}

impl Place {
    /// Reads the state of an address as people type it. Without a country it is one of `home`:
    /// nobody writes his own country.
    pub fn of_address(country: Option<Country>, state: Option<&str>, home: Country) -> Self {
        let code = country.unwrap_or(home).to_string();
        let zones = state.and_then(|state| STATES.get(&(code.as_str(), letters(state))));
        let zones = zones.into_iter().flatten();
        Self {
            country,
            zones: zones.map(|&zone| zone.to_owned()).collect(),
        }
    }
}

/// All zones of the states of a country; empty when its states are not told apart.
pub fn zones_of_states(country: Country) -> Vec<&'static str> {
    let code = country.to_string();
    let of_country = STATES.iter().filter(|((of, _), _)| *of == code);
    let mut zones: Vec<&str> = of_country.flat_map(|(_, zones)| zones.clone()).collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn zones(country: Option<&str>, state: &str) -> Vec<String> {
        let country = country.and_then(Country::of_address);
        Place::of_address(country, Some(state), "US".parse().unwrap()).zones
    }

    #[test]
    fn a_state_tells_its_zones_as_people_type_it() {
        for state in ["CA", "ca", "California", " calif.ornia "] {
            assert_eq!(
                zones(Some("USA"), state),
                ["America/Los_Angeles"],
                "{state}"
            );
        }
        assert_eq!(zones(None, "NY"), ["America/New_York"]);
        assert_eq!(
            zones(Some("U.S."), "Tennessee"),
            ["America/New_York", "America/Chicago"]
        );
        assert_eq!(zones(Some("Australia"), "WA"), ["Australia/Perth"]);
        assert_eq!(zones(Some("United States"), "WA"), ["America/Los_Angeles"]);
        assert!(zones(Some("Germany"), "CA").is_empty());
        assert!(zones(None, "Somewhere").is_empty());
    }

    #[test]
    fn every_zone_of_a_state_is_one() {
        for name in STATES.values().flatten() {
            assert!(TimeZone::get(name).is_ok(), "{name} is no time zone");
        }
        assert_eq!(STATES.keys().filter(|(of, _)| *of == "US").count(), 2 * 51);
    }

    proptest! {
        #[test]
        fn any_state_can_be_read(state in "\\PC{0,20}") {
            let _ = Place::of_address(None, Some(&state), "US".parse().unwrap());
        }
    }
}
