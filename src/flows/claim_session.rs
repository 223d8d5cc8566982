//! A session that went to several becomes one member's.

use super::{Ctx, FlowError, visible};
use crate::domain::access::{Actor, SignedIn};
use crate::domain::conversation::{Conversation, SessionState};
use crate::domain::event::{Change, Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::sms_session::{ClaimRule, claim_rule};
use crate::store::{Tx, conversations, sessions};

/// Claims a session for the caller; the loser is told who was first.
pub async fn claim(
    ctx: &Ctx,
    who: &SignedIn,
    id: ConversationId,
) -> Result<Conversation, FlowError> {
    let who = who.clone();
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let found =
                conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)?;
            let session = found
                .session
                .as_ref()
                .ok_or(FlowError::ConversationNotFound)?;
            if conversations::was_offered(tx.conn()?, &id, &who.member_id)? {
                let by = session
                    .owner_id
                    .clone()
                    .ok_or(FlowError::ConversationNotFound)?;
                return Err(FlowError::SessionClaimed { by });
            }
            let actor = Actor::Member(who.clone());
            let conversation = visible(tx.conn()?, &actor, &id)?;
            if session.state == SessionState::Closed {
                return Err(FlowError::SessionClosed);
            }
            match claim_rule(
                session.owner_id.as_ref(),
                &conversation.member_ids,
                &who.member_id,
            ) {
                ClaimRule::Claims => claim_in(tx, &conversation, &who.member_id)?,
                ClaimRule::May if session.owner_id.as_ref() == Some(&who.member_id) => {}
                ClaimRule::May | ClaimRule::Lost(_) => {
                    let by = session
                        .owner_id
                        .clone()
                        .ok_or(FlowError::ConversationNotFound)?;
                    return Err(FlowError::SessionClaimed { by });
                }
                ClaimRule::Outsider => return Err(FlowError::ConversationNotFound),
            }
            conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)
        })
        .await?;
    Ok(committed.value)
}

/// Makes the session the replier's inside a transaction and tells everybody it was offered to.
pub(super) fn claim_in(
    tx: &mut Tx<'_, '_>,
    conversation: &Conversation,
    owner: &MemberId,
) -> Result<(), FlowError> {
    if !sessions::claim(tx.conn()?, &conversation.id, owner)? {
        return Err(FlowError::ConversationNotFound);
    }
    let now = tx.now;
    conversations::keep_only(tx.conn()?, &conversation.id, owner, now)?;
    let claimed = conversations::find(tx.conn()?, &conversation.id)?
        .ok_or(FlowError::ConversationNotFound)?;
    let event = Event::ConversationUpdated {
        conversation: claimed,
        change: Change::Claimed,
    };
    tx.emit(NewEvent::to(conversation.member_ids.clone(), event));
    Ok(())
}
