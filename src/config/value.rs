//! Settings that are more than plain text: addresses, the database, gateways.

use std::path::PathBuf;

use reqwest::Url;

use super::Gateway;
use super::finding::Problems;
use super::setting::{Field, Setting, Shape, quoted};
use super::tree::{Entry, Node};

/// Where the messages are kept; the scheme of the URL decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// One file, one node.
    Sqlite(PathBuf),
}

impl DatabaseUrl {
    /// Reads `sqlite://<path>`. Nothing unclear is turned into a file: a mistyped URL would
    /// otherwise start with an empty database and look like lost messages.
    fn parse(text: &str) -> Result<Self, Refusal> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(Refusal::new(
                "this URL has no scheme",
                "write sqlite://<path of the file>",
            ));
        };
        match scheme {
            "sqlite" => Self::sqlite(rest.strip_prefix("//").unwrap_or(rest)),
            "postgres" | "postgresql" => Err(Refusal::new(
                "PostgreSQL is not in this version yet",
                "write sqlite://<path of the file>",
            )),
            _ => Err(Refusal::new(
                "this version keeps its data in SQLite only",
                "write sqlite://<path of the file>",
            )),
        }
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
        let Self::Sqlite(path) = self;
        Some(quoted(&format!("sqlite://{}", path.display())))
    }
}

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

impl Setting for Gateway {
    fn shape() -> Shape {
        let mut fields = vec![Field {
            name: "kind",
            docs: &[" The carrier: `simulator`."],
            shape: Shape::Text,
            default: None,
            range: None,
        }];
        if let Shape::Table(own) = super::SimulatorGateway::shape() {
            fields.extend(own);
        }
        Shape::Table(fields)
    }

    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        let (kind, settings) = entry.without("kind", problems)?;
        match kind.as_ref().map(|kind| &kind.node) {
            Some(Node::Text(kind)) if kind == "simulator" => {
                Setting::read(&settings, problems).map(Self::Simulator)
            }
            _ => {
                problems.refuse(
                    kind.as_ref().unwrap_or(entry),
                    "the kind of this gateway is missing or unknown".to_owned(),
                    "write kind = \"simulator\"".to_owned(),
                );
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        None
    }
}
