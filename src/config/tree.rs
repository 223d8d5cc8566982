//! What was written, as one tree that remembers where each value was.

use std::collections::BTreeMap;
use std::fmt;

use super::finding::Problems;

/// Where a value was written.
#[derive(Clone)]
pub(super) enum Origin {
    File {
        name: String,
        line: usize,
    },
    Variable(String),
    Flag,
    /// Not written by the admin of the machine: a call, or what one left in the database.
    Call,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name} line {line}"),
            Self::Variable(name) => write!(f, "{name}"),
            Self::Flag => write!(f, "--set"),
            Self::Call => Ok(()),
        }
    }
}

/// One value with its path and its origin. Not `Debug`: it may hold a secret.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) node: Node,
}

/// A value as it was written.
#[derive(Clone)]
pub(super) enum Node {
    Table(BTreeMap<String, Entry>),
    List(Vec<Entry>),
    Text(String),
    Integer(i64),
    Boolean(bool),
    /// A float or a date: TOML knows them, no setting takes them.
    Other(&'static str),
}

impl Node {
    /// What it is, for messages.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::List(_) => "a list",
            Self::Text(_) => "not of the right form",
            Self::Integer(_) => "a number that does not fit",
            Self::Boolean(_) => "a boolean",
            Self::Other(words) => words,
        }
    }
}

impl Entry {
    /// An empty tree, for when nothing was written.
    pub(super) fn empty() -> Self {
        Self {
            path: String::new(),
            origin: Origin::Flag,
            node: Node::Table(BTreeMap::new()),
        }
    }

    /// The place as a person looks for it: `riverline.toml line 3, sugar.url`.
    pub(super) fn place(&self) -> String {
        match self.origin {
            Origin::Call => self.path.clone(),
            _ => format!("{}, {}", self.origin, self.path),
        }
    }

    pub(super) fn table(&self, problems: &mut Problems) -> Option<&BTreeMap<String, Entry>> {
        if let Node::Table(table) = &self.node {
            return Some(table);
        }
        let advice = format!("write a table: [{}]", self.path);
        problems.refuse(self, "a table belongs here".to_owned(), advice);
        None
    }

    /// Takes one key out of a table: its entry, and the table without it.
    pub(super) fn without(
        &self,
        key: &str,
        problems: &mut Problems,
    ) -> Option<(Option<Entry>, Entry)> {
        let mut rest = self.table(problems)?.clone();
        let taken = rest.remove(key);
        let rest = Self {
            path: self.path.clone(),
            origin: self.origin.clone(),
            node: Node::Table(rest),
        };
        Some((taken, rest))
    }

    pub(super) fn list(&self, problems: &mut Problems) -> Option<&[Entry]> {
        if let Node::List(list) = &self.node {
            return Some(list);
        }
        let advice = "write it in square brackets".to_owned();
        problems.refuse(self, "a list belongs here".to_owned(), advice);
        None
    }

    /// The entry whose path is `path`, or the nearest one above it that was written.
    pub(super) fn nearest(&self, path: &str) -> Option<&Entry> {
        if self.path == path {
            return Some(self);
        }
        let below = match &self.node {
            Node::Table(table) => table.values().find_map(|entry| entry.nearest(path)),
            Node::List(list) => list.iter().find_map(|entry| entry.nearest(path)),
            _ => None,
        };
        let above = !self.path.is_empty()
            && path
                .strip_prefix(&self.path)
                .is_some_and(|rest| rest.starts_with(['.', '[']));
        below.or(above.then_some(self))
    }

    /// Puts what `over` says over what this tree says.
    pub(super) fn merge(&mut self, over: Entry) {
        match (&mut self.node, over.node) {
            (Node::Table(table), Node::Table(others)) => {
                for (key, other) in others {
                    match table.get_mut(&key) {
                        Some(entry) => entry.merge(other),
                        None => {
                            table.insert(key, other);
                        }
                    }
                }
            }
            (_, node) => {
                self.origin = over.origin;
                self.node = node;
            }
        }
    }

    /// Puts one value at a dotted path of this tree.
    pub(super) fn put(&mut self, path: &[&str], origin: &Origin, node: Node) {
        let (Some((first, rest)), Node::Table(table)) = (path.split_first(), &mut self.node) else {
            self.origin = origin.clone();
            self.node = node;
            return;
        };
        let below = join(&self.path, first);
        table
            .entry((*first).to_owned())
            .or_insert_with(|| Entry {
                path: below,
                origin: origin.clone(),
                node: Node::Table(BTreeMap::new()),
            })
            .put(rest, origin, node);
    }
}

/// A dotted path, one key longer.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
