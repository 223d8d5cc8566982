//! How somebody writes days and times: time zone and formats of a Sugar profile.

use super::clock::Timestamp;
use jiff::tz::TimeZone;

/// What a Sugar profile says of days and times, as Sugar names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habits {
    /// An IANA time zone.
    pub time_zone: Option<String>,
    /// A PHP date format such as `m/d/Y`.
    pub date_format: Option<String>,
    /// A PHP time format such as `h:ia`.
    pub time_format: Option<String>,
}

/// Writes moments as one person reads them.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    day: String,
    time: String,
}

impl Calendar {
    /// The calendar of a person; what is missing or cannot be read is UTC, `2026-11-22`, `14:05`.
    pub fn of(habits: &Habits) -> Self {
        let zone = habits.time_zone.as_deref();
        let format = |wanted: &Option<String>, usual: &str| {
            let wanted = wanted.as_deref().and_then(strftime);
            wanted.unwrap_or_else(|| usual.to_owned())
        };
        Self {
            zone: zone
                .and_then(|name| TimeZone::get(name).ok())
                .unwrap_or(TimeZone::UTC),
            day: format(&habits.date_format, "%Y-%m-%d"),
            time: format(&habits.time_format, "%H:%M"),
        }
    }

    /// The day of a moment.
    pub fn day(&self, at: Timestamp) -> String {
        self.print(at, &self.day)
    }

    /// The day of a moment with the name of the weekday.
    pub fn weekday(&self, at: Timestamp) -> String {
        self.print(at, &format!("%A, {}", self.day))
    }

    /// The time of day.
    pub fn time(&self, at: Timestamp) -> String {
        self.print(at, &self.time)
    }

    /// The name of the time zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    fn print(&self, at: Timestamp, format: &str) -> String {
        at.in_zone(&self.zone).strftime(format).to_string()
    }
}

/// A PHP format in the words of `strftime`; `None` when it has a letter that Sugar does not offer.
fn strftime(php: &str) -> Option<String> {
    let parts = php.chars().map(|letter| {
        Some(match letter {
            'd' => "%d",
            'j' => "%-d",
            'm' => "%m",
            'n' => "%-m",
            'M' => "%b",
            'F' => "%B",
            'Y' => "%Y",
            'y' => "%y",
            'H' => "%H",
            'G' => "%-H",
            'h' => "%I",
            'g' => "%-I",
            'i' => "%M",
            'a' => "%P",
            'A' => "%p",
            '-' => "-",
            '.' => ".",
            '/' => "/",
            ':' => ":",
            ',' => ",",
            ' ' => " ",
            _ => return None,
        })
    });
    let format: String = parts.collect::<Option<_>>()?;
    (!format.is_empty()).then_some(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_that_sugar_offers_is_written_as_php_writes_it() {
        let at = Timestamp(1_763_805_843_007);
        let calendar = |date: &str, time: &str| {
            Calendar::of(&Habits {
                time_zone: Some("Asia/Kolkata".to_owned()),
                date_format: Some(date.to_owned()),
                time_format: Some(time.to_owned()),
            })
        };
        for (date, time, day, clock) in [
            ("Y-m-d", "H:i", "2025-11-22", "15:34"),
            ("m-d-Y", "h:ia", "11-22-2025", "03:34pm"),
            ("d-m-Y", "h:iA", "22-11-2025", "03:34PM"),
            ("Y/m/d", "h:i a", "2025/11/22", "03:34 pm"),
            ("m/d/Y", "h:i A", "11/22/2025", "03:34 PM"),
            ("d/m/Y", "H.i", "22/11/2025", "15.34"),
            ("Y.m.d", "h.ia", "2025.11.22", "03.34pm"),
            ("d.m.Y", "h.iA", "22.11.2025", "03.34PM"),
            ("m.d.Y", "h.i A", "11.22.2025", "03.34 PM"),
        ] {
            let calendar = calendar(date, time);
            assert_eq!(
                (calendar.day(at), calendar.time(at)),
                (day.into(), clock.into())
            );
        }
        let odd = calendar("%s", "=cmd");
        assert_eq!(
            (odd.day(at), odd.time(at)),
            ("2025-11-22".into(), "15:34".into())
        );
        assert_eq!(Calendar::of(&Habits::default()).zone_name(), "UTC");
    }
}
