//! Job: find the record behind a peer in Sugar, and route a session that is nobody's yet.
//!
//! A session that an integrator opened is nobody's until the peer answers: his own texts are no
//! news to members.

use super::receive_sms::{link, members_of};
use super::{Ctx, FlowError, JobEnd, finish};
use crate::domain::conversation::{Conversation, NoteState, SessionState};
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::record::RecordRef;
use crate::domain::sms_session::route;
use crate::gateways::crm::PhoneMatch;
use crate::store::outbox::{self, Job, JobKind};
use crate::store::{Tx, conversations, messages, sessions};

/// Writes the job in the transaction that opened the session.
pub(super) fn ask_for(tx: &mut Tx<'_, '_>, id: &ConversationId) -> Result<(), FlowError> {
    // A lane of its own: a text must not wait until Sugar is back.
    let lane = format!("route {id}");
    let now = tx.now;
    Ok(outbox::push(
        tx.conn()?,
        JobKind::RouteSession,
        id.as_str(),
        &lane,
        now,
    )?)
}

/// Asks Sugar for the peer's records; one exact match links and routes to its assigned user.
///
/// When Sugar does not answer, the session is routed without it and Sugar is asked again later.
pub async fn route_session(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = ConversationId::parse(&job.subject).map_err(|_| FlowError::ConversationNotFound)?;
    let lookup = id.clone();
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(conversations::find(conn, &lookup)?))
        .await?;
    let Some(session) = found.and_then(|found| found.session) else {
        return Ok(JobEnd::GiveUp {
            reason: "the session is gone".to_owned(),
        });
    };
    let answer = match session.peer.number() {
        Some(number) => ctx.crm.find_by_phone(&number, ctx.rules.country).await,
        None => Ok(Vec::new()),
    };
    let (matches, unanswered) = match answer {
        Ok(matches) => (matches, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let number = ctx
        .number(&session.number.id)
        .ok_or(FlowError::NoNumberConfigured)?
        .clone();
    let (job, answered) = (job.clone(), unanswered.is_none());
    let committed = ctx
        .store
        .write(move |tx| -> Result<bool, FlowError> {
            let found =
                conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)?;
            let only = match (known_record(&found), matches.as_slice()) {
                (Some(known), matches) => matches.iter().find(|one| one.record == *known),
                (None, [only]) => Some(only),
                (None, _) => None,
            };
            take_record(tx, &found, only)?;
            let mut placed = true;
            if found.member_ids.is_empty() && messages::has_inbound(tx.conn()?, &id)? {
                let candidates = members_of(tx, &number)?;
                let assigned = only
                    .and_then(|only| only.assigned_user_id.as_deref())
                    .and_then(|id| MemberId::parse(id).ok());
                let routing = route(None, assigned, candidates);
                placed = !routing.members.is_empty();
                if placed {
                    hand_over(tx, &id, &routing.members, routing.owner.as_ref())?;
                }
            }
            if answered && placed {
                finish(tx, &job)?;
            }
            Ok(placed)
        })
        .await?;
    ctx.work.notify_one();
    let nobody = || (!committed.value).then(|| "no member may use the number yet".to_owned());
    Ok(match unanswered.or_else(nobody) {
        Some(reason) => JobEnd::Later {
            reason,
            after_ms: None,
        },
        None => JobEnd::Finished,
    })
}

/// The record that a session or an earlier one with this peer was linked to: it stays the choice
/// when several have the number.
fn known_record(found: &Conversation) -> Option<&RecordRef> {
    found.session.as_ref()?.record.as_ref()
}

/// Links the one record; a session that closed meanwhile can be saved now.
fn take_record(
    tx: &mut Tx<'_, '_>,
    found: &Conversation,
    only: Option<&PhoneMatch>,
) -> Result<(), FlowError> {
    let (Some(only), Some(session)) = (only, &found.session) else {
        return Ok(());
    };
    if session.record.is_some() {
        return Ok(());
    }
    link(tx, &found.id, &only.record)?;
    let waits = session.state == SessionState::Closed && session.note.state == NoteState::Waiting;
    if waits {
        let lane = found.id.as_str();
        let now = tx.now;
        outbox::push(tx.conn()?, JobKind::SaveNote, lane, lane, now)?;
    }
    Ok(())
}

/// Gives a session nobody had to its members and tells them of it and all its messages.
fn hand_over(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    members: &[MemberId],
    owner: Option<&MemberId>,
) -> Result<(), FlowError> {
    for member in members {
        conversations::add_member(tx.conn()?, id, member)?;
    }
    if let Some(owner) = owner {
        sessions::claim(tx.conn()?, id, owner)?;
    }
    let conversation =
        conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    tx.emit(NewEvent::to(
        members.to_vec(),
        Event::ConversationCreated { conversation },
    ));
    for message in messages::all(tx.conn()?, id)? {
        tx.emit(NewEvent::to(
            members.to_vec(),
            Event::MessageCreated { message },
        ));
    }
    Ok(())
}
