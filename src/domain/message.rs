//! Messages and the states of a text.

use super::clock::Timestamp;
use super::ids::{ConversationId, KeyId, MemberId, MessageId};
use super::phone::Peer;
use super::picture::Picture;
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
    /// The service itself: the confirmation of a STOP and the like.
    Service,
}

/// Where a message is on its way (design section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// A chat message, kept.
    Stored,
    /// A text from the other side.
    Received,
    /// Waits for the time it is to be sent at.
    Scheduled,
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
    /// Called off before it was handed to the gateway.
    Canceled,
}

impl MessageState {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Received => "received",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Canceled => "canceled",
        }
    }

    /// Reads what `as_str` wrote; anything else is `unknown`, which claims nothing.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "stored" => Self::Stored,
            "received" => Self::Received,
            "scheduled" => Self::Scheduled,
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "failed" => Self::Failed,
            "delivered" => Self::Delivered,
            "canceled" => Self::Canceled,
            _ => Self::Unknown,
        }
    }

    /// How far along; a state only ever moves to a higher one.
    const fn rank(self) -> u8 {
        match self {
            Self::Scheduled => 0,
            Self::Queued => 1,
            Self::Sending => 2,
            Self::Unknown => 3,
            Self::Sent => 4,
            Self::Failed => 5,
            Self::Delivered => 6,
            Self::Stored | Self::Received | Self::Canceled => 9,
        }
    }

    /// Whether a transcript says that it was not sent yet.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Scheduled | Self::Queued | Self::Sending)
    }

    /// Whether the carrier has it.
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered)
    }

    /// Whether the text is still here: nothing of it was handed to a gateway.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Scheduled | Self::Queued)
    }

    /// Whether a transcript says that this did not surely arrive.
    pub const fn is_marked(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown)
    }

    /// Whether news may replace this state: forward only, whatever order it arrives in.
    pub const fn may_become(self, next: Self) -> bool {
        match next {
            Self::Canceled => self.is_waiting(),
            _ => self.rank() < next.rank() && next.rank() < 9,
        }
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
    /// Plain words for `failed`, `unknown` and `canceled`.
    pub reason: Option<String>,
    /// How many parts a text of ours is sent in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<u32>,
    /// When a `scheduled` text is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub send_at: Option<Timestamp>,
    /// The text that a person sent again with this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_of: Option<MessageId>,
    /// When a text from the other side was sent, as its carrier says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
    /// The pictures that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
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
    /// It takes more parts than the carrier sends.
    #[error(
        "This would be sent in {parts} parts; at most {max} can be sent at once. \
         Characters outside the alphabet of texts, such as emoji, make it longer."
    )]
    TooManyParts {
        /// Parts that it takes.
        parts: u32,
        /// Parts allowed.
        max: u32,
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
        prop::sample::select(vec![
            Scheduled, Queued, Sending, Unknown, Sent, Failed, Delivered,
        ])
    }

    proptest! {
        #[test]
        fn the_end_does_not_depend_on_the_order_of_news(mut news in prop::collection::vec(outbound(), 1..8)) {
            let settle = |news: &[MessageState]| news.iter().fold(MessageState::Scheduled, |state, next| {
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
    fn only_what_waits_can_be_called_off_and_then_stays_so() {
        use MessageState::*;
        for waiting in [Scheduled, Queued] {
            assert!(waiting.may_become(Canceled));
        }
        for gone in [Sending, Unknown, Sent, Failed, Delivered, Stored, Received] {
            assert!(!gone.may_become(Canceled));
            assert!(!Canceled.may_become(gone));
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
