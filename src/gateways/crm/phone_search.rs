//! Finding a number among phones as people typed them.
//!
//! Sugar compares phones as stored text. So the filter asks for every text that ends like the
//! number in a common spelling, and what comes back is read as a number and compared for real.

use std::cmp::Reverse;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde_json::{Value, json};

use super::{PhoneMatch, PhoneMatches};
use crate::domain::phone::{Country, PhoneNumber};
use crate::domain::record::{Module, RecordRef};

/// What people put between groups of digits; the last one is a space that does not break, as
/// office programs write it.
const SEPARATORS: [&str; 5] = ["", " ", "-", ".", "\u{a0}"];

/// Digits at the end that make a number worth suggesting: those of an American local number.
const ALIKE: usize = 7;

/// Nobody reads on after so many suggestions.
const MOST_SUGGESTIONS: usize = 10;

/// A number to be found, where records without an address are, and what was found so far.
pub(super) struct Search<'a> {
    number: &'a PhoneNumber,
    home: Country,
    exact: Vec<PhoneMatch>,
    alike: Vec<(Reverse<usize>, RecordRef)>,
}

impl<'a> Search<'a> {
    pub(super) const fn new(number: &'a PhoneNumber, home: Country) -> Self {
        Self {
            number,
            home,
            exact: Vec::new(),
            alike: Vec::new(),
        }
    }

    /// The list request that finds everything [`Search::take`] could take.
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
            "fields": format!("id,assigned_user_id,{}", fields(module)),
            "order_by": "id:ASC",
        })
    }

    /// Looks at a record that the filter found: the number itself, one that ends alike, or neither.
    pub(super) fn take(&mut self, module: Module, from: &Value) {
        let text = |name: &str| from[name].as_str().filter(|text| !text.is_empty());
        let Some(id) = text("id").map(str::to_owned) else {
            return;
        };
        let record = RecordRef { module, id };
        let fields = module.phone_fields().iter();
        let phones: Vec<&str> = fields.filter_map(|field| text(field)).collect();
        let address = text(module.country_field()).and_then(Country::of_address);
        let country = address.unwrap_or(self.home);
        if phones.iter().any(|phone| self.number.is_in(phone, country)) {
            self.exact.push(PhoneMatch {
                record,
                assigned_user_id: text("assigned_user_id").map(str::to_owned),
            });
        } else if let Some(digits) = phones.iter().map(|phone| self.digits_alike(phone)).max()
            && digits >= ALIKE
        {
            self.alike.push((Reverse(digits), record));
        }
    }

    /// What was found, in an order that does not depend on Sugar's.
    pub(super) fn found(mut self) -> PhoneMatches {
        let place = |record: &RecordRef| (record.module, record.id.clone());
        self.exact.sort_by_key(|found| place(&found.record));
        // A record made or removed between two pages shifts them.
        self.exact.dedup_by(|a, b| a.record == b.record);
        self.alike
            .sort_by_key(|(digits, record)| (*digits, place(record)));
        self.alike.dedup();
        let alike = self.alike.into_iter().map(|(_, record)| record);
        PhoneMatches {
            exact: self.exact,
            alike: alike.take(MOST_SUGGESTIONS).collect(),
        }
    }

    /// How many digits at the end are the number's.
    fn digits_alike(&self, phone: &str) -> usize {
        let (ours, theirs) = (digits(self.number.e164()), digits(phone));
        let pairs = ours.bytes().rev().zip(theirs.bytes().rev());
        pairs.take_while(|(ours, theirs)| ours == theirs).count()
    }
}

/// The phones of a record, and the address that says how to read them.
pub(super) fn fields(module: Module) -> String {
    format!(
        "{},{}",
        module.phone_fields().join(","),
        module.country_field()
    )
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
    let american = SEPARATORS.map(|by| format!("{exchange}{by}{line}"));
    let own = groups(number, 7);
    let own = SEPARATORS.map(|by| own.join(by));
    without_repeats([american, own].concat())
}

/// The last digits in the groups of the number's country; none where nobody knows them.
fn groups(number: &PhoneNumber, count: usize) -> Vec<String> {
    let Ok(parsed) = PHONE_NUMBER_UTIL.parse(number.e164(), None) else {
        return Vec::new();
    };
    let written = parsed.format_as(PhoneNumberFormat::International);
    let mut left = count;
    let mut groups: Vec<String> = Vec::new();
    for group in written.rsplit(|c: char| !c.is_ascii_digit()) {
        let taken = group.len().min(left);
        groups.push(group[group.len() - taken..].to_owned());
        left -= taken;
        if left == 0 {
            break;
        }
    }
    groups.reverse();
    groups
}

fn without_repeats(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    // Every text contains the empty one.
    texts.retain(|text| !text.is_empty());
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

    fn record(id: &str, phone: &str) -> Value {
        json!({"id": id, "assigned_user_id": "seed_sally_id", "phone_mobile": "", "phone_work": phone})
    }

    #[test]
    fn candidates_are_the_number_itself_or_end_alike_or_are_nothing() {
        let number = number("+14155552671");
        let mut search = Search::new(&number, country("US"));
        for (id, phone) in [
            ("c2", "(415) 555-2671"),
            ("c1", "4155552671"),
            ("c2", "(415) 555-2671"),
            ("near", "+1 628 555 2671"),
            ("nearer", "(915) 555-2671"),
            ("far", "+1 212 334 2671"),
            ("nothing", ""),
        ] {
            search.take(Module::Contacts, &record(id, phone));
        }
        search.take(
            Module::Leads,
            &json!({"id": "fax", "phone_fax": "+14155552671"}),
        );
        search.take(Module::Leads, &json!({"phone_work": "+14155552671"}));
        // National numbers belong to the country of the address, where there is one.
        let abroad = json!({"id": "abroad", "phone_work": "(415) 555-2671",
            "primary_address_country": "Germany"});
        search.take(Module::Leads, &abroad);
        let found = search.found();
        let ids = |records: Vec<&RecordRef>| -> Vec<String> {
            records
                .into_iter()
                .map(|record| record.id.clone())
                .collect()
        };
        let exact = found.exact.iter().map(|found| &found.record).collect();
        assert_eq!(ids(exact), ["c1", "c2"]);
        let assigned = found.exact[0].assigned_user_id.as_deref();
        assert_eq!(assigned, Some("seed_sally_id"));
        assert_eq!(
            ids(found.alike.iter().collect()),
            ["abroad", "nearer", "near"]
        );
    }

    proptest! {
        #[test]
        fn any_number_can_be_searched(digits in "[1-9][0-9]{6,14}", typed in "\\PC{0,20}") {
            let number = number(&format!("+{digits}"));
            let mut search = Search::new(&number, country("US"));
            prop_assert!(endings(&number).iter().any(|end| digits.ends_with(end)));
            search.filter(Module::Accounts);
            search.take(Module::Contacts, &record("c1", number.e164()));
            search.take(Module::Contacts, &record("c2", &typed));
            prop_assert_eq!(&search.found().exact[0].record.id, "c1");
        }
    }
}
