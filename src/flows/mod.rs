//! The journeys, one file each. They know the domain, the store, the gateways and the fan-out,
//! and nothing of HTTP.

pub mod admin_jobs;
pub mod admit_text;
pub mod authenticate;
pub mod browse;
pub mod carriers;
pub mod catch_up;
pub mod chat;
pub mod check_note;
pub mod checkup;
pub mod claim_session;
pub mod close_session;
pub mod consent;
pub mod deliver_sms;
pub mod follow_log;
pub mod give_up;
pub mod health;
pub mod join_parts;
pub mod keys;
pub mod leave_session;
pub mod link_session;
pub mod look_up;
pub mod mark_read;
pub mod mark_record;
pub mod members;
pub mod node;
mod note_text;
mod note_words;
pub mod open_session;
mod pace;
pub mod phone_report;
pub mod pictures;
mod planned_texts;
pub mod presence;
pub mod probe_gateway;
pub mod prove;
pub mod receipts;
pub mod receive_sms;
pub mod route_session;
pub mod save_note;
pub mod send_message;
pub mod settings;
pub mod shared_login;
pub mod sign_in;
pub mod sign_in_tally;
pub mod simulate;
pub mod state;
pub mod take_call;
pub mod text_again;
pub mod transfer_session;
mod write_note;

pub use self::carriers::{Carriers, Number};
use self::consent::ConsentRules;
use self::settings::CarrierMaker;
use crate::config::{Config, ConfigError};
use crate::domain::access::{Actor, ApiKey, Scope};
use crate::domain::assertion::AssertionError;
use crate::domain::back_off::BackOff;
use crate::domain::clock::{Clock, Entropy, Timestamp};
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::ids::{ConversationId, GatewayId, MemberId};
use crate::domain::message::TextError;
use crate::domain::phone::Country;
use crate::fanout::Fanout;
use crate::gateways::crm::Crm;
pub use crate::gateways::crm::{CrmError, UserProof};
pub use crate::gateways::sms::simulator::{Behaviour, PhoneText};
pub use crate::gateways::sms::{Callback, CallbackKind, Reply};
pub use crate::store::StoreError;
use crate::store::outbox::{self, Job};
use crate::store::{Db, Store, Tx, conversations};
use arc_swap::ArcSwap;
use std::collections::HashSet;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::Notify;

/// Everything a journey needs, handed to each of them.
pub struct Ctx {
    /// The database.
    pub store: Store,
    /// The panels of this node.
    pub fanout: Arc<Fanout>,
    /// Sugar.
    pub crm: Arc<dyn Crm>,
    /// What a panel shows of its user.
    pub proof_rule: prove::ProofRule,
    /// The carriers and numbers of now; see [`Ctx::carriers`].
    pub current_carriers: ArcSwap<Carriers>,
    /// Makes others when settings change.
    pub carrier_maker: Arc<dyn CarrierMaker>,
    /// Changes of settings are taken over one after the other.
    pub follows_settings: tokio::sync::Mutex<()>,
    /// The settings that the service was started with: file, environment and flags.
    pub config: Arc<Config>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Durations and limits.
    pub rules: Rules,
    /// What keywords do.
    pub consent: Arc<ConsentRules>,
    /// Where others reach the service, known once it listens.
    pub public_address: OnceLock<String>,
    /// Where this process listens, for calls from this machine; known once it does.
    pub own_address: OnceLock<String>,
    /// This process among those that serve the database; new at every start.
    pub node_id: String,
    /// What the other nodes can read of this one's presence.
    pub shared_presence: node::Shared,
    /// The gateways of which a correctly signed call has reached us, as far as this node knows.
    pub proven: Proven,
    /// How people's sign-ins went.
    pub sign_ins: sign_in_tally::Tally,
    /// Receipts with a status that is in no table of ours, since the start.
    pub unknown_statuses: AtomicI64,
    /// Wakes the outbox worker when work was committed.
    pub work: Arc<Notify>,
}

/// Some gateways.
#[derive(Debug, Default)]
pub struct Proven(Mutex<HashSet<GatewayId>>);

impl Proven {
    fn contains(&self, gateway: &GatewayId) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(gateway)
    }

    fn insert(&self, gateway: &GatewayId) {
        if !self.contains(gateway) {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(gateway.clone());
        }
    }
}

/// Durations and limits from the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The country of numbers without a prefix.
    pub country: Country,
    /// A session without a text for this long closes, in milliseconds.
    pub idle_close_ms: i64,
    /// A text within this time after the close reopens a session, in milliseconds.
    pub reopen_ms: i64,
    /// How long a panel's token is valid, in milliseconds.
    pub token_ttl_ms: i64,
    /// Changes of Sugar's users are looked for this often, in milliseconds.
    pub users_ms: i64,
    /// Characters of one chat message.
    pub chat_chars: usize,
    /// A text of unknown outcome that its carrier's list has not got after this was not taken, in
    /// milliseconds.
    pub look_up_ms: i64,
    /// Whether the record of somebody who opted out is marked in the CRM.
    pub marks_records: bool,
    /// The largest picture that is kept.
    pub picture_bytes: usize,
    /// How long the parts of a text wait for the others, in milliseconds.
    pub parts_wait_ms: i64,
    /// When jobs that failed are tried again.
    pub back_off: BackOff,
    /// What Sugar is given time for.
    pub notes: NoteTimes,
}

/// How long writing a Note may take, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct NoteTimes {
    /// One call with everything around it: both logins and the replay.
    pub call_ms: i64,
    /// Sugar may still store a write this long after its caller gave up.
    pub settle_ms: i64,
    /// A saved Note is looked at once more after this.
    pub check_ms: i64,
}

impl NoteTimes {
    /// How long a worker holds a job while it makes one call.
    pub const fn lease_ms(&self) -> i64 {
        self.call_ms + 60_000
    }
}

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
    let one = |it: &crate::config::Finding| format!("`{}`: {}; {}", it.at, it.problem, it.advice);
    let all: Vec<_> = error.findings.iter().map(one).collect();
    format!("These settings cannot be used. {}.", all.join(". "))
}

impl Ctx {
    /// The carriers and numbers of now: a journey asks once, at its start.
    pub fn carriers(&self) -> Arc<Carriers> {
        self.current_carriers.load_full()
    }

    /// Where browsers and carriers reach the service, without a slash at its end.
    pub fn public_address(&self) -> &str {
        self.public_address.get().map_or("", String::as_str)
    }

    /// A new id that grows with time.
    pub fn new_id(&self) -> uuid::Uuid {
        self.entropy.uuid_v7(self.clock.now())
    }
}

/// How a job from the outbox ended; what it did is committed already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    /// Done and removed, in the transaction of its effect.
    Finished,
    /// To be tried again; `after_ms` when somebody named a time.
    Later {
        /// Why, without names, numbers or texts.
        reason: String,
        /// Not before so many milliseconds.
        after_ms: Option<i64>,
    },
    /// Set aside for an admin.
    GiveUp {
        /// Why, without names, numbers or texts.
        reason: String,
    },
}

/// Removes a job with its effect; fails when another worker took it over, which undoes both.
pub(crate) fn finish(tx: &mut Tx<'_, '_>, job: &Job) -> Result<(), FlowError> {
    if outbox::done(tx.conn()?, job)? {
        Ok(())
    } else {
        Err(FlowError::LeaseLost)
    }
}

/// Refuses a key without a scope; members have the authority of their sign-in.
pub fn require(actor: &Actor, scope: Scope) -> Result<(), FlowError> {
    match actor {
        Actor::Key(key) if !key.scopes.contains(&scope) => Err(FlowError::ScopeMissing(scope)),
        _ => Ok(()),
    }
}

/// The scope that a kind of conversation asks of a key.
pub const fn scope_for(kind: ConversationKind, sending: bool) -> Scope {
    match (kind, sending) {
        (ConversationKind::Sms, true) => Scope::SmsSend,
        (ConversationKind::Sms, false) => Scope::SmsRead,
        (ConversationKind::Chat, true) => Scope::ChatSend,
        (ConversationKind::Chat, false) => Scope::ChatRead,
    }
}

fn key_sees(key: &ApiKey, conversation: &Conversation) -> bool {
    conversation
        .session
        .as_ref()
        .is_some_and(|session| key.may_use(&session.number.id))
}

/// The conversation, if the actor is in it; a stranger learns nothing, not even that it exists.
pub fn visible(
    conn: &mut Db,
    actor: &Actor,
    id: &ConversationId,
) -> Result<Conversation, FlowError> {
    let found = conversations::find(conn, id)?.ok_or(FlowError::ConversationNotFound)?;
    let seen = match actor {
        Actor::Member(member) => found.member_ids.contains(&member.member_id),
        Actor::Key(key) => key_sees(key, &found),
    };
    if seen {
        Ok(found)
    } else {
        Err(FlowError::ConversationNotFound)
    }
}
