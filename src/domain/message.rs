//! Messages and the states of a text.

use super::clock::Timestamp;
use super::ids::{ConversationId, KeyId, MemberId, MessageId};
use super::phone::Peer;
use serde::{Deserialize, Serialize};

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Sender {
    /// A member.
    Member(MemberId),
    /// The other side of an SMS session.
    Peer(Peer),
    /// An integrator's key.
    Key(KeyId),
}

/// Where a message is on its way (design section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// A chat message, kept.
    Stored,
    /// A text from the other side.
    Received,
    /// Waits for its turn.
    Queued,
    /// Handed to the gateway, no answer yet.
    Sending,
    /// Nobody can know whether the carrier took it; never resent by itself.
    Unknown,
    /// The carrier took it.
    Sent,
    /// The carrier refused or could not deliver it.
    Failed,
    /// On the peer's phone.
    Delivered,
}

impl MessageState {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Received => "received",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
        }
    }

    /// Reads what `as_str` wrote; anything else is `unknown`, which claims nothing.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "stored" => Self::Stored,
            "received" => Self::Received,
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "failed" => Self::Failed,
            "delivered" => Self::Delivered,
            _ => Self::Unknown,
        }
    }

    /// How far along; a state only ever moves to a higher one.
    const fn rank(self) -> u8 {
        match self {
            Self::Stored | Self::Received => 9,
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Sent => 3,
            Self::Failed => 4,
            Self::Delivered => 5,
        }
    }

    /// Whether a transcript says that this did not surely arrive.
    pub const fn is_marked(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown)
    }

    /// Whether news may replace this state: forward only, whatever order it arrives in.
    pub const fn may_become(self, next: Self) -> bool {
        self.rank() < next.rank() && next.rank() < 9
    }
}

/// One message as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa", "conversation_id": "0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9aa",
    "sender": {"kind": "member", "id": "seed_sally_id"}, "text": "It left this morning.",
    "state": "queued", "reason": null, "created_at": "2026-11-22T10:04:00.123Z"
}))]
pub struct Message {
    /// The sender's UUIDv7.
    pub id: MessageId,
    /// Where it belongs.
    pub conversation_id: ConversationId,
    /// Who wrote it.
    pub sender: Sender,
    /// Its text, unescaped.
    #[schema(example = "It left this morning.")]
    pub text: String,
    /// Where it is on its way.
    pub state: MessageState,
    /// Plain words for `failed` and `unknown`.
    pub reason: Option<String>,
    /// When the service stored it.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Why a text cannot be sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("Write something first.")]
    Empty,
    /// Longer than allowed here.
    #[error("This is {length} characters long; at most {max} can be sent at once.")]
    TooLong {
        /// Characters written.
        length: usize,
        /// Characters allowed.
        max: usize,
    },
    /// NUL, which no database and no carrier keeps.
    #[error("The text holds a character that cannot be sent.")]
    Unsendable,
}

/// Checks a text against the limit of its conversation, in characters.
pub fn check_text(text: &str, max: usize) -> Result<(), TextError> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Err(TextError::Empty)
    } else if length > max {
        Err(TextError::TooLong { length, max })
    } else if text.contains('\0') {
        Err(TextError::Unsendable)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outbound() -> impl Strategy<Value = MessageState> {
        use MessageState::*;
        prop::sample::select(vec![Queued, Sending, Unknown, Sent, Failed, Delivered])
    }

    proptest! {
        #[test]
        fn the_end_does_not_depend_on_the_order_of_news(mut news in prop::collection::vec(outbound(), 1..8)) {
            let settle = |news: &[MessageState]| news.iter().fold(MessageState::Queued, |state, next| {
                if state.may_become(*next) { *next } else { state }
            });
            let first = settle(&news);
            news.reverse();
            prop_assert_eq!(settle(&news), first);
        }

        #[test]
        fn chat_and_received_messages_never_change(next in outbound()) {
            prop_assert!(!MessageState::Stored.may_become(next));
            prop_assert!(!MessageState::Received.may_become(next));
        }
    }

    #[test]
    fn delivered_may_correct_failed_and_unknown() {
        assert!(MessageState::Failed.may_become(MessageState::Delivered));
        assert!(MessageState::Unknown.may_become(MessageState::Delivered));
        assert!(!MessageState::Delivered.may_become(MessageState::Failed));
    }

    #[test]
    fn texts_are_measured_in_characters() {
        assert_eq!(check_text(" \n", 10), Err(TextError::Empty));
        assert_eq!(check_text("äöüß", 4), Ok(()));
        assert_eq!(
            check_text("äöüß!", 4),
            Err(TextError::TooLong { length: 5, max: 4 })
        );
    }
}
