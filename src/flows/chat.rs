//! Members open a chat with each other.

use super::{Ctx, FlowError, members as roster};
use crate::domain::access::SignedIn;
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId};
use crate::store::{conversations, members};

/// Most members in one chat.
const MAX_MEMBERS: usize = 50;

/// The chat of exactly these members and the caller: the same one every time.
pub async fn open_chat(
    ctx: &Ctx,
    who: &SignedIn,
    others: Vec<MemberId>,
) -> Result<Conversation, FlowError> {
    let mut all = others;
    all.push(who.member_id.clone());
    all.sort();
    all.dedup();
    if all.len() < 2 {
        return Err(FlowError::BadRequest("A chat needs somebody else in it."));
    }
    if all.len() > MAX_MEMBERS {
        return Err(FlowError::BadRequest("A chat has at most 50 members."));
    }
    // A colleague whom Sugar has only just got, or all of them right after the first start.
    roster::learn(ctx, &all).await?;
    let keys: Vec<&str> = all.iter().map(MemberId::as_str).collect();
    let chat_key = keys.join(" ");
    let id = ctx.new_id().to_string();
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            if let Some(known) = conversations::chat(tx.conn()?, &chat_key)? {
                return Ok(known);
            }
            for member in &all {
                if members::find(tx.conn()?, member)?.is_none_or(|member| !member.active) {
                    return Err(FlowError::MemberNotFound);
                }
            }
            let id = ConversationId::parse(&id).map_err(|_| FlowError::ConversationNotFound)?;
            let kind = ConversationKind::Chat;
            let now = tx.now;
            conversations::insert(tx.conn()?, &id, kind, Some(&chat_key), &all, now)?;
            let conversation =
                conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)?;
            let event = Event::ConversationCreated {
                conversation: conversation.clone(),
            };
            tx.emit(NewEvent::to(all.clone(), event));
            Ok(conversation)
        })
        .await?;
    Ok(committed.value)
}
