//! What can go wrong with a CRM, by what the caller does next.

use crate::domain::record::RecordRef;

use super::vault::VaultError;

/// Why a call to the CRM gave no answer that can be used.
///
/// Made from the status and the `error` label only: Sugar translates its texts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrmError {
    /// The user's token is dead: the panel signs in again with a fresh one.
    #[error("Sugar does not accept this token")]
    TokenRefused,

    /// The proof is of somebody else than the member who calls, or of nobody who can be one: the
    /// panel finds out at its next sign-in.
    #[error("this is not the member's own proof")]
    AnotherUser,

    /// The record is hidden, deleted or never was (Sugar does not tell which): say no.
    #[error("Sugar does not show this record")]
    NotVisible,

    /// Somebody changed the record since we looked: look again.
    #[error("somebody changed this in Sugar meanwhile")]
    Overtaken,

    /// The CRM's assertion does not say whether its user may see these: ask it for one that does.
    #[error("Sugar's assertion leaves out a record")]
    NotStated {
        /// All that have to be in it.
        records: Vec<RecordRef>,
    },

    /// No answer arrived: try later.
    #[error("Sugar cannot be reached ({reason})")]
    Unreachable {
        /// Whether the request may have arrived; if so, look before writing again.
        sent: bool,
        /// What happened, in plain words.
        reason: &'static str,
    },

    /// Sugar or something before it asks for patience: try later.
    #[error("Sugar is busy or in maintenance")]
    Busy {
        /// How long, when it said so.
        retry_after_s: Option<u64>,
    },

    /// The answer is not Sugar's REST (a proxy's page, too large, members missing): try later,
    /// and tell the admin when it stays.
    #[error("the answer is not what Sugar's REST answers (status {status}: {reason})")]
    BadAnswer {
        /// Its HTTP status.
        status: u16,
        /// What is wrong with it, in plain words.
        reason: &'static str,
    },

    /// The service's own user cannot sign in: an admin mends the configuration or Sugar.
    #[error("Sugar refuses the service's own login ({code})")]
    LoginRefused {
        /// Sugar's `error` label.
        code: String,
    },

    /// The service's own login cannot be read or kept: try later, and tell the admin.
    #[error("the service's login at Sugar is not at hand: {reason}")]
    LoginNotAtHand {
        /// Why.
        reason: VaultError,
    },

    /// Sugar understood and said no: trying the same again is useless.
    #[error("Sugar refuses this request (status {status}: {code})")]
    Refused {
        /// Its HTTP status.
        status: u16,
        /// Sugar's `error` label.
        code: String,
    },
}

impl From<VaultError> for CrmError {
    fn from(reason: VaultError) -> Self {
        Self::LoginNotAtHand { reason }
    }
}

impl CrmError {
    /// Whether the same call may succeed later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Busy { .. }
            | Self::BadAnswer { .. }
            | Self::Overtaken
            | Self::LoginNotAtHand { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::TokenRefused
            | Self::AnotherUser
            | Self::NotVisible
            | Self::NotStated { .. }
            | Self::LoginRefused { .. } => false,
        }
    }

    /// Whether a write that failed like this may nevertheless have been stored.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Unreachable { sent, .. } => *sent,
            Self::Busy { .. } | Self::BadAnswer { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::TokenRefused
            | Self::AnotherUser
            | Self::NotVisible
            | Self::Overtaken
            | Self::NotStated { .. }
            | Self::LoginRefused { .. }
            | Self::LoginNotAtHand { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_no_is_sure_not_to_have_stored_anything() {
        let refused = |status| CrmError::Refused {
            status,
            code: "x".to_owned(),
        };
        assert!(!refused(422).may_have_happened() && !refused(422).is_temporary());
        assert!(refused(500).may_have_happened() && refused(500).is_temporary());
        let unreachable = |sent| CrmError::Unreachable { sent, reason: "x" };
        assert!(unreachable(true).may_have_happened());
        assert!(!unreachable(false).may_have_happened() && unreachable(false).is_temporary());
    }
}
