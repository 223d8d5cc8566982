//! Carriers: one trait, one file each.
//!
//! A carrier's file knows its wire and nothing of us but these words. What may be done with an
//! answer (repeat, show, never repeat) is decided by [`Outcome`] alone.

mod callback;
pub mod exchange;
mod form;
pub mod kannel;
mod media;
mod news;
pub mod simulator;
mod specimen;
pub mod telnyx;
pub mod twilio;
pub mod vonage;

use crate::domain::clock::Timestamp;
use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::phone::Peer;
use crate::domain::picture::PictureProblem;
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

pub use callback::{Callback, CallbackError, CallbackKind, Reply, Verified};
pub use news::{InboundText, News, Part, Picture, Receipt, loggable};
pub use specimen::{Specimen, probe_path};

/// A text on its way out.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Our message, named in every callback.
    pub message_id: MessageId,
    /// Our number, E.164.
    pub from: String,
    /// The other side.
    pub to: Peer,
    /// The text.
    pub text: String,
    /// Where the carrier tells what became of it; holds a secret.
    pub status_url: SecretString,
    /// For how long the carrier may try, in seconds.
    pub validity_s: u64,
}

/// What became of handing a text over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The carrier took it; receipts follow.
    Accepted {
        /// What the carrier calls it; several when it counts parts, none when it tells nothing
        /// (sms-gateways 5.2).
        provider_ids: Vec<String>,
        /// How many parts it was sent in, when the carrier says so.
        parts: Option<u32>,
    },
    /// The carrier surely did not take it.
    Rejected(Rejection),
    /// The carrier took some parts of it and refused the others: the other side may get a
    /// piece of it, and it has failed as a whole.
    TakenInPart(Rejection),
    /// The carrier surely did not take it and may do so later.
    BackOff {
        /// Not before so many milliseconds, when the carrier named a time.
        after_ms: Option<i64>,
        /// For the log: without numbers and texts.
        reason: &'static str,
    },
    /// Nobody can know: never sent again by itself.
    Unknown {
        /// For the user.
        reason: &'static str,
    },
}

/// A carrier's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What follows from it.
    pub class: RejectionClass,
    /// The carrier's code, for the log and the carrier's support.
    pub code: Option<String>,
    /// For the user, in plain words.
    pub reason: String,
}

/// What follows from a carrier's no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionClass {
    /// This text to this number will not go, ever.
    Permanent,
    /// Our account or its set-up is at fault: an admin is needed.
    Configuration,
    /// Filtered, or against a rule of the carrier or the country.
    Policy,
    /// The other side has opted out at the carrier.
    OptOut,
}

/// What a carrier can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The longest text it takes, in characters.
    pub max_chars: usize,
    /// The most parts that it sends a text in, where that is bounded by itself.
    pub max_parts: Option<u32>,
    /// Whether [`SmsGateway::list`] works: what came while we were away can be fetched, and an
    /// unknown outcome can be looked up.
    pub lists: bool,
    /// What the carrier itself answers of STOP, START and HELP and their like, in lower case;
    /// nothing when the account is configured otherwise.
    pub answers: &'static [&'static str],
}

/// What is asked for of a carrier's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What came in and what went out.
    Everything,
    /// Only our own texts.
    Outbound,
}

/// A text as the carrier has it on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// One that came in, as its webhook would have told.
    Inbound(InboundText),
    /// One of ours.
    Outbound {
        /// What the carrier calls it.
        provider_id: String,
        /// From which number of ours, E.164.
        from: String,
        /// To whom.
        to: Peer,
        /// Its text, if the carrier keeps it.
        text: Option<String>,
        /// When the carrier took it.
        created_at: Timestamp,
        /// What became of it.
        receipt: Receipt,
    },
    /// One in no form that we know: any text might be it.
    Unreadable {
        /// When the carrier took it, if that can be read.
        created_at: Option<Timestamp>,
    },
}

/// The texts of a number that a carrier has on record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextList {
    /// The oldest ones since the moment that was asked for, oldest first.
    pub texts: Vec<Listed>,
    /// There are more than were read: up to this moment none is missing.
    pub complete_until: Option<Timestamp>,
}

/// Why the carrier's record could not be read; asked again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// This carrier keeps no list that can be read.
    #[error("this carrier has no list of texts")]
    NotAble,
    /// It did not answer, or not in its form.
    #[error("the carrier's list cannot be read ({0})")]
    Failed(&'static str),
}

/// A configured account at a carrier.
#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// Its name in the configuration.
    fn id(&self) -> &GatewayId;

    /// The secret in the path of its calls, at least 128 bits.
    fn callback_secret(&self) -> &SecretString;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// What follows the address for incoming texts when an admin enters that at the carrier.
    fn inbound_address_tail(&self) -> &'static str {
        ""
    }

    /// Hands a text over; called once per attempt.
    async fn send(&self, text: &Outbound) -> Outcome;

    /// Verifies that a call is this carrier's, on the bytes as they came; the secret in its path
    /// has been compared already. There is no default: forgetting to verify does not compile.
    fn verify<'c>(&self, call: &'c Callback, now: Timestamp)
    -> Result<Verified<'c>, CallbackError>;

    /// A call to `url` as this carrier makes them, signed as it signs where we can; `None` when
    /// nobody outside calls this gateway.
    fn specimen(&self, url: &str, now: Timestamp) -> Option<Specimen>;

    /// What a verified call says, in the order to be applied.
    fn read(&self, call: Verified<'_>) -> Result<Vec<News>, CallbackError>;

    /// What the carrier wants to hear once its call is stored.
    fn reply(&self, _kind: &CallbackKind) -> Reply {
        Reply::NO_CONTENT
    }

    /// The texts of one number of ours since a moment, oldest first.
    async fn list(
        &self,
        _own_number: &str,
        _since: Timestamp,
        _wanted: Wanted,
    ) -> Result<TextList, ListError> {
        Err(ListError::NotAble)
    }

    /// The bytes of a picture that a text named, fetched with the account's authority; at most
    /// `max_bytes`, only from the carrier's own hosts.
    async fn fetch(
        &self,
        _picture: &Picture,
        _max_bytes: usize,
    ) -> Result<Vec<u8>, PictureProblem> {
        Err(PictureProblem::Elsewhere)
    }
}

/// The address of a call: what a carrier is told to use, relative to our public address.
pub fn callback_url(
    public_address: &str,
    gateway: &dyn SmsGateway,
    kind: &CallbackKind,
) -> SecretString {
    let (id, secret) = (gateway.id(), gateway.callback_secret().expose_secret());
    let tail = match kind {
        CallbackKind::Inbound => "inbound".to_owned(),
        CallbackKind::Status(message_id) => format!("status/{message_id}"),
    };
    format!("{public_address}/gateways/{id}/{secret}/{tail}").into()
}
