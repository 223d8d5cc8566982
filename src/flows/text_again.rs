//! A person decides about a text: send it again, or call it off.

use super::admit_text::{When, Wish};
use super::send_message::{Limits, queue, sender, take_session};
use super::{Ctx, FlowError, consent, require, visible};
use crate::domain::access::{Actor, Scope};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::store::{Tx, messages, outgoing};

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
    let undecided = matches!(old.state, MessageState::Failed | MessageState::Unknown);
    if !undecided || matches!(old.sender, Sender::Peer(_)) || is_sent_otherwise(tx, old.id)? {
        return Err(FlowError::NotToBeResent);
    }
    let sender = sender(actor);
    let wish = Wish {
        session,
        sender: &sender,
        text: &old.text,
        when,
    };
    let admitted = limits.admit(tx, &wish)?;
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
    let turn = admitted.turn(&message);
    message.take(admitted);
    queue(tx, actor, &message, &turn)?;
    Ok(message)
}

/// Whether the same words are out, or may be, as another text of the same chain: the same click in
/// two tabs must not be two texts, and neither must one on the first text and one on the second.
fn is_sent_otherwise(tx: &mut Tx<'_, '_>, old: MessageId) -> Result<bool, FlowError> {
    let mut line = vec![old];
    let mut first = old;
    while let Some(before) = outgoing::resend_of(tx.conn()?, first)? {
        let found = messages::find(tx.conn()?, before)?;
        if found.is_some_and(|placed| placed.message.state.is_out()) {
            return Ok(true);
        }
        line.push(before);
        first = before;
    }
    let mut next = vec![first];
    while let Some(text) = next.pop() {
        for (again, state) in outgoing::resends(tx.conn()?, text)? {
            let ended = matches!(state, MessageState::Failed | MessageState::Canceled);
            // What led to this one was doubted already.
            if !ended && !line.contains(&again) {
                return Ok(true);
            }
            next.push(again);
        }
    }
    Ok(false)
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
