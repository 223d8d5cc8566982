//! Which phones in Sugar will make trouble: unreadable, twice, of several records, of abroad.

use crate::domain::phone::{Country, PhoneNumber};
use crate::domain::record::{Module, RecordRef};
use crate::gateways::crm::{Crm, CrmError, Record};
use std::collections::HashMap;

/// Other records of a shared number that a finding names; it counts the rest.
const NAMED: usize = 5;

/// What is worth looking at in one phone field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// There is text, and no number that can be texted.
    Unparsable,
    /// Other records have the number too.
    Shared {
        /// Some of them, at most five.
        named: Vec<RecordRef>,
        /// How many more.
        more: usize,
    },
    /// Another field of the same record has the number too.
    Duplicate,
    /// The number is of another country than its record.
    Foreign(Option<Country>),
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unparsable => f.write_str("unparsable"),
            Self::Duplicate => f.write_str("duplicate"),
            Self::Foreign(Some(country)) => write!(f, "foreign ({country})"),
            Self::Foreign(None) => f.write_str("foreign (no country)"),
            Self::Shared { named, more } => {
                f.write_str("shared with")?;
                for other in named {
                    write!(f, " {}/{}", other.module.as_str(), other.id)?;
                }
                match more {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

/// One number of a field, or its text when there is none in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The record.
    pub record: RecordRef,
    /// The field.
    pub field: String,
    /// What people typed.
    pub typed: String,
    /// The number in it.
    pub number: Option<PhoneNumber>,
    /// What is worth looking at; never empty.
    pub findings: Vec<Finding>,
}

/// One number of one field; `country` is where its record is.
struct Entry {
    record: usize,
    field: String,
    typed: String,
    number: Option<PhoneNumber>,
    country: Country,
}

/// All phones read so far.
pub struct PhoneReport {
    home: Country,
    records: Vec<RecordRef>,
    entries: Vec<Entry>,
}

impl PhoneReport {
    /// An empty one; `home` is the country of records without an address.
    pub const fn new(home: Country) -> Self {
        Self {
            home,
            records: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Reads all records of a module that have a phone, each once; `progress` hears how many so far.
    pub async fn read(
        &mut self,
        crm: &dyn Crm,
        module: Module,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), CrmError> {
        let (mut after, mut read) = (None, 0);
        loop {
            let page = crm.phones_after(module, after.as_deref()).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.reference.id.clone());
            read += page.len();
            page.into_iter().for_each(|record| self.add(record));
            progress(read);
        }
    }

    fn add(&mut self, record: Record) {
        let country = record.country.unwrap_or(self.home);
        let place = self.records.len();
        self.records.push(record.reference);
        for (field, typed) in record.phones {
            let numbers = PhoneNumber::all_in(&typed, country);
            let numbers = match numbers.is_empty() {
                true => vec![None],
                false => numbers.into_iter().map(Some).collect(),
            };
            let entry = |number| Entry {
                record: place,
                field: field.clone(),
                typed: typed.clone(),
                number,
                country,
            };
            self.entries.extend(numbers.into_iter().map(entry));
        }
    }

    /// Every number with something to look at, in the order in which it was read.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let mut holders: HashMap<&PhoneNumber, Vec<usize>> = HashMap::new();
        for entry in &self.entries {
            if let Some(number) = &entry.number {
                holders.entry(number).or_default().push(entry.record);
            }
        }
        self.entries.iter().filter_map(move |entry| {
            let findings = match &entry.number {
                Some(number) => self.findings(entry, number, &holders[number]),
                None => vec![Finding::Unparsable],
            };
            (!findings.is_empty()).then(|| Row {
                record: self.records[entry.record].clone(),
                field: entry.field.clone(),
                typed: entry.typed.clone(),
                number: entry.number.clone(),
                findings,
            })
        })
    }

    /// What is worth looking at in a number whose holders are known, one for each time it was read.
    fn findings(&self, entry: &Entry, number: &PhoneNumber, holders: &[usize]) -> Vec<Finding> {
        let own = holders.iter().filter(|holder| **holder == entry.record);
        let duplicate = (own.count() > 1).then_some(Finding::Duplicate);
        // The fields of a record were read one after another.
        let (mut named, mut more, mut last) = (Vec::new(), 0, entry.record);
        for &holder in holders {
            if holder == last || holder == entry.record {
                continue;
            }
            last = holder;
            if named.len() < NAMED {
                named.push(self.records[holder].clone());
            } else {
                more += 1;
            }
        }
        let shared = (!named.is_empty()).then_some(Finding::Shared { named, more });
        let country = number.country();
        let foreign = (country != Some(entry.country)).then_some(Finding::Foreign(country));
        shared.into_iter().chain(duplicate).chain(foreign).collect()
    }
}
