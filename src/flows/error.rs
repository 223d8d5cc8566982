//! What a journey can fail with, in words that say what to do.

use crate::config::{ConfigError, Finding};
use crate::domain::access::Scope;
use crate::domain::assertion::AssertionError;
use crate::domain::clock::Timestamp;
use crate::domain::ids::MemberId;
use crate::domain::message::TextError;
use crate::gateways::crm::CrmError;
use crate::store::StoreError;

/// What a journey can fail with; the HTTP layer has the one table to statuses.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sugar.
    #[error(transparent)]
    Crm(#[from] CrmError),
    /// What was presented instead of a Sugar token is not believed.
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// An assertion was presented where Sugar tokens are taken.
    #[error("This service takes Sugar's token and no assertion.")]
    TokenNeeded,
    /// Our token or key is missing, unknown, ended or revoked.
    #[error("Sign in again.")]
    TokenInvalid,
    /// The user exists in Sugar but may not use Riverline.
    #[error("{0}")]
    NotAMember(&'static str),
    /// Known who, but not allowed.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The key lacks a scope.
    #[error("This key has no scope {}.", .0.as_str())]
    ScopeMissing(Scope),
    /// The key or the member may not use this number.
    #[error("This number is not yours to text from.")]
    NumberNotAllowed,
    /// No number is configured to text from.
    #[error("No number to text from is set up. Ask your administrator.")]
    NoNumberConfigured,
    /// No such conversation, or not one of the caller's.
    #[error("There is no such conversation.")]
    ConversationNotFound,
    /// No such message in this conversation.
    #[error("There is no such message.")]
    MessageNotFound,
    /// No such job, or it is not parked.
    #[error("There is no such job among those set aside.")]
    JobNotFound,
    /// A parked text stays where it is.
    #[error("A text is not sent again by itself. Send it again in its conversation.")]
    TextNotReleased,
    /// No such member.
    #[error("There is no such colleague.")]
    MemberNotFound,
    /// The text cannot be sent as it is.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The record has nothing that can be texted.
    #[error("{0}")]
    NoUsableNumber(String),
    /// The record that somebody chose does not have the peer's number.
    #[error("This record does not have the number. Add it to the record in Sugar first.")]
    NumberNotOnRecord,
    /// The same message id was used for something else.
    #[error("This message id was used for another message.")]
    MessageIdConflict,
    /// The same `Idempotency-Key` was used for something else.
    #[error("This Idempotency-Key was used for something else. Use a new one.")]
    KeyConflict,
    /// Somebody else was first.
    #[error("A colleague has answered this conversation already.")]
    SessionClaimed {
        /// Who.
        by: MemberId,
    },
    /// Closed for longer than the reopen window.
    #[error("This conversation was closed. Start a new one.")]
    SessionClosed,
    /// A call that is not a carrier's.
    #[error("This call is not from the gateway.")]
    CallbackForged,
    /// A carrier's call in an unknown form.
    #[error("This call is not in a form that the gateway uses.")]
    CallbackMalformed,
    /// Too many calls wait for an admin.
    #[error("Too many calls wait for an administrator.")]
    QuarantineFull,
    /// No such picture, or not here yet.
    #[error("This picture is not here.")]
    PictureNotFound,
    /// It is at a place that is not asked, gone, too large or no picture.
    #[error("This picture cannot come, however often it is tried.")]
    PictureLost,
    /// No such call waits.
    #[error("No such call waits.")]
    HeldCallNotFound,
    /// A call that was released cannot be applied all the same.
    #[error("It cannot be applied: its form is unknown, or its number is not at this gateway.")]
    NotApplicable,
    /// A call for a gateway or number that is not configured.
    #[error("There is no such gateway or number.")]
    GatewayNotFound,
    /// The other side has opted out.
    #[error(
        "They have opted out of texts from this number. They can text START to get them again."
    )]
    OptedOut {
        /// When.
        since: Timestamp,
    },
    /// Sugar's record says that it is not to be texted.
    #[error(
        "This record is marked in Sugar as not to be called or texted. Whoever may change that can do so there."
    )]
    DoNotText,
    /// A country or a kind of number that may not be texted; the words say which.
    #[error("{0}")]
    CountryNotAllowed(String),
    /// A sender by name: nothing can be sent there.
    #[error("This sender is a name, not a number: it cannot be answered.")]
    CannotBeAnswered,
    /// It is quiet where the other side is; the sender may plan the text or send it all the same.
    #[error(
        "They may be asleep: it is outside the hours for texts where they are. Plan it for later, or send it all the same."
    )]
    QuietHours {
        /// When it is not any more.
        allowed_at: Timestamp,
    },
    /// It may still arrive, has arrived, or was sent again already.
    #[error("Only a text that failed or whose outcome is unknown can be sent again, and once.")]
    NotToBeResent,
    /// The gateway has it.
    #[error("Only a text that was not sent yet can be called off.")]
    NotToBeCalledOff,
    /// A cap is reached.
    #[error("{full} Try again later, or ask your administrator.")]
    CapReached {
        /// Whose, in a sentence.
        full: &'static str,
        /// When it begins anew, in milliseconds from now.
        retry_after_ms: i64,
    },
    /// Settings that do not pass the checks of a configuration file.
    #[error("{}", in_a_sentence(.0))]
    SettingsRefused(#[from] ConfigError),
    /// The file has it: the API does not change that.
    #[error("It is in the configuration file: change it there, and start the service anew.")]
    SetInFile,
    /// Secrets are kept sealed or not at all.
    #[error(
        "A gateway has secrets, which are kept sealed, and there is no key for that: set secrets.key to what \
         `riverline secrets new-key` prints, the same on every node, and start the service anew."
    )]
    SealingKeyMissing,
    /// Numbers are at the gateway.
    #[error("These numbers are at this gateway: {0}. Delete them or put them elsewhere first.")]
    GatewayInUse(String),
    /// What passes the checks could not be put to work.
    #[error("These settings cannot be put to work: {0}")]
    CarriersNotMade(String),
    /// Too many texts wait at a number of ours for one more to go out in time.
    #[error(
        "Too many texts wait at this number: the turn of this one would come at {turn_at}, when it is too late for it. Try again later."
    )]
    LineTooLong {
        /// When its turn would be.
        turn_at: Timestamp,
        /// When it could line up, in milliseconds from now.
        retry_after_ms: i64,
    },
    /// Another worker took the job over; nothing of this one counts.
    #[error("the lease of this job ran out")]
    LeaseLost,
    /// Something in the request makes no sense; the words say what.
    #[error("{0}")]
    BadRequest(&'static str),
}

impl From<diesel::result::Error> for FlowError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(StoreError::Query(error))
    }
}

fn in_a_sentence(error: &ConfigError) -> String {
    let one = |it: &Finding| format!("`{}`: {}; {}", it.at, it.problem, it.advice);
    let all: Vec<_> = error.findings.iter().map(one).collect();
    format!("These settings cannot be used. {}.", all.join(". "))
}
