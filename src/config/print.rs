//! The documented configuration file, written from the settings themselves.

use super::setting::{Field, Shape};

/// Every setting with its words, range and default, all commented out: what an admin changes
/// stands out, and the file means the same as no file.
pub(super) fn documented(shape: &Shape) -> String {
    let mut out =
        String::from("# Riverline's settings. Uncomment a line to change its default.\n\n");
    if let Shape::Table(fields) = shape {
        table(&mut out, "", fields);
    }
    out
}

fn table(out: &mut String, path: &str, fields: &[Field]) {
    // TOML wants the plain settings of a table before the tables below it.
    for field in fields {
        if below(&field.shape).is_none() {
            setting(out, field);
        }
    }
    for field in fields {
        if let Some((fields, repeated)) = below(&field.shape) {
            let path = if path.is_empty() {
                field.name.to_owned()
            } else {
                format!("{path}.{}", field.name)
            };
            words(out, field);
            // A header of a list would already add an item, so it is commented out as well.
            let header = if repeated {
                format!("# [[{path}]]\n\n")
            } else {
                format!("[{path}]\n\n")
            };
            out.push_str(&header);
            table(out, &path, fields);
        }
    }
}

/// The fields of a table, or of the tables in a list.
fn below(shape: &Shape) -> Option<(&[Field], bool)> {
    match shape {
        Shape::Table(fields) => Some((fields, false)),
        Shape::List(items) => below(items).map(|(fields, _)| (fields, true)),
        _ => None,
    }
}

fn setting(out: &mut String, field: &Field) {
    words(out, field);
    if let Some(range) = field.range {
        out.push_str(&format!("# {}\n", range.replace('_', "")));
    }
    match &field.default {
        Some(default) => out.push_str(&format!("# {} = {default}\n\n", field.name)),
        None => out.push_str(&format!("# {} is not set\n\n", field.name)),
    }
}

fn words(out: &mut String, field: &Field) {
    for line in field.docs {
        out.push_str(&format!("#{line}\n"));
    }
}
