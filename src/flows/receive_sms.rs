//! A text arrived: it is stored once, in the session it belongs to; and how texts move on.

use super::admit_text::{TextingRules, give_back};
use super::consent::{ConsentRules, Heard, hear};
use super::pace::leave_line;
use super::pictures::{self, Expected};
use super::send_message::reopen;
use super::sign_in::storable;
use super::{Carriers, Ctx, FlowError, Number, join_parts, route_session};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Keyword, is_word};
use crate::domain::conversation::{ConversationKind, NoteState, SessionState};
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, GatewayId, MemberId, MessageId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::Peer;
use crate::domain::sms_session::route;
use crate::gateways::sms::{InboundText, Part, SmsGateway};
use crate::store::outbox::{self, JobKind};
use crate::store::{
    Tx, choices, conversations, members, messages, outgoing, participants, sessions,
};
use std::sync::Arc;

/// A text that arrived at a number of ours, with all that storing it takes.
#[derive(Clone)]
pub(super) struct Inbound {
    pub(super) gateway: GatewayId,
    pub(super) provider_id: String,
    pub(super) number: Number,
    pub(super) peer: Peer,
    pub(super) text: String,
    pub(super) sent_at: Option<Timestamp>,
    pub(super) part: Option<Part>,
    pictures: Expected,
    keyword: Option<Keyword>,
    carrier_answers: bool,
    consent: Arc<ConsentRules>,
    texting: Arc<TextingRules>,
    reopen_ms: i64,
    ids: FreshIds,
}

/// Ids for what may have to be written.
#[derive(Clone)]
struct FreshIds {
    message: MessageId,
    conversation: String,
    consent: [uuid::Uuid; 2],
}

/// Prepares a text to be stored; `None` when the number it is for is not at this gateway.
pub(super) fn inbound(
    ctx: &Ctx,
    carriers: &Carriers,
    carrier: &dyn SmsGateway,
    text: InboundText,
) -> Option<Inbound> {
    let ours = |number: &&Number| number.own.e164 == text.to && number.gateway == *carrier.id();
    let number = carriers.numbers.iter().find(ours)?.clone();
    Some(Inbound {
        gateway: carrier.id().clone(),
        provider_id: storable(&text.provider_id),
        number,
        peer: text.from,
        text: storable(&text.text),
        sent_at: text.sent_at,
        part: text.part,
        pictures: pictures::expect(ctx, text.pictures),
        keyword: text.keyword,
        carrier_answers: is_word(&text.text, carrier.capabilities().answers),
        consent: Arc::clone(&ctx.consent),
        texting: Arc::clone(&carriers.texting),
        reopen_ms: ctx.rules.reopen_ms,
        ids: FreshIds {
            message: MessageId::from_uuid(ctx.new_id()),
            conversation: ctx.new_id().to_string(),
            consent: [ctx.new_id(), ctx.new_id()],
        },
    })
}

/// Stores a text, or the part of one; a repetition changes nothing.
pub(super) fn take(tx: &mut Tx<'_, '_>, inbound: &Inbound) -> Result<(), FlowError> {
    match &inbound.part {
        Some(part) => join_parts::take_part(tx, inbound, part),
        None => store(tx, inbound).map(|_| ()),
    }
}

/// Stores a whole text, tells its members and acts on what it asks for; `None` when it is known.
pub(super) fn store(
    tx: &mut Tx<'_, '_>,
    inbound: &Inbound,
) -> Result<Option<MessageId>, FlowError> {
    let known = messages::find_by_provider(tx.conn()?, &inbound.gateway, &inbound.provider_id)?;
    if known.is_some() {
        return Ok(None);
    }
    let id = find_or_open(tx, inbound)?;
    let message = Message {
        id: inbound.ids.message,
        conversation_id: id.clone(),
        sender: Sender::Peer(inbound.peer.clone()),
        text: inbound.text.clone(),
        state: MessageState::Received,
        reason: None,
        parts: None,
        send_at: None,
        resend_of: None,
        sent_at: inbound.sent_at,
        pictures: pictures::waiting(&inbound.pictures),
        created_at: tx.now,
    };
    let provider = Some((&inbound.gateway, inbound.provider_id.as_str()));
    messages::insert(tx.conn()?, &message, provider)?;
    pictures::ask_for(tx, &inbound.gateway, message.id, &inbound.pictures)?;
    let audience = conversations::members(tx.conn()?, &id)?;
    if audience.is_empty() {
        // The job that routes the session tells its members of it and its messages.
        route_session::ask_for(tx, &id)?;
    } else {
        tx.emit(NewEvent::to(audience, Event::MessageCreated { message }));
    }
    let heard = Heard {
        number: &inbound.number,
        conversation: &id,
        peer: &inbound.peer,
        text: &inbound.text,
        sent_at: inbound.sent_at,
        understood: inbound.keyword,
        carrier_answers: inbound.carrier_answers,
        ids: inbound.ids.consent,
    };
    hear(tx, &inbound.consent, &inbound.texting, &heard)?;
    Ok(Some(inbound.ids.message))
}

/// The open session of the pair, the one closed a moment ago, or a new one.
fn find_or_open(tx: &mut Tx<'_, '_>, inbound: &Inbound) -> Result<ConversationId, FlowError> {
    let (number, peer) = (&inbound.number.own.id, &inbound.peer);
    if let Some(open) = sessions::open_one(tx.conn()?, number, peer)? {
        return Ok(open);
    }
    let since = tx.now.plus_ms(-inbound.reopen_ms);
    if let Some(closed) = sessions::closed_after(tx.conn()?, number, peer, since)? {
        let conversation =
            conversations::find(tx.conn()?, &closed)?.ok_or(FlowError::ConversationNotFound)?;
        reopen(tx, &conversation)?;
        return Ok(closed);
    }
    let new_id = &inbound.ids.conversation;
    let id = ConversationId::parse(new_id).map_err(|_| FlowError::ConversationNotFound)?;
    open_routed(tx, inbound, &id)?;
    Ok(id)
}

/// A new session: to the member who texted this peer last, unless Sugar refused him the record
/// since, else to whom Sugar says.
fn open_routed(
    tx: &mut Tx<'_, '_>,
    inbound: &Inbound,
    id: &ConversationId,
) -> Result<(), FlowError> {
    let candidates = members_of(tx, &inbound.number)?;
    let refused = participants::refused_lately(tx.conn()?, &inbound.peer, None)?;
    let last = sessions::last_texter(tx.conn()?, &inbound.peer)?
        .filter(|member| candidates.contains(member) && !refused.contains(member));
    let choice = choices::of(tx.conn()?, &inbound.peer)?;
    let record = choice.as_ref().map(|choice| &choice.record);
    let (members, owner) = match last {
        Some(member) => {
            let routing = route(Some(member), None, candidates);
            (routing.members, routing.owner)
        }
        None => (Vec::new(), None),
    };
    let number = &inbound.number.own.id;
    let now = tx.now;
    conversations::insert(tx.conn()?, id, ConversationKind::Sms, None, &members, now)?;
    sessions::insert(
        tx.conn()?,
        id,
        number,
        &inbound.peer,
        record,
        owner.as_ref(),
        now,
    )?;
    if !members.is_empty() {
        // A remembered record may be gone or have another number by now.
        route_session::ask_for(tx, id)?;
        let conversation =
            conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
        tx.emit(NewEvent::to(
            members,
            Event::ConversationCreated { conversation },
        ));
    }
    Ok(())
}

/// The active members who may use a number.
pub(super) fn members_of(tx: &mut Tx<'_, '_>, number: &Number) -> Result<Vec<MemberId>, FlowError> {
    let active = members::active(tx.conn()?)?;
    Ok(active
        .into_iter()
        .map(|member| member.id)
        .filter(|id| number.is_for(id))
        .collect())
}

/// Moves a text on, forward only, and tells its members.
pub(super) fn advance(
    tx: &mut Tx<'_, '_>,
    message_id: MessageId,
    state: MessageState,
    reason: Option<&str>,
) -> Result<(), FlowError> {
    let found = messages::find(tx.conn()?, message_id)?
        .ok_or(FlowError::MessageNotFound)?
        .message;
    if outgoing::advance(tx.conn()?, &found, state, reason)? {
        tell(tx, &found, state, reason)?;
        if state == MessageState::Canceled {
            give_back(tx, &found)?;
            leave_line(tx, &found)?;
        }
        let settled = !found.state.is_out() && !state.is_under_way();
        if found.state.is_marked() || state.is_marked() || settled {
            correct_note(tx, &found.conversation_id)?;
        }
    }
    Ok(())
}

/// Has a text fail of which surely nothing was handed over: it counts no more.
pub(super) fn fail_unsent(
    tx: &mut Tx<'_, '_>,
    id: MessageId,
    reason: &str,
) -> Result<(), FlowError> {
    let found = messages::find(tx.conn()?, id)?.ok_or(FlowError::MessageNotFound)?;
    let text = found.message;
    if text.state.may_become(MessageState::Failed) {
        give_back(tx, &text)?;
    }
    advance(tx, id, MessageState::Failed, Some(reason))
}

/// Tells the members of a text that it is in another state.
pub(super) fn tell(
    tx: &mut Tx<'_, '_>,
    text: &Message,
    state: MessageState,
    reason: Option<&str>,
) -> Result<(), FlowError> {
    let audience = conversations::members(tx.conn()?, &text.conversation_id)?;
    let event = Event::MessageUpdated {
        conversation_id: text.conversation_id.clone(),
        message_id: text.id,
        state,
        reason: reason.map(str::to_owned),
        send_at: text.send_at,
    };
    tx.emit(NewEvent::to(audience, event));
    Ok(())
}

/// Has the Note of a closed session written once more: a text in it ended otherwise than it says.
fn correct_note(tx: &mut Tx<'_, '_>, id: &ConversationId) -> Result<(), FlowError> {
    let session = conversations::find(tx.conn()?, id)?.and_then(|found| found.session);
    let has_note = session.is_some_and(|session| {
        session.state == SessionState::Closed
            && session.record.is_some()
            && matches!(session.note.state, NoteState::Waiting | NoteState::Saved)
    });
    if has_note {
        let lane = id.as_str();
        let now = tx.now;
        outbox::push(tx.conn()?, JobKind::SaveNote, lane, lane, now)?;
    }
    Ok(())
}
