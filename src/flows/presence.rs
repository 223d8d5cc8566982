//! What a member shows of himself: his choice, and that he is writing.

use super::{Ctx, FlowError, node, visible};
use crate::domain::access::{Actor, SignedIn};
use crate::domain::event::{Event, NewEvent, Signal};
use crate::domain::ids::ConversationId;
use crate::domain::presence::{Choice, Presence, PresenceState};
use crate::store::members;

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
    let changed = ctx.fanout.settle_presence();
    if !changed.is_empty() && ctx.store.is_shared() {
        node::share_presence(ctx, &changed).await?;
    }
    Ok(())
}

/// Tells the others in a conversation that the member is writing.
pub async fn typing(ctx: &Ctx, who: &SignedIn, id: ConversationId) -> Result<(), FlowError> {
    let actor = Actor::Member(who.clone());
    let conversation_id = id.clone();
    let found = ctx
        .store
        .read(move |conn| visible(conn, &actor, &id))
        .await?;
    let others: Vec<_> = found
        .member_ids
        .into_iter()
        .filter(|member| *member != who.member_id)
        .collect();
    let member_id = who.member_id.clone();
    ctx.fanout.signal(
        &others,
        &Signal::Typing {
            conversation_id,
            member_id,
        },
    );
    Ok(())
}
