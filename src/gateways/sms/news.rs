//! What carriers tell, in our words.

use crate::domain::clock::Timestamp;
use crate::domain::consent::Keyword;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;

/// What a verified call says.
#[derive(Clone, PartialEq, Eq)]
pub enum News {
    /// A text arrived.
    Text(InboundText),
    /// A text of ours moved on.
    Receipt(Receipt),
}

/// A text that arrived. Not `Debug`: it holds the text.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundText {
    /// What the carrier calls it, the same at every repetition (sms-gateways 8, table).
    pub provider_id: String,
    /// Who sent it.
    pub from: Peer,
    /// To which number of ours, E.164.
    pub to: String,
    /// The text.
    pub text: String,
    /// When the carrier says that it was sent.
    pub sent_at: Option<Timestamp>,
    /// Its pictures.
    pub pictures: Vec<Picture>,
    /// Which part of a longer text it is, from a carrier that does not join them.
    pub part: Option<Part>,
    /// What the carrier itself understood it as, and acted on.
    pub keyword: Option<Keyword>,
}

impl std::fmt::Debug for InboundText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboundText")
            .field("provider_id", &self.provider_id)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Receipt(receipt) => receipt.fmt(f),
        }
    }
}

/// One part of a text that the carrier did not join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The same for all parts of a text from one sender.
    pub reference: String,
    /// From 1.
    pub number: u16,
    /// How many there are.
    pub total: u16,
}

/// A picture at the carrier. Not `Debug`: its address opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it is.
    pub url: String,
    /// What the carrier says it is; believed only after a look at its first bytes.
    pub content_type: String,
}

/// What became of a text of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Our message, when the call names it.
    pub message_id: Option<MessageId>,
    /// What the carrier calls it, when it says so.
    pub provider_id: Option<String>,
    /// Its new state; `None` when the news changes nothing that we show.
    pub state: Option<MessageState>,
    /// It is of the one part that `provider_id` names, not of the whole text.
    pub of_part: bool,
    /// The carrier's word for the state, when nobody here knows it.
    pub unknown_status: Option<String>,
    /// The carrier's code, when it failed.
    pub code: Option<String>,
    /// Plain words when it failed.
    pub reason: Option<String>,
    /// It failed because the other side has opted out at the carrier.
    pub opted_out: bool,
}

/// More is no word, and more digits may be a number.
const MOST_OF_A_WORD: usize = 40;
const MOST_DIGITS: usize = 8;

/// A carrier's word or code as it may stand in a log; what could be a text or a number does not.
pub fn loggable(word: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let fits = word.len() <= MOST_OF_A_WORD && digits <= MOST_DIGITS;
    if !word.is_empty() && fits && word.bytes().all(is_plain) {
        word
    } else {
        "(not a word)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_words_and_codes_is_logged() {
        for word in [
            "flying",
            "UNDELIV/069",
            "0x0000000b",
            "30007",
            "delivery_failed",
        ] {
            assert_eq!(loggable(word), word);
        }
        for other in [
            "",
            "Hello there",
            "14155552671",
            "+14155552671",
            "a\nb",
            "żółw",
            &"a".repeat(41),
        ] {
            assert_eq!(loggable(other), "(not a word)");
        }
    }
}
