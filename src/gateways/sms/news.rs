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
    /// The carrier's code, when it failed.
    pub code: Option<String>,
    /// Plain words when it failed.
    pub reason: Option<String>,
    /// It failed because the other side has opted out at the carrier.
    pub opted_out: bool,
}
