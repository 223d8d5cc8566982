//! A member gives a session to a colleague.

use super::route_session::hand_over;
use super::{Ctx, FlowError, visible};
use crate::domain::access::{Actor, SignedIn};
use crate::domain::conversation::{Conversation, Session, SessionState};
use crate::domain::event::{Change, Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::sms_session::{ClaimRule, claim_rule};
use crate::gateways::crm::UserProof;
use crate::store::{Tx, conversations, members, participants, sessions};

/// Gives a session to a colleague, once Sugar has shown its record to the member who gives it.
///
/// The receiver's own right is Sugar's to say when his panel asks for the record's name, and at
/// the next renewal of his sign-in.
pub async fn transfer(
    ctx: &Ctx,
    who: &SignedIn,
    proof: &UserProof,
    id: ConversationId,
    to: MemberId,
) -> Result<Conversation, FlowError> {
    let (giver, lookup) = (Actor::Member(who.clone()), id.clone());
    let seen = ctx
        .store
        .read(move |conn| visible(conn, &giver, &lookup))
        .await?;
    let session = open_session(&seen)?.clone();
    if let Some(record) = &session.record {
        let giver = &who.member_id;
        ctx.crm.read_phones(proof, giver, record).await?;
    }
    let carriers = ctx.carriers();
    let number = carriers
        .number(&session.number.id)
        .ok_or(FlowError::NoNumberConfigured)?;
    let may_use = number.is_for(&to);
    let from = who.clone();
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let found = visible(tx.conn()?, &Actor::Member(from.clone()), &id)?;
            // Linked to another record meanwhile: that one was not asked for.
            if open_session(&found)?.record != session.record {
                return Err(FlowError::ConversationNotFound);
            }
            if members::find(tx.conn()?, &to)?.is_none_or(|member| !member.active) {
                return Err(FlowError::MemberNotFound);
            }
            if !may_use {
                return Err(FlowError::Forbidden(
                    "This colleague may not use the number.",
                ));
            }
            give(tx, &found, &from.member_id, &to)?;
            conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)
        })
        .await?;
    Ok(committed.value)
}

fn open_session(conversation: &Conversation) -> Result<&Session, FlowError> {
    let session = conversation
        .session
        .as_ref()
        .ok_or(FlowError::BadRequest("Only SMS sessions are given on."))?;
    if session.state == SessionState::Closed {
        return Err(FlowError::SessionClosed);
    }
    Ok(session)
}

/// Who answers a session gives it and leaves; one that nobody answers yet is claimed with it.
fn give(
    tx: &mut Tx<'_, '_>,
    found: &Conversation,
    from: &MemberId,
    to: &MemberId,
) -> Result<(), FlowError> {
    let id = &found.id;
    let owner = found
        .session
        .as_ref()
        .and_then(|session| session.owner_id.as_ref());
    if from == to && owner == Some(from) {
        return Ok(());
    }
    let now = tx.now;
    let was_in_it = found.member_ids.contains(to);
    match claim_rule(owner, &found.member_ids, from) {
        ClaimRule::May if owner == Some(from) => {
            participants::leave(tx.conn()?, id, from, false, now)?;
        }
        ClaimRule::Claims => conversations::keep_only(tx.conn()?, id, to, now)?,
        ClaimRule::May | ClaimRule::Lost(_) | ClaimRule::Outsider => {
            let by = owner.cloned().ok_or(FlowError::ConversationNotFound)?;
            return Err(FlowError::SessionClaimed { by });
        }
    }
    sessions::give(tx.conn()?, id, None)?;
    if was_in_it {
        sessions::give(tx.conn()?, id, Some(to))?;
    } else {
        hand_over(tx, id, std::slice::from_ref(to), Some(to))?;
    }
    let conversation =
        conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    log::info!("SMS session {id} was given by member {from} to member {to}");
    let event = Event::ConversationUpdated {
        conversation,
        change: Change::Transferred,
    };
    tx.emit(NewEvent::to(found.member_ids.clone(), event));
    Ok(())
}
