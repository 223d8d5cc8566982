//! Settings that are more than plain text: addresses, the database, gateways.

use std::path::PathBuf;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::sealing::SealingKey;

use super::finding::Problems;
use super::setting::{Setting, Shape, quoted};
use super::tree::{Entry, Node};

/// Where the messages are kept; the scheme of the URL decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// One file, one node.
    Sqlite(PathBuf),
    /// A server, one node or several.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL database; prints without its password.
#[derive(Clone)]
pub struct PostgresUrl {
    whole: SecretString,
    shown: String,
}

impl PostgresUrl {
    /// The whole URL, for the driver only.
    pub fn expose(&self) -> &str {
        self.whole.expose_secret()
    }
}

impl std::fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl PartialEq for PostgresUrl {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for PostgresUrl {}

const DATABASES: &str =
    "write sqlite://<path of the file> or postgres://user:password@host/database";

impl DatabaseUrl {
    /// Reads `sqlite://<path>` or `postgres://..`. Nothing unclear is turned into a file: a
    /// mistyped URL would otherwise start with an empty database and look like lost messages.
    fn parse(text: &str) -> Result<Self, Refusal> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(Refusal::new("this URL has no scheme", DATABASES));
        };
        match scheme {
            "sqlite" => Self::sqlite(rest.strip_prefix("//").unwrap_or(rest)),
            "postgres" | "postgresql" => Self::postgres(text),
            _ => Err(Refusal::new(
                "messages are kept in SQLite or PostgreSQL, and this is neither",
                DATABASES,
            )),
        }
    }

    fn postgres(text: &str) -> Result<Self, Refusal> {
        let url = Url::parse(text)
            .map_err(|_| Refusal::new("this is not a complete PostgreSQL URL", DATABASES))?;
        let database = url.path().trim_start_matches('/');
        // The driver would go to a database named like the user, on this machine.
        let named = !database.is_empty() && !database.contains('/');
        let socket = url.query_pairs().any(|(name, _)| name == "host");
        if (url.host_str().is_none_or(str::is_empty) && !socket) || !named {
            return Err(Refusal::new(
                "this PostgreSQL URL names no host or no database",
                DATABASES,
            ));
        }
        let mut shown = url.clone();
        if url.password().is_some() {
            // Only URLs without a host cannot carry a password.
            let _ = shown.set_password(Some("..."));
        }
        shown.set_query(None);
        if !percents_are_bytes(text) {
            // The driver would print the part, which may be the password.
            let problem = "a % in this URL is not followed by two hexadecimal digits";
            return Err(Refusal::new(problem, "write %25 for a % of the password"));
        }
        Ok(Self::Postgres(PostgresUrl {
            whole: with_timeouts(&url).into(),
            shown: shown.to_string(),
        }))
    }

    fn sqlite(path: &str) -> Result<Self, Refusal> {
        if path.is_empty() || path.ends_with('/') {
            let problem = "this URL names no file";
            return Err(Refusal::new(problem, "write sqlite://riverline.db"));
        }
        if path.starts_with(':') {
            let problem = "messages in memory would be lost at the next start";
            return Err(Refusal::new(problem, "write sqlite://riverline.db"));
        }
        if path.contains(['?', '#']) {
            let problem = "options after the path are not supported";
            return Err(Refusal::new(problem, "write the path only"));
        }
        Ok(Self::Sqlite(path.into()))
    }
}

fn percents_are_bytes(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// A server that vanished without a word is noticed within seconds, unless the URL says otherwise.
fn with_timeouts(url: &Url) -> String {
    let mut url = url.clone();
    for (name, value) in [
        ("connect_timeout", "3"),
        ("tcp_user_timeout", "5000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "2"),
    ] {
        if !url.query_pairs().any(|(given, _)| given == name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    url.into()
}

/// Who answers STOP, START and HELP; both would be one answer too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOutReplies {
    /// The carrier answers its own words; Riverline answers those that only Riverline knows.
    Carrier,
    /// Riverline answers all of them.
    Us,
}

impl OptOutReplies {
    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "carrier" => Ok(Self::Carrier),
            "us" => Ok(Self::Us),
            _ => Err(Refusal::new(
                "it is not known who that is",
                "write carrier, or us for Riverline",
            )),
        }
    }

    /// The words that the carrier answers, of those that it knows.
    pub const fn of_carrier(self, words: &'static [&'static str]) -> &'static [&'static str] {
        match self {
            Self::Carrier => words,
            Self::Us => &[],
        }
    }
}

impl Setting for OptOutReplies {
    fn shape() -> Shape {
        Shape::Text
    }

    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        read_text(entry, problems, Self::parse)
    }

    fn show(&self) -> Option<String> {
        Some(quoted(match self {
            Self::Carrier => "carrier",
            Self::Us => "us",
        }))
    }
}

/// Why a value is no good, and what to write instead.
struct Refusal {
    problem: &'static str,
    advice: &'static str,
}

impl Refusal {
    const fn new(problem: &'static str, advice: &'static str) -> Self {
        Self { problem, advice }
    }
}

/// Reads text by a rule that can refuse it with a sentence.
fn read_text<T>(
    entry: &Entry,
    problems: &mut Problems,
    rule: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Option<T> {
    let result = match &entry.node {
        Node::Text(text) => rule(text),
        _ => Err(Refusal::new("text belongs here", "write it in quotes")),
    };
    result
        .map_err(|refusal| {
            problems.refuse(entry, refusal.problem.to_owned(), refusal.advice.to_owned());
        })
        .ok()
}

impl Setting for DatabaseUrl {
    fn shape() -> Shape {
        Shape::Text
    }

    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        read_text(entry, problems, Self::parse)
    }

    fn show(&self) -> Option<String> {
        Some(match self {
            Self::Sqlite(path) => quoted(&format!("sqlite://{}", path.display())),
            Self::Postgres(url) => quoted(&url.to_string()),
        })
    }
}

impl Setting for SealingKey {
    fn shape() -> Shape {
        Shape::Secret
    }

    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        let key = |text: &str| Self::parse(text).map_err(|_| NOT_A_KEY);
        read_text(entry, problems, key)
    }

    fn show(&self) -> Option<String> {
        None
    }
}

const NOT_A_KEY: Refusal = Refusal::new(
    "this is not a key of 32 bytes in base64 or hex",
    "write the line that `riverline secrets new-key` prints",
);

fn web_url(text: &str) -> Result<Url, Refusal> {
    let advice = "write it like https://crm.example.com";
    let url = Url::parse(text).map_err(|_| Refusal::new("this is not a complete URL", advice))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Refusal::new("this is not an http or https URL", advice));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::new(
            "a user or password does not belong here",
            advice,
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Refusal::new("nothing may follow ? or # here", advice));
    }
    Ok(url)
}

impl Setting for Url {
    fn shape() -> Shape {
        Shape::Text
    }

    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        read_text(entry, problems, web_url)
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.as_str()))
    }
}
