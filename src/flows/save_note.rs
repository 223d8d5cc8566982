//! Job: a closed session becomes one Note on its record.

use super::send_message::announce;
use super::{Ctx, FlowError, JobEnd, finish};
use crate::domain::conversation::{Conversation, NoteState, NoteStatus, Session, SessionState};
use crate::domain::event::Change;
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::message::{Message, Sender};
use crate::domain::record::RecordRef;
use crate::domain::transcript::{Facts, Line, compose};
use crate::gateways::crm::{CrmError, NewNote, RecordFacts};
use crate::store::outbox::{self, Job};
use crate::store::{Db, Tx, conversations, members, messages, sessions};
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Namespace of Note ids: the UUIDv5 of a session in it is the id we offer to Sugar.
const NOTE_IDS: uuid::Uuid = uuid::uuid!("6f0c1a52-4d0b-5a1e-9f43-0d6f1f0f5a11");

/// A session with all that its Note says.
struct Closed {
    conversation: Conversation,
    session: Session,
    messages: Vec<Message>,
    names: HashMap<MemberId, String>,
    zone: TimeZone,
}

/// Saves the session of a job as a Note, or updates the one it has.
pub async fn save_note(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = ConversationId::parse(&job.subject).map_err(|_| FlowError::ConversationNotFound)?;
    let lookup = id.clone();
    let closed = ctx.store.read(move |conn| load(conn, &lookup)).await?;
    let Some(closed) = closed else {
        // Open again: the next close writes a new job.
        let job = job.clone();
        ctx.store.write(move |tx| finish(tx, &job)).await?;
        return Ok(JobEnd::Finished);
    };
    let (status, end) = match write(ctx, &closed).await {
        Ok(note_id) => (
            status(NoteState::Saved, Some(note_id), None),
            JobEnd::Finished,
        ),
        Err(failure) => failure.status_and_end(closed.session.note.id.clone()),
    };
    let (job, before, finished) = (job.clone(), closed.session.note, end == JobEnd::Finished);
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            // The session may have been opened again meanwhile: its Note is another job's.
            if !outbox::holds(tx.conn()?, &job)? {
                return Err(FlowError::LeaseLost);
            }
            if status != before {
                keep_status(tx, &id, &status)?;
            }
            if finished { finish(tx, &job) } else { Ok(()) }
        })
        .await?;
    Ok(end)
}

fn keep_status(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    status: &NoteStatus,
) -> Result<(), FlowError> {
    sessions::set_note(tx.conn()?, id, status)?;
    announce(tx, id, Change::Note)
}

const fn status(state: NoteState, id: Option<String>, reason: Option<String>) -> NoteStatus {
    NoteStatus { state, id, reason }
}

/// Why a Note is not in Sugar yet.
enum Failure {
    RecordGone,
    Sugar(CrmError),
}

impl From<CrmError> for Failure {
    fn from(error: CrmError) -> Self {
        Self::Sugar(error)
    }
}

impl Failure {
    fn status_and_end(self, note_id: Option<String>) -> (NoteStatus, JobEnd) {
        match self {
            Self::RecordGone => {
                let shown = "The record is no longer in Sugar.".to_owned();
                let end = JobEnd::GiveUp {
                    reason: "the record is gone".to_owned(),
                };
                (status(NoteState::Failed, note_id, Some(shown)), end)
            }
            Self::Sugar(error) if may_heal(&error) => {
                let shown = "Sugar does not answer; trying again.".to_owned();
                let end = JobEnd::Later {
                    reason: error.to_string(),
                    after_ms: asked_to_wait(&error),
                };
                (status(NoteState::Waiting, note_id, Some(shown)), end)
            }
            Self::Sugar(error) => {
                let shown = "Sugar refused the Note. Ask your administrator.".to_owned();
                let end = JobEnd::GiveUp {
                    reason: error.to_string(),
                };
                (status(NoteState::Failed, note_id, Some(shown)), end)
            }
        }
    }
}

/// Whether waiting may help; a refused login heals when an admin mends it.
fn may_heal(error: &CrmError) -> bool {
    error.is_temporary() || matches!(error, CrmError::LoginRefused { .. })
}

fn asked_to_wait(error: &CrmError) -> Option<i64> {
    match error {
        CrmError::Busy {
            retry_after_s: Some(s),
        } => i64::try_from(s.saturating_mul(1_000)).ok(),
        _ => None,
    }
}

/// Writes the Note over the one that is there, or as a new one.
///
/// A job that was lost or called off may have stored it already, or may be about to: so it is
/// looked for first, and again when Sugar refuses a second one with its id.
async fn write(ctx: &Ctx, closed: &Closed) -> Result<String, Failure> {
    let record = closed.session.record.as_ref().ok_or(Failure::RecordGone)?;
    let facts = ctx
        .crm
        .record_facts(record)
        .await?
        .ok_or(Failure::RecordGone)?;
    let note = compose_note(closed, record, &facts);
    if let Some(id) = &closed.session.note.id {
        ctx.crm.update_note(id, &note).await?;
        return Ok(id.clone());
    }
    if bring_up_to_date(ctx, &note).await? {
        return Ok(note.id);
    }
    match ctx.crm.create_note(&note).await {
        Err(CrmError::Refused { .. }) if bring_up_to_date(ctx, &note).await? => Ok(note.id),
        created => Ok(created?),
    }
}

/// Gives a Note that is in Sugar already this text; false when there is none with its id.
async fn bring_up_to_date(ctx: &Ctx, note: &NewNote) -> Result<bool, CrmError> {
    let Some(stored) = ctx.crm.find_note(&note.id).await? else {
        return Ok(false);
    };
    if stored.name != note.name || stored.description != note.description.trim() {
        ctx.crm.update_note(&note.id, note).await?;
    }
    Ok(true)
}

fn compose_note(closed: &Closed, record: &RecordRef, facts: &RecordFacts) -> NewNote {
    let own = &closed.session.number;
    let transcript = compose(&Facts {
        record_name: facts.name.clone(),
        peer: closed.session.peer.as_str().to_owned(),
        own_number: format!("{} ({})", own.label, own.e164),
        opened_at: closed.session.opened_at,
        zone: closed.zone.clone(),
        lines: closed
            .messages
            .iter()
            .map(|message| line(message, &closed.names))
            .collect(),
    });
    let id = closed.conversation.id.as_str().as_bytes();
    NewNote {
        id: uuid::Uuid::new_v5(&NOTE_IDS, id).to_string(),
        name: transcript.subject,
        description: transcript.body,
        parent: record.clone(),
        assigned_user_id: assignee(closed, facts),
        team_name: facts.team_name.clone(),
    }
}

fn assignee(closed: &Closed, facts: &RecordFacts) -> Option<String> {
    let owner = closed.session.owner_id.as_ref().map(ToString::to_string);
    owner.or_else(|| facts.assigned_user_id.clone())
}

fn line(message: &Message, names: &HashMap<MemberId, String>) -> Line {
    let name = match &message.sender {
        Sender::Member(id) => names.get(id).cloned(),
        _ => None,
    };
    Line {
        sender: message.sender.clone(),
        name,
        text: message.text.clone(),
        state: message.state,
        reason: message.reason.clone(),
        at: message.created_at,
    }
}

/// A closed session and its texts; `None` when it is open again.
fn load(conn: &mut Db, id: &ConversationId) -> Result<Option<Closed>, FlowError> {
    let conversation = conversations::find(conn, id)?.ok_or(FlowError::ConversationNotFound)?;
    let session = conversation
        .session
        .clone()
        .ok_or(FlowError::ConversationNotFound)?;
    if session.state == SessionState::Open {
        return Ok(None);
    }
    let messages = messages::all(conn, id)?;
    let mut names = HashMap::new();
    for message in &messages {
        if let Sender::Member(member) = &message.sender
            && !names.contains_key(member)
            && let Some(found) = members::find(conn, member)?
        {
            names.insert(member.clone(), found.name);
        }
    }
    let reader = session
        .owner_id
        .as_ref()
        .or_else(|| conversation.member_ids.first());
    let zone = match reader {
        Some(member) => members::time_zone(conn, member)?,
        None => None,
    };
    let zone = zone
        .and_then(|name| TimeZone::get(&name).ok())
        .unwrap_or(TimeZone::UTC);
    Ok(Some(Closed {
        conversation,
        session,
        messages,
        names,
        zone,
    }))
}
