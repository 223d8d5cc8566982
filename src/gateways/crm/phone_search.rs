//! Finding a number among phones as people typed them.
//!
//! Sugar compares phones as stored text. So the filter asks for every text that ends like the
//! number in a common spelling, and what comes back is read as a number and compared for real.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde_json::{Value, json};

use super::PhoneMatch;
use crate::domain::phone::{Country, PhoneNumber};
use crate::domain::record::{Module, RecordRef};

/// What people put between groups of digits.
const SEPARATORS: [&str; 4] = ["", " ", "-", "."];

/// A number to be found, and how numbers without a prefix are read.
pub(super) struct Search<'a> {
    number: &'a PhoneNumber,
    country: Country,
}

impl<'a> Search<'a> {
    pub(super) fn new(number: &'a PhoneNumber, country: Country) -> Self {
        Self { number, country }
    }

    /// The list request that finds everything [`Search::accept`] could accept.
    pub(super) fn filter(&self, module: Module) -> Value {
        let endings = endings(self.number);
        let insides = insides(self.number);
        let mut conditions = Vec::new();
        for field in module.phone_fields() {
            let ends = endings.iter().map(|text| json!({*field: {"$ends": text}}));
            let contains = insides
                .iter()
                .map(|text| json!({*field: {"$contains": text}}));
            conditions.extend(ends.chain(contains));
        }
        json!({
            "filter": [{"$or": conditions}],
            "fields": format!("id,assigned_user_id,{}", module.phone_fields().join(",")),
            "order_by": "id:ASC",
        })
    }

    /// The candidate as a match, when one of its phones really is the number.
    pub(super) fn accept(&self, module: Module, record: &Value) -> Option<PhoneMatch> {
        let text = |name: &str| record[name].as_str().filter(|text| !text.is_empty());
        let mut phones = module.phone_fields().iter().filter_map(|field| text(field));
        if !phones.any(|phone| self.is_same(phone)) {
            return None;
        }
        Some(PhoneMatch {
            record: RecordRef {
                module,
                id: text("id")?.to_owned(),
            },
            assigned_user_id: text("assigned_user_id").map(str::to_owned),
        })
    }

    fn is_same(&self, phone: &str) -> bool {
        // Carriers deliver some numbers that the numbering plans no longer know: those are the
        // same when all digits are.
        let all_digits =
            phone.trim_start().starts_with('+') && digits(phone) == digits(self.number.e164());
        all_digits || PhoneNumber::parse(phone, self.country).as_ref() == Ok(self.number)
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// How a text ends that is this number: the last four digits, together, in pairs (French), or
/// with three at the end (Polish, Australian).
fn endings(number: &PhoneNumber) -> Vec<String> {
    let last_four = number.last_four();
    let split = |at| {
        let (start, end) = last_four.split_at(at);
        SEPARATORS.map(|by| format!("{start}{by}{end}"))
    };
    without_repeats([split(1), split(2)].concat())
}

/// How the number stands inside a longer text, such as one with an extension: the last seven
/// digits, since fewer would match too much, in American groups or in its own country's.
fn insides(number: &PhoneNumber) -> Vec<String> {
    let digits = digits(number.e164());
    let last_seven = &digits[digits.len() - 7..];
    let (exchange, line) = last_seven.split_at(3);
    let mut insides: Vec<_> = SEPARATORS.map(|by| format!("{exchange}{by}{line}")).into();
    insides.extend(as_written(number, 7));
    without_repeats(insides)
}

/// The last digits as the number's country groups them.
fn as_written(number: &PhoneNumber, count: usize) -> Option<String> {
    let parsed = PHONE_NUMBER_UTIL.parse(number.e164(), None).ok()?;
    let written = parsed.format_as(PhoneNumberFormat::International);
    let starts = written.char_indices().filter(|(_, c)| c.is_ascii_digit());
    let (start, _) = starts.rev().nth(count - 1)?;
    Some(written[start..].to_owned())
}

fn without_repeats(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse_e164(text).unwrap()
    }

    fn country(code: &str) -> Country {
        code.parse().unwrap()
    }

    /// What Sugar would do with the filter's conditions.
    fn would_find(number: &PhoneNumber, typed: &str) -> bool {
        endings(number).iter().any(|end| typed.ends_with(end))
            || insides(number).iter().any(|inside| typed.contains(inside))
    }

    #[test]
    fn spellings_that_people_use_are_found_and_accepted() {
        for (e164, home, spellings) in [
            (
                "+14155552671",
                "US",
                [
                    "+1 415 555 2671",
                    "(415) 555-2671",
                    "415.555.2671",
                    "1-415-555-2671",
                    "4155552671",
                    "415 555 2671 x12",
                    "(415)555-2671 ext. 4",
                    "415-555-26 71",
                ],
            ),
            (
                "+33142764978",
                "FR",
                [
                    "01 42 76 49 78",
                    "+33 1 42 76 49 78",
                    "01.42.76.49.78",
                    "0142764978",
                    "01-42-76-49-78",
                    "+33 (0)1 42 76 49 78",
                    "0033 1 42764978",
                    "01 427 649 78",
                ],
            ),
            (
                "+4741234567",
                "NO",
                [
                    "412 34 567",
                    "41 23 45 67",
                    "+47 412 34 567",
                    "41234567",
                    "0047 41234567",
                    "412-34-567",
                    "+4741234567",
                    "412 34567",
                ],
            ),
            (
                "+48512345678",
                "PL",
                [
                    "512 345 678",
                    "512-345-678",
                    "+48 512 345 678",
                    "512345678",
                    "0048 512 345 678",
                    "+48 512 345 678 ext. 3",
                    "51 234 56 78",
                    "512.345.678",
                ],
            ),
            (
                "+4917612345678",
                "DE",
                [
                    "0176 12345678",
                    "+49 176 12345678",
                    "0176/12345678",
                    "0176 1234 5678",
                    "0176-123 456 78",
                    "0049 176 12345678",
                    "+49 (0) 176 12345678",
                    "0176 12 34 56 78",
                ],
            ),
        ] {
            let number = number(e164);
            let search = Search::new(&number, country(home));
            for typed in spellings {
                assert!(would_find(&number, typed), "{typed} is not found");
                assert!(search.is_same(typed), "{typed} is not accepted");
            }
        }
    }

    #[test]
    fn digits_that_merely_end_alike_are_not_a_match() {
        let number = number("+14155552671");
        let search = Search::new(&number, country("US"));
        for other in [
            "+1 212 555 2671",
            "+44 20 7555 2671",
            "555-2671",
            "2671",
            "",
            "call Gus",
        ] {
            assert!(!search.is_same(other), "{other}");
        }
    }

    #[test]
    fn a_candidate_becomes_a_match_with_its_assigned_user() {
        let number = number("+14155552671");
        let search = Search::new(&number, country("US"));
        let record = json!({
            "id": "c1", "assigned_user_id": "seed_sally_id",
            "phone_mobile": "", "phone_work": "(415) 555-2671",
        });
        let found = search.accept(Module::Contacts, &record).unwrap();
        assert_eq!(found.record.id, "c1");
        assert_eq!(found.assigned_user_id.as_deref(), Some("seed_sally_id"));
        let other = json!({"id": "c2", "phone_fax": "+14155552671"});
        assert_eq!(search.accept(Module::Contacts, &other), None);
    }

    proptest! {
        #[test]
        fn any_number_can_be_searched(digits in "[1-9][0-9]{6,14}", typed in "\\PC{0,20}") {
            let number = number(&format!("+{digits}"));
            let search = Search::new(&number, country("US"));
            prop_assert!(would_find(&number, &digits));
            prop_assert!(search.is_same(number.e164()));
            search.is_same(&typed);
            search.filter(Module::Accounts);
        }
    }
}
