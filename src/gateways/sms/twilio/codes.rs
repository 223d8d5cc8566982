//! Twilio's error codes as data (sms-gateways 2.2). Twilio may change them at any time, so a code
//! that is not here means no more than "it failed".

use super::super::RejectionClass::{self, Configuration, OptOut, Permanent, Policy};

/// What follows from a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Twilio did not take the text and says so; it may later.
    Later,
    /// Twilio will not send it.
    No(RejectionClass),
}
use Meaning::{Later, No};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    number: u32,
    /// What follows from it.
    pub(super) meaning: Meaning,
    /// For the user.
    pub(super) words: &'static str,
}

const fn code(number: u32, meaning: Meaning, words: &'static str) -> Code {
    Code {
        number,
        meaning,
        words,
    }
}

/// Sorted by number.
const CODES: &[Code] = &[
    code(14107, Later, "The carrier is sending too much for us now."),
    code(
        20003,
        No(Configuration),
        "The carrier does not accept our sign-in; an admin must correct it.",
    ),
    code(
        20404,
        No(Configuration),
        "The carrier does not know our account; an admin must correct it.",
    ),
    code(20429, Later, "The carrier is busy with our other requests."),
    code(
        21211,
        No(Permanent),
        "The carrier says that this is not a phone number.",
    ),
    code(
        21212,
        No(Configuration),
        "The carrier does not accept our number; an admin must correct it.",
    ),
    code(
        21408,
        No(Configuration),
        "Texts to this country are not switched on at the carrier; an admin can do that.",
    ),
    code(
        21601,
        No(Configuration),
        "Our number cannot send texts; an admin must look at it.",
    ),
    code(
        21602,
        No(Permanent),
        "The carrier does not take an empty text.",
    ),
    code(
        21603,
        No(Configuration),
        "The carrier was told no number to send from; an admin must correct it.",
    ),
    code(
        21604,
        No(Permanent),
        "The carrier was told no number to send to.",
    ),
    code(
        21606,
        No(Configuration),
        "Our number cannot text this one; an admin must look at it.",
    ),
    code(
        21608,
        No(Configuration),
        "The account at the carrier is a trial and texts verified numbers only.",
    ),
    code(
        21609,
        No(Configuration),
        "The carrier cannot use the address of this service; an admin must correct public_url.",
    ),
    code(
        21610,
        No(OptOut),
        "This number has opted out of texts from us at the carrier.",
    ),
    code(
        21611,
        Later,
        "Too many texts of our number wait at the carrier.",
    ),
    code(
        21612,
        No(Permanent),
        "The carrier has no way from our number to this one.",
    ),
    code(21614, No(Permanent), "This is not a mobile number."),
    code(
        21617,
        No(Permanent),
        "The text is too long for the carrier.",
    ),
    code(
        21620,
        No(Permanent),
        "The carrier cannot fetch the picture.",
    ),
    code(
        21623,
        No(Permanent),
        "The carrier does not take so many pictures.",
    ),
    code(
        21635,
        No(Permanent),
        "This is a landline, and the carrier texts none in this country.",
    ),
    code(
        21703,
        No(Configuration),
        "The messaging service has no number that can text this one; an admin must add one.",
    ),
    code(
        21704,
        No(Configuration),
        "The messaging service has no number; an admin must add one.",
    ),
    code(
        21705,
        No(Configuration),
        "The carrier does not know our messaging service; an admin must correct it.",
    ),
    code(30001, Later, "Too many texts of ours wait at the carrier."),
    code(
        30002,
        No(Configuration),
        "The account at the carrier is suspended.",
    ),
    code(
        30003,
        No(Permanent),
        "The phone could not be reached; it may be switched off. You can try again later.",
    ),
    code(30004, No(Policy), "Texts to this number are blocked."),
    code(30005, No(Permanent), "This number is not in use."),
    code(
        30006,
        No(Permanent),
        "This is a landline, or its carrier cannot be reached.",
    ),
    code(
        30007,
        No(Policy),
        "The text was filtered as unwanted by the carrier.",
    ),
    code(
        30008,
        No(Permanent),
        "The carrier does not say why it could not deliver the text. You can try again once.",
    ),
    code(30009, No(Permanent), "A part of the text is missing."),
    code(
        30011,
        No(Permanent),
        "The other side's carrier takes no pictures from ours.",
    ),
    code(
        30017,
        No(Permanent),
        "The other side's carrier is overloaded. You can try again later.",
    ),
    code(
        30018,
        No(Configuration),
        "Our sender must be registered in this country first; an admin can do that.",
    ),
    code(
        30019,
        No(Permanent),
        "The pictures are too big for the other side's carrier.",
    ),
    code(
        30022,
        No(Policy),
        "We texted too much in a short time for the carriers' rules. You can try again later.",
    ),
    code(
        30023,
        No(Policy),
        "Our daily number of texts is used up. You can try again tomorrow.",
    ),
    code(
        30024,
        No(Configuration),
        "Our number is not set up for this country; an admin must look at it.",
    ),
    code(
        30027,
        No(Policy),
        "Our daily number of texts to this network is used up. You can try again tomorrow.",
    ),
    code(
        30032,
        No(Configuration),
        "Our toll-free number is not verified yet; an admin can do that.",
    ),
    code(
        30034,
        No(Configuration),
        "Our number is not registered for texts in the US (10DLC); an admin can do that.",
    ),
    code(
        30450,
        No(Policy),
        "The carrier takes this for fraud with text messages.",
    ),
    code(
        30610,
        No(Policy),
        "It is too early or too late at the other side for the carrier.",
    ),
    code(
        30640,
        No(Policy),
        "The carrier does not text this number for legal reasons.",
    ),
];

/// The row of a code, when it is known.
pub(super) fn find(number: u32) -> Option<&'static Code> {
    let at = CODES
        .binary_search_by_key(&number, |code| code.number)
        .ok()?;
    CODES.get(at)
}

/// Whether a code says that the other side has opted out at the carrier.
pub(super) fn is_opt_out(number: u32) -> bool {
    find(number).is_some_and(|code| code.meaning == No(OptOut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found() {
        assert!(CODES.is_sorted_by(|one, next| one.number < next.number));
        for code in CODES {
            assert_eq!(find(code.number), Some(code));
            assert!(code.words.ends_with('.'), "{}", code.words);
        }
        assert_eq!(find(0), None);
        assert!(is_opt_out(21610));
    }
}
