//! How a socket ends: close codes of the wire (`openapi/README.md`).

use crate::fanout::Close;

/// Garbage, a second hello, a binary frame.
pub const NOT_OURS: u16 = 4400;
/// The token ended: sign in again.
pub const TOKEN: u16 = 4401;
/// No hello in time.
pub const NO_HELLO: u16 = 4408;
/// Too many panels, frames or wrong tokens.
const TOO_MANY: u16 = 4429;
/// It does not read fast enough: resume.
pub const TOO_SLOW: u16 = 4008;

/// The peer says goodbye.
const NORMAL: u16 = 1000;
/// Against RFC 6455.
const FRAMING: u16 = 1002;
/// Text that is not UTF-8.
const NOT_TEXT: u16 = 1007;
/// A larger frame than allowed.
const TOO_BIG: u16 = 1009;
/// The service stops, or cannot serve now.
const RESTARTING: u16 = 1012;

/// How a socket ends.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// The close code.
    pub code: u16,
    /// JSON with a time to come back, where one is due.
    pub reason: Option<String>,
}

impl End {
    /// A code that says everything.
    pub const fn of_code(code: u16) -> Self {
        Self { code, reason: None }
    }

    fn retry(code: u16, retry_ms: u32) -> Self {
        let reason = Some(format!("{{\"retry_ms\":{retry_ms}}}"));
        Self { code, reason }
    }

    /// What the hub decided.
    pub fn of(close: Close) -> Self {
        match close {
            Close::Token => Self::of_code(TOKEN),
            Close::TooSlow => Self::of_code(TOO_SLOW),
            Close::Restarting { retry_ms } => Self::restarting(retry_ms),
        }
    }

    /// The service stops or cannot look the token up; the time to come back.
    pub fn restarting(retry_ms: u32) -> Self {
        Self::retry(RESTARTING, retry_ms)
    }

    /// Too many panels, frames or wrong tokens; the time to come back.
    pub fn too_many(retry_ms: u32) -> Self {
        Self::retry(TOO_MANY, retry_ms)
    }

    /// Frames that are against RFC 6455.
    pub const fn framing() -> Self {
        Self::of_code(FRAMING)
    }

    /// Text that is not UTF-8.
    pub const fn not_text() -> Self {
        Self::of_code(NOT_TEXT)
    }

    /// A larger frame than allowed.
    pub const fn too_big() -> Self {
        Self::of_code(TOO_BIG)
    }

    /// The answer to the peer's goodbye.
    pub fn goodbye(code: Option<u16>) -> Self {
        Self::of_code(code.unwrap_or(NORMAL))
    }

    /// Whether what the panel asked for before is still answered.
    pub fn answers_first(&self) -> bool {
        matches!(self.code, RESTARTING | TOKEN)
    }
}
