//! A node among others: it says that it lives, buries the dead, and shares who is there.

use super::{Ctx, FlowError};
use crate::domain::presence::Presence;
use crate::fanout::NodePresence;
use crate::store::nodes;
use std::collections::HashMap;

/// A node that is silent for longer is dead: its jobs go to others. Several missed beats long.
pub const LEASE_MS: i64 = 10_000;
/// How many members one write of presence covers; the writer is shared.
const MEMBERS_PER_WRITE: usize = 500;

/// The versions of the other nodes' presence that were read last.
pub type Seen = HashMap<String, i64>;

/// Renews this node's lease and buries the nodes whose lease has run out.
pub async fn beat(ctx: &Ctx) -> Result<(), FlowError> {
    let id = ctx.node_id.clone();
    let buried = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let now = tx.now;
            let conn = tx.conn()?;
            nodes::beat(conn, &id, now.plus_ms(LEASE_MS))?;
            Ok(nodes::bury_dead(conn, now)?)
        })
        .await?;
    if buried.value > 0 {
        log::warn!(
            "{} nodes are dead; their jobs go on elsewhere",
            buried.value
        );
        ctx.work.notify_one();
    }
    Ok(())
}

/// Leaves the others in good order.
pub async fn leave(ctx: &Ctx) -> Result<(), FlowError> {
    let id = ctx.node_id.clone();
    let left = ctx
        .store
        .write(move |tx| Ok::<_, FlowError>(nodes::remove(tx.conn()?, &id)?));
    left.await?;
    ctx.fanout.announce_presence();
    Ok(())
}

/// Lets the other nodes know how members show here.
pub async fn share_presence(ctx: &Ctx, changed: &[Presence]) -> Result<(), FlowError> {
    for part in changed.chunks(MEMBERS_PER_WRITE) {
        let (id, part) = (ctx.node_id.clone(), part.to_vec());
        ctx.store
            .write(move |tx| -> Result<_, FlowError> {
                let now = tx.now;
                let conn = tx.conn()?;
                // A node that was buried while it slept is not on the list any more.
                nodes::beat(conn, &id, now.plus_ms(LEASE_MS))?;
                Ok(nodes::set_presence(conn, &id, &part)?)
            })
            .await?;
    }
    ctx.fanout.announce_presence();
    Ok(())
}

/// Takes over how members show at the other nodes, as far as that has changed.
pub async fn read_presence(ctx: &Ctx, seen: Seen) -> Result<Seen, FlowError> {
    let (me, now) = (ctx.node_id.clone(), ctx.clock.now());
    let before = seen.clone();
    let read = ctx
        .store
        .read(move |conn| -> Result<_, FlowError> {
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
