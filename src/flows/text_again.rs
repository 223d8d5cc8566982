//! A person decides about a text: send it again, or call it off.

use super::admit_text::{When, Wish, admit};
use super::send_message::{Limits, queue, sender, take_session};
use super::{Ctx, FlowError, consent, require, visible};
use crate::domain::access::{Actor, Scope};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::store::{Tx, messages};

const CALLED_OFF: &str = "Called off before it was sent.";

/// Sends a text again whose outcome is failed or unknown: a new text that names the old one.
///
/// The same `new_id` is the same text, however often it is asked for.
pub async fn send_again(
    ctx: &Ctx,
    actor: &Actor,
    conversation: ConversationId,
    old: MessageId,
    new_id: MessageId,
    when: When,
) -> Result<Message, FlowError> {
    require(actor, Scope::SmsSend)?;
    let (actor, limits) = (actor.clone(), Limits::of(ctx));
    let committed = ctx
        .store
        .write(move |tx| resend(tx, &actor, &limits, &conversation, old, new_id, when))
        .await?;
    ctx.work.notify_one();
    Ok(committed.value)
}

fn resend(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    limits: &Limits,
    conversation: &ConversationId,
    old: MessageId,
    new_id: MessageId,
    when: When,
) -> Result<Message, FlowError> {
    let found = visible(tx.conn()?, actor, conversation)?;
    let session = found.session.as_ref().ok_or(FlowError::MessageNotFound)?;
    let old = text_of(tx, conversation, old)?;
    if let Some(known) = messages::find(tx.conn()?, new_id)? {
        let known = known.message;
        let same = known.resend_of == Some(old.id) && known.sender == sender(actor);
        return if same {
            Ok(known)
        } else {
            Err(FlowError::MessageIdConflict)
        };
    }
    // Twice the same click in two tabs must not be two texts.
    let again = messages::resent(tx.conn()?, old.id)?;
    let undecided = matches!(old.state, MessageState::Failed | MessageState::Unknown);
    if !undecided || again || matches!(old.sender, Sender::Peer(_)) {
        return Err(FlowError::NotToBeResent);
    }
    let number = limits.number(&session.number.id)?;
    let sender = sender(actor);
    let wish = Wish {
        session,
        sender: &sender,
        text: &old.text,
        when,
    };
    let admitted = admit(tx, &limits.texting, number, &wish)?;
    take_session(tx, actor, &found, session, limits.reopen_ms)?;
    let mut message = Message {
        id: new_id,
        conversation_id: conversation.clone(),
        sender,
        text: String::new(),
        state: MessageState::Queued,
        reason: None,
        parts: None,
        send_at: None,
        resend_of: Some(old.id),
        sent_at: None,
        pictures: Vec::new(),
        created_at: tx.now,
    };
    let due_at = admitted.due_at;
    message.take(admitted);
    queue(tx, actor, &message, due_at)?;
    Ok(message)
}

/// Calls off a text that was not handed to a gateway yet.
pub async fn call_off(
    ctx: &Ctx,
    actor: &Actor,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Message, FlowError> {
    require(actor, Scope::SmsSend)?;
    let actor = actor.clone();
    let committed = ctx
        .store
        .write(move |tx| -> Result<Message, FlowError> {
            visible(tx.conn()?, &actor, &conversation)?;
            let text = text_of(tx, &conversation, id)?;
            if text.state != MessageState::Canceled {
                // The confirmation of a STOP is owed.
                if !text.state.is_waiting() || text.sender == Sender::Service {
                    return Err(FlowError::NotToBeCalledOff);
                }
                consent::call_off(tx, id, CALLED_OFF)?;
            }
            text_of(tx, &conversation, id)
        })
        .await?;
    ctx.work.notify_one();
    Ok(committed.value)
}

fn text_of(
    tx: &mut Tx<'_, '_>,
    conversation: &ConversationId,
    id: MessageId,
) -> Result<Message, FlowError> {
    let found = messages::find(tx.conn()?, id)?.map(|placed| placed.message);
    found
        .filter(|message| message.conversation_id == *conversation)
        .ok_or(FlowError::MessageNotFound)
}
