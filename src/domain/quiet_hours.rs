//! Hours in which people are not texted, where they are (sms-gateways 9).

use super::clock::Timestamp;
use super::country::Country;
use super::phone::PhoneNumber;
use super::place::{Place, zones_of_states};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Time zones by how a number begins, without `+`.
static ZONES: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("zones.tsv").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('\t'));
    pairs
        .flat_map(|(zones, beginnings)| {
            let zones: Vec<&str> = zones.split(' ').collect();
            beginnings.split(' ').map(move |it| (it, zones.clone()))
        })
        .collect()
});

/// The time zones that a number may be in, as its numbering plan tells: ported and roaming phones
/// are elsewhere. Empty for what is in no plan.
pub fn zones_of(number: &PhoneNumber) -> Vec<TimeZone> {
    let digits = &number.e164()[1..];
    let longest_first = (1..=digits.len()).rev().map(|end| &digits[..end]);
    let names = longest_first.filter_map(|it| ZONES.get(it)).next();
    let names = names.into_iter().flatten();
    names.filter_map(|name| zone(name)).collect()
}

/// The time zones that the other side may be in, of which all must be awake: those of the state of
/// the record's address; those of its country when the number is of another one; those of the
/// number's plan; all of the number's country; and when nobody knows that, those of `home`.
pub fn zones_of_peer(number: &PhoneNumber, place: &Place, home: Country) -> Vec<TimeZone> {
    if !place.zones.is_empty() {
        return place.zones.iter().filter_map(|it| zone(it)).collect();
    }
    let of_number = number.country();
    let elsewhere = place.country.filter(|country| of_number != Some(*country));
    let steps = [
        elsewhere.map(zones_of_country),
        Some(zones_of(number)),
        of_number.map(zones_of_country),
        Some(zones_of_country(home)),
    ];
    let known = steps.into_iter().flatten().find(|zones| !zones.is_empty());
    known.unwrap_or_default()
}

/// All time zones of a country.
fn zones_of_country(country: Country) -> Vec<TimeZone> {
    let of_states = zones_of_states(country);
    let of_plan = country
        .calling_code()
        .and_then(|code| ZONES.get(code.as_str()));
    let names = if of_states.is_empty() {
        of_plan.cloned().unwrap_or_default()
    } else {
        of_states
    };
    names.into_iter().filter_map(zone).collect()
}

fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// From when to when, by the clock of the place; `from` after `to` is over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// They begin.
    pub from: Time,
    /// They end.
    pub to: Time,
}

impl QuietHours {
    /// Whether a time of day lies in them.
    fn include(&self, time: Time) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }

    /// When it is quiet in one of the zones now: the next moment at which it is quiet in none.
    pub fn end_after(&self, now: Timestamp, zones: &[TimeZone]) -> Option<Timestamp> {
        let mut at = now;
        // Zones around the whole earth may leave no such moment: the last end is taken then.
        for _ in 0..=zones.len() {
            let quiet = zones.iter().filter_map(|zone| self.end_in(at, zone)).max();
            match quiet {
                Some(end) => at = end,
                None => break,
            }
        }
        (at > now).then_some(at)
    }

    /// When they end in a zone, if it is quiet there.
    fn end_in(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = at.in_zone(zone);
        if !self.include(local.time()) {
            return None;
        }
        let today = local.date().to_datetime(self.to);
        let end = if self.to > local.time() {
            today
        } else {
            today.tomorrow().ok()?
        };
        // A gap of the clock in spring is passed over.
        let end = end.to_zoned(zone.clone()).ok()?.timestamp();
        Some(Timestamp(end.as_millisecond()))
    }
}

/// What an admin has decided about quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuietPolicy {
    /// There are none.
    Off,
    /// The sender is told, and decides.
    Warn(QuietHours),
    /// What is written in them is sent when they end.
    Defer(QuietHours),
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;
    use proptest::prelude::*;

    const NIGHT: QuietHours = QuietHours {
        from: time(21, 0, 0, 0),
        to: time(8, 0, 0, 0),
    };

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn names(number: &str) -> Vec<String> {
        let zones = zones_of(&PhoneNumber::parse_e164(number).unwrap());
        let names = zones.iter().filter_map(|zone| zone.iana_name());
        names.map(str::to_owned).collect()
    }

    #[test]
    fn a_number_tells_where_it_is() {
        assert_eq!(names("+14155552671"), ["America/Los_Angeles"]);
        assert_eq!(names("+18085551234"), ["Pacific/Honolulu"]);
        assert_eq!(names("+12125551234"), ["America/New_York"]);
        assert_eq!(names("+4930901820"), ["Europe/Berlin"]);
        assert!(names("+61891234567").contains(&"Australia/Perth".to_owned()));
        assert!(names("+9999999999").is_empty());
        let all = ZONES.values().flatten();
        for name in all {
            assert!(TimeZone::get(name).is_ok(), "{name} is no time zone");
        }
    }

    #[test]
    fn the_address_is_asked_before_the_number_and_the_countries_after_it() {
        let us: Country = "US".parse().unwrap();
        let names = |number: &str, country: Option<&str>, state: Option<&str>| {
            let country = country.and_then(|code| code.parse().ok());
            let place = Place::of_address(country, state, us);
            let number = PhoneNumber::parse_e164(number).unwrap();
            let zones = zones_of_peer(&number, &place, us);
            let names = zones.iter().filter_map(|zone| zone.iana_name());
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        let new_yorker = "+12125551234";
        assert_eq!(
            names(new_yorker, Some("US"), Some("CA")),
            ["America/Los_Angeles"]
        );
        assert_eq!(
            names(new_yorker, None, Some("Hawaii")),
            ["Pacific/Honolulu"]
        );
        assert_eq!(names(new_yorker, Some("DE"), None), ["Europe/Berlin"]);
        assert_eq!(
            names(new_yorker, Some("US"), Some("?")),
            ["America/New_York"]
        );
        assert_eq!(names(new_yorker, None, None), ["America/New_York"]);
        let idaho = names("+12085551234", None, None);
        assert!(idaho.len() > 1, "{idaho:?}");
        // Freephone is of no place, and an unknown plan of no country.
        for nowhere in ["+18005551234", "+9999999999"] {
            let all = names(nowhere, None, None);
            for zone in ["America/New_York", "Pacific/Honolulu"] {
                assert!(all.contains(&zone.to_owned()), "{nowhere}: {all:?}");
            }
        }
    }

    #[test]
    fn they_end_in_the_morning_of_the_place() {
        let la = [TimeZone::get("America/Los_Angeles").unwrap()];
        let end = |now| NIGHT.end_after(at(now), &la);
        assert_eq!(
            end("2026-11-23T05:30:00Z"),
            Some(at("2026-11-23T16:00:00Z"))
        );
        assert_eq!(
            end("2026-11-23T15:59:59Z"),
            Some(at("2026-11-23T16:00:00Z"))
        );
        assert_eq!(end("2026-11-23T16:00:00Z"), None);
        assert_eq!(end("2026-11-24T04:59:59Z"), None);
        assert_eq!(
            end("2026-11-24T05:00:00Z"),
            Some(at("2026-11-24T16:00:00Z"))
        );
    }

    #[test]
    fn where_a_number_may_be_in_several_zones_all_must_be_awake() {
        let zones = ["America/Anchorage", "Pacific/Honolulu"].map(|it| TimeZone::get(it).unwrap());
        let end = NIGHT.end_after(at("2026-11-23T17:30:00Z"), &zones);
        assert_eq!(end, Some(at("2026-11-23T18:00:00Z")));
    }

    #[test]
    fn hours_at_noon_and_no_hours_at_all_work_too() {
        let noon = QuietHours {
            from: time(12, 0, 0, 0),
            to: time(13, 0, 0, 0),
        };
        let utc = [TimeZone::UTC];
        assert_eq!(
            noon.end_after(at("2026-11-23T12:30:00Z"), &utc),
            Some(at("2026-11-23T13:00:00Z"))
        );
        let never = QuietHours {
            from: time(9, 0, 0, 0),
            to: time(9, 0, 0, 0),
        };
        assert_eq!(never.end_after(at("2026-11-23T09:00:00Z"), &utc), None);
    }

    proptest! {
        #[test]
        fn the_end_is_later_and_not_quiet(
            now in 1_700_000_000_000_i64..1_900_000_000_000, from in 0_i8..24, to in 0_i8..24,
        ) {
            let hours = QuietHours { from: time(from, 0, 0, 0), to: time(to, 30, 0, 0) };
            let zone = [TimeZone::get("America/New_York").unwrap()];
            if let Some(end) = hours.end_after(Timestamp(now), &zone) {
                prop_assert!(end.0 > now);
                prop_assert!(end.0 - now <= 25 * 3_600_000);
                prop_assert_eq!(hours.end_after(end, &zone), None);
            }
        }
    }
}
