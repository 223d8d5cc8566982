//! A member has read up to a message.

use super::{Ctx, FlowError, visible};
use crate::domain::access::{Actor, SignedIn};
use crate::domain::conversation::ConversationKind;
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, MessageId};
use crate::store::{conversations, messages};

/// Moves the member's read mark forward; going backwards changes nothing.
///
/// In a chat everybody sees it; in an SMS session only the member's own tabs.
pub async fn mark_read(
    ctx: &Ctx,
    who: &SignedIn,
    conversation_id: ConversationId,
    message_id: MessageId,
) -> Result<(), FlowError> {
    let who = who.clone();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            let actor = Actor::Member(who.clone());
            let found = visible(tx.conn()?, &actor, &conversation_id)?;
            let message = messages::find(tx.conn()?, message_id)?
                .filter(|placed| placed.message.conversation_id == conversation_id)
                .ok_or(FlowError::MessageNotFound)?;
            let member = &who.member_id;
            if conversations::mark_read(tx.conn()?, &conversation_id, member, message.seq)? {
                let audience = match found.kind {
                    ConversationKind::Chat => found.member_ids,
                    ConversationKind::Sms => vec![member.clone()],
                };
                let event = Event::ConversationRead {
                    conversation_id: conversation_id.clone(),
                    member_id: member.clone(),
                    message_id,
                };
                tx.emit(NewEvent::to(audience, event));
            }
            Ok(())
        })
        .await?;
    Ok(())
}
