//! Calls of carriers that wait for an admin.

use super::clock::Timestamp;
use super::ids::{GatewayId, MessageId};
use super::token::TokenHash;
use serde::{Deserialize, Serialize};

/// Why a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its signature does not fit, and none of this gateway ever did.
    Signature,
    /// The gateway's file does not know its form.
    Form,
    /// It is about a number that is not ours.
    Number,
}

impl Why {
    /// As written in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Form => "form",
            Self::Number => "number",
        }
    }

    /// Reads what `as_str` wrote; anything else claims the least.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "form" => Self::Form,
            "number" => Self::Number,
            _ => Self::Signature,
        }
    }
}

/// A body: text when it is, else its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Bytes(error.into_bytes()),
        }
    }
}

impl Body {
    /// The bytes as they came.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// A call as it came, without the secret in its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCall {
    /// The text of ours that its path names; `None` at the address for texts that arrive.
    pub message_id: Option<MessageId>,
    /// `GET` or `POST`.
    pub method: String,
    /// The query, still escaped.
    pub raw_query: String,
    /// Names in lower case, and their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// A call that waits. It holds a text, so it is never logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCall {
    /// Its id; grows with time.
    pub id: String,
    /// At which gateway it came.
    pub gateway_id: GatewayId,
    /// Why it waits.
    pub why: Why,
    /// The same in words.
    pub reason: String,
    /// What came.
    pub call: KeptCall,
    /// How often it came.
    pub times: i64,
    /// When it came first.
    pub received_at: Timestamp,
}

impl HeldCall {
    /// The same for every repetition, whose headers may differ.
    pub fn digest(&self) -> String {
        let KeptCall {
            message_id,
            raw_query,
            body,
            ..
        } = &self.call;
        let call = (self.gateway_id.as_str(), message_id, raw_query, body);
        let call = serde_json::to_string(&call).unwrap_or_default();
        TokenHash::of(&call).as_str().to_owned()
    }
}
