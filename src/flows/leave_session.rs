//! A member goes out of an open session: Sugar no longer shows him its record, or he is gone.

use super::open_session::keep_facts;
use super::{Ctx, FlowError, route_session};
use crate::domain::conversation::{Conversation, ConversationKind, SessionState};
use crate::domain::event::{Change, Event, NewEvent};
use crate::domain::ids::MemberId;
use crate::domain::record::RecordRef;
use crate::gateways::crm::{CrmError, UserProof};
use crate::store::{Db, Tx, conversations, participants, sessions};
use std::collections::HashSet;

/// Open sessions of one member that are read at once.
const AT_ONCE: i64 = 200;

/// Why a member leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Sugar refuses him the record: the session does not come back to him by itself.
    Refused,
    /// He is no longer active in Sugar.
    Gone,
}

/// Reads the records of a member's open sessions as himself and takes him out of those refused.
///
/// An assertion can state only so many records: those are wanted that were proved longest ago, so
/// that each has its turn. Without such a session Sugar is not asked. A Sugar that gives no clear answer takes nobody out.
pub async fn recheck(ctx: &Ctx, member: &MemberId, proof: &UserProof) -> Result<(), FlowError> {
    let his = member.clone();
    let open = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(participants::open_records(conn, &his)?))
        .await?;
    let mut known = HashSet::new();
    let records = open.into_iter().map(|(_, record)| record);
    let records: Vec<RecordRef> = records.filter(|it| known.insert(it.clone())).collect();
    if records.is_empty() {
        return Ok(());
    }
    let seen = match ctx.crm.seen(proof, &records).await {
        Ok(seen) => seen,
        // The panel has to bring more, or a living token: neither must be a way to keep a session.
        Err(error @ (CrmError::NotStated { .. } | CrmError::TokenRefused)) => {
            return Err(error.into());
        }
        Err(error) => {
            log::warn!("the records of open sessions are read again later: {error}");
            return Ok(());
        }
    };
    let shown = seen.shown.iter().map(|shown| shown.reference.clone());
    let shown: HashSet<RecordRef> = shown.collect();
    keep_facts(ctx, seen.shown).await?;
    let refused: HashSet<RecordRef> = seen.refused.into_iter().collect();
    let member = member.clone();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            let now = tx.now;
            for (id, record) in participants::open_records(tx.conn()?, &member)? {
                if shown.contains(&record) {
                    participants::proved(tx.conn()?, &id, &member, now)?;
                } else if refused.contains(&record) {
                    let found = conversations::find(tx.conn()?, &id)?;
                    let session = found.ok_or(FlowError::ConversationNotFound)?;
                    leave(tx, &session, &member, Why::Refused)?;
                }
            }
            Ok(())
        })
        .await?;
    ctx.work.notify_one();
    Ok(())
}

/// Takes a member out of all his open sessions.
pub(super) fn leave_all(tx: &mut Tx<'_, '_>, member: &MemberId, why: Why) -> Result<(), FlowError> {
    loop {
        let some = open_sessions(tx.conn()?, member)?;
        if some.is_empty() {
            return Ok(());
        }
        for session in some {
            leave(tx, &session, member, why)?;
        }
    }
}

/// Nobody's session any more when he answered it, and to be routed anew when he was the last.
fn leave(
    tx: &mut Tx<'_, '_>,
    conversation: &Conversation,
    member: &MemberId,
    why: Why,
) -> Result<(), FlowError> {
    let id = &conversation.id;
    let now = tx.now;
    participants::leave(tx.conn()?, id, member, why == Why::Refused, now)?;
    let owner = conversation
        .session
        .as_ref()
        .map(|session| &session.owner_id);
    if owner.is_some_and(|owner| owner.as_ref() == Some(member)) {
        sessions::give(tx.conn()?, id, None)?;
    }
    let left = conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    if left.member_ids.is_empty() {
        route_session::ask_for(tx, id)?;
    }
    log::info!("member {member} is out of SMS session {id} ({why:?})");
    let event = Event::ConversationUpdated {
        conversation: left,
        change: Change::Left,
    };
    tx.emit(NewEvent::to(conversation.member_ids.clone(), event));
    Ok(())
}

fn open_sessions(conn: &mut Db, member: &MemberId) -> Result<Vec<Conversation>, FlowError> {
    let filter = conversations::Filter {
        member: Some(member.clone()),
        kind: Some(ConversationKind::Sms),
        state: Some(SessionState::Open),
        ..Default::default()
    };
    Ok(conversations::page(conn, &filter, AT_ONCE)?)
}
