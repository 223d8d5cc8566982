//! How much may be sent, against fraud and runaway integrations; and to where.

use super::clock::Timestamp;
use super::phone::PhoneNumber;

/// Milliseconds of the periods that are counted.
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Digits with `+` that tell one block of numbers from another, for example `+1415555`.
const PREFIX_CHARS: usize = 8;

/// Parts per hour and per day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// In one hour of the clock.
    pub hour: u32,
    /// In one day (UTC).
    pub day: u32,
}

/// The caps of an instance, in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// For one member or key.
    pub sender: Cap,
    /// From one number of ours.
    pub number: Cap,
    /// To one number.
    pub peer: Cap,
    /// To one block of numbers: a pumping fraud stays inside one.
    pub prefix: Cap,
    /// Altogether in one day.
    pub day: u32,
}

/// One count that a text adds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Whose count, as it is stored.
    pub scope: String,
    /// The hour or day, counted from 1970, in milliseconds of its beginning.
    pub period: i64,
    /// The most it may reach, in parts.
    pub limit: u32,
    /// For the refusal: whose count is full.
    pub of: &'static str,
    /// When the next period begins.
    pub ends_at: Timestamp,
}

impl Caps {
    /// The counts that a text adds to.
    pub fn counts(
        &self,
        sender: &str,
        number: &str,
        peer: &PhoneNumber,
        now: Timestamp,
    ) -> Vec<Count> {
        let e164 = peer.e164();
        let prefix = &e164[..e164.len().min(PREFIX_CHARS)];
        let hour_and_day = [
            (sender, self.sender, "you"),
            (number, self.number, "this number of yours"),
            (e164, self.peer, "one number"),
            (prefix, self.prefix, "numbers like this one"),
        ];
        let kinds = ["sender", "number", "peer", "prefix"];
        let mut counts = Vec::new();
        for (kind, (who, cap, of)) in kinds.into_iter().zip(hour_and_day) {
            counts.push(count(
                format!("hour {kind} {who}"),
                HOUR_MS,
                cap.hour,
                of,
                now,
            ));
            counts.push(count(format!("day {kind} {who}"), DAY_MS, cap.day, of, now));
        }
        counts.push(count(
            "day all".to_owned(),
            DAY_MS,
            self.day,
            "everybody",
            now,
        ));
        counts
    }
}

fn count(scope: String, period_ms: i64, limit: u32, of: &'static str, now: Timestamp) -> Count {
    let period = now.0 - now.0.rem_euclid(period_ms);
    Count {
        scope,
        period,
        limit,
        of,
        ends_at: Timestamp(period + period_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_counts_for_its_sender_its_number_its_peer_its_block_and_everybody() {
        let cap = |hour| Cap {
            hour,
            day: 10 * hour,
        };
        let caps = Caps {
            sender: cap(1),
            number: cap(2),
            peer: cap(3),
            prefix: cap(4),
            day: 5,
        };
        let peer = PhoneNumber::parse_e164("+14155552671").unwrap();
        let now = Timestamp(1_763_805_843_007);
        let counts = caps.counts("member sally", "main", &peer, now);
        let seen: Vec<_> = counts
            .iter()
            .map(|it| (it.scope.as_str(), it.limit))
            .collect();
        let expected = [
            ("hour sender member sally", 1),
            ("day sender member sally", 10),
            ("hour number main", 2),
            ("day number main", 20),
            ("hour peer +14155552671", 3),
            ("day peer +14155552671", 30),
            ("hour prefix +1415555", 4),
            ("day prefix +1415555", 40),
            ("day all", 5),
        ];
        assert_eq!(seen, expected);
        for count in counts {
            assert!(count.period <= now.0 && now < count.ends_at);
            assert_eq!(
                count.ends_at.0 - count.period,
                if count.scope.starts_with("day") {
                    DAY_MS
                } else {
                    HOUR_MS
                }
            );
        }
    }
}
