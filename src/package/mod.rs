//! The Sugar package: `sugar_module/` as the zip that an admin uploads to the Module Loader.
//!
//! The tree is inside the binary (`embed.rs`), so the package always fits the service. The same
//! tree gives the same bytes: names sorted, one date, one mode.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Name and content of every file of the package, sorted by name.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sugar_module.rs"));

const MANIFEST: &str = "manifest.php";

/// What Sugar's package scanner lets in. The list that Sugar published is longer; this is what
/// every version accepts, and a file of another kind would stop an upload at the customer's.
const ACCEPTED: [&str; 10] = [
    "css", "gif", "hbs", "htm", "html", "jpg", "js", "php", "png", "txt",
];

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The tree has no manifest at its top.
    #[error("sugar_module/{MANIFEST} is missing")]
    NoManifest,
    /// A file that Sugar's package scanner would refuse.
    #[error("sugar_module/{0} is of a kind that Sugar's package scanner refuses")]
    Refused(String),
    /// The zip could not be written.
    #[error("the zip could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The zip could not be written.
    #[error("the zip could not be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The name that the package's file should have.
pub fn file_name() -> String {
    format!("riverline-{}.zip", env!("CARGO_PKG_VERSION"))
}

/// Builds the package.
pub fn build() -> Result<Vec<u8>, PackageError> {
    zip_of(FILES)
}

fn zip_of(files: &[(&str, &[u8])]) -> Result<Vec<u8>, PackageError> {
    if !files.iter().any(|(name, _)| *name == MANIFEST) {
        return Err(PackageError::NoManifest);
    }
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        if !is_accepted(name) {
            return Err(PackageError::Refused((*name).to_owned()));
        }
        zip.start_file(*name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn is_accepted(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| ACCEPTED.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn text_of(wanted: &str) -> &'static str {
        let (_, content) = FILES.iter().find(|(name, _)| *name == wanted).unwrap();
        std::str::from_utf8(content).unwrap()
    }

    fn manifest() -> &'static str {
        text_of(MANIFEST)
    }

    #[test]
    fn the_package_has_the_version_of_the_service() {
        let said = |text: &'static str, before: &str| {
            let (_, rest) = text.split_once(before).unwrap();
            rest.split('\'').next()
        };
        let version = Some(env!("CARGO_PKG_VERSION"));
        assert_eq!(said(manifest(), "'version' => '"), version);
        let api = text_of("custom/clients/base/api/RiverlineApi.php");
        assert_eq!(said(api, "const VERSION = '"), version);
        assert!(file_name().contains(env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn the_zip_holds_the_tree_and_nothing_that_explains_it() {
        let package = build().unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(package)).unwrap();
        let names: Vec<_> = zip
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        assert!(names.is_sorted());
        assert!(
            !names
                .iter()
                .any(|name| name.starts_with("docs/") || name.contains("/."))
        );
        let mut text = String::new();
        zip.by_name(MANIFEST)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, manifest());
    }

    #[test]
    fn the_same_tree_gives_the_same_bytes() {
        assert_eq!(build().unwrap(), build().unwrap());
    }

    #[test]
    fn what_sugar_would_refuse_is_refused_here() {
        let manifest: (&str, &[u8]) = (MANIFEST, b"<?php");
        for name in ["a.svg", "README.md", "src/LICENSE", "x.phtml", "map.json"] {
            let error = zip_of(&[manifest, (name, b"x")]).unwrap_err();
            assert!(matches!(error, PackageError::Refused(refused) if refused == name));
        }
        assert!(matches!(zip_of(&[]), Err(PackageError::NoManifest)));
    }
}
