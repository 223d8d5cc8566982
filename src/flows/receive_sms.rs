//! A carrier calls: a text arrived, or one of ours moved on.

use super::consent::{Heard, hear};
use super::send_message::reopen;
use super::sign_in::storable;
use super::{Ctx, FlowError, Number, consent, route_session};
use crate::domain::consent::Keyword;
use crate::domain::conversation::{ConversationKind, NoteState, SessionState};
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, GatewayId, MemberId, MessageId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::Peer;
use crate::domain::sms_session::route;
use crate::domain::token::TokenHash;
use crate::gateways::sms::{Callback, CallbackError, InboundText, News, Receipt, Reply};
use crate::store::outbox::{self, JobKind};
use crate::store::{Tx, choices, conversations, members, messages, sessions};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;

impl From<CallbackError> for FlowError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::Forged(_) => Self::CallbackForged,
            CallbackError::Malformed(_) => Self::CallbackMalformed,
        }
    }
}

/// Verifies and stores what a carrier says; returns after the commit, so that 2xx is a promise.
pub async fn receive(
    ctx: &Ctx,
    gateway: &str,
    secret: &SecretString,
    call: &Callback,
) -> Result<Reply, FlowError> {
    let gateway = GatewayId::parse(gateway).map_err(|_| FlowError::GatewayNotFound)?;
    let carrier = ctx.gateway(&gateway).ok_or(FlowError::GatewayNotFound)?;
    // Comparing hashes takes the same time whatever differs.
    let expected = carrier.callback_secret().expose_secret();
    if TokenHash::of(secret.expose_secret()) != TokenHash::of(expected) {
        return Err(FlowError::CallbackForged);
    }
    let verified = carrier.verify(call, ctx.clock.now())?;
    for news in carrier.read(verified)? {
        apply(ctx, &gateway, news).await?;
    }
    Ok(carrier.reply(&call.kind))
}

async fn apply(ctx: &Ctx, gateway: &GatewayId, news: News) -> Result<(), FlowError> {
    match news {
        News::Text(text) => {
            let inbound = inbound(ctx, gateway, text)?;
            store_inbound(ctx, inbound).await
        }
        News::Receipt(receipt) => store_receipt(ctx, receipt).await,
    }
}

fn inbound(ctx: &Ctx, gateway: &GatewayId, text: InboundText) -> Result<Inbound, FlowError> {
    let number = ctx
        .numbers
        .iter()
        .find(|number| number.own.e164 == text.to && number.gateway == *gateway)
        .ok_or(FlowError::GatewayNotFound)?
        .clone();
    let carrier = ctx.gateway(gateway).ok_or(FlowError::GatewayNotFound)?;
    Ok(Inbound {
        keyword: text.keyword,
        carrier_answers: carrier.capabilities().answers_opt_outs,
        gateway: gateway.clone(),
        provider_id: storable(&text.provider_id),
        number,
        peer: text.from,
        text: storable(&text.text),
    })
}

struct Inbound {
    keyword: Option<Keyword>,
    carrier_answers: bool,
    gateway: GatewayId,
    provider_id: String,
    number: Number,
    peer: Peer,
    text: String,
}

async fn store_inbound(ctx: &Ctx, inbound: Inbound) -> Result<(), FlowError> {
    let message_id = MessageId::from_uuid(ctx.new_id());
    let conversation_id = ctx.new_id().to_string();
    let reopen_ms = ctx.rules.reopen_ms;
    let rules = Arc::clone(&ctx.consent);
    let ids = [ctx.new_id(), ctx.new_id()];
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            let known =
                messages::find_by_provider(tx.conn()?, &inbound.gateway, &inbound.provider_id)?;
            if known.is_some() {
                return Ok(());
            }
            let id = find_or_open(tx, &inbound, &conversation_id, reopen_ms)?;
            let message = Message {
                id: message_id,
                conversation_id: id.clone(),
                sender: Sender::Peer(inbound.peer.clone()),
                text: inbound.text.clone(),
                state: MessageState::Received,
                reason: None,
                parts: None,
                send_at: None,
                resend_of: None,
                created_at: tx.now,
            };
            let provider = Some((&inbound.gateway, inbound.provider_id.as_str()));
            messages::insert(tx.conn()?, &message, provider)?;
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
                understood: inbound.keyword,
                carrier_answers: inbound.carrier_answers,
                ids,
            };
            hear(tx, &rules, &heard)
        })
        .await?;
    ctx.work.notify_one();
    Ok(())
}

/// The open session of the pair, the one closed a moment ago, or a new one.
fn find_or_open(
    tx: &mut Tx<'_, '_>,
    inbound: &Inbound,
    new_id: &str,
    reopen_ms: i64,
) -> Result<ConversationId, FlowError> {
    let (number, peer) = (&inbound.number.own.id, &inbound.peer);
    if let Some(open) = sessions::open_one(tx.conn()?, number, peer)? {
        return Ok(open);
    }
    let since = tx.now.plus_ms(-reopen_ms);
    if let Some(closed) = sessions::closed_after(tx.conn()?, number, peer, since)? {
        let conversation =
            conversations::find(tx.conn()?, &closed)?.ok_or(FlowError::ConversationNotFound)?;
        reopen(tx, &conversation)?;
        return Ok(closed);
    }
    let id = ConversationId::parse(new_id).map_err(|_| FlowError::ConversationNotFound)?;
    open_routed(tx, inbound, &id)?;
    Ok(id)
}

/// A new session: to the member who texted this peer last, else to whom Sugar says.
fn open_routed(
    tx: &mut Tx<'_, '_>,
    inbound: &Inbound,
    id: &ConversationId,
) -> Result<(), FlowError> {
    let candidates = members_of(tx, &inbound.number)?;
    let last = sessions::last_texter(tx.conn()?, &inbound.peer)?
        .filter(|member| candidates.contains(member));
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

/// A receipt of a text that nobody knows is answered like any other, or it would be repeated.
async fn store_receipt(ctx: &Ctx, receipt: Receipt) -> Result<(), FlowError> {
    let (Some(message_id), Some(state)) = (receipt.message_id, receipt.state) else {
        return Ok(());
    };
    let consent_id = ctx.new_id().to_string();
    let stored = ctx
        .store
        .write(move |tx| -> Result<(), FlowError> {
            advance(tx, message_id, state, receipt.reason.as_deref())?;
            if receipt.opted_out {
                consent::told_by_carrier(tx, consent_id.clone(), message_id)?;
            }
            Ok(())
        })
        .await;
    match stored {
        Err(FlowError::MessageNotFound) => {
            log::warn!("a receipt for {message_id}, which is no text of ours");
        }
        other => {
            other?;
            ctx.work.notify_one();
        }
    }
    Ok(())
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
    if messages::advance(tx.conn()?, &found, state, reason)? {
        let audience = conversations::members(tx.conn()?, &found.conversation_id)?;
        let event = Event::MessageUpdated {
            conversation_id: found.conversation_id.clone(),
            message_id,
            state,
            reason: reason.map(str::to_owned),
        };
        tx.emit(NewEvent::to(audience, event));
        if found.state.is_marked() || state.is_marked() {
            correct_note(tx, &found.conversation_id)?;
        }
    }
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
