//! Job: a closed session becomes one Note on its record.

use super::note_text::Closed;
use super::send_message::announce;
use super::write_note::{Failure, Outcome, write};
use super::{Ctx, FlowError, JobEnd, finish};
use crate::domain::conversation::{NoteState, NoteStatus};
use crate::domain::event::Change;
use crate::domain::ids::ConversationId;
use crate::gateways::crm::CrmError;
use crate::store::outbox::{self, Job};
use crate::store::{Tx, conversations, sessions};

/// The longest that Sugar's `Retry-After` is obeyed.
const LONGEST_ASKED_MS: i64 = 3_600_000;

/// Saves the session of a job as a Note, or updates the one it has.
pub async fn save_note(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = ConversationId::parse(&job.subject).map_err(|_| FlowError::ConversationNotFound)?;
    let lookup = id.clone();
    let closed = ctx
        .store
        .read(move |conn| Closed::load(conn, &lookup))
        .await?;
    let Some(closed) = closed else {
        // Open again: the next close writes a new job.
        let job = job.clone();
        ctx.store.write(move |tx| finish(tx, &job)).await?;
        return Ok(JobEnd::Finished);
    };
    let (closed_at, known) = (closed.session.closed_at, closed.session.note.id.clone());
    let (status, end) = match write(ctx, job, closed).await {
        Ok(outcome) => (saved(outcome), JobEnd::Finished),
        Err(failure) => status_and_end(ctx, failure, known)?,
    };
    let (job, finished) = (job.clone(), end == JobEnd::Finished);
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            if !outbox::holds(tx.conn()?, &job)? {
                return Err(FlowError::LeaseLost);
            }
            let found = conversations::find(tx.conn()?, &id)?;
            let session = found.and_then(|found| found.session);
            // Opened again meanwhile: the state of its Note is the next close's to tell.
            if let Some(session) = session.filter(|session| session.closed_at == closed_at) {
                keep_status(tx, &id, &session.note, &status)?;
            }
            if finished {
                outbox::drop_parked(tx.conn()?, job.kind, &job.subject)?;
                finish(tx, &job)?;
            }
            Ok(())
        })
        .await?;
    Ok(end)
}

fn keep_status(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    before: &NoteStatus,
    status: &NoteStatus,
) -> Result<(), FlowError> {
    let status = NoteStatus {
        id: status.id.clone().or_else(|| before.id.clone()),
        ..status.clone()
    };
    if status == *before {
        return Ok(());
    }
    sessions::set_note(tx.conn()?, id, &status)?;
    announce(tx, id, Change::Note)
}

fn saved(outcome: Outcome) -> NoteStatus {
    let (id, reason) = match outcome {
        Outcome::Saved(id) => (id, None),
        Outcome::Deleted(id) => {
            let shown = "Somebody deleted this Note in Sugar; it is not made again.";
            (id, Some(shown.to_owned()))
        }
    };
    NoteStatus {
        state: NoteState::Saved,
        id: Some(id),
        reason,
    }
}

/// What a failure means to the session's members and to the job.
fn status_and_end(
    ctx: &Ctx,
    failure: Failure,
    id: Option<String>,
) -> Result<(NoteStatus, JobEnd), FlowError> {
    let (state, shown, end) = match failure {
        Failure::Flow(error) => return Err(error),
        Failure::Unsure { until, reason } => (
            NoteState::Waiting,
            "Sugar does not answer; trying again.".to_owned(),
            JobEnd::Later {
                reason,
                after_ms: Some((until.0 - ctx.clock.now().0).max(0)),
            },
        ),
        Failure::RecordGone(words) => (
            NoteState::Failed,
            words.to_owned(),
            JobEnd::GiveUp {
                reason: words.to_owned(),
            },
        ),
        Failure::Crm(error) if may_heal(&error) => (
            NoteState::Waiting,
            "Sugar does not answer; trying again.".to_owned(),
            JobEnd::Later {
                reason: error.to_string(),
                after_ms: asked_to_wait(&error),
            },
        ),
        Failure::Crm(error) => (
            NoteState::Failed,
            "Sugar refused the Note. Ask your administrator.".to_owned(),
            JobEnd::GiveUp {
                reason: error.to_string(),
            },
        ),
    };
    let reason = Some(shown);
    Ok((NoteStatus { state, id, reason }, end))
}

/// Whether waiting may help; a refused login heals when an admin mends it.
pub(super) fn may_heal(error: &CrmError) -> bool {
    error.is_temporary() || matches!(error, CrmError::LoginRefused { .. })
}

pub(super) fn asked_to_wait(error: &CrmError) -> Option<i64> {
    match error {
        CrmError::Busy {
            retry_after_s: Some(s),
        } => {
            let asked = i64::try_from(s.saturating_mul(1_000)).unwrap_or(LONGEST_ASKED_MS);
            Some(asked.min(LONGEST_ASKED_MS))
        }
        _ => None,
    }
}
