//! Brings the panels of this node what the log has and they were not told.

use super::{Ctx, FlowError};
use crate::store::log;

const PAGE: i64 = 1_000;

/// Reads on in the log from the node's position to its end.
pub async fn catch_up(ctx: &Ctx) -> Result<(), FlowError> {
    loop {
        let position = ctx.fanout.position().id;
        let rows = ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(log::after(conn, position, PAGE)?))
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        ctx.fanout.deliver(&rows);
    }
}
