//! Who is asking, and what they may do.

use super::ids::{KeyId, MemberId, NumberId};
use serde::{Deserialize, Serialize};

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Scope {
    /// Send texts, open, claim and close sessions.
    #[serde(rename = "sms:send")]
    SmsSend,
    /// Read sessions and their messages.
    #[serde(rename = "sms:read")]
    SmsRead,
    /// Kept for writing into chats, which keys cannot do in this version.
    #[serde(rename = "chat:send")]
    ChatSend,
    /// Read members and presence.
    #[serde(rename = "chat:read")]
    ChatRead,
}

impl Scope {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::SmsSend, Self::SmsRead, Self::ChatSend, Self::ChatRead];

    /// As written in commands and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SmsSend => "sms:send",
            Self::SmsRead => "sms:read",
            Self::ChatSend => "chat:send",
            Self::ChatRead => "chat:read",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "`{text}` is not a scope; write one of sms:send, sms:read, chat:send, chat:read"
                )
            })
    }
}

/// A signed-in member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub member_id: MemberId,
    /// Sugar calls this user an admin.
    pub admin: bool,
}

/// An integrator's key: the authority its admin gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its public id.
    pub id: KeyId,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The numbers it may use; empty means all of them.
    pub numbers: Vec<NumberId>,
}

impl ApiKey {
    /// Whether the key may use a number of ours.
    pub fn may_use(&self, number: &NumberId) -> bool {
        self.numbers.is_empty() || self.numbers.contains(number)
    }
}

/// Whoever a request speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A panel's member.
    Member(SignedIn),
    /// An integrator.
    Key(ApiKey),
}
