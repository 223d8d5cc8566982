//! What a member shows of himself: his choice, and that he is writing.

use super::{Ctx, FlowError, node, visible};
use crate::domain::access::{Actor, SignedIn};
use crate::domain::event::{Event, NewEvent, Signal};
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::presence::{Choice, Presence, PresenceState};
use crate::store::members;
use std::sync::Arc;

/// Keeps the member's choice and shows it to everybody.
pub async fn choose(ctx: &Ctx, who: &SignedIn, choice: Choice) -> Result<Presence, FlowError> {
    let member = who.member_id.clone();
    ctx.store
        .write(move |tx| -> Result<_, FlowError> {
            members::set_choice(tx.conn()?, &member, choice)?;
            let member_id = member.clone();
            tx.emit(NewEvent::to_nodes(Event::PresenceChosen {
                member_id,
                choice,
            }));
            Ok(())
        })
        .await?;
    settle(ctx).await?;
    let shown = ctx
        .fanout
        .presence()
        .into_iter()
        .find(|shown| shown.member_id == who.member_id);
    Ok(shown.unwrap_or_else(|| Presence {
        member_id: who.member_id.clone(),
        state: PresenceState::Offline,
        since: ctx.clock.now(),
    }))
}

/// Tells what has changed since the last call: the panels here, and the other nodes.
pub async fn settle(ctx: &Ctx) -> Result<(), FlowError> {
    let changed_here = ctx.fanout.settle_presence();
    if changed_here && ctx.store.is_shared() {
        node::share_presence(ctx).await?;
    }
    Ok(())
}

/// Tells the others in a conversation that the member is writing.
pub async fn typing(ctx: &Ctx, who: &SignedIn, id: ConversationId) -> Result<(), FlowError> {
    let members = members_of(ctx, who, &id).await?;
    if !members.contains(&who.member_id) {
        return Err(FlowError::ConversationNotFound);
    }
    let others = members.iter().filter(|member| **member != who.member_id);
    let others: Vec<MemberId> = others.cloned().collect();
    let signal = Signal::Typing {
        conversation_id: id,
        member_id: who.member_id.clone(),
    };
    ctx.fanout.signal(&others, &signal);
    Ok(())
}

/// Who is in a conversation; read once between two changes, since typing marks come in rows.
async fn members_of(
    ctx: &Ctx,
    who: &SignedIn,
    id: &ConversationId,
) -> Result<Arc<[MemberId]>, FlowError> {
    let read_at = match ctx.fanout.members_of(id) {
        Ok(members) => return Ok(members),
        Err(read_at) => read_at,
    };
    let (actor, wanted) = (Actor::Member(who.clone()), id.clone());
    let found = ctx
        .store
        .read(move |conn| visible(conn, &actor, &wanted))
        .await?;
    let members: Arc<[MemberId]> = found.member_ids.into();
    ctx.fanout
        .remember(id.clone(), Arc::clone(&members), read_at);
    Ok(members)
}
