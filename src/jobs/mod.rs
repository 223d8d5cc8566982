//! Work that is driven by the outbox and by time.

pub(crate) mod outbox;
mod timers;

use crate::flows::Ctx;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the timers run, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Intervals {
    /// Presence is gathered this long.
    pub presence_ms: u64,
    /// Idle sessions are looked for this often.
    pub idle_ms: u64,
    /// The lists of carriers are read this often.
    pub catch_up_ms: u64,
    /// Changes of Sugar's users are looked for this often.
    pub members_ms: u64,
}

/// Starts all background work; it ends when `stop` is cancelled.
pub fn start(ctx: &Arc<Ctx>, intervals: Intervals, stop: &CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    tasks.spawn(outbox::work(Arc::clone(ctx), stop.clone()));
    tasks.spawn(timers::follow_log(Arc::clone(ctx), stop.clone()));
    tasks.spawn(timers::presence(
        Arc::clone(ctx),
        intervals.presence_ms,
        stop.clone(),
    ));
    tasks.spawn(timers::idle_sessions(
        Arc::clone(ctx),
        intervals.idle_ms,
        stop.clone(),
    ));
    tasks.spawn(timers::members(
        Arc::clone(ctx),
        intervals.members_ms,
        stop.clone(),
    ));
    tasks.spawn(timers::catch_up(
        Arc::clone(ctx),
        intervals.catch_up_ms,
        stop.clone(),
    ));
    tasks.spawn(timers::settings(Arc::clone(ctx), stop.clone()));
    tasks.spawn(timers::look_up(Arc::clone(ctx), stop.clone()));
    tasks.spawn(timers::late_parts(Arc::clone(ctx), stop.clone()));
    if ctx.store.is_shared() {
        tasks.spawn(timers::node(Arc::clone(ctx), stop.clone()));
    }
    tasks.spawn(timers::maintenance(Arc::clone(ctx), stop.clone()));
    tasks.close();
    tasks
}
