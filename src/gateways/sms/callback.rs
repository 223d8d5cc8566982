//! A carrier's call as it came, before and after it was verified.

use crate::domain::ids::MessageId;

/// What a call is about, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackKind {
    /// A text arrived, or something else that concerns the account.
    Inbound,
    /// A text of ours moved on.
    Status(MessageId),
}

/// A call from a carrier, untouched. Not `Debug`: it holds a text and a secret.
#[derive(Clone)]
pub struct Callback {
    /// What it is about.
    pub kind: CallbackKind,
    /// `GET` or `POST`.
    pub method: String,
    /// The address as the carrier was told it: our configured public address, then path and
    /// query exactly as they came. Never from `Host` or `X-Forwarded-*` (sms-gateways 1).
    pub url: String,
    /// The query as it came, without `?`, still escaped.
    pub raw_query: String,
    /// Header names in lower case, and their values; values that are not text are absent.
    pub headers: Vec<(String, String)>,
    /// The raw body: signatures cover the bytes.
    pub body: Vec<u8>,
}

impl Callback {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }

    /// Marks the call as verified by its signature, or believed by an admin.
    pub const fn believed(&self) -> Verified<'_> {
        Verified(self)
    }
}

/// A call that is this carrier's.
#[derive(Clone, Copy)]
pub struct Verified<'c>(&'c Callback);

impl std::ops::Deref for Verified<'_> {
    type Target = Callback;

    fn deref(&self) -> &Callback {
        self.0
    }
}

/// Why a call is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// Not from this carrier: nothing of it is believed.
    #[error("the call is not signed by this gateway ({0})")]
    Forged(&'static str),
    /// From the carrier, but not in a form that is known.
    #[error("the call is not in a form that this gateway knows ({0})")]
    Malformed(&'static str),
}

/// What a carrier hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Its content type, when there is a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: &'static str,
}

impl Reply {
    /// Enough for most carriers.
    pub const NO_CONTENT: Self = Self {
        status: 204,
        content_type: None,
        body: "",
    };
}
