//! A session closes: by its button, by idleness, by an admin, by its only member's logout.

use super::send_message::announce;
use super::{Ctx, FlowError, require, visible};
use crate::domain::access::{Actor, Scope};
use crate::domain::conversation::{Conversation, NoteState, NoteStatus};
use crate::domain::event::Change;
use crate::domain::ids::ConversationId;
use crate::store::outbox::{self, JobKind};
use crate::store::{Tx, conversations, messages, sessions};

/// Why a session closes; for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// Somebody pressed the button or called the API.
    Asked,
    /// Nobody wrote for hours.
    Idle,
    /// Its only member logged out.
    Logout,
}

/// Closes a session; closing a closed one changes nothing.
pub async fn close(
    ctx: &Ctx,
    actor: &Actor,
    id: ConversationId,
) -> Result<Conversation, FlowError> {
    require(actor, Scope::SmsSend)?;
    let actor = actor.clone();
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let is_admin = matches!(&actor, Actor::Member(member) if member.admin);
            if !is_admin {
                visible(tx.conn()?, &actor, &id)?;
            }
            close_in(tx, &id, CloseReason::Asked)?;
            conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)
        })
        .await?;
    ctx.work.notify_one();
    Ok(committed.value)
}

/// Closes inside a transaction and writes the job that saves the Note.
///
/// A session without a message becomes no Note. One without a record waits until it is linked.
pub fn close_in(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    reason: CloseReason,
) -> Result<(), FlowError> {
    let found = conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    let session = found
        .session
        .ok_or(FlowError::BadRequest("Only SMS sessions are closed."))?;
    let empty = messages::last(tx.conn()?, id)?.is_none();
    let note = if empty {
        NoteState::None
    } else {
        NoteState::Waiting
    };
    let now = tx.now;
    if !sessions::close(tx.conn()?, id, note, now)? {
        return Ok(());
    }
    match (empty, session.record) {
        (true, _) => {}
        (false, Some(_)) => {
            outbox::push(tx.conn()?, JobKind::SaveNote, id.as_str(), id.as_str(), now)?;
        }
        (false, None) => {
            let reason = Some("Waits until this number belongs to a record in Sugar.".to_owned());
            let waits = NoteStatus {
                state: note,
                id: session.note.id,
                reason,
            };
            sessions::set_note(tx.conn()?, id, &waits)?;
        }
    }
    log::info!("SMS session {id} closed ({reason:?})");
    announce(tx, id, Change::Closed)
}

/// Closes the sessions in which nobody wrote for the idle time; returns how many.
pub async fn close_idle(ctx: &Ctx) -> Result<usize, FlowError> {
    let since = ctx.clock.now().plus_ms(-ctx.rules.idle_close_ms);
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(sessions::idle_since(conn, since)?))
        .await?;
    if found.is_empty() {
        return Ok(0);
    }
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            // Asked again inside the transaction: a text may have come in between.
            let idle = sessions::idle_since(tx.conn()?, since)?;
            for id in &idle {
                close_in(tx, id, CloseReason::Idle)?;
            }
            Ok(idle.len())
        })
        .await?;
    ctx.work.notify_one();
    Ok(committed.value)
}
