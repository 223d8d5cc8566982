//! The three places settings come from: file, environment, flags.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::finding::{Finding, Problems};
use super::setting::{Field, Shape};
use super::tree::{Entry, Node, Origin, join};

/// Variables of ours that are no settings: the log filter, the file's path, the binary under test.
const NOT_SETTINGS: [&str; 3] = ["RIVERLINE_LOG", "RIVERLINE_CONFIG", "RIVERLINE_BIN"];

/// Reads the file. Its text never appears in a message, because it may hold a password.
pub(super) fn from_file(path: &Path, problems: &mut Problems) -> Option<Entry> {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let advice = "name a file that exists and is readable with --config";
            problems.add(Finding::error(
                &name,
                format!("cannot be read: {error}"),
                advice,
            ));
            return None;
        }
    };
    from_toml(&name, &text, problems)
}

/// Reads TOML text; `name` is what messages call it.
pub(super) fn from_toml(name: &str, text: &str, problems: &mut Problems) -> Option<Entry> {
    let lines = Lines { name, text };
    match DeTable::parse(text) {
        Ok(table) => Some(Entry {
            path: String::new(),
            origin: lines.at(0),
            node: lines.table("", table.into_inner()),
        }),
        Err(error) => {
            let at = lines.at(error.span().map_or(0, |span| span.start));
            let advice = "see https://toml.io for how TOML is written";
            problems.add(Finding::error(&at.to_string(), error.message(), advice));
            None
        }
    }
}

/// Turns byte offsets of the file into line numbers while the tree is built.
struct Lines<'a> {
    name: &'a str,
    text: &'a str,
}

impl Lines<'_> {
    fn at(&self, offset: usize) -> Origin {
        let before = self.text.bytes().take(offset);
        Origin::File {
            name: self.name.to_owned(),
            line: before.filter(|byte| *byte == b'\n').count() + 1,
        }
    }

    fn table(&self, path: &str, table: DeTable<'_>) -> Node {
        let entries = table.into_iter().map(|(key, value)| {
            let line = key.span().start;
            let key = key.into_inner().into_owned();
            let entry = self.entry(join(path, &key), line, value);
            (key, entry)
        });
        Node::Table(entries.collect())
    }

    fn entry(&self, path: String, line: usize, value: Spanned<DeValue<'_>>) -> Entry {
        let node = match value.into_inner() {
            DeValue::Table(table) => self.table(&path, table),
            DeValue::Array(list) => {
                let entry = |(index, item): (usize, Spanned<DeValue<'_>>)| {
                    let line = item.span().start;
                    self.entry(format!("{path}[{index}]"), line, item)
                };
                Node::List(list.into_iter().enumerate().map(entry).collect())
            }
            DeValue::String(text) => Node::Text(text.into_owned()),
            DeValue::Boolean(yes) => Node::Boolean(yes),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Node::Integer(number),
                    Err(_) => Node::Other("a number that does not fit"),
                }
            }
            DeValue::Float(_) => Node::Other("a number with a fraction"),
            DeValue::Datetime(_) => Node::Other("a date"),
        };
        Entry {
            path,
            origin: self.at(line),
            node,
        }
    }
}

/// Reads the `RIVERLINE_*` variables; a double underscore goes one table down.
pub(super) fn from_environment(
    variables: impl Iterator<Item = (String, String)>,
    shape: &Shape,
    problems: &mut Problems,
) -> Entry {
    let mut tree = Entry::empty();
    for (name, value) in variables {
        let Some(setting) = name.strip_prefix("RIVERLINE_") else {
            continue;
        };
        if NOT_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let path = setting.to_lowercase().replace("__", ".");
        let origin = Origin::Variable(name);
        put_text(&mut tree, &path, &value, &origin, shape, problems);
    }
    tree
}

/// Reads the `--set key.path=value` flags.
pub(super) fn from_flags(flags: &[String], shape: &Shape, problems: &mut Problems) -> Entry {
    let mut tree = Entry::empty();
    for flag in flags {
        let Some((path, value)) = flag.split_once('=') else {
            let problem = "there is no = in it";
            problems.add(Finding::error(
                "--set",
                problem,
                "write --set sugar.timeout_s=10",
            ));
            continue;
        };
        let keys: Vec<_> = path.split('.').collect();
        if matches!(shape.at(&keys), Some(Shape::Secret)) {
            let problem = "every user of this machine can read a command line";
            let advice = format!("write --set {path}_file=<path>, or use the environment");
            problems.add(Finding::error(&format!("--set, {path}"), problem, advice));
            continue;
        }
        put_text(&mut tree, path, value, &Origin::Flag, shape, problems);
    }
    tree
}

/// Puts a value given as bare text: the setting's shape says what the text means.
fn put_text(
    tree: &mut Entry,
    path: &str,
    text: &str,
    origin: &Origin,
    shape: &Shape,
    problems: &mut Problems,
) {
    let keys: Vec<_> = path.split('.').collect();
    let expected = match shape.at(&keys) {
        Some(Shape::Text | Shape::Secret) => {
            return tree.put(&keys, origin, Node::Text(text.to_owned()));
        }
        Some(Shape::Integer) => match text.parse() {
            Ok(number) => return tree.put(&keys, origin, Node::Integer(number)),
            Err(_) => ("this is not a whole number", "write digits only"),
        },
        Some(Shape::Boolean) => match text.parse() {
            Ok(yes) => return tree.put(&keys, origin, Node::Boolean(yes)),
            Err(_) => ("this is not a boolean", "write true or false"),
        },
        Some(Shape::List(_) | Shape::Table(_)) => (
            "lists and tables cannot be given here",
            "write them in the file",
        ),
        None => (
            "there is no setting of this name",
            "`riverline check --print-defaults` lists all of them",
        ),
    };
    let place = format!("{origin}, {path}");
    problems.add(Finding::error(&place, expected.0, expected.1));
}

/// Replaces every `<secret>_file` by what the file holds, within one source.
pub(super) fn resolve_secret_files(entry: &mut Entry, shape: &Shape, problems: &mut Problems) {
    match (&mut entry.node, shape) {
        (Node::List(list), Shape::List(shape)) => {
            for item in list {
                resolve_secret_files(item, shape, problems);
            }
        }
        (Node::Table(table), Shape::Table(fields)) => {
            for field in fields {
                resolve_field(table, field, problems);
            }
        }
        _ => {}
    }
}

fn resolve_field(table: &mut BTreeMap<String, Entry>, field: &Field, problems: &mut Problems) {
    if !matches!(field.shape, Shape::Secret) {
        if let Some(entry) = table.get_mut(field.name) {
            resolve_secret_files(entry, &field.shape, problems);
        }
        return;
    }
    let Some(mut entry) = table.remove(&format!("{}_file", field.name)) else {
        return;
    };
    if table.contains_key(field.name) {
        let problem = format!("{} is given as well", field.name);
        return problems.refuse(&entry, problem, "keep one of the two".to_owned());
    }
    let Node::Text(path) = &entry.node else {
        let problem = "this is not a path".to_owned();
        return problems.refuse(&entry, problem, "write a path in quotes".to_owned());
    };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            // Editors end a file with a newline; no secret of ours ends with one.
            entry.node = Node::Text(text.trim_end_matches(['\r', '\n']).to_owned());
            table.insert(field.name.to_owned(), entry);
        }
        Err(error) => {
            let advice = "name a file that the service may read".to_owned();
            problems.refuse(&entry, format!("{path} cannot be read: {error}"), advice);
        }
    }
}
