//! Carriers: one trait, one file each.

pub mod simulator;

use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use async_trait::async_trait;

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
}

/// What became of handing a text over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The carrier took it; receipts follow.
    Accepted {
        /// What the carrier calls it.
        provider_id: String,
    },
    /// The carrier surely did not take it, and says why in plain words.
    Rejected {
        /// For the user.
        reason: String,
    },
    /// The carrier surely did not take it and wants to be asked later.
    BackOff {
        /// After so many milliseconds.
        after_ms: i64,
    },
    /// Nobody can know: never sent again by itself.
    Unknown {
        /// For the user.
        reason: String,
    },
}

/// A call from a carrier, untouched.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    /// The secret in its path.
    pub secret: String,
    /// The message in its path, for status calls.
    pub message_id: Option<String>,
    /// The raw body: signatures cover the bytes.
    pub body: Vec<u8>,
}

/// What a verified call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A text arrived.
    Text {
        /// What the carrier calls it.
        provider_id: String,
        /// Who sent it.
        from: Peer,
        /// To which number of ours, E.164.
        to: String,
        /// The text.
        text: String,
    },
    /// A text of ours moved on.
    Receipt {
        /// Our message.
        message_id: MessageId,
        /// Its new state.
        state: MessageState,
        /// Plain words when it failed.
        reason: Option<String>,
    },
}

/// Why a call is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// Not from this carrier: nothing of it is believed.
    #[error("the call is not signed by this gateway")]
    Forged,
    /// From the carrier, but not in a form that is known.
    #[error("the call is not in a form that this gateway knows")]
    Malformed,
}

/// A configured account at a carrier.
#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// Its name in the configuration.
    fn id(&self) -> &GatewayId;

    /// The longest text it takes, in characters.
    fn max_chars(&self) -> usize;

    /// Hands a text over; called once per attempt.
    async fn send(&self, text: &Outbound) -> Outcome;

    /// Verifies a call and reads it. There is no default: forgetting to verify does not compile.
    fn read(&self, call: &Callback) -> Result<News, CallbackError>;
}
