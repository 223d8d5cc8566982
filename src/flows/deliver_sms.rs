//! Job: hand a queued text to its gateway, at most once.
//!
//! The attempt is committed as `sending` before the first byte leaves. Whoever finds a text in
//! `sending` at the start of a job cannot know whether it went out, says so, and never resends.

use super::receive_sms::advance;
use super::{Ctx, FlowError, JobEnd, finish};
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::message::{Message, MessageState};
use crate::gateways::sms::{Outbound, Outcome};
use crate::store::outbox::{self, Job};
use crate::store::{Tx, conversations, messages, sessions};

pub(super) const INTERRUPTED: &str =
    "The service was interrupted while sending; the text may have gone out.";

struct Ready {
    attempt_id: String,
    gateway: GatewayId,
    text: Outbound,
}

/// Sends the text of a job.
pub async fn deliver(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let attempt_id = ctx.new_id().to_string();
    let begin = job.clone();
    let committed = ctx
        .store
        .write(move |tx| begin_attempt(tx, &begin, &attempt_id))
        .await?;
    let Some(ready) = committed.value else {
        return Ok(JobEnd::Finished);
    };
    let outcome = match ctx.gateways.get(&ready.gateway) {
        Some(gateway) => gateway.send(&ready.text).await,
        None => Outcome::Rejected {
            reason: "The number's gateway is not set up.".to_owned(),
        },
    };
    let end = match &outcome {
        Outcome::BackOff { after_ms } => JobEnd::Later {
            reason: "the carrier asked to wait".to_owned(),
            after_ms: Some(*after_ms),
        },
        _ => JobEnd::Finished,
    };
    let job = job.clone();
    ctx.store
        .write(move |tx| end_attempt(tx, &job, &ready, &outcome))
        .await?;
    Ok(end)
}

/// Commits that the text may be on its way from now on; `None` when there is nothing to send.
fn begin_attempt(
    tx: &mut Tx<'_, '_>,
    job: &Job,
    attempt_id: &str,
) -> Result<Option<Ready>, FlowError> {
    if !outbox::holds(tx.conn()?, job)? {
        return Err(FlowError::LeaseLost);
    }
    let message_id = MessageId::parse_any(&job.subject).map_err(|_| FlowError::MessageNotFound)?;
    let found = messages::find(tx.conn()?, message_id)?
        .ok_or(FlowError::MessageNotFound)?
        .message;
    if found.state == MessageState::Sending {
        advance(tx, message_id, MessageState::Unknown, Some(INTERRUPTED))?;
    }
    if found.state != MessageState::Queued {
        finish(tx, job)?;
        return Ok(None);
    }
    let (gateway, text) = outbound(tx, &found)?;
    let now = tx.now;
    messages::begin_attempt(tx.conn()?, attempt_id, message_id, now)?;
    advance(tx, message_id, MessageState::Sending, None)?;
    Ok(Some(Ready {
        attempt_id: attempt_id.to_owned(),
        gateway,
        text,
    }))
}

fn outbound(tx: &mut Tx<'_, '_>, message: &Message) -> Result<(GatewayId, Outbound), FlowError> {
    let id = &message.conversation_id;
    let found = conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    let session = found.session.ok_or(FlowError::ConversationNotFound)?;
    let gateway = sessions::gateway(tx.conn()?, id)?.ok_or(FlowError::GatewayNotFound)?;
    let text = Outbound {
        message_id: message.id,
        from: session.number.e164,
        to: session.peer,
        text: message.text.clone(),
    };
    Ok((gateway, text))
}

fn end_attempt(
    tx: &mut Tx<'_, '_>,
    job: &Job,
    ready: &Ready,
    outcome: &Outcome,
) -> Result<(), FlowError> {
    let id = ready.text.message_id;
    let (name, news) = match outcome {
        Outcome::Accepted { provider_id } => {
            messages::set_provider(tx.conn()?, id, &ready.gateway, provider_id)?;
            ("accepted", Some((MessageState::Sent, None)))
        }
        Outcome::Rejected { reason } => ("rejected", Some((MessageState::Failed, Some(reason)))),
        Outcome::Unknown { reason } => ("unknown", Some((MessageState::Unknown, Some(reason)))),
        Outcome::BackOff { .. } => ("back_off", None),
    };
    let now = tx.now;
    messages::end_attempt(tx.conn()?, &ready.attempt_id, name, now)?;
    match news {
        Some((state, reason)) => {
            advance(tx, id, state, reason.map(String::as_str))?;
            // What the carrier said is kept even when the lease ran out while it thought.
            outbox::done(tx.conn()?, job)?;
            Ok(())
        }
        None => put_back(tx, id),
    }
}

fn put_back(tx: &mut Tx<'_, '_>, message_id: MessageId) -> Result<(), FlowError> {
    if messages::requeue(tx.conn()?, message_id)? {
        let found = messages::find(tx.conn()?, message_id)?
            .ok_or(FlowError::MessageNotFound)?
            .message;
        let audience = conversations::members(tx.conn()?, &found.conversation_id)?;
        let event = Event::MessageUpdated {
            conversation_id: found.conversation_id,
            message_id,
            state: MessageState::Queued,
            reason: None,
        };
        tx.emit(NewEvent::to(audience, event));
    }
    Ok(())
}
