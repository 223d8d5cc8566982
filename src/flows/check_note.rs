//! Job: some minutes after a Note was saved, Sugar is looked at once more.
//!
//! A write whose caller gave up may arrive later than we waited for. Of two Notes that nobody
//! touched one is deleted; what a person wrote stays. When a person deleted the Note meanwhile, a
//! copy that came late goes too.

use super::note_text::note_id;
use super::note_words::{is_untouched, unwanted_copies};
use super::save_note::{asked_to_wait, may_heal};
use super::{Ctx, FlowError, JobEnd, finish};
use crate::domain::ids::ConversationId;
use crate::domain::transcript::marker;
use crate::gateways::crm::{CrmError, StoredNote};
use crate::store::notes::{self, NoteWork};
use crate::store::outbox::{self, Job};
use crate::store::{conversations, sessions};

/// Looks for Notes of the session that are one too many.
pub async fn check_note(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = ConversationId::parse(&job.subject).map_err(|_| FlowError::ConversationNotFound)?;
    let lookup = id.clone();
    let (known, work) = ctx
        .store
        .read(move |conn| -> Result<_, FlowError> {
            let session = conversations::find(conn, &lookup)?.and_then(|found| found.session);
            let known = session.and_then(|session| session.note.id);
            Ok((known, notes::find(conn, &lookup)?.unwrap_or_default()))
        })
        .await?;
    let kept = match keep_one(ctx, job, &id, known.as_deref(), &work).await {
        Ok(kept) => kept,
        Err(Stop::Lost) => return Err(FlowError::LeaseLost),
        Err(Stop::Crm(error)) if may_heal(&error) => {
            return Ok(JobEnd::Later {
                reason: error.to_string(),
                after_ms: asked_to_wait(&error),
            });
        }
        Err(Stop::Crm(error)) => {
            return Ok(JobEnd::GiveUp {
                reason: format!("a second Note of one conversation cannot be deleted: {error}"),
            });
        }
    };
    let job = job.clone();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            if let Some(kept) = kept.as_ref().filter(|kept| Some(*kept) != known.as_ref()) {
                sessions::set_note_id(tx.conn()?, &id, kept)?;
            }
            finish(tx, &job)
        })
        .await?;
    Ok(JobEnd::Finished)
}

enum Stop {
    Lost,
    Crm(CrmError),
}

/// Deletes what is doubled and untouched; returns the id of the Note that stays, if one lives.
async fn keep_one(
    ctx: &Ctx,
    job: &Job,
    id: &ConversationId,
    known: Option<&str>,
    work: &NoteWork,
) -> Result<Option<String>, Stop> {
    let own = note_id(id);
    let chosen = own.to_string();
    let ids: Vec<&str> = [Some(chosen.as_str()), known]
        .into_iter()
        .flatten()
        .collect();
    let found = ctx.crm.find_notes(&ids, &marker(own)).await;
    let found = found.map_err(Stop::Crm)?;
    let unwanted = unwanted_copies(&found, known, work);
    let alive: Vec<&StoredNote> = found.iter().filter(|note| !note.deleted).collect();
    let changed = alive.iter().find(|note| !is_untouched(work, note));
    let known = alive.iter().find(|note| Some(note.id.as_str()) == known);
    let wanted = || alive.iter().find(|note| !unwanted.contains(note));
    let kept = changed.or(known).or_else(wanted);
    let one_too_many = |note: &&&StoredNote| {
        kept.is_none_or(|kept| kept.id != note.id) && is_untouched(work, note)
    };
    for double in alive.iter().filter(one_too_many) {
        fence(ctx, job).await?;
        ctx.crm.delete_note(&double.id).await.map_err(Stop::Crm)?;
        log::warn!("session {id} had a Note too many in Sugar; it was deleted");
    }
    Ok(kept.map(|kept| kept.id.clone()))
}

async fn fence(ctx: &Ctx, job: &Job) -> Result<(), Stop> {
    let job = job.clone();
    let until = ctx.clock.now().plus_ms(ctx.rules.notes.lease_ms());
    let held = ctx
        .store
        .write(move |tx| Ok::<_, FlowError>(outbox::extend(tx.conn()?, &job, until)?))
        .await;
    match held {
        Ok(held) if held.value => Ok(()),
        _ => Err(Stop::Lost),
    }
}
