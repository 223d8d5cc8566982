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
mod error;
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
pub use self::error::FlowError;
use self::settings::CarrierMaker;
use crate::config::Config;
use crate::domain::access::{Actor, ApiKey, Scope};
use crate::domain::back_off::BackOff;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::ids::{ConversationId, GatewayId};
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
