//! A node among others: it says that it lives, buries the dead, and shares who is there.

use super::{Ctx, FlowError};
use crate::domain::ids::MemberId;
use crate::domain::presence::{Presence, PresenceState};
use crate::fanout::NodePresence;
use crate::store::nodes::{self, Beat};
use crate::store::outbox::{self, JobKind};
use std::collections::HashMap;
use tokio::sync::Mutex;

/// A node that is silent for longer is dead: its jobs go to others. Several missed beats long.
const LEASE_MS: i64 = 10_000;
/// How many members one write of presence covers; the writer is shared.
const MEMBERS_PER_WRITE: usize = 500;

/// What the other nodes can read of this one's presence; one write of it at a time.
pub type Shared = Mutex<HashMap<MemberId, Presence>>;

/// The versions of the other nodes' presence that were read last.
pub type Seen = HashMap<String, i64>;

/// Renews this node's lease and buries the nodes whose lease has run out.
pub async fn beat(ctx: &Ctx) -> Result<(), FlowError> {
    let mut shared = ctx.shared_presence.lock().await;
    let id = ctx.node_id.clone();
    let beat = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let conn = tx.conn()?;
            let now = nodes::now(conn)?;
            let found = nodes::beat(conn, &id, now, LEASE_MS)?;
            let buried = match found {
                Beat::Alive => nodes::bury_dead(conn, now)?,
                Beat::Late | Beat::Absent => 0,
            };
            Ok((found, buried))
        })
        .await?;
    let (found, buried) = beat.value;
    if found == Beat::Absent {
        // Whatever it had shared is gone, and is written again with the next change or beat.
        shared.clear();
    }
    drop(shared);
    if buried > 0 {
        log::warn!("{buried} nodes are dead; their jobs go on elsewhere");
        ctx.work.notify_one();
    }
    share_presence(ctx).await
}

/// Leaves the others in good order; nothing may be shared after it.
pub async fn leave(ctx: &Ctx) -> Result<(), FlowError> {
    let id = ctx.node_id.clone();
    let left = ctx.store.write(move |tx| -> Result<(), FlowError> {
        let conn = tx.conn()?;
        // Whoever takes them up looks first; a text that may be at its carrier is left alone.
        outbox::free(conn, &id, JobKind::SendSms)?;
        Ok(nodes::remove(conn, &id)?)
    });
    left.await?;
    ctx.fanout.announce_presence();
    Ok(())
}

/// Brings what the other nodes can read of this one's presence up to date.
///
/// What could not be written is a difference still, and is written the next time.
pub async fn share_presence(ctx: &Ctx) -> Result<(), FlowError> {
    let mut shared = ctx.shared_presence.lock().await;
    let here: HashMap<MemberId, Presence> = ctx.fanout.presence_here();
    let came = here
        .values()
        .filter(|one| shared.get(&one.member_id) != Some(one));
    let went = shared
        .values()
        .filter(|one| !here.contains_key(&one.member_id));
    let went = went.map(|one| Presence {
        state: PresenceState::Offline,
        ..one.clone()
    });
    let changed: Vec<Presence> = came.cloned().chain(went).collect();
    if changed.is_empty() {
        return Ok(());
    }
    for part in changed.chunks(MEMBERS_PER_WRITE) {
        let (id, written) = (ctx.node_id.clone(), part.to_vec());
        ctx.store
            .write(move |tx| Ok::<_, FlowError>(nodes::set_presence(tx.conn()?, &id, &written)?))
            .await?;
        for one in part {
            if one.state == PresenceState::Offline {
                shared.remove(&one.member_id);
            } else {
                shared.insert(one.member_id.clone(), one.clone());
            }
        }
    }
    ctx.fanout.announce_presence();
    Ok(())
}

/// Takes over how members show at the other nodes, as far as that has changed.
pub async fn read_presence(ctx: &Ctx, seen: Seen) -> Result<Seen, FlowError> {
    let me = ctx.node_id.clone();
    let before = seen.clone();
    let read = ctx
        .store
        .read(move |conn| -> Result<_, FlowError> {
            let now = nodes::now(conn)?;
            let alive = nodes::alive(conn, now)?;
            let others: Seen = alive.into_iter().filter(|(id, _)| *id != me).collect();
            if others == before {
                return Ok(None);
            }
            let mut present = Vec::new();
            for node in others.keys() {
                present.push(NodePresence {
                    node: node.clone(),
                    members: nodes::presence(conn, node)?,
                });
            }
            Ok(Some((others, present)))
        })
        .await?;
    let Some((others, present)) = read else {
        return Ok(seen);
    };
    ctx.fanout.take_over_presence(present);
    Ok(others)
}
