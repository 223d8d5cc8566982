//! Admins see the work that was set aside, and let it be tried again.

use super::send_message::announce;
use super::{Ctx, FlowError};
use crate::domain::access::Actor;
use crate::domain::conversation::{NoteState, NoteStatus, SessionState};
use crate::domain::event::Change;
use crate::domain::ids::ConversationId;
pub use crate::store::job_list::Listed;
pub use crate::store::outbox::JobKind;
use crate::store::{Tx, conversations, job_list, sessions};

fn require_admin(actor: &Actor) -> Result<(), FlowError> {
    match actor {
        Actor::Member(member) if member.admin => Ok(()),
        _ => Err(FlowError::Forbidden(
            "Only Sugar's administrators may do this.",
        )),
    }
}

/// A page of the jobs that are parked, or that wait; oldest first.
pub async fn list(
    ctx: &Ctx,
    actor: &Actor,
    parked: bool,
    after: i64,
    limit: usize,
) -> Result<Vec<Listed>, FlowError> {
    require_admin(actor)?;
    ctx.store
        .read(move |conn| Ok(job_list::page(conn, parked, after, limit)?))
        .await
}

/// Has a parked job tried again from the start of its schedule.
///
/// A text is not sent again like this: its sender was told that it failed, and decides himself.
pub async fn release(ctx: &Ctx, actor: &Actor, id: i64) -> Result<(), FlowError> {
    require_admin(actor)?;
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            let now = tx.now;
            let parked = job_list::parked(tx.conn()?, id)?.ok_or(FlowError::JobNotFound)?;
            if parked.kind == JobKind::SendSms {
                return Err(FlowError::TextNotReleased);
            }
            job_list::release(tx.conn()?, id, now)?;
            if parked.kind == JobKind::SaveNote {
                note_waits(tx, &parked.subject)?;
            }
            Ok(())
        })
        .await?;
    ctx.work.notify_one();
    Ok(())
}

/// The session's members see that its Note is on its way again.
fn note_waits(tx: &mut Tx<'_, '_>, subject: &str) -> Result<(), FlowError> {
    let Ok(id) = ConversationId::parse(subject) else {
        return Ok(());
    };
    let found = conversations::find(tx.conn()?, &id)?.and_then(|found| found.session);
    let Some(session) = found.filter(|session| session.state == SessionState::Closed) else {
        return Ok(());
    };
    let waits = NoteStatus {
        state: NoteState::Waiting,
        id: session.note.id,
        reason: None,
    };
    sessions::set_note(tx.conn()?, &id, &waits)?;
    announce(tx, &id, Change::Note)
}
