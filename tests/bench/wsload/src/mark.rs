//! The text of a message: who it is for, which one it is and when it was due.

use crate::template::push_padded;

const MARK: &[u8] = b"~W1~";
/// Bytes of the mark: `~W1~<to, 6 digits>~<sequence, 10 digits>~<due, 16 hex digits>~`.
pub const MARK_BYTES: usize = 39;
const FILL: &[u8] = b"the quick brown fox jumps over the lazy dog and runs far away from here ";

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The receiver's number.
    pub to: usize,
    /// The message's number in this run.
    pub sequence: u64,
    /// When it was due, in nanoseconds of this process's clock.
    pub due: u64,
}

/// Writes a text of `bytes` (at least those of the mark) into `text`: plain ASCII, nothing that JSON escapes.
pub fn write(text: &mut Vec<u8>, marked: Marked, bytes: usize) {
    text.clear();
    text.extend_from_slice(MARK);
    push_padded(text, marked.to as u64, 6);
    text.push(b'~');
    push_padded(text, marked.sequence, 10);
    text.push(b'~');
    text.extend((0..16).rev().map(|nibble| {
        let digit = (marked.due >> (nibble * 4)) & 15;
        b"0123456789abcdef"[digit as usize]
    }));
    text.push(b'~');
    while text.len() < bytes {
        let part = FILL.len().min(bytes - text.len());
        text.extend_from_slice(&FILL[..part]);
    }
}

/// Calls `found` for every mark; returns from where on bytes may belong to one that is not complete yet.
pub fn scan(data: &[u8], mut found: impl FnMut(Marked)) -> usize {
    let mut at = 0;
    while let Some(next) = memchr::memmem::find(&data[at..], MARK) {
        let start = at + next;
        let Some(mark) = data.get(start..start + MARK_BYTES) else {
            return start;
        };
        let number = |from: usize, to: usize, radix| {
            let digits = std::str::from_utf8(&mark[from..to]).unwrap_or_default();
            u64::from_str_radix(digits, radix).ok()
        };
        if let (Some(to), Some(sequence), Some(due)) =
            (number(4, 10, 10), number(11, 21, 10), number(22, 38, 16))
        {
            found(Marked {
                to: to as usize,
                sequence,
                due,
            });
        }
        at = start + MARK_BYTES;
    }
    let partial = (1..MARK.len())
        .rev()
        .find(|length| data.len() >= at + length && data.ends_with(&MARK[..*length]));
    data.len() - partial.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_what_was_written_wherever_it_is_cut() {
        let marked = Marked {
            to: 17,
            sequence: 123_456,
            due: 0xdead_beef,
        };
        let mut text = Vec::new();
        write(&mut text, marked, 120);
        assert_eq!(text.len(), 120);
        for cut in 0..text.len() {
            let mut seen = Vec::new();
            let kept = scan(&text[..cut], |one| seen.push(one));
            scan(&text[kept..], |one| seen.push(one));
            assert_eq!(seen, [marked], "cut at {cut}");
        }
    }
}
