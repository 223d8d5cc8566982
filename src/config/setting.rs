//! How one setting is described, read and shown: the `settings!` macro and the plain types.
//!
//! A setting is written down once, as a struct field with its doc comment, its default and its
//! range. From that line come the field, the reader, the messages and the documented file.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use secrecy::SecretString;

use super::finding::Problems;
use super::tree::{Entry, Node};

/// A type that can stand in the configuration.
pub(super) trait Setting: Sized {
    /// What may be written in this place.
    fn shape() -> Shape;

    /// Reads what was written; `None` after noting the problem.
    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self>;

    /// The value as TOML; `None` for what is not set or must not be shown.
    fn show(&self) -> Option<String>;

    /// The value as JSON, as far as it may be told.
    fn tell(&self) -> Told {
        match (Self::shape(), self.show()) {
            (Shape::Secret, _) => Told::Secret(true),
            (_, shown) => Told::Plain(shown.as_deref().and_then(as_json).unwrap_or_default()),
        }
    }
}

/// What may be told of a setting.
pub(super) enum Told {
    /// All.
    Plain(serde_json::Value),
    /// Whether it is set.
    Secret(bool),
    /// Settings by their names.
    Table(Vec<(&'static str, Told)>),
}

fn as_json(toml: &str) -> Option<serde_json::Value> {
    let mut table: toml::Table = format!("value = {toml}").parse().ok()?;
    serde_json::to_value(table.remove("value")?).ok()
}

/// What may be written in one place of the file.
pub(super) enum Shape {
    /// A string.
    Text,
    /// A string that never prints and may come from a file (`<name>_file`).
    Secret,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list of something.
    List(Box<Shape>),
    /// A table of named settings.
    Table(Vec<Field>),
}

/// One named setting of a table, with all there is to say about it.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) docs: &'static [&'static str],
    pub(super) shape: Shape,
    pub(super) default: Option<String>,
    pub(super) range: Option<&'static str>,
}

impl Shape {
    /// The shape at a dotted path; `<secret>_file` counts as text.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Shape> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        let Shape::Table(fields) = self else {
            return None;
        };
        match fields.iter().find(|field| field.name == *first) {
            Some(field) => field.shape.at(rest),
            None if rest.is_empty() && names_secret_file(fields, first) => Some(&Shape::Text),
            None => None,
        }
    }
}

fn names_secret_file(fields: &[Field], key: &str) -> bool {
    fields.iter().any(|field| {
        matches!(field.shape, Shape::Secret) && key.strip_suffix("_file") == Some(field.name)
    })
}

/// Keeps a number only when it lies in its range.
pub(super) fn within<T: PartialOrd + std::fmt::Display>(
    value: Option<T>,
    range: RangeInclusive<T>,
    entry: &Entry,
    problems: &mut Problems,
) -> Option<T> {
    let value = value?;
    if range.contains(&value) {
        return Some(value);
    }
    let (low, high) = range.into_inner();
    problems.refuse(
        entry,
        format!("{value} is out of range"),
        format!("write a number from {low} to {high}"),
    );
    None
}

/// Declares one table of settings: each line is the field, its words, its default, its range.
macro_rules! settings {
    (
        $(#[doc = $about:literal])*
        pub struct $Name:ident {
            $(
                $(#[doc = $doc:literal])*
                $field:ident: $Type:ty = $default:expr $(; $low:literal ..= $high:literal)?,
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub struct $Name {
            $(
                $(#[doc = $doc])*
                #[doc = concat!("\n\nDefault: `", stringify!($default), "`.")]
                $(#[doc = concat!(" From ", stringify!($low), " to ", stringify!($high), ".")])?
                pub $field: $Type,
            )*
        }

        impl Default for $Name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $crate::config::setting::Setting for $Name {
            fn shape() -> $crate::config::setting::Shape {
                use $crate::config::setting::{Field, Setting, Shape};
                let default = Self::default();
                Shape::Table(vec![$(
                    Field {
                        name: stringify!($field),
                        docs: &[$($doc),*],
                        shape: <$Type as Setting>::shape(),
                        default: default.$field.show(),
                        range: settings!(@range $($low $high)?),
                    },
                )*])
            }

            fn read(
                entry: &$crate::config::tree::Entry,
                problems: &mut $crate::config::finding::Problems,
            ) -> Option<Self> {
                let mut table = Self::default();
                for (key, entry) in entry.table(problems)? {
                    match key.as_str() {
                        $(stringify!($field) => {
                            let value = $crate::config::setting::Setting::read(entry, problems);
                            $(let value = $crate::config::setting::within(
                                value, $low..=$high, entry, problems,
                            );)?
                            if let Some(value) = value {
                                table.$field = value;
                            }
                        })*
                        _ => problems.unknown(entry, &[$(stringify!($field)),*]),
                    }
                }
                Some(table)
            }

            fn show(&self) -> Option<String> {
                None
            }

            fn tell(&self) -> $crate::config::setting::Told {
                use $crate::config::setting::Told;
                Told::Table(vec![$( (stringify!($field), self.$field.tell()), )*])
            }
        }
    };
    (@range) => { None };
    (@range $low:literal $high:literal) => {
        Some(concat!("From ", stringify!($low), " to ", stringify!($high), "."))
    };
}
pub(super) use settings;

/// A setting that is one value: its shape, how it is read, how it is shown.
macro_rules! scalar {
    ($Type:ty, $shape:expr, $expected:literal, $pattern:pat => $read:expr, |$value:ident| $show:expr) => {
        impl Setting for $Type {
            fn shape() -> Shape {
                $shape
            }

            fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
                let value = match &entry.node {
                    $pattern => $read,
                    _ => None,
                };
                if value.is_none() {
                    problems.refuse(
                        entry,
                        format!("this is {}", entry.node.words()),
                        concat!("write ", $expected).to_owned(),
                    );
                }
                value
            }

            fn show(&self) -> Option<String> {
                let $value = self;
                $show
            }
        }
    };
}

scalar!(bool, Shape::Boolean, "true or false", Node::Boolean(yes) => Some(*yes), |it| Some(it.to_string()));
scalar!(u64, Shape::Integer, "a whole number", Node::Integer(n) => u64::try_from(*n).ok(), |it| Some(it.to_string()));
scalar!(usize, Shape::Integer, "a whole number", Node::Integer(n) => usize::try_from(*n).ok(), |it| Some(it.to_string()));
scalar!(u32, Shape::Integer, "a whole number", Node::Integer(n) => u32::try_from(*n).ok(), |it| Some(it.to_string()));
scalar!(String, Shape::Text, "text in quotes", Node::Text(text) => Some(text.clone()), |it| Some(quoted(it)));
scalar!(PathBuf, Shape::Text, "a path in quotes", Node::Text(text) => Some(text.into()), |it| it.to_str().map(quoted));
scalar!(SecretString, Shape::Secret, "the secret in quotes", Node::Text(text) => Some(text.clone().into()), |_it| None);
scalar!(
    SocketAddr, Shape::Text, "an address and a port such as \"127.0.0.1:8080\" or \"[::]:8080\"",
    Node::Text(text) => text.parse().ok(), |it| Some(quoted(&it.to_string()))
);

/// Text as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl<T: Setting> Setting for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        T::read(entry, problems).map(Some)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }

    fn tell(&self) -> Told {
        match (self, T::shape()) {
            (Some(value), _) => value.tell(),
            (None, Shape::Secret) => Told::Secret(false),
            (None, _) => Told::Plain(serde_json::Value::Null),
        }
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        // Not `Option::collect`: that would stop at the first bad item and hide the others.
        let items: Vec<_> = entry
            .list(problems)?
            .iter()
            .map(|item| T::read(item, problems))
            .collect();
        items.into_iter().collect()
    }

    fn show(&self) -> Option<String> {
        let items: Option<Vec<_>> = self.iter().map(T::show).collect();
        Some(format!("[{}]", items?.join(", ")))
    }
}
