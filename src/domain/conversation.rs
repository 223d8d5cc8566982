//! Conversations: a chat of members, or an SMS session.

use super::clock::Timestamp;
use super::ids::{ConversationId, MemberId, NumberId};
use super::phone::Peer;
use super::record::RecordRef;
use serde::{Deserialize, Serialize};

/// The two kinds of conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Between members.
    Chat,
    /// One own number and one peer.
    Sms,
}

impl ConversationKind {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Sms => "sms",
        }
    }
}

/// Whether an SMS session takes texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// From the first text on.
    Open,
    /// Closed; becomes a Note.
    Closed,
}

impl SessionState {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// How far the Note of a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteState {
    /// Nothing to save: open, empty, or no record yet.
    None,
    /// Being saved, or waiting for Sugar.
    Waiting,
    /// In Sugar.
    Saved,
    /// Given up; an admin can see why.
    Failed,
}

impl NoteState {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Waiting => "waiting",
            Self::Saved => "saved",
            Self::Failed => "failed",
        }
    }

    /// Reads what `as_str` wrote.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "waiting" => Self::Waiting,
            "saved" => Self::Saved,
            "failed" => Self::Failed,
            _ => Self::None,
        }
    }
}

/// The Note of a closed session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoteStatus {
    /// How far it is.
    pub state: NoteState,
    /// The Note's id in Sugar, once saved.
    pub id: Option<String>,
    /// Plain words while it waits or after it failed.
    pub reason: Option<String>,
}

/// How far the search for the record behind a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordMatch {
    /// Sugar was not asked yet, or did not answer: it is asked again.
    Pending,
    /// No record has the number.
    None,
    /// Several have it: a member chooses.
    Several,
    /// The session is about `record`.
    Linked,
}

impl RecordMatch {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::None => "none",
            Self::Several => "several",
            Self::Linked => "linked",
        }
    }

    /// Reads what `as_str` wrote.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "none" => Self::None,
            "several" => Self::Several,
            "linked" => Self::Linked,
            _ => Self::Pending,
        }
    }
}

/// A number of ours, as panels show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnNumber {
    /// Its id in the configuration.
    #[schema(value_type = String, example = "main")]
    pub id: NumberId,
    /// `+` and digits.
    #[schema(example = "+14155550100")]
    pub e164: String,
    /// Its name, for example the team's.
    #[schema(example = "Support")]
    pub label: String,
}

/// Whether the other side may be texted at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TextingConsent {
    /// Since when they want no texts from this number; null when they never said so, or want them
    /// again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opted_out_since: Option<Timestamp>,
    /// The record forbids it, as Sugar last showed it.
    pub do_not_text: bool,
}

/// What an SMS session is besides a list of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Session {
    /// Open or closed.
    pub state: SessionState,
    /// The number of ours.
    pub number: OwnNumber,
    /// The other side.
    pub peer: Peer,
    /// The record behind the peer, once known.
    pub record: Option<RecordRef>,
    /// How far the search for it is.
    pub record_match: RecordMatch,
    /// Who answers it; null until the first reply claims it.
    pub owner_id: Option<MemberId>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// Its Note in Sugar.
    pub note: NoteStatus,
    /// Whether texts are welcome.
    #[serde(default)]
    pub consent: TextingConsent,
}

/// A conversation as everybody in it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9aa", "kind": "sms", "member_ids": ["seed_sally_id"],
    "created_at": "2026-11-22T10:00:00.000Z",
    "session": {
        "state": "open", "number": {"id": "main", "e164": "+14155550100", "label": "Support"},
        "peer": "+14155552671", "record": {"module": "Contacts", "id": "e689173e-c953-11e6-9d1e-0050569a1d4f"},
        "record_match": "linked", "owner_id": "seed_sally_id", "opened_at": "2026-11-22T10:00:00.000Z", "closed_at": null,
        "note": {"state": "none", "id": null, "reason": null},
        "consent": {"opted_out_since": null, "do_not_text": false}
    }
}))]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Chat or SMS session.
    pub kind: ConversationKind,
    /// The members in it; for a session, those it is routed to.
    #[schema(value_type = Vec<String>)]
    pub member_ids: Vec<MemberId>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Only for SMS sessions.
    pub session: Option<Session>,
}
