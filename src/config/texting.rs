//! What is wrong with the settings for texting.

use super::Sms;
use super::finding::Finding;
use crate::domain::consent::{Keyword, is_word, keyword};
use crate::domain::phone::Country;
use crate::domain::segments::segments;

/// An automatic answer that costs more than this was not meant.
const MOST_REPLY_PARTS: u32 = 6;

/// What is wrong in itself.
pub(super) fn contradictions(sms: &Sms, found: &mut Vec<Finding>) {
    countries(sms, found);
    quiet_hours(sms, found);
    stop_words(sms, found);
    replies(sms, found);
}

fn countries(sms: &Sms, found: &mut Vec<Finding>) {
    for (index, country) in sms.countries.iter().enumerate() {
        if country != "*" && country.parse::<Country>().is_err() {
            found.push(Finding::error(
                &format!("sms.countries[{index}]"),
                format!("`{country}` is not a country"),
                "write two capital letters such as US or DE, or * for all",
            ));
        }
    }
}

fn quiet_hours(sms: &Sms, found: &mut Vec<Finding>) {
    if sms.quiet != "off" && sms.quiet_from == sms.quiet_to {
        found.push(Finding::error(
            "sms.quiet_to",
            "quiet hours end when they begin, so there are none",
            "write another time, or sms.quiet = \"off\"",
        ));
    }
    if !["off", "warn", "defer"].contains(&sms.quiet.as_str()) {
        found.push(Finding::error(
            "sms.quiet",
            format!("`{}` is not known", sms.quiet),
            "write off, warn or defer",
        ));
    }
    for (at, time) in [
        ("sms.quiet_from", &sms.quiet_from),
        ("sms.quiet_to", &sms.quiet_to),
    ] {
        if jiff::civil::Time::strptime("%H:%M", time).is_err() {
            found.push(Finding::error(
                at,
                format!("`{time}` is not a time of day"),
                "write hours and minutes, such as 21:00",
            ));
        }
    }
}

/// A word that also means something else would do the wrong thing.
fn stop_words(sms: &Sms, found: &mut Vec<Finding>) {
    for (index, word) in sms.stop_words.iter().enumerate() {
        let problem = match keyword(word, true, &[]) {
            Some(Keyword::Start) => "this word means START",
            Some(Keyword::Help) => "this word asks for HELP",
            None if is_word(word, &[""]) => "there is no letter or digit in this",
            Some(Keyword::Stop) | None => continue,
        };
        let at = format!("sms.stop_words[{index}]");
        found.push(Finding::error(&at, problem, "write another word, or none"));
    }
}

/// Nobody reads these before somebody gets them.
fn replies(sms: &Sms, found: &mut Vec<Finding>) {
    for (at, reply) in [
        ("sms.stop_reply", &sms.stop_reply),
        ("sms.start_reply", &sms.start_reply),
        ("sms.help_reply", &sms.help_reply),
    ] {
        if reply.replace("{number}", "").contains(['{', '}']) {
            let problem = "only {number} is replaced; other braces would go out as they are";
            found.push(Finding::error(at, problem, "write plain words"));
        }
        if segments(reply).parts > MOST_REPLY_PARTS {
            let problem = format!("this goes out in more than {MOST_REPLY_PARTS} parts");
            found.push(Finding::error(at, problem, "write less"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(sms: &Sms) -> Vec<String> {
        let mut found = Vec::new();
        contradictions(sms, &mut found);
        found.iter().map(|it| it.at.clone()).collect()
    }

    #[test]
    fn words_and_answers_that_would_go_wrong_are_named() {
        let words = ["Basta", "stop", "Start!", "info", "..."].map(str::to_owned);
        let sms = Sms {
            stop_words: words.into(),
            stop_reply: "Bye {name}".to_owned(),
            start_reply: "Hello {number}".to_owned(),
            help_reply: "x".repeat(1_000),
            ..Sms::default()
        };
        let at = [
            "sms.stop_words[2]",
            "sms.stop_words[3]",
            "sms.stop_words[4]",
            "sms.stop_reply",
            "sms.help_reply",
        ];
        assert_eq!(complaints(&sms), at);
        assert_eq!(complaints(&Sms::default()), [""; 0]);
    }
}
