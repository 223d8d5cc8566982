//! What happened, and whom it concerns: the rows of the log.

use super::clock::Timestamp;
use super::conversation::Conversation;
use super::ids::{ConversationId, MemberId, MessageId};
use super::member::Member;
use super::message::{Message, MessageState};
use super::picture::Picture;
use super::presence::{Choice, Presence};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What changed in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Somebody was added.
    Joined,
    /// The first reply made it somebody's.
    Claimed,
    /// A member gave it to another one.
    Transferred,
    /// A member may no longer be in it.
    Left,
    /// An SMS session was closed.
    Closed,
    /// A text came within the reopen window.
    Reopened,
    /// Its record became known, or another one.
    Linked,
    /// Sugar said how many records have the number, and it is not one.
    Matched,
    /// Its Note moved on.
    Note,
    /// The other side may be texted now, or not any more.
    Consent,
}

/// A kept event; panels get every one that concerns them, once and in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// A member appeared or changed.
    #[serde(rename = "member.updated")]
    MemberUpdated {
        /// The member now.
        member: Member,
    },
    /// A chat or a session began, or was routed to the audience.
    #[serde(rename = "conversation.created")]
    ConversationCreated {
        /// The conversation.
        conversation: Conversation,
    },
    /// A conversation changed.
    #[serde(rename = "conversation.updated")]
    ConversationUpdated {
        /// The conversation now.
        conversation: Conversation,
        /// What changed.
        change: Change,
    },
    /// A message was stored.
    #[serde(rename = "message.created")]
    MessageCreated {
        /// The message.
        message: Message,
    },
    /// A text moved on.
    #[serde(rename = "message.updated")]
    MessageUpdated {
        /// Its conversation.
        conversation_id: ConversationId,
        /// The message.
        message_id: MessageId,
        /// Its new state.
        state: MessageState,
        /// Plain words for `failed` and `unknown`.
        reason: Option<String>,
        /// When a text that is planned, or was put off, is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        send_at: Option<Timestamp>,
    },
    /// A picture of a message is here, or will never be.
    #[serde(rename = "message.pictures")]
    PicturesUpdated {
        /// Its conversation.
        conversation_id: ConversationId,
        /// The message.
        message_id: MessageId,
        /// All its pictures now.
        pictures: Vec<Picture>,
    },
    /// A member has read up to a message.
    #[serde(rename = "conversation.read")]
    ConversationRead {
        /// The conversation.
        conversation_id: ConversationId,
        /// Who read.
        member_id: MemberId,
        /// Up to here.
        message_id: MessageId,
    },
    /// Tokens ended; for the nodes, which close their sockets.
    #[serde(rename = "sign_in.ended")]
    SignInsEnded {
        /// Whose.
        member_id: MemberId,
        /// The tokens, hashed.
        tokens: Vec<String>,
    },
    /// A member chose what to show; for the nodes, which tell it with their presence.
    #[serde(rename = "presence.chosen")]
    PresenceChosen {
        /// Who.
        member_id: MemberId,
        /// What.
        choice: Choice,
    },
}

/// Not kept, no cursor: worth nothing a moment later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Signal {
    /// Changes of presence, gathered.
    Presence {
        /// Those who changed.
        members: Vec<Presence>,
    },
    /// Somebody is writing.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        member_id: MemberId,
    },
}

/// Whom an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Every member.
    Everyone,
    /// These members.
    Members(Arc<[MemberId]>),
    /// No panel: it is for the nodes themselves.
    Nodes,
}

impl Audience {
    /// The stored form: `*`, ids between blanks (ids hold no white space), or nothing.
    pub fn to_stored(&self) -> String {
        match self {
            Self::Everyone => "*".to_owned(),
            Self::Nodes => String::new(),
            Self::Members(members) => {
                let ids: Vec<&str> = members.iter().map(MemberId::as_str).collect();
                ids.join(" ")
            }
        }
    }

    /// Reads the stored form.
    pub fn from_stored(text: &str) -> Self {
        if text == "*" {
            return Self::Everyone;
        }
        if text.is_empty() {
            return Self::Nodes;
        }
        Self::Members(
            text.split_whitespace()
                .filter_map(|id| MemberId::parse(id).ok())
                .collect(),
        )
    }

    /// Whether the event concerns a member.
    pub fn includes(&self, member: &MemberId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Members(members) => members.contains(member),
            Self::Nodes => false,
        }
    }
}

/// An event on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Whom it concerns.
    pub audience: Audience,
    /// What happened.
    pub event: Event,
}

impl NewEvent {
    /// An event for the nodes and no panel.
    pub const fn to_nodes(event: Event) -> Self {
        Self {
            audience: Audience::Nodes,
            event,
        }
    }

    /// An event for some members.
    pub fn to(members: impl Into<Arc<[MemberId]>>, event: Event) -> Self {
        Self {
            audience: Audience::Members(members.into()),
            event,
        }
    }
}

/// An event in the log, already JSON: written once, sent to every panel of its audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Place in the log; consecutive.
    pub id: i64,
    /// Whom it concerns.
    pub audience: Audience,
    /// The event as JSON.
    pub event: String,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Logged {
    /// The place of this row.
    pub const fn cursor(&self) -> Cursor {
        Cursor {
            id: self.id,
            created_at: self.created_at,
        }
    }
}

/// A place in the log; opaque to panels, `<id>.<created_at>`.
///
/// The time tells a restored database from the one that gave the cursor out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Id of the last log row that is covered; 0 is the beginning.
    pub id: i64,
    /// When that row was written; 0 at the beginning.
    pub created_at: Timestamp,
}

impl Cursor {
    /// The place before the first row.
    pub const START: Self = Self {
        id: 0,
        created_at: Timestamp(0),
    };
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.id, self.created_at.0)
    }
}

impl std::str::FromStr for Cursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (id, created_at) = text.split_once('.').ok_or(CursorError)?;
        let id = id
            .parse::<i64>()
            .ok()
            .filter(|id| *id >= 0)
            .ok_or(CursorError)?;
        let created_at = Timestamp(created_at.parse().map_err(|_| CursorError)?);
        Ok(Self { id, created_at })
    }
}

/// Not a cursor that this service gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor")]
pub struct CursorError;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_survive_the_wire(id in 0_i64.., at in 0_i64..) {
            let cursor = Cursor { id, created_at: Timestamp(at) };
            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }

        #[test]
        fn garbage_is_no_cursor_and_no_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Cursor>();
        }
    }

    #[test]
    fn audiences_survive_the_database() {
        let two = Audience::Members(Arc::new([
            MemberId::parse("seed_sally_id").unwrap(),
            MemberId::parse("1").unwrap(),
        ]));
        assert_eq!(Audience::from_stored(&two.to_stored()), two);
        assert_eq!(Audience::from_stored("*"), Audience::Everyone);
        assert_eq!(
            Audience::from_stored(&Audience::Nodes.to_stored()),
            Audience::Nodes
        );
        assert!(!two.includes(&MemberId::parse("seed").unwrap()));
    }
}
