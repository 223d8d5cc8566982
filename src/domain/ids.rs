//! Public ids: opaque text, parsed once at the edge.

use serde::{Deserialize, Serialize};

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Empty, or longer than the kind allows.
    #[error("an id has 1 to {max} characters")]
    Length {
        /// The longest id of this kind, in characters.
        max: usize,
    },
    /// White space or control characters.
    #[error("an id has no white space and no control characters")]
    Character,
    /// Not a UUID of version 7.
    #[error("a message id is a UUID of version 7 in lower case")]
    NotUuidV7,
}

fn check(text: &str, max: usize) -> Result<(), IdError> {
    if text.is_empty() || text.chars().count() > max {
        return Err(IdError::Length { max });
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(IdError::Character);
    }
    Ok(())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[derive(utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String)]
        pub struct $name(String);

        impl $name {
            /// Checks length and characters.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text, $max)?;
                Ok(Self(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                check(&text, $max)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A Sugar user; Sugar's ids are not always UUIDs (sugar-server 8).
    MemberId, 36
);
text_id!(
    /// A chat or an SMS session.
    ConversationId, 64
);
text_id!(
    /// A number of ours, as named in the configuration.
    NumberId, 64
);
text_id!(
    /// A configured account at a carrier.
    GatewayId, 64
);
text_id!(
    /// An integrator's API key (its public name, not its secret).
    KeyId, 64
);
text_id!(
    /// One browser: the same text in all its tabs.
    BrowserId, 64
);

/// A message: the sender's UUIDv7, one id for reference and for dedupe.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String)]
pub struct MessageId(uuid::Uuid);

impl MessageId {
    /// Parses what a sender chose: a UUIDv7 and nothing else.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let id = uuid::Uuid::try_parse(text).map_err(|_| IdError::NotUuidV7)?;
        if id.get_version_num() != 7 || text.len() != 36 {
            return Err(IdError::NotUuidV7);
        }
        Ok(Self(id))
    }

    /// Parses an id that the service itself may have made, of any version.
    pub fn parse_any(text: &str) -> Result<Self, IdError> {
        uuid::Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| IdError::NotUuidV7)
    }

    /// An id made by the service itself (inbound texts, `Idempotency-Key`).
    pub const fn from_uuid(id: uuid::Uuid) -> Self {
        Self(id)
    }

    /// Reads an id back from the database.
    pub fn from_stored(text: &str) -> Self {
        Self(uuid::Uuid::try_parse(text).unwrap_or_default())
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl TryFrom<String> for MessageId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_blanks_or_too_long_are_refused() {
        assert_eq!(MemberId::parse("a b"), Err(IdError::Character));
        assert_eq!(MemberId::parse(""), Err(IdError::Length { max: 36 }));
        assert_eq!(
            MemberId::parse(&"x".repeat(37)),
            Err(IdError::Length { max: 36 })
        );
        assert_eq!(
            MemberId::parse("seed_sally_id").unwrap().as_str(),
            "seed_sally_id"
        );
    }

    #[test]
    fn only_version_7_is_a_message_id() {
        assert!(MessageId::parse("0199f3a0-0000-7000-8000-000000000001").is_ok());
        assert!(MessageId::parse("0199f3a0-0000-4000-8000-000000000001").is_err());
        assert!(MessageId::parse("0199f3a0000070008000000000000001").is_err());
    }
}
