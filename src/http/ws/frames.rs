//! The frames of the socket, both ways.

use crate::domain::clock::Timestamp;
use crate::domain::event::Cursor;
use crate::domain::ids::{ConversationId, MemberId, MessageId};
use crate::domain::presence::TabActivity;
use crate::http::problem::Problem;
use serde::{Deserialize, Serialize};

/// What a panel says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// Who it is; the first frame and only that.
    Hello {
        /// The token from sign-in.
        token: String,
        /// The last place it has seen.
        #[serde(default)]
        after: Option<String>,
    },
    /// A message.
    Send {
        /// Comes back in the answer.
        #[serde(rename = "ref")]
        reference: String,
        /// Where.
        conversation_id: ConversationId,
        /// The sender's UUIDv7.
        message_id: MessageId,
        /// The text.
        text: String,
        /// Only for texts: not before.
        #[serde(default)]
        send_at: Option<Timestamp>,
        /// Only for texts: also in quiet hours.
        #[serde(default)]
        despite_quiet_hours: bool,
    },
    /// The member is writing.
    Typing {
        /// Where.
        conversation_id: ConversationId,
    },
    /// The member has read.
    Read {
        /// Where.
        conversation_id: ConversationId,
        /// Up to here; also messages the service itself made an id for.
        message_id: String,
    },
    /// Input in this tab, or none for a while.
    Presence {
        /// Which.
        state: TabActivity,
    },
    /// The panel's own probe.
    Ping {},
}

/// The `ref` of a frame that could not be read, to answer it all the same.
#[derive(Deserialize)]
pub struct Referenced {
    /// As sent.
    #[serde(rename = "ref")]
    pub reference: String,
}

/// What the service answers; events and signals are written by the fan-out.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// After hello.
    Welcome {
        /// Who the token belongs to.
        member_id: &'a MemberId,
        /// The end of the log.
        cursor: String,
        /// Whether every missed event follows.
        resumed: bool,
    },
    /// A send was committed.
    Ok {
        /// As sent.
        #[serde(rename = "ref")]
        reference: &'a str,
        /// The message.
        message_id: MessageId,
        /// Right after it, unless it was there before.
        cursor: Option<String>,
    },
    /// A frame was refused.
    Error {
        /// As sent.
        #[serde(rename = "ref")]
        reference: Option<&'a str>,
        /// Why.
        problem: Problem,
    },
    /// Answer to a probe.
    Pong {},
}

impl ServerFrame<'_> {
    /// The frame as text.
    pub fn text(&self) -> String {
        // Plain data: writing it as JSON cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A cursor as sent; what is none cannot be resumed from, which is no error.
pub fn cursor(after: Option<&str>) -> Option<Cursor> {
    after.and_then(|after| after.parse().ok())
}
