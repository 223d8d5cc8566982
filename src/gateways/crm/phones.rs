//! The phones in Sugar's records: looked for by a number, or read one after another.

use serde_json::{Value, json};

use super::answers::{if_visible, incomplete, text};
use super::bulk::{self, Part};
use super::phone_search::{self, Search};
use super::rest::Call;
use super::sugar::Sugar;
use super::{CrmError, PhoneMatches, Record};
use crate::domain::phone::Country;
use crate::domain::record::{Module, RecordRef};

/// Candidates asked for at once in each module.
const PAGE: u64 = 100;

/// Records asked for at once when all are read.
const LARGE_PAGE: u64 = 500;

/// Pages of candidates that end like a number; more would mean that people typed no real numbers.
const MAX_SEARCH_PAGES: u64 = 5;

impl Sugar {
    /// Lists of several modules in one request, each from its own offset.
    async fn lists(
        &self,
        wanted: &[(Module, u64)],
        filter: impl Fn(Module) -> Value,
    ) -> Result<Vec<Result<Value, CrmError>>, CrmError> {
        let part = |&(module, offset): &(Module, u64)| {
            let mut body = filter(module);
            body["max_num"] = PAGE.into();
            body["offset"] = offset.into();
            let path = format!("{}/filter", module.as_str());
            Part {
                path,
                body: Some(body),
            }
        };
        let parts: Vec<Part> = wanted.iter().map(part).collect();
        let call = Call::post(&["bulk"], bulk::request(&self.rest, &parts));
        bulk::answers(self.as_service(&call).await?, &parts)
    }

    /// Looks for a number in all modules at once, then on in those that have more.
    pub(super) async fn search(&self, mut search: Search<'_>) -> Result<PhoneMatches, CrmError> {
        let mut wanted: Vec<(Module, u64)> = Module::ALL.map(|module| (module, 0)).into();
        let mut closed = 0;
        while !wanted.is_empty() {
            let answers = self.lists(&wanted, |module| search.filter(module)).await?;
            let mut more = Vec::new();
            for ((module, offset), answer) in wanted.into_iter().zip(answers) {
                let Some(page) = unless_closed(module, answer)? else {
                    closed += 1;
                    continue;
                };
                let records = page["records"].as_array().ok_or_else(incomplete)?;
                for record in records {
                    search.take(module, record);
                }
                match page["next_offset"].as_u64() {
                    Some(next) if next > MAX_SEARCH_PAGES * PAGE => log::warn!(
                        "more than {next} {} end like one number, the rest is not read",
                        module.as_str()
                    ),
                    Some(next) if next > offset => more.push((module, next)),
                    _ => {}
                }
            }
            if closed == Module::ALL.len() {
                return Err(CrmError::NotVisible);
            }
            wanted = more;
        }
        Ok(search.found())
    }

    /// The next records of a module with a phone, after an id.
    pub(super) async fn phones_page(
        &self,
        module: Module,
        after: Option<&str>,
    ) -> Result<Vec<Record>, CrmError> {
        // Not by offset: records that come and go would shift it.
        let call = Call::post(
            &[module.as_str(), "filter"],
            json!({
                "filter": [
                    {"id": {"$gt": after.unwrap_or_default()}},
                    {"$or": module.phone_fields().iter().map(|field| json!({*field: {"$not_empty": ""}}))
                        .collect::<Vec<_>>()},
                ],
                "fields": phone_search::fields(module),
                "order_by": "id:ASC",
                "max_num": LARGE_PAGE,
            }),
        );
        let page = self.as_service(&call).await?;
        let records = page["records"].as_array().ok_or_else(incomplete)?;
        let read = |record: &Value| {
            let id = text(&record["id"])?;
            Some(phones_of(RecordRef { module, id }, record))
        };
        Ok(records.iter().filter_map(read).collect())
    }
}

/// The page of a module; nothing when the service's user may not list it, or Sugar has it not.
fn unless_closed(
    module: Module,
    answer: Result<Value, CrmError>,
) -> Result<Option<Value>, CrmError> {
    let page = if_visible(answer)?;
    if page.is_none() {
        log::warn!(
            "Sugar does not list {} for the service's user",
            module.as_str()
        );
    }
    Ok(page)
}

/// The phones in a record that Sugar showed.
pub(super) fn phones_of(reference: RecordRef, from: &Value) -> Record {
    let module = reference.module;
    let fields = module.phone_fields().iter();
    let phone = |&field: &&str| Some((field.to_owned(), text(&from[field])?));
    Record {
        reference,
        phones: fields.filter_map(phone).collect(),
        country: text(&from[module.country_field()]).and_then(|typed| Country::of_address(&typed)),
        state: text(&from[module.state_field()]),
        do_not_text: false,
    }
}
