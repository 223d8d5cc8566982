//! Twilio's own record of texts, page by page (sms-gateways 2.1, 8.4c, 8.9).

use super::call::receipt;
use super::{Twilio, number};
use crate::domain::clock::Timestamp;
use crate::domain::phone::Peer;
use crate::gateways::sms::exchange::exchange;
use crate::gateways::sms::{InboundText, ListError, Listed, Picture, TextList, Wanted};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::VecDeque;

/// Texts asked for at once: fifty of the longest, escaped, stay under a mebibyte.
const PAGE: &str = "50";
/// Texts that are read at once; what is newer is read the next time.
const MOST_TEXTS: usize = 20_000;
/// A list that goes on after this many pages is given up: something is wrong with it.
const MAX_PAGES: usize = 4_000;

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
    date_sent: Option<String>,
}

/// A line of the list: what of it can be read.
struct Line {
    created_at: Option<Timestamp>,
    row: Option<Row>,
}

impl Line {
    fn read(json: Value) -> Self {
        let created_at = json.get("date_created").and_then(Value::as_str);
        Self {
            created_at: created_at.and_then(moment),
            row: serde_json::from_value(json).ok(),
        }
    }

    fn was_sent_before(&self, since: Timestamp) -> bool {
        let sent = self.row.as_ref().and_then(|row| row.date_sent.as_deref());
        sent.and_then(moment).is_some_and(|sent| sent < since)
    }
}

/// The oldest lines of a list that is read from its newest on.
struct Oldest {
    lines: VecDeque<Line>,
    most: usize,
    complete_until: Option<Timestamp>,
}

impl Oldest {
    const fn at_most(most: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            most,
            complete_until: None,
        }
    }

    fn add(&mut self, older: Line) {
        self.lines.push_back(older);
        if self.lines.len() > self.most
            && let Some(newest) = self.lines.pop_front()
        {
            self.complete_until = earlier(newest.created_at, self.complete_until);
        }
    }
}

/// The earlier of two moments, of which either may be missing.
fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
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

/// The texts to and from one number since a moment.
pub(super) async fn list(
    twilio: &Twilio,
    own_number: &str,
    since: Timestamp,
    wanted: Wanted,
) -> Result<TextList, ListError> {
    let filters: &[_] = match wanted {
        Wanted::Everything => &["To", "From"],
        Wanted::Outbound => &["From"],
    };
    let since = Timestamp(since.0 - since.0.rem_euclid(1_000));
    let mut found = Vec::new();
    let mut complete_until = None;
    for filter in filters {
        let oldest = lines(twilio, filter, own_number, since).await?;
        complete_until = earlier(complete_until, oldest.complete_until);
        for line in oldest.lines.into_iter().rev() {
            let created_at = line.created_at;
            if created_at.is_none_or(|at| at >= since) {
                found.push((created_at, listed(twilio, line).await?));
            }
        }
    }
    found.retain(|(created_at, _)| *created_at < complete_until || complete_until.is_none());
    // Stable: texts of the same second stay in the carrier's order.
    found.sort_by_key(|(created_at, _)| *created_at);
    Ok(TextList {
        texts: found.into_iter().map(|(_, listed)| listed).collect(),
        complete_until,
    })
}

/// The lines of one list. The newest that was sent comes first, so the first one sent
/// before the moment ends it; `DateSent` as a filter would leave out what was not sent yet.
async fn lines(
    twilio: &Twilio,
    filter: &str,
    own_number: &str,
    since: Timestamp,
) -> Result<Oldest, ListError> {
    let mut url = twilio.resource("Messages.json");
    url.query_pairs_mut()
        .append_pair(filter, own_number)
        .append_pair("PageSize", PAGE);
    let mut oldest = Oldest::at_most(MOST_TEXTS);
    for _ in 0..MAX_PAGES {
        let page: Page = get(twilio, url).await?;
        let mut end = false;
        for line in page.messages.into_iter().map(Line::read) {
            end |= line.was_sent_before(since);
            oldest.add(line);
        }
        url = match page.next_page_uri.filter(|_| !end) {
            Some(next) => twilio.own_url(&next).ok_or(ELSEWHERE)?,
            None => return Ok(oldest),
        };
    }
    Err(ListError::Failed("it does not end"))
}

/// One text that is in no known form must not keep the others from being read.
async fn listed(twilio: &Twilio, line: Line) -> Result<Listed, ListError> {
    let created_at = line.created_at;
    let known = match (line.row, created_at) {
        (Some(row), Some(created_at)) => in_known_form(twilio, row, created_at).await?,
        _ => None,
    };
    Ok(known.unwrap_or_else(|| {
        log::warn!("a text in the carrier's list cannot be read");
        Listed::Unreadable { created_at }
    }))
}

async fn in_known_form(
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(date_created: &str) -> Line {
        Line::read(json!({"date_created": date_created}))
    }

    #[test]
    fn of_too_many_texts_the_oldest_are_kept_and_until_when_they_are_all() {
        let minute = |n: i64| Timestamp(1_795_255_200_000 + n * 60_000);
        let dates = [5, 3, 4, 2, 1].map(|n| format!("Sat, 21 Nov 2026 10:0{n}:00 +0000"));
        let mut oldest = Oldest::at_most(3);
        for date in &dates {
            oldest.add(line(date));
        }
        let kept: Vec<_> = oldest.lines.iter().map(|line| line.created_at).collect();
        assert_eq!(kept, [4, 2, 1].map(|n| Some(minute(n))));
        // The carrier's order is that of sending: one that was taken earlier is missing.
        assert_eq!(oldest.complete_until, Some(minute(3)));
        oldest.add(line("never"));
        assert_eq!(oldest.complete_until, Some(minute(3)));
    }
}
