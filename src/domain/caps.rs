//! How much may be sent, against fraud and runaway integrations; and to where.

use super::clock::Timestamp;
use super::phone::Peer;

/// Milliseconds of the periods that are counted.
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Digits with `+` that tell one block of numbers from another, for example `+1415555`.
const PREFIX_CHARS: usize = 8;

const YOU: &str = "You have sent as many texts as may be sent by one person for now.";
const NUMBER: &str = "As many texts as allowed went out from this number of yours for now.";
const PEER: &str = "They have been sent as many texts as allowed for now.";
const PREFIX: &str = "Numbers that begin like this one were sent as many texts as allowed for now.";
const EVERYBODY: &str = "As many texts as allowed were sent today.";

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
    /// For the refusal, a sentence.
    pub full: &'static str,
    /// When the next period begins.
    pub ends_at: Timestamp,
}

/// No text reaches it.
const ANY: Cap = Cap {
    hour: u32::MAX,
    day: u32::MAX,
};

impl Caps {
    /// Caps that refuse nothing, to name the counts alone.
    pub const NONE: Self = Self {
        sender: ANY,
        number: ANY,
        peer: ANY,
        prefix: ANY,
        day: u32::MAX,
    };

    /// The counts that a text adds to; one of the service's own has no sender.
    pub fn counts(
        &self,
        sender: Option<&str>,
        number: &str,
        peer: &Peer,
        at: Timestamp,
    ) -> Vec<Count> {
        let mut counts = vec![count("day all".to_owned(), DAY_MS, self.day, EVERYBODY, at)];
        let mut add = |kind: &str, who: &str, cap: Cap, full| {
            let scope = format!("hour {kind} {who}");
            counts.push(count(scope, HOUR_MS, cap.hour, full, at));
            let scope = format!("day {kind} {who}");
            counts.push(count(scope, DAY_MS, cap.day, full, at));
        };
        if let Some(sender) = sender {
            add("sender", sender, self.sender, YOU);
        }
        add("number", number, self.number, NUMBER);
        add("peer", peer.as_str(), self.peer, PEER);
        if let Some(e164) = peer.number() {
            let e164 = e164.e164();
            let prefix = &e164[..e164.len().min(PREFIX_CHARS)];
            add("prefix", prefix, self.prefix, PREFIX);
        }
        counts
    }
}

fn count(scope: String, period_ms: i64, limit: u32, full: &'static str, at: Timestamp) -> Count {
    let period = at.0 - at.0.rem_euclid(period_ms);
    Count {
        scope,
        period,
        limit,
        full,
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
        let peer = Peer::parse("+14155552671").unwrap();
        let now = Timestamp(1_763_805_843_007);
        let counts = caps.counts(Some("member sally"), "main", &peer, now);
        let seen: Vec<_> = counts
            .iter()
            .map(|it| (it.scope.as_str(), it.limit))
            .collect();
        let expected = [
            ("day all", 5),
            ("hour sender member sally", 1),
            ("day sender member sally", 10),
            ("hour number main", 2),
            ("day number main", 20),
            ("hour peer +14155552671", 3),
            ("day peer +14155552671", 30),
            ("hour prefix +1415555", 4),
            ("day prefix +1415555", 40),
        ];
        assert_eq!(seen, expected);
        let short_code = Peer::parse("72404").unwrap();
        let counts_of_code = caps.counts(None, "main", &short_code, now);
        assert_eq!(counts_of_code.len(), 5);
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
