//! Job: hand a queued text to its gateway, at most once.
//!
//! The attempt is committed as `sending` before the first byte leaves. Whoever finds a text in
//! `sending` at the start of a job cannot know whether it went out, says so, and never resends.

use super::receive_sms::advance;
use super::{Ctx, FlowError, JobEnd, StoreError, consent, finish, receipts};
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{GatewayId, MessageId, NumberId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::Peer;
use crate::gateways::sms::{
    CallbackKind, Outbound, Outcome, Rejection, RejectionClass, SmsGateway, callback_url,
};
use crate::store::outbox::{self, Job};
use crate::store::{Tx, consents, conversations, messages, sessions};
use std::sync::Arc;
use std::time::Duration;

/// The database may be away for as long; afterwards the text is unknown until a receipt comes.
const KEEP_TRYING_MS: i64 = 15 * 60_000;
const TOO_LATE: &str = "The text could not be sent in time; it was not sent.";
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

pub(super) const INTERRUPTED: &str =
    "The service was interrupted while sending; the text may have gone out.";

struct Ready {
    attempt_id: String,
    gateway: GatewayId,
    number: NumberId,
    message_id: MessageId,
    from: String,
    to: Peer,
    text: String,
}

/// Sends the text of a job.
pub async fn deliver(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let attempt_id = ctx.new_id().to_string();
    let begin = job.clone();
    let validity_ms = i64::try_from(ctx.rules.sms_validity_s * 1_000).unwrap_or(i64::MAX);
    let committed = ctx
        .store
        .write(move |tx| begin_attempt(tx, &begin, &attempt_id, validity_ms))
        .await?;
    let Some(ready) = committed.value else {
        return Ok(JobEnd::Finished);
    };
    let outcome = match ctx.gateway(&ready.gateway) {
        Some(gateway) => gateway.send(&outbound(ctx, gateway.as_ref(), &ready)).await,
        None => Outcome::Rejected(Rejection {
            class: RejectionClass::Configuration,
            code: None,
            reason: "The number's gateway is not set up.".to_owned(),
        }),
    };
    let end = match &outcome {
        Outcome::BackOff { after_ms, reason } => JobEnd::Later {
            reason: (*reason).to_owned(),
            after_ms: *after_ms,
        },
        _ => JobEnd::Finished,
    };
    keep_outcome(ctx, job, Arc::new(ready), outcome).await?;
    Ok(end)
}

/// Writes down what the carrier said, for as long as it takes: lost, a text that is surely sent
/// would be shown as unknown.
async fn keep_outcome(
    ctx: &Ctx,
    job: &Job,
    ready: Arc<Ready>,
    outcome: Outcome,
) -> Result<(), FlowError> {
    let outcome = Arc::new(outcome);
    let consent_id = ctx.new_id().to_string();
    let until = ctx.clock.now().plus_ms(KEEP_TRYING_MS);
    loop {
        let (job, ready, outcome) = (job.clone(), Arc::clone(&ready), Arc::clone(&outcome));
        let consent_id = consent_id.clone();
        let kept = ctx
            .store
            .write(move |tx| end_attempt(tx, &job, &ready, &outcome, &consent_id))
            .await;
        match kept {
            Err(FlowError::Store(StoreError::Stopped)) => return Err(StoreError::Stopped.into()),
            Err(FlowError::Store(error)) if ctx.clock.now() < until => {
                log::warn!("what the carrier said of a text is not stored yet: {error}");
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            other => return other.map(|_| ()),
        }
    }
}

fn outbound(ctx: &Ctx, gateway: &dyn SmsGateway, ready: &Ready) -> Outbound {
    let status = CallbackKind::Status(ready.message_id);
    Outbound {
        message_id: ready.message_id,
        from: ready.from.clone(),
        to: ready.to.clone(),
        text: ready.text.clone(),
        status_url: callback_url(ctx.public_address(), gateway, &status),
        validity_s: ctx.rules.sms_validity_s,
    }
}

/// Commits that the text may be on its way from now on; `None` when there is nothing to send.
fn begin_attempt(
    tx: &mut Tx<'_, '_>,
    job: &Job,
    attempt_id: &str,
    validity_ms: i64,
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
    if !found.state.is_waiting() {
        finish(tx, job)?;
        return Ok(None);
    }
    let automatic = found.sender == Sender::Service;
    let asked_at = found.send_at.unwrap_or(found.created_at);
    let ready = ready(tx, found, attempt_id)?;
    let since = consents::opted_out_since(tx.conn()?, &ready.number, &ready.to)?;
    let too_late = asked_at.plus_ms(validity_ms) < tx.now;
    let refusal = match since {
        Some(_) if !automatic => Some((MessageState::Canceled, consent::OPTED_OUT)),
        _ if too_late => Some((MessageState::Failed, TOO_LATE)),
        _ => None,
    };
    if let Some((state, reason)) = refusal {
        advance(tx, message_id, state, Some(reason))?;
        finish(tx, job)?;
        return Ok(None);
    }
    let now = tx.now;
    messages::begin_attempt(tx.conn()?, attempt_id, message_id, now)?;
    advance(tx, message_id, MessageState::Sending, None)?;
    Ok(Some(ready))
}

fn ready(tx: &mut Tx<'_, '_>, message: Message, attempt_id: &str) -> Result<Ready, FlowError> {
    let id = &message.conversation_id;
    let found = conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    let session = found.session.ok_or(FlowError::ConversationNotFound)?;
    let gateway = sessions::gateway(tx.conn()?, id)?.ok_or(FlowError::GatewayNotFound)?;
    Ok(Ready {
        attempt_id: attempt_id.to_owned(),
        gateway,
        number: session.number.id,
        message_id: message.id,
        from: session.number.e164,
        to: session.peer,
        text: message.text,
    })
}

fn end_attempt(
    tx: &mut Tx<'_, '_>,
    job: &Job,
    ready: &Ready,
    outcome: &Outcome,
    consent_id: &str,
) -> Result<(), FlowError> {
    let id = ready.message_id;
    let (name, news) = match outcome {
        Outcome::Accepted {
            provider_ids,
            parts,
        } => {
            if let Some(provider_id) = provider_ids.first() {
                messages::set_provider(tx.conn()?, id, &ready.gateway, provider_id)?;
                receipts::settle_early(tx, &ready.gateway, provider_id, id, consent_id)?;
            }
            if let Some(parts) = parts {
                messages::set_parts(tx.conn()?, id, *parts)?;
            }
            ("accepted", Some((MessageState::Sent, None)))
        }
        Outcome::Rejected(no) => {
            report(&ready.gateway, no);
            if no.class == RejectionClass::OptOut {
                consent::told_by_carrier(tx, consent_id.to_owned(), id)?;
            }
            let reason = Some(no.reason.as_str());
            ("rejected", Some((MessageState::Failed, reason)))
        }
        Outcome::Unknown { reason } => ("unknown", Some((MessageState::Unknown, Some(*reason)))),
        Outcome::BackOff { .. } => ("back_off", None),
    };
    let now = tx.now;
    let code = match outcome {
        Outcome::Rejected(no) => no.code.as_deref(),
        _ => None,
    };
    messages::end_attempt(tx.conn()?, &ready.attempt_id, name, code, now)?;
    match news {
        Some((state, reason)) => {
            advance(tx, id, state, reason)?;
            // What the carrier said is kept even when the lease ran out while it thought.
            outbox::done(tx.conn()?, job)?;
            Ok(())
        }
        None => put_back(tx, id),
    }
}

/// What only an admin can mend must not be seen by the sender alone.
fn report(gateway: &GatewayId, no: &Rejection) {
    let code = no.code.as_deref().unwrap_or("no code");
    match no.class {
        RejectionClass::Configuration => {
            log::error!(
                "gateway {gateway} refuses texts until it is set up ({code}): {}",
                no.reason
            );
        }
        class => log::info!("gateway {gateway} refused a text ({class:?}, {code})"),
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
