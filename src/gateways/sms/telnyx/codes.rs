//! Telnyx's error codes as data (sms-gateways 3.1). A code that is not here means no more than "it
//! failed".

use crate::gateways::sms::RejectionClass::{self, Configuration, OptOut, Permanent, Policy};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    number: &'static str,
    /// What follows from it.
    pub(super) class: RejectionClass,
    /// For the user.
    pub(super) words: &'static str,
}

const fn code(number: &'static str, class: RejectionClass, words: &'static str) -> Code {
    Code {
        number,
        class,
        words,
    }
}

const CODES: &[Code] = &[
    code(
        "10009",
        Configuration,
        "The carrier does not accept our sign-in; an admin must correct it.",
    ),
    code(
        "10016",
        Permanent,
        "The carrier says that this is not a phone number.",
    ),
    code(
        "40001",
        Permanent,
        "This is a landline, or the number cannot get texts.",
    ),
    code(
        "40002",
        Policy,
        "The text was filtered as unwanted for now.",
    ),
    code(
        "40003",
        Policy,
        "The text was filtered as unwanted by the carrier.",
    ),
    code(
        "40004",
        Permanent,
        "The other side's carrier refused the text.",
    ),
    code(
        "40005",
        Permanent,
        "The text could not be delivered in time.",
    ),
    code(
        "40006",
        Permanent,
        "The other side's carrier cannot be reached. You can try again later.",
    ),
    code(
        "40008",
        Permanent,
        "The text cannot be delivered to this number.",
    ),
    code("40009", Permanent, "The carrier does not take this text."),
    code(
        "40011",
        Policy,
        "We texted too much in a short time for the carriers' rules. You can try again later.",
    ),
    code(
        "40300",
        OptOut,
        "This number has opted out of texts from us at the carrier.",
    ),
];

/// The row of a code, when it is known.
pub(super) fn find(number: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.number == number)
}
