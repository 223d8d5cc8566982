//! How a text travels: its alphabet and its parts (3GPP TS 23.038; sms-gateways 7.1, 7.2).
//!
//! Parts are counted with the 6-byte header that every carrier here uses; national shift tables,
//! which they do not use, are left out.

/// Septets of one text alone, and of each part of a longer one.
const GSM7: (usize, usize) = (160, 153);
/// UTF-16 units of one text alone, and of each part of a longer one.
const UCS2: (usize, usize) = (70, 67);

/// The basic alphabet without its letters and digits, which need no table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Reached by an escape: two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The alphabet of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// 7 bits a character, 14 for a few.
    Gsm7,
    /// 16 bits a character, 32 for those beyond the first 65,536.
    Ucs2,
}

/// What sending a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// Its alphabet: one character outside GSM-7 makes all of it UCS-2.
    pub alphabet: Alphabet,
    /// How many parts are sent, and paid.
    pub parts: u32,
    /// Septets or UTF-16 units that the last part has left.
    pub left: u32,
}

/// What a character takes in GSM-7; `None` when it is not in it.
pub fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else {
        EXTENSION.contains(c).then_some(2)
    }
}

/// Counts a text as it is sent: line ends are one character.
pub fn segments(text: &str) -> Segments {
    let text = line_ends(text);
    let in_gsm7: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (alphabet, sizes, (alone, each)) = match in_gsm7 {
        Some(sizes) => (Alphabet::Gsm7, sizes, GSM7),
        None => (
            Alphabet::Ucs2,
            text.chars().map(char::len_utf16).collect(),
            UCS2,
        ),
    };
    let total: usize = sizes.iter().sum();
    let (parts, used, room) = if total <= alone {
        (1, total, alone)
    } else {
        let (parts, used) = fill(&sizes, each);
        (parts, used, each)
    };
    Segments {
        alphabet,
        parts,
        left: u32::try_from(room - used).unwrap_or(0),
    }
}

/// The most characters of one place each that so many parts hold.
pub fn longest(parts: u32) -> usize {
    match usize::try_from(parts).unwrap_or(usize::MAX) {
        0 | 1 => GSM7.0,
        more => more.saturating_mul(GSM7.1),
    }
}

/// Fills parts one after another; what takes two places never lies across a border.
fn fill(sizes: &[usize], room: usize) -> (u32, usize) {
    sizes.iter().fold((1, 0), |(parts, used), size| {
        if used + size > room {
            (parts + 1, *size)
        } else {
            (parts, used + size)
        }
    })
}

/// A text with the line ends that phones know.
pub fn line_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The text with look-alikes in place of characters that would make it UCS-2, when that makes
/// all of it GSM-7; otherwise unchanged.
pub fn smart(text: &str) -> String {
    let plain = with_look_alikes(text);
    match segments(&plain).alphabet {
        Alphabet::Gsm7 => plain,
        Alphabet::Ucs2 => text.to_owned(),
    }
}

fn with_look_alikes(text: &str) -> String {
    text.chars().map(look_alike).collect::<Vec<_>>().concat()
}

/// Whether two texts are one, but for what carriers change on the way: line ends and look-alikes.
pub fn same_words(one: &str, other: &str) -> bool {
    let plain = |text| with_look_alikes(&line_ends(text));
    one == other || plain(one) == plain(other)
}

/// A character as people would type it on an old phone.
fn look_alike(c: char) -> String {
    let text = match c {
        '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{2032}' | '`' | '\u{B4}' => "'",
        '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{2033}' | '\u{AB}' | '\u{BB}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2026}' => "...",
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\t' => " ",
        '\u{200B}' | '\u{FEFF}' => "",
        '\u{2022}' => "*",
        other => return other.to_string(),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_the_reference_hold() {
        let family = "👨‍👩‍👧‍👦".repeat(7);
        let gsm = |text: &str, parts, used| (text.to_owned(), Alphabet::Gsm7, parts, used);
        let ucs = |text: &str, parts, used| (text.to_owned(), Alphabet::Ucs2, parts, used);
        for (text, alphabet, parts, used) in [
            gsm(&"A".repeat(160), 1, 160),
            gsm(&"A".repeat(161), 2, 8),
            gsm(&format!("{}€{}", "A".repeat(153), "B".repeat(10)), 2, 12),
            gsm(&format!("{}€{}", "A".repeat(152), "B".repeat(100)), 2, 102),
            gsm(&"€".repeat(80), 1, 160),
            gsm(&"€".repeat(81), 2, 10),
            gsm("a\u{c}b", 1, 4),
            ucs(&"ż".repeat(70), 1, 70),
            ucs(&"ż".repeat(71), 2, 4),
            ucs(&"😀".repeat(35), 1, 70),
            ucs(&"😀".repeat(36), 2, 6),
            ucs(&format!("{}😀{}", "ż".repeat(66), "x".repeat(5)), 2, 7),
            ucs("é à ò ç Ç", 1, 9),
            ucs("`", 1, 1),
            ucs("ğüşiİ", 1, 5),
            ucs(&family, 2, 11),
            ucs("“smart” quotes – and…", 1, 21),
        ] {
            let found = segments(&text);
            let room = match (alphabet, parts) {
                (Alphabet::Gsm7, 1) => 160,
                (Alphabet::Gsm7, _) => 153,
                (Alphabet::Ucs2, 1) => 70,
                (Alphabet::Ucs2, _) => 67,
            };
            let left = room - used;
            let expected = Segments {
                alphabet,
                parts,
                left,
            };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn look_alikes_are_taken_only_when_they_help() {
        assert_eq!(smart("“smart” quotes – and…"), "\"smart\" quotes - and...");
        assert_eq!(smart("“żółw”"), "“żółw”");
        assert_eq!(smart("ça va"), "ça va");
    }

    proptest! {
        /// Another counter, of somebody else.
        #[test]
        fn an_independent_counter_agrees(text in "[ -~€ż😀\\[\\]{}^|~\\\\éÇΔ\n]{0,400}") {
            let theirs = sms_splitter::SplitSms::default().split(text.clone());
            let ours = segments(&text);
            prop_assert_eq!(ours.parts as usize, theirs.parts.len().max(1));
            let is_gsm7 = theirs.character_set == "GSM";
            prop_assert!(text.is_empty() || (ours.alphabet == Alphabet::Gsm7) == is_gsm7);
        }
    }
}
