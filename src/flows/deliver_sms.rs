//! Job: hand a queued text to its gateway, at most once.
//!
//! The attempt is committed as `sending` before the first byte leaves. Whoever finds a text in
//! `sending` at the start of a job cannot know whether it went out, says so, and never resends.

use super::admit_text::{count_later, quiet_until};
use super::carriers::Number;
use super::pace::take_turn;
use super::receive_sms::{advance, fail_unsent, tell};
use super::{
    Carriers, Ctx, FlowError, JobEnd, StoreError, admit_text, consent, finish, planned_texts,
    receipts, settings,
};
use crate::domain::ids::{GatewayId, MessageId, NumberId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::Peer;
use crate::gateways::sms::{
    CallbackKind, Outbound, Outcome, Rejection, RejectionClass, SmsGateway, callback_url, loggable,
};
use crate::store::outbox::{self, Job};
use crate::store::{Tx, attempts, consents, conversations, messages, outgoing, sessions};
use std::sync::Arc;
use std::time::Duration;

/// The database may be away for as long; afterwards the text is unknown until a receipt comes.
const KEEP_TRYING_MS: i64 = 15 * 60_000;
/// No carrier takes less.
const SHORTEST_VALIDITY_S: u64 = 60;
const TOO_LATE: &str = "The text could not be sent in time; it was not sent.";
const DO_NOT_TEXT: &str = "The record is marked in Sugar as not to be called or texted.";
const NOT_TAKEN: &str = "The carrier did not take the text; it was not sent.";
const IN_PART: &str = "Only a part of the text was taken by the carrier.";
const NOT_HERE: &str = "this node does not have the text's number or its gateway in force";
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
    /// For how long the carrier may still try, in seconds.
    validity_s: u64,
}

/// What a job's text came to before anything of it left.
enum Begun {
    /// There is nothing to send.
    Over,
    /// Its number or its gateway is not in force at this node.
    NotHere,
    /// It may be on its way from now on.
    Sending(Ready, Arc<dyn SmsGateway>),
}

/// Sends the text of a job.
pub async fn deliver(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let mut begun = begin(ctx, job).await?;
    if matches!(begun, Begun::NotHere) {
        settings::follow_now(ctx).await;
        begun = begin(ctx, job).await?;
    }
    match begun {
        Begun::Over => Ok(JobEnd::Finished),
        Begun::NotHere => Ok(JobEnd::Later {
            reason: NOT_HERE.to_owned(),
            after_ms: None,
        }),
        Begun::Sending(ready, gateway) => send(ctx, job, ready, gateway.as_ref()).await,
    }
}

async fn begin(ctx: &Ctx, job: &Job) -> Result<Begun, FlowError> {
    let (job, carriers) = (job.clone(), ctx.carriers());
    let attempt_id = ctx.new_id().to_string();
    let committed = ctx
        .store
        .write(move |tx| begin_attempt(tx, &job, &attempt_id, &carriers))
        .await?;
    Ok(committed.value)
}

async fn send(
    ctx: &Ctx,
    job: &Job,
    ready: Ready,
    gateway: &dyn SmsGateway,
) -> Result<JobEnd, FlowError> {
    let outcome = gateway.send(&outbound(ctx, gateway, &ready)).await;
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
            Err(FlowError::Store(
                error @ (StoreError::Busy | StoreError::Away | StoreError::Commit),
            )) if ctx.clock.now() < until => {
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
        validity_s: ready.validity_s,
    }
}

/// Commits that the text may be on its way from now on, if it is to go out.
fn begin_attempt(
    tx: &mut Tx<'_, '_>,
    job: &Job,
    attempt_id: &str,
    carriers: &Carriers,
) -> Result<Begun, FlowError> {
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
        return Ok(Begun::Over);
    }
    if found.state == MessageState::Scheduled {
        // Drops the job as well: the text goes on in the lane of its conversation.
        planned_texts::take_turns(tx, &found.conversation_id, &carriers.numbers)?;
        return Ok(Begun::Over);
    }
    let (automatic, written_at) = (found.sender == Sender::Service, found.created_at);
    let ends_at = found
        .send_at
        .unwrap_or(written_at)
        .plus_ms(carriers.texting.validity_ms);
    let left_s = u64::try_from((ends_at.0 - tx.now.0) / 1_000).unwrap_or(0);
    let do_not_text = !automatic && is_marked(tx, &found)?;
    let ready = ready(tx, &found, attempt_id, left_s.max(SHORTEST_VALIDITY_S))?;
    let since = consents::opted_out_since(tx.conn()?, &ready.number, &ready.to)?;
    let refusal = match since {
        // Written with the block: the confirmation.
        Some(since) if automatic && written_at == since => None,
        Some(_) => Some((MessageState::Canceled, consent::OPTED_OUT)),
        None if do_not_text => Some((MessageState::Canceled, DO_NOT_TEXT)),
        None if ends_at < tx.now => Some((MessageState::Failed, TOO_LATE)),
        None => None,
    };
    if let Some((state, reason)) = refusal {
        match state {
            MessageState::Failed => fail_unsent(tx, message_id, reason)?,
            _ => advance(tx, message_id, state, Some(reason))?,
        }
        finish(tx, job)?;
        return Ok(Begun::Over);
    }
    let (Some(gateway), Some(number)) = (
        carriers.gateway(&ready.gateway),
        carriers.number(&ready.number),
    ) else {
        return Ok(Begun::NotHere);
    };
    // An answer to a keyword is owed at once.
    if !automatic && has_to_wait(tx, job, &found, (carriers, number))? {
        return Ok(Begun::Over);
    }
    let now = tx.now;
    attempts::begin(tx.conn()?, attempt_id, message_id, now)?;
    advance(tx, message_id, MessageState::Sending, None)?;
    Ok(Begun::Sending(ready, Arc::clone(gateway)))
}

/// Whether Sugar's record came to forbid texts while this one waited.
fn is_marked(tx: &mut Tx<'_, '_>, waiting: &Message) -> Result<bool, FlowError> {
    let found = conversations::find(tx.conn()?, &waiting.conversation_id)?;
    let session = found.and_then(|found| found.session);
    let session = session.ok_or(FlowError::ConversationNotFound)?;
    Ok(admit_text::facts(tx, &session)?.do_not_text)
}

/// Whether a text waits on: until quiet hours end, or for its turn at its number.
fn has_to_wait(
    tx: &mut Tx<'_, '_>,
    job: &Job,
    text: &Message,
    (carriers, number): (&Carriers, &Number),
) -> Result<bool, FlowError> {
    let id = &text.conversation_id;
    let found = conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    let session = found.session.ok_or(FlowError::ConversationNotFound)?;
    if let Some(end) = quiet_until(tx, &carriers.texting, &session, text)? {
        count_later(tx, text, end)?;
        finish(tx, job)?;
        planned_texts::plan(tx, text, end)?;
        return Ok(true);
    }
    let due_at = take_turn(tx, number, text)?;
    if let Some(due_at) = due_at {
        outbox::put_off(tx.conn()?, job, due_at)?;
    }
    Ok(due_at.is_some())
}

fn ready(
    tx: &mut Tx<'_, '_>,
    message: &Message,
    attempt_id: &str,
    validity_s: u64,
) -> Result<Ready, FlowError> {
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
        text: message.text.clone(),
        validity_s,
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
    let now = tx.now;
    let code = match outcome {
        Outcome::Rejected(no) | Outcome::TakenInPart(no) => no.code.as_deref(),
        _ => None,
    };
    let name = name(outcome);
    if !attempts::end(tx.conn()?, &ready.attempt_id, name, code, now)? {
        // It is written down already: what happened since is another attempt's.
        return Ok(());
    }
    let in_part;
    let news = match outcome {
        Outcome::Accepted {
            provider_ids,
            parts,
        } => {
            if let Some(provider_id) = provider_ids.first() {
                keep_name(tx, ready, provider_id, consent_id)?;
            }
            if let Some(parts) = parts {
                outgoing::set_parts(tx.conn()?, id, *parts)?;
                receipts::settle_parts(tx, id)?;
            }
            Some((MessageState::Sent, None))
        }
        Outcome::Rejected(no) => {
            report(&ready.gateway, no);
            if no.class == RejectionClass::OptOut {
                consent::told_by_carrier(tx, consent_id.to_owned(), id)?;
            }
            fail_unsent(tx, id, &no.reason)?;
            Some((MessageState::Failed, Some(no.reason.as_str())))
        }
        Outcome::TakenInPart(no) => {
            report(&ready.gateway, no);
            in_part = format!("{IN_PART} {}", no.reason);
            Some((MessageState::Failed, Some(in_part.as_str())))
        }
        Outcome::Unknown { reason } => Some((MessageState::Unknown, Some(*reason))),
        Outcome::BackOff { .. } => None,
    };
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

const fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Rejected(_) => "rejected",
        Outcome::TakenInPart(_) => "taken_in_part",
        Outcome::Unknown { .. } => "unknown",
        Outcome::BackOff { .. } => "back_off",
    }
}

/// Keeps what the carrier calls a text, unless it calls another one the same.
fn keep_name(
    tx: &mut Tx<'_, '_>,
    ready: &Ready,
    provider_id: &str,
    consent_id: &str,
) -> Result<(), FlowError> {
    let (id, gateway) = (ready.message_id, &ready.gateway);
    let other = messages::find_by_provider(tx.conn()?, gateway, provider_id)?;
    if other.is_some_and(|other| other.message.id != id) {
        log::error!("gateway {gateway} gave two texts one id; receipts by it go to the first");
        return Ok(());
    }
    outgoing::set_provider(tx.conn()?, id, gateway, provider_id)?;
    receipts::settle_early(tx, gateway, provider_id, id, consent_id)
}

/// What only an admin can mend must not be seen by the sender alone.
fn report(gateway: &GatewayId, no: &Rejection) {
    let code = no.code.as_deref().map_or("no code", loggable);
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

/// The carrier surely did not take it: it waits again. Whoever took the job over meanwhile could
/// not know, and has given the text up.
fn put_back(tx: &mut Tx<'_, '_>, message_id: MessageId) -> Result<(), FlowError> {
    let requeued = outgoing::requeue(tx.conn()?, message_id)?;
    let found = messages::find(tx.conn()?, message_id)?
        .ok_or(FlowError::MessageNotFound)?
        .message;
    match found.state {
        MessageState::Queued if requeued => tell(tx, &found, MessageState::Queued, None),
        MessageState::Unknown => fail_unsent(tx, message_id, NOT_TAKEN),
        _ => Ok(()),
    }
}
