//! What may be texted, and when.

use super::{BuildError, milliseconds};
use crate::config::{Config, Sms};
use crate::domain::caps::{Cap, Caps};
use crate::domain::phone::PhoneNumber;
use crate::domain::quiet_hours::{QuietHours, QuietPolicy};
use crate::flows::admit_text::TextingRules;

/// A text from the other side makes the next ones answers for at most so long: 4 hours.
const ANSWERING_MS: i64 = 4 * 3_600_000;

pub(super) fn texting(config: &Config) -> Result<TextingRules, BuildError> {
    let sms = &config.sms;
    let every = sms.countries.iter().any(|country| country == "*");
    let own = config.numbers.iter().map(|number| number.number.as_str());
    let own = own.filter_map(|e164| PhoneNumber::parse_e164(e164).ok()?.country());
    let countries = if every {
        Vec::new()
    } else if sms.countries.is_empty() {
        own.chain([config.default_country.parse()?]).collect()
    } else {
        let named = sms.countries.iter().map(|country| country.parse());
        named.collect::<Result<_, _>>()?
    };
    let caps = &config.sms.caps;
    let cap = |hour, day| Cap { hour, day };
    Ok(TextingRules {
        countries,
        caps: Caps {
            sender: cap(caps.sender_hour, caps.sender_day),
            number: cap(caps.number_hour, caps.number_day),
            peer: cap(caps.peer_hour, caps.peer_day),
            prefix: cap(caps.prefix_hour, caps.prefix_day),
            day: caps.day,
        },
        smart_encoding: sms.smart_encoding,
        home: config.default_country.parse()?,
        quiet: quiet(sms)?,
        validity_ms: milliseconds(sms.validity_s),
        answering_ms: milliseconds(sms.idle_close_s).min(ANSWERING_MS),
    })
}

fn quiet(sms: &Sms) -> Result<QuietPolicy, BuildError> {
    let time = |at: &str| {
        let time = jiff::civil::Time::strptime("%H:%M", at);
        time.map_err(|_| BuildError::QuietHours(at.to_owned()))
    };
    let hours = QuietHours {
        from: time(&sms.quiet_from)?,
        to: time(&sms.quiet_to)?,
    };
    match sms.quiet.as_str() {
        "off" => Ok(QuietPolicy::Off),
        "warn" => Ok(QuietPolicy::Warn(hours)),
        "defer" => Ok(QuietPolicy::Defer(hours)),
        other => Err(BuildError::QuietHours(other.to_owned())),
    }
}
