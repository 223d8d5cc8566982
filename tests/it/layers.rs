//! The arrows between the layers, read from the `use crate::` lines of the source.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Whom a layer may use; `app`, `server` and `cli` see everything.
const ARROWS: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("gateways", &["domain"]),
    ("fanout", &["domain"]),
    ("flows", &["domain", "store", "gateways", "fanout"]),
    ("jobs", &["flows", "store"]),
    ("http", &["flows", "domain"]),
];
const FOR_ALL: [&str; 2] = ["config", "telemetry"];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The layers that a source names with `crate::`, in `use` lines and in full paths alike.
fn used_layers(source: &str) -> BTreeSet<String> {
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut layers = BTreeSet::new();
    for line in code {
        for rest in line.split("crate::").skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            layers.insert(name);
        }
    }
    layers
}

fn violations(layer: &str, path: &str, source: &str, allowed: &[&str]) -> Vec<String> {
    let in_ws = path.contains("http/ws/");
    used_layers(source)
        .into_iter()
        .filter(|used| used != layer && !FOR_ALL.contains(&used.as_str()))
        .filter(|used| !(allowed.contains(&used.as_str()) || in_ws && used == "fanout"))
        .map(|used| format!("{path}: {layer} must not use {used}"))
        .collect()
}

#[test]
fn every_layer_uses_only_what_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (layer, allowed) in ARROWS {
        let mut files = Vec::new();
        rust_files(&root.join(layer), &mut files);
        assert!(!files.is_empty(), "the layer {layer} is gone");
        for file in files {
            let source = fs::read_to_string(&file).unwrap();
            let path = file
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            wrong.extend(violations(layer, &path, &source, allowed));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_itself_finds_a_wrong_arrow() {
    let source = "use crate::store::Store;\nfn f() { crate::flows::chat::open(); }";
    assert_eq!(
        violations("http", "http/x.rs", source, &["flows", "domain"]).len(),
        1
    );
    assert_eq!(
        violations("http", "http/ws/x.rs", "use crate::fanout::Close;", &[]).len(),
        0
    );
    assert_eq!(
        violations("http", "http/x.rs", "use crate::fanout::Close;", &[]).len(),
        1
    );
    assert_eq!(
        violations("domain", "domain/x.rs", "// crate::store", &[]).len(),
        0
    );
}
