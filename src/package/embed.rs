//! Build script: lists the files of the Sugar package, so that the binary holds them.
//!
//! A build script and not a macro, because Cargo then notices a new file as well as a changed one.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The part of the tree that explains the package instead of being it.
const NOT_PACKAGED: &str = "docs";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=sugar_module");
    // Embedded by diesel's macro, which does not notice a new migration.
    println!("cargo:rerun-if-changed=migrations");

    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("sugar_module");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    let mut named = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        named.push((name.to_string_lossy().replace('\\', "/"), file));
    }
    // By name and not by path: paths compare folder by folder, so `a/b` would come before `a-b`.
    named.sort();

    let mut list = String::from("&[\n");
    for (name, file) in &named {
        if name.split('/').next() != Some(NOT_PACKAGED) {
            list += &format!("    ({name:?}, include_bytes!({file:?})),\n");
        }
    }
    list += "]\n";
    let target = PathBuf::from(variable("OUT_DIR")?).join("sugar_module.rs");
    fs::write(target, list)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

/// Adds all files below a folder, except hidden ones.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
