//! How a socket ends: close codes of the wire (`openapi/README.md`).

use crate::fanout::Close;
use actix_ws::{CloseCode, ProtocolError};

/// Garbage, a second hello, a binary frame.
pub const NOT_OURS: u16 = 4400;
/// The token ended: sign in again.
pub const TOKEN: u16 = 4401;
/// No hello in time.
pub const NO_HELLO: u16 = 4408;
/// Too many panels, frames or wrong tokens.
pub const TOO_MANY: u16 = 4429;
/// It does not read fast enough: resume.
pub const TOO_SLOW: u16 = 4008;

/// How a socket ends.
pub struct End {
    /// The close code.
    pub code: CloseCode,
    /// JSON with a time to come back, where one is due.
    pub reason: Option<String>,
}

impl End {
    /// One of our own codes.
    pub const fn own(code: u16) -> Self {
        Self {
            code: CloseCode::Other(code),
            reason: None,
        }
    }

    /// A code with a time to come back.
    pub fn retry(code: CloseCode, retry_ms: u32) -> Self {
        Self {
            code,
            reason: Some(format!("{{\"retry_ms\":{retry_ms}}}")),
        }
    }

    /// What the hub decided.
    pub fn of(close: Close) -> Self {
        match close {
            Close::Token => Self::own(TOKEN),
            Close::TooSlow => Self::own(TOO_SLOW),
            Close::Restarting { retry_ms } => Self::retry(CloseCode::Restart, retry_ms),
        }
    }

    /// What the peer did wrong on the wire.
    pub fn protocol(error: &ProtocolError) -> Self {
        let code = match error {
            ProtocolError::Overflow => CloseCode::Size,
            ProtocolError::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
                CloseCode::Invalid
            }
            _ => CloseCode::Protocol,
        };
        Self { code, reason: None }
    }
}
