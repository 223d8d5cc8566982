//! A job is set aside for an admin: whoever waits for it is told.

use super::deliver_sms::INTERRUPTED;
use super::receive_sms::{advance, fail_unsent};
use super::send_message::announce;
use super::{Ctx, FlowError, pictures};
use crate::domain::conversation::{NoteState, NoteStatus};
use crate::domain::event::Change;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::MessageState;
use crate::domain::picture::PictureProblem;
use crate::store::outbox::{self, Job, JobKind};
use crate::store::{Tx, conversations, messages, sessions};

const NOT_SENT: &str = "The text could not be handed to the carrier.";
const NOT_SAVED: &str = "The Note could not be saved in Sugar. Ask your administrator.";

/// Parks a job, with what that means to its members, in one transaction.
pub async fn give_up(ctx: &Ctx, job: &Job, reason: String) -> Result<(), FlowError> {
    let job = job.clone();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            if !outbox::holds(tx.conn()?, &job)? {
                return Err(FlowError::LeaseLost);
            }
            outbox::park(tx.conn()?, &job, &reason)?;
            match job.kind {
                JobKind::SendSms => text_failed(tx, &job.subject),
                JobKind::SaveNote => note_failed(tx, &job.subject),
                // The session stays with whoever has it; only its record is not known.
                JobKind::RouteSession => Ok(()),
                // The Note itself is in Sugar.
                JobKind::CheckNote => Ok(()),
                // Nobody is texted for it: the block is ours, and holds.
                JobKind::MarkRecord => Ok(()),
                JobKind::FetchPicture => {
                    pictures::settle(tx, &job.subject, Err(PictureProblem::NotGiven))
                }
            }
        })
        .await?;
    Ok(())
}

/// A text that was on its way when its job failed may have gone out.
fn text_failed(tx: &mut Tx<'_, '_>, subject: &str) -> Result<(), FlowError> {
    let Ok(id) = MessageId::parse_any(subject) else {
        return Ok(());
    };
    match messages::find(tx.conn()?, id)?.map(|placed| placed.message.state) {
        Some(state) if state.is_waiting() => fail_unsent(tx, id, NOT_SENT),
        Some(MessageState::Sending) => advance(tx, id, MessageState::Unknown, Some(INTERRUPTED)),
        _ => Ok(()),
    }
}

/// A Note that was refused says already why; one that still waits says that it is over.
fn note_failed(tx: &mut Tx<'_, '_>, subject: &str) -> Result<(), FlowError> {
    let Ok(id) = ConversationId::parse(subject) else {
        return Ok(());
    };
    let session = conversations::find(tx.conn()?, &id)?.and_then(|found| found.session);
    let Some(note) = session.map(|session| session.note) else {
        return Ok(());
    };
    if note.state != NoteState::Waiting {
        return Ok(());
    }
    let failed = NoteStatus {
        state: NoteState::Failed,
        id: note.id,
        reason: Some(NOT_SAVED.to_owned()),
    };
    sessions::set_note(tx.conn()?, &id, &failed)?;
    announce(tx, &id, Change::Note)
}
