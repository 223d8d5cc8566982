//! Job: the record of somebody who opted out gets Sugar's own checkbox against texts, where the
//! admin wants that.

use super::consent::tell_sessions_about;
use super::save_note::{asked_to_wait, may_heal};
use super::{Ctx, FlowError, JobEnd, finish};
use crate::domain::ids::{ConversationId, NumberId};
use crate::domain::phone::Peer;
use crate::domain::record::RecordRef;
use crate::gateways::crm::CrmError;
use crate::store::outbox::{self, Job, JobKind};
use crate::store::{Db, Tx, consents, conversations, readings, sessions};

/// Has the record of the last conversation between a number and a peer marked; called in the
/// transaction that blocks the two.
pub(super) fn ask_for_last(
    tx: &mut Tx<'_, '_>,
    number: &NumberId,
    peer: &Peer,
) -> Result<(), FlowError> {
    match sessions::last_of(tx.conn()?, number, peer)? {
        Some(id) => ask_for(tx, &id),
        None => Ok(()),
    }
}

/// Has the record of a conversation marked; called in the transaction that links it to the
/// conversation of a blocked peer.
pub(super) fn ask_for(tx: &mut Tx<'_, '_>, id: &ConversationId) -> Result<(), FlowError> {
    let (id, now) = (id.as_str(), tx.now);
    let lane = format!("mark {id}");
    Ok(outbox::push(
        tx.conn()?,
        JobKind::MarkRecord,
        id,
        &lane,
        now,
    )?)
}

/// Marks the record of a conversation whose other side has opted out.
///
/// The mark is never taken away here: it forbids more than texts, and is a person's to lift.
pub async fn mark_record(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = ConversationId::parse(&job.subject).map_err(|_| FlowError::ConversationNotFound)?;
    let record = match ctx.rules.marks_records {
        true => {
            let blocked = move |conn: &mut Db| blocked_record(conn, &id);
            ctx.store.read(blocked).await?
        }
        false => None,
    };
    if let Some(record) = &record
        && let Err(error) = ctx.crm.forbid_texts(record).await
        && !matches!(error, CrmError::NotVisible)
    {
        let reason = error.to_string();
        return Ok(match may_heal(&error) {
            true => JobEnd::Later {
                reason,
                after_ms: asked_to_wait(&error),
            },
            false => JobEnd::GiveUp { reason },
        });
    }
    let job = job.clone();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            if let Some(record) = &record {
                readings::forbid(tx.conn()?, record)?;
                tell_sessions_about(tx, record)?;
            }
            finish(tx, &job)
        })
        .await?;
    Ok(JobEnd::Finished)
}

fn blocked_record(conn: &mut Db, id: &ConversationId) -> Result<Option<RecordRef>, FlowError> {
    let session = conversations::find(conn, id)?.and_then(|found| found.session);
    let Some(session) = session else {
        return Ok(None);
    };
    let blocked = consents::opted_out_since(conn, &session.number.id, &session.peer)?;
    Ok(session.record.filter(|_| blocked.is_some()))
}
