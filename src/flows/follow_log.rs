//! Brings the panels of this node what the log has and they were not told.

use super::{Ctx, FlowError};
use crate::domain::event::Cursor;
use crate::store::log as event_log;

const PAGE: i64 = 1_000;

/// Reads on in the log from the node's position to its end.
///
/// The row at the position is read again: where it is gone or another one, the database was
/// restored or rows were deleted, and nobody can say what the panels here have missed.
pub async fn catch_up(ctx: &Ctx) -> Result<(), FlowError> {
    let _reading = ctx.fanout.reading().await;
    loop {
        let position = ctx.fanout.position();
        let rows = ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(event_log::from(conn, position.id, PAGE)?))
            .await?;
        let (here, rows) = match rows.split_first() {
            Some((first, rest)) if first.id == position.id => (first.cursor(), rest),
            _ => (Cursor::START, rows.as_slice()),
        };
        let goes_on = rows.first().is_none_or(|row| row.id == position.id + 1);
        if here != position || !goes_on {
            log::error!("the log is not the one that was told: panels are asked to reload");
            return start_over(ctx, position).await;
        }
        if rows.is_empty() {
            return Ok(());
        }
        ctx.fanout.deliver(rows);
    }
}

async fn start_over(ctx: &Ctx, from: Cursor) -> Result<(), FlowError> {
    let (events, bytes) = ctx.fanout.ring_size();
    let newest = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(event_log::newest(conn, events, bytes)?));
    ctx.fanout.start_over(from, newest.await?);
    Ok(())
}
