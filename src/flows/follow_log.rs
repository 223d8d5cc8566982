//! Brings the panels of this node what the log has and they were not told.

use super::{Ctx, FlowError};
use crate::store::log as event_log;

const PAGE: i64 = 1_000;

/// Reads on in the log from the node's position to its end.
pub async fn catch_up(ctx: &Ctx) -> Result<(), FlowError> {
    loop {
        let position = ctx.fanout.position().id;
        let rows = ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(event_log::after(conn, position, PAGE)?))
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        ctx.fanout.deliver(&rows);
        if ctx.fanout.position().id == position {
            // Somebody deleted rows by hand: asking again at once would find the same.
            log::error!("the log goes on at {} and not after {position}", rows[0].id);
            return Ok(());
        }
    }
}
