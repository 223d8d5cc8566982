//! A message goes into a conversation: chat, or a text on its way out.

use super::admit_text::{Admitted, TextingRules, Turn, When, Wish, admit, as_sent};
use super::{Ctx, FlowError, Number, require, scope_for, visible};
use crate::domain::access::Actor;
use crate::domain::conversation::{Conversation, Session};
use crate::domain::event::{Change, Cursor, Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId, MessageId, NumberId};
use crate::domain::message::{Message, MessageState, Sender, TextError, check_text};
use crate::domain::sms_session::{ClaimRule, SendRule, claim_rule, send_rule};
use crate::store::outbox::{self, JobKind};
use crate::store::{Touches, Tx, conversations, messages, sessions};
use std::sync::Arc;

/// What somebody wants to say.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Where.
    pub conversation_id: ConversationId,
    /// The sender's id for it: repeating it gives the same message.
    pub message_id: MessageId,
    /// What.
    pub text: String,
    /// When, if it is a text.
    pub when: When,
}

/// A stored message and the turn in the log right after it.
#[derive(Debug)]
pub struct SentMessage {
    /// The message, or the first one with the same id.
    pub message: Message,
    /// After its commit; `None` when it was there before.
    pub cursor: Option<Cursor>,
}

/// What bounds a message.
#[derive(Clone)]
pub(super) struct Limits {
    chat_chars: usize,
    pub(super) reopen_ms: i64,
    pub(super) texting: Arc<TextingRules>,
    numbers: Arc<[FromNumber]>,
}

/// A number, and how long a text from it may be.
struct FromNumber {
    number: Number,
    max_chars: usize,
    max_parts: Option<u32>,
}

impl FromNumber {
    /// Checks a text as it would be sent.
    fn check(&self, admitted: &Admitted) -> Result<(), TextError> {
        check_text(&admitted.text, self.max_chars)?;
        let parts = admitted.parts;
        match self.max_parts {
            Some(max) if parts > max => Err(TextError::TooManyParts { parts, max }),
            _ => Ok(()),
        }
    }
}

impl Limits {
    pub(super) fn of(ctx: &Ctx) -> Self {
        let carriers = ctx.carriers();
        let numbers = carriers.numbers.iter();
        Self {
            chat_chars: ctx.rules.chat_chars,
            reopen_ms: ctx.rules.reopen_ms,
            texting: Arc::clone(&carriers.texting),
            numbers: numbers
                .map(|number| FromNumber {
                    number: number.clone(),
                    max_chars: carriers.max_chars(number),
                    max_parts: carriers.max_parts(number),
                })
                .collect(),
        }
    }

    fn of_number(&self, id: &NumberId) -> Result<&FromNumber, FlowError> {
        let mut numbers = self.numbers.iter();
        numbers
            .find(|from| from.number.own.id == *id)
            .ok_or(FlowError::NoNumberConfigured)
    }

    /// Admits a text that fits the carrier of its number; three dots take the turn of one, so it
    /// is measured as it is sent.
    pub(super) fn admit(
        &self,
        tx: &mut Tx<'_, '_>,
        wish: &Wish<'_>,
    ) -> Result<Admitted, FlowError> {
        let from = self.of_number(&wish.session.number.id)?;
        let admitted = admit(tx, &self.texting, &from.number, wish)?;
        from.check(&admitted)?;
        Ok(admitted)
    }
}

/// Stores a message; a text is queued in the same transaction.
pub async fn send(ctx: &Ctx, actor: &Actor, new: NewMessage) -> Result<SentMessage, FlowError> {
    // An empty text is refused before the queue; the upper limit depends on the conversation.
    check_text(&new.text, usize::MAX)?;
    let actor = actor.clone();
    let limits = Limits::of(ctx);
    let touches = Touches {
        message: new.message_id,
        conversation: new.conversation_id.clone(),
    };
    let committed = ctx
        .store
        .write_touching(touches, move |tx| store_message(tx, &actor, &new, &limits))
        .await?;
    if committed.cursor.is_some() && committed.value.state == MessageState::Queued {
        ctx.work.notify_one();
    }
    Ok(SentMessage {
        message: committed.value,
        cursor: committed.cursor,
    })
}

fn store_message(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    new: &NewMessage,
    limits: &Limits,
) -> Result<Message, FlowError> {
    let sender = sender(actor);
    if let Some(known) = tx.known_message(new.message_id)? {
        let same = known.sender == sender
            && (known.text == new.text || known.text == as_sent(&limits.texting, &new.text))
            && known.conversation_id == new.conversation_id;
        return if same {
            Ok(known)
        } else {
            Err(FlowError::MessageIdConflict)
        };
    }
    let message = Message {
        id: new.message_id,
        conversation_id: new.conversation_id.clone(),
        sender,
        text: new.text.clone(),
        state: MessageState::Stored,
        reason: None,
        parts: None,
        send_at: None,
        resend_of: None,
        sent_at: None,
        pictures: Vec::new(),
        created_at: tx.now,
    };
    if let Actor::Member(member) = actor
        && let Some(members) = tx.chat_members(&new.conversation_id)?
        && members.contains(&member.member_id)
    {
        if new.when != When::default() {
            return Err(FlowError::BadRequest("Only texts can be sent later."));
        }
        check_text(&new.text, limits.chat_chars)?;
        tx.emit(created(&message, members));
        tx.add_chat_message(message.clone());
        return Ok(message);
    }
    queue_text(tx, actor, message, new.when, limits)
}

fn created(message: &Message, audience: impl Into<Arc<[MemberId]>>) -> NewEvent {
    let message = message.clone();
    NewEvent::to(audience, Event::MessageCreated { message })
}

/// A text of an SMS session: stored, and handed to the outbox.
fn queue_text(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    mut message: Message,
    when: When,
    limits: &Limits,
) -> Result<Message, FlowError> {
    let conversation = match visible(tx.conn()?, actor, &message.conversation_id) {
        Err(FlowError::ConversationNotFound) => {
            return Err(lost_or_unknown(tx, actor, &message.conversation_id)?);
        }
        other => other?,
    };
    require(actor, scope_for(conversation.kind, true))?;
    let session = conversation
        .session
        .as_ref()
        .ok_or(FlowError::ConversationNotFound)?;
    let max_chars = limits.of_number(&session.number.id)?.max_chars;
    check_text(&message.text, max_chars)?;
    let wish = Wish {
        session,
        sender: &message.sender,
        text: &message.text,
        when,
    };
    let admitted = limits.admit(tx, &wish)?;
    take_session(tx, actor, &conversation, session, limits.reopen_ms)?;
    let turn = admitted.turn(&message);
    message.take(admitted);
    queue(tx, actor, &message, &turn)?;
    Ok(message)
}

/// Stores a text, hands it to the outbox and tells its members.
pub(super) fn queue(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    message: &Message,
    turn: &Turn,
) -> Result<(), FlowError> {
    let id = &message.conversation_id;
    let conn = tx.conn()?;
    let seq = messages::insert(conn, message, None)?;
    if let Actor::Member(member) = actor {
        conversations::mark_read(conn, id, &member.member_id, seq)?;
    }
    let subject = message.id.to_string();
    let (lane, now) = (turn.lane.as_str(), message.created_at);
    outbox::push_later(conn, JobKind::SendSms, &subject, lane, now, turn.due_at)?;
    let audience = conversations::members(conn, id)?;
    tx.emit(created(message, audience));
    Ok(())
}

/// Who an actor is as the writer of a message.
pub(super) fn sender(actor: &Actor) -> Sender {
    match actor {
        Actor::Member(member) => Sender::Member(member.member_id.clone()),
        Actor::Key(key) => Sender::Key(key.id.clone()),
    }
}

/// Tells the loser of a claim who won; anybody else learns nothing.
fn lost_or_unknown(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    id: &ConversationId,
) -> Result<FlowError, FlowError> {
    let found = conversations::find(tx.conn()?, id)?;
    let was_offered = match actor {
        Actor::Member(member) => conversations::was_offered(tx.conn()?, id, &member.member_id)?,
        Actor::Key(_) => false,
    };
    let owner = found
        .and_then(|found| found.session)
        .and_then(|session| session.owner_id);
    Ok(match owner {
        Some(by) if was_offered => FlowError::SessionClaimed { by },
        _ => FlowError::ConversationNotFound,
    })
}

/// Reopens or claims the session as the reply demands, or refuses it.
pub(super) fn take_session(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    conversation: &Conversation,
    session: &Session,
    reopen_ms: i64,
) -> Result<(), FlowError> {
    match send_rule(session.state, session.closed_at, tx.now, reopen_ms) {
        SendRule::Accept => {}
        SendRule::Reopen => reopen(tx, conversation)?,
        SendRule::Refuse => return Err(FlowError::SessionClosed),
    }
    let Actor::Member(member) = actor else {
        return Ok(());
    };
    let members = &conversation.member_ids;
    match claim_rule(session.owner_id.as_ref(), members, &member.member_id) {
        ClaimRule::May => Ok(()),
        ClaimRule::Claims => super::claim_session::claim_in(tx, conversation, &member.member_id),
        ClaimRule::Lost(by) => Err(FlowError::SessionClaimed { by }),
        ClaimRule::Outsider => Err(FlowError::ConversationNotFound),
    }
}

/// Opens a session again after a text within the reopen window; its waiting Note is called off.
pub fn reopen(tx: &mut Tx<'_, '_>, conversation: &Conversation) -> Result<(), FlowError> {
    let session = conversation
        .session
        .as_ref()
        .ok_or(FlowError::ConversationNotFound)?;
    if sessions::open_one(tx.conn()?, &session.number.id, &session.peer)?.is_some() {
        return Err(FlowError::SessionClosed);
    }
    let now = tx.now;
    outbox::cancel(tx.conn()?, JobKind::SaveNote, conversation.id.as_str(), now)?;
    sessions::reopen(tx.conn()?, &conversation.id)?;
    announce(tx, &conversation.id, Change::Reopened)
}

/// Tells the members of a conversation how it is now.
pub fn announce(tx: &mut Tx<'_, '_>, id: &ConversationId, change: Change) -> Result<(), FlowError> {
    let conversation =
        conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    let audience = conversation.member_ids.clone();
    let event = Event::ConversationUpdated {
        conversation,
        change,
    };
    tx.emit(NewEvent::to(audience, event));
    Ok(())
}
