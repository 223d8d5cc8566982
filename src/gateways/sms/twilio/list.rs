//! Twilio's own record of texts, page by page (sms-gateways 2.1, 8.4c, 8.9).

use super::call::receipt;
use super::{Twilio, number};
use crate::domain::clock::Timestamp;
use crate::domain::phone::Peer;
use crate::gateways::sms::exchange::exchange;
use crate::gateways::sms::{InboundText, ListError, Listed, Picture, Wanted};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Texts asked for at once: fifty of the longest, escaped, stay under a mebibyte.
const PAGE: &str = "50";
/// A list that goes on after this many pages is cut: something is wrong with it.
const MAX_PAGES: usize = 400;

const ELSEWHERE: ListError = ListError::Failed("it leads to another host");
const UNREADABLE: ListError = ListError::Failed("its form");
const GONE: ListError = ListError::Failed("it is not there");

#[derive(Deserialize)]
struct Page {
    messages: Vec<Value>,
    next_page_uri: Option<String>,
}

/// Twilio puts its counts in quotes and its codes not; compatible hosts do it the other way round.
#[derive(Deserialize)]
struct Row {
    sid: String,
    direction: String,
    from: Option<String>,
    to: Option<String>,
    body: Option<String>,
    status: String,
    #[serde(default)]
    error_code: Value,
    #[serde(default)]
    num_media: Value,
    date_created: String,
    date_sent: Option<String>,
}

#[derive(Deserialize)]
struct MediaPage {
    media_list: Vec<Medium>,
}

#[derive(Deserialize)]
struct Medium {
    uri: String,
    content_type: String,
}

/// Twilio counts seconds.
fn moment(rfc_2822: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(rfc_2822).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

/// The texts to and from one number since a moment, oldest first.
pub(super) async fn list(
    twilio: &Twilio,
    own_number: &str,
    since: Timestamp,
    wanted: Wanted,
) -> Result<Vec<Listed>, ListError> {
    let filters: &[_] = match wanted {
        Wanted::Everything => &["To", "From"],
        Wanted::Outbound => &["From"],
    };
    let since = Timestamp(since.0 - since.0.rem_euclid(1_000));
    let mut found = Vec::new();
    for filter in filters {
        for row in rows(twilio, filter, own_number, since).await? {
            let Some(created_at) = moment(&row.date_created) else {
                skipped();
                continue;
            };
            if created_at < since {
                continue;
            }
            match listed(twilio, row, created_at).await? {
                Some(listed) => found.push((created_at, listed)),
                None => skipped(),
            }
        }
    }
    // Stable: texts of the same second stay in the carrier's order.
    found.sort_by_key(|(created_at, _)| *created_at);
    Ok(found.into_iter().map(|(_, listed)| listed).collect())
}

/// One text that is in no known form must not keep the others from being read.
fn skipped() {
    log::warn!("a text in the carrier's list cannot be read");
}

fn readable(row: Value) -> Option<Row> {
    let row = serde_json::from_value(row).ok();
    if row.is_none() {
        skipped();
    }
    row
}

/// The rows of one list, oldest first. The newest that was sent comes first, so the first one sent
/// before the moment ends it; `DateSent` as a filter would leave out what was not sent yet.
async fn rows(
    twilio: &Twilio,
    filter: &str,
    own_number: &str,
    since: Timestamp,
) -> Result<Vec<Row>, ListError> {
    let mut url = twilio.resource("Messages.json");
    url.query_pairs_mut()
        .append_pair(filter, own_number)
        .append_pair("PageSize", PAGE);
    let mut rows = Vec::new();
    for _ in 0..MAX_PAGES {
        let page: Page = get(twilio, url).await?;
        let before = |row: &Row| {
            let sent = row.date_sent.as_deref().and_then(moment);
            sent.is_some_and(|sent| sent < since)
        };
        let messages: Vec<Row> = page.messages.into_iter().filter_map(readable).collect();
        let end = messages.iter().any(before);
        rows.extend(messages);
        url = match page.next_page_uri.filter(|_| !end) {
            Some(next) => twilio.own_url(&next).ok_or(ELSEWHERE)?,
            None => {
                rows.reverse();
                return Ok(rows);
            }
        };
    }
    Err(ListError::Failed("it does not end"))
}

async fn listed(
    twilio: &Twilio,
    row: Row,
    created_at: Timestamp,
) -> Result<Option<Listed>, ListError> {
    let (Some(from), Some(to)) = (row.from.clone(), row.to.clone()) else {
        return Ok(None);
    };
    if row.direction == "inbound" {
        let Ok(from) = Peer::parse(&from) else {
            return Ok(None);
        };
        let has_pictures = number(&row.num_media).is_some_and(|count| count > 0);
        let pictures = match has_pictures {
            true => pictures(twilio, &row.sid).await?,
            false => Vec::new(),
        };
        return Ok(Some(Listed::Inbound(InboundText {
            provider_id: row.sid,
            from,
            to,
            text: row.body.unwrap_or_default(),
            sent_at: Some(created_at),
            pictures,
            part: None,
            keyword: None,
        })));
    }
    let Ok(to) = Peer::parse(&to) else {
        return Ok(None);
    };
    let code = number(&row.error_code).filter(|code| *code > 0);
    let code = code.map(|code| code.to_string());
    Ok(Some(Listed::Outbound {
        provider_id: row.sid.clone(),
        from,
        to,
        text: row.body,
        created_at,
        receipt: receipt(None, Some(row.sid), &row.status, code),
    }))
}

async fn pictures(twilio: &Twilio, sid: &str) -> Result<Vec<Picture>, ListError> {
    let list = twilio.resource_of(&["Messages", sid, "Media.json"]);
    let page: MediaPage = match get(twilio, list).await {
        // However often they are asked for: the text is worth more than they are.
        Err(GONE | UNREADABLE) => {
            log::warn!("the pictures of a text in the carrier's list cannot be read");
            return Ok(Vec::new());
        }
        other => other?,
    };
    let pictures = page.media_list.into_iter().filter_map(|medium| {
        let path = medium.uri.strip_suffix(".json").unwrap_or(&medium.uri);
        Some(Picture {
            url: twilio.own_url(path)?.into(),
            content_type: medium.content_type,
        })
    });
    Ok(pictures.collect())
}

async fn get<T: DeserializeOwned>(twilio: &Twilio, url: reqwest::Url) -> Result<T, ListError> {
    let answer = exchange(twilio.signed_in(twilio.http.get(url))).await;
    let answer = answer.map_err(|_| ListError::Failed("no answer"))?;
    match answer.status {
        200 => serde_json::from_slice(&answer.body).map_err(|_| UNREADABLE),
        404 | 410 => Err(GONE),
        401 | 403 => Err(ListError::Failed("our sign-in is refused")),
        429 => Err(ListError::Failed("asked too often")),
        _ => Err(ListError::Failed("an error of the carrier")),
    }
}
