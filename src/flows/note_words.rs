//! Whose words a Note in Sugar has: ours, or a person's.

use crate::gateways::crm::StoredNote;
use crate::store::notes::NoteWork;
use sha2::{Digest as _, Sha256};

/// Whether a Note's text is one that we wrote.
pub(super) fn is_ours(work: &NoteWork, note: &StoredNote) -> bool {
    !work.edited && is_as_offered(work, note)
}

/// Whether a Note's text is one that we offered, be it below a person's own words.
pub(super) fn is_as_offered(work: &NoteWork, note: &StoredNote) -> bool {
    let hash = text_hash(&note.description);
    work.text_hashes.split(' ').any(|known| known == hash)
}

/// Nobody but us wrote to it.
pub(super) fn is_untouched(work: &NoteWork, note: &StoredNote) -> bool {
    note.untouched || is_ours(work, note)
}

/// Copies that came late, after a person had deleted the Note: that Note is not made again.
pub(super) fn unwanted_copies<'a>(
    found: &'a [StoredNote],
    known: Option<&str>,
    work: &NoteWork,
) -> Vec<&'a StoredNote> {
    let is_gone = |note: &StoredNote| note.deleted && known.is_none_or(|known| known == note.id);
    if !found.iter().any(is_gone) {
        return Vec::new();
    }
    let late = |note: &&StoredNote| !note.deleted && is_untouched(work, note);
    found.iter().filter(late).collect()
}

/// Sugar's versions differ in line ends and in spaces at the ends of a text.
pub(super) fn text_hash(text: &str) -> String {
    hash(text.replace("\r\n", "\n").trim())
}

/// A text as it is remembered.
pub(super) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
