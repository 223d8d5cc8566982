//! Which record a session is about: what Sugar offers, what people choose, and what follows.

use super::open_session::keep_facts;
use super::send_message::announce;
use super::{Ctx, FlowError, mark_record, require, visible};
use crate::domain::access::{Actor, Scope};
use crate::domain::conversation::{
    Conversation, NoteState, NoteStatus, RecordMatch, Session, SessionState,
};
use crate::domain::event::Change;
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::phone::PhoneNumber;
use crate::domain::record::RecordRef;
use crate::gateways::crm::UserProof;
use crate::store::outbox::{self, JobKind};
use crate::store::{Tx, choices, consents, conversations, sessions};

/// The records that a session may be about. Their names are Sugar's to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Those that have the peer's number.
    pub matches: Vec<RecordRef>,
    /// Those with a number that merely ends alike.
    pub suggestions: Vec<RecordRef>,
}

/// Who vouches that the chosen record may be linked.
#[derive(Clone)]
pub enum Voucher {
    /// Sugar, asked as this member with his own proof, or stating it.
    Member(MemberId, UserProof),
    /// An API key: the record is one that the service itself finds by the number.
    Service,
}

/// The records behind the peer of a session, as Sugar has them now (a minute ago at most).
pub async fn candidates(
    ctx: &Ctx,
    actor: &Actor,
    id: ConversationId,
) -> Result<Candidates, FlowError> {
    require(actor, Scope::SmsRead)?;
    let session = session_of(ctx, actor, &id).await?;
    let Some(number) = session.peer.number() else {
        return Ok(Candidates::default());
    };
    let found = ctx.crm.find_by_phone(&number, ctx.rules.country).await?;
    let exact = found.exact.iter();
    Ok(Candidates {
        matches: exact.map(|found| found.record.clone()).collect(),
        suggestions: found.alike.clone(),
    })
}

/// Links a session to the record that somebody chose, and remembers it for the peer.
///
/// The record must have the peer's number. A closed session that waits for its record is saved,
/// and a Note that is there already moves to the record.
/// The same choice again changes nothing.
pub async fn link(
    ctx: &Ctx,
    actor: &Actor,
    voucher: Voucher,
    id: ConversationId,
    record: RecordRef,
) -> Result<Conversation, FlowError> {
    require(actor, Scope::SmsSend)?;
    let session = session_of(ctx, actor, &id).await?;
    let number = session.peer.number().ok_or(FlowError::NumberNotOnRecord)?;
    vouched(ctx, voucher, &record, &number).await?;
    let actor = actor.clone();
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let found = visible(tx.conn()?, &actor, &id)?;
            choose(tx, &found, &record)?;
            conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)
        })
        .await?;
    ctx.crm.forget_phone(&number);
    ctx.work.notify_one();
    Ok(committed.value)
}

async fn session_of(ctx: &Ctx, actor: &Actor, id: &ConversationId) -> Result<Session, FlowError> {
    let (actor, id) = (actor.clone(), id.clone());
    let found = ctx
        .store
        .read(move |conn| visible(conn, &actor, &id))
        .await?;
    found.session.ok_or(FlowError::ConversationNotFound)
}

async fn vouched(
    ctx: &Ctx,
    voucher: Voucher,
    record: &RecordRef,
    number: &PhoneNumber,
) -> Result<(), FlowError> {
    let country = ctx.rules.country;
    let has_it = match voucher {
        Voucher::Member(me, proof) => {
            let read = ctx.crm.read_phones(&proof, &me, record).await?;
            let has_it = read.has(number, country);
            keep_facts(ctx, vec![read]).await?;
            has_it
        }
        Voucher::Service => {
            let found = ctx.crm.find_by_phone(number, country).await?;
            found.exact.iter().any(|found| found.record == *record)
        }
    };
    if has_it {
        Ok(())
    } else {
        Err(FlowError::NumberNotOnRecord)
    }
}

/// Keeps what somebody chose, for this session and for the peer's next ones. The record that the
/// session is about already is no choice: the panel links it again only to have it looked at.
fn choose(tx: &mut Tx<'_, '_>, found: &Conversation, record: &RecordRef) -> Result<(), FlowError> {
    let session = found
        .session
        .as_ref()
        .ok_or(FlowError::ConversationNotFound)?;
    if session.record.as_ref() != Some(record) {
        remember(tx, session, record)?;
    }
    link_in(tx, found, record)
}

/// Remembers which record people mean by a peer.
pub(super) fn remember(
    tx: &mut Tx<'_, '_>,
    session: &Session,
    record: &RecordRef,
) -> Result<(), FlowError> {
    let now = tx.now;
    Ok(choices::keep(tx.conn()?, &session.peer, record, now)?)
}

/// Links inside a transaction and tells the members; a closed session is saved there.
pub(super) fn link_in(
    tx: &mut Tx<'_, '_>,
    found: &Conversation,
    record: &RecordRef,
) -> Result<(), FlowError> {
    let Some(session) = &found.session else {
        return Ok(());
    };
    if session.record.as_ref() == Some(record) {
        return Ok(());
    }
    sessions::link(tx.conn()?, &found.id, record)?;
    let (number, peer) = (&session.number.id, &session.peer);
    if consents::opted_out_since(tx.conn()?, number, peer)?.is_some() {
        mark_record::ask_for(tx, &found.id)?;
    }
    if session.state == SessionState::Closed && session.note.state != NoteState::None {
        save(tx, found, session)?;
    }
    announce(tx, &found.id, Change::Linked)
}

/// Writes the job that saves a closed session; one that was set aside is done with.
fn save(tx: &mut Tx<'_, '_>, found: &Conversation, session: &Session) -> Result<(), FlowError> {
    let waits = NoteStatus {
        state: NoteState::Waiting,
        id: session.note.id.clone(),
        reason: None,
    };
    sessions::set_note(tx.conn()?, &found.id, &waits)?;
    let (lane, now) = (found.id.as_str(), tx.now);
    outbox::cancel(tx.conn()?, JobKind::SaveNote, lane, now)?;
    Ok(outbox::push(
        tx.conn()?,
        JobKind::SaveNote,
        lane,
        lane,
        now,
    )?)
}

/// Keeps how many records have the number when it is not one, and tells the members.
pub(super) fn leave_open(
    tx: &mut Tx<'_, '_>,
    found: &Conversation,
    records: RecordMatch,
) -> Result<(), FlowError> {
    let known = found.session.as_ref().map(|session| session.record_match);
    if known == Some(records) {
        return Ok(());
    }
    sessions::unlink(tx.conn()?, &found.id, records)?;
    announce(tx, &found.id, Change::Matched)
}
