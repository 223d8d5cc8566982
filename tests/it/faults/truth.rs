//! What is true at the end: the database read directly, and the same through the API.

use crate::support::history::{LogRow, Stored, Truth};
use crate::support::{Service, at};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

#[derive(QueryableByName)]
struct LoggedRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Text)]
    event: String,
}

#[derive(QueryableByName)]
struct MessageRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    conversation_id: String,
    #[diesel(sql_type = Text)]
    text: String,
}

const LOG: &str = "SELECT id, audience, event FROM log ORDER BY id";
const MESSAGES: &str = "SELECT id, conversation_id, text FROM message ORDER BY seq";

/// Reads log and messages past the service; the API part is left empty.
pub fn stored(database_url: &str) -> Truth {
    let (log, messages): (Vec<LoggedRow>, Vec<MessageRow>) =
        match database_url.strip_prefix("sqlite://") {
            Some(path) => {
                let mut conn = SqliteConnection::establish(path).unwrap();
                let log = diesel::sql_query(LOG).load(&mut conn).unwrap();
                (log, diesel::sql_query(MESSAGES).load(&mut conn).unwrap())
            }
            None => {
                let mut conn = PgConnection::establish(database_url).unwrap();
                let log = diesel::sql_query(LOG).load(&mut conn).unwrap();
                (log, diesel::sql_query(MESSAGES).load(&mut conn).unwrap())
            }
        };
    let messages = messages.into_iter().map(|row| Stored {
        id: row.id,
        conversation: row.conversation_id,
        text: row.text,
    });
    Truth {
        log: log.into_iter().map(log_row).collect(),
        messages: messages.collect(),
        api: BTreeMap::new(),
    }
}

fn log_row(row: LoggedRow) -> LogRow {
    let event: Value = serde_json::from_str(&row.event).unwrap();
    let members = || row.audience.split_whitespace().map(str::to_owned);
    LogRow {
        id: row.id,
        audience: (row.audience != "*").then(|| members().collect()),
        message: (event["kind"] == "message.created").then(|| at(&event, "message.id").to_owned()),
    }
}

/// Only the newest row of every audience, quickly, from PostgreSQL.
pub fn ends(database_url: &str) -> Truth {
    const NEWEST: &str = "SELECT max(id) AS id, audience, '{}' AS event FROM log \
                          GROUP BY audience ORDER BY 1";
    let mut conn = PgConnection::establish(database_url).unwrap();
    let rows: Vec<LoggedRow> = diesel::sql_query(NEWEST).load(&mut conn).unwrap();
    Truth {
        log: rows.into_iter().map(log_row).collect(),
        ..Truth::default()
    }
}

/// The last place in the log that concerns each member.
pub fn last_of(truth: &Truth) -> impl Fn(&str) -> i64 + use<> {
    let mut last: HashMap<String, i64> = HashMap::new();
    let mut everybody = 0;
    for row in &truth.log {
        match &row.audience {
            None => everybody = row.id,
            Some(members) => {
                for member in members {
                    last.insert(member.clone(), row.id);
                }
            }
        }
    }
    move |member| everybody.max(last.get(member).copied().unwrap_or(0))
}

/// The ids of a conversation's messages, oldest first, read page by page as a member.
pub async fn listed(service: &Service, token: &str, conversation: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v1/conversations/{conversation}/messages?limit=100{after}");
        let answer = service.call(reqwest::Method::GET, &path, Some(token), None);
        let page = answer.await.ok();
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|item| at(item, "id").to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    ids.reverse();
    ids
}
