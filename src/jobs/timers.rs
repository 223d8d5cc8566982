//! What happens because time passes.

use crate::flows::catch_up as fetch_missed;
use crate::flows::{
    Ctx, FlowError, close_session, follow_log as follow, join_parts, look_up as find_out,
    members as roster, settings as admins_settings,
};
use crate::flows::{node as node_among_others, presence as presence_of_members};
use crate::store::{
    early_receipts, held_calls, log as event_log, part_receipts, sent_counts, sign_ins, text_parts,
    used_assertions,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A hint that was lost costs at most this long.
const LOG_POLL: Duration = Duration::from_secs(1);
/// A node's lease is several of these long.
const NODE_BEAT: Duration = Duration::from_secs(2);
/// A hint of another node's presence that was lost costs at most this long.
const PRESENCE_POLL: Duration = Duration::from_secs(1);
/// The log is kept for 7 days.
const LOG_KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// Nothing longer than a day is counted.
const COUNTS_KEPT_MS: i64 = 2 * 24 * 3_600_000;
/// How often parts are looked for that wait for too long; sooner when they wait for less.
const LATE_PARTS: Duration = Duration::from_secs(30);
/// How often texts of unknown outcome are looked for; sooner when they are given less time.
const LOOK_UP: Duration = Duration::from_secs(30);
/// Calls that wait for an admin, and what repetitions are known by, are kept for 7 days.
const CALLS_KEPT_MS: i64 = 7 * 24 * 3_600_000;
const MAINTENANCE: Duration = Duration::from_secs(60);

/// A change of settings at another node is taken over after at most this long.
const SETTINGS_POLL: Duration = Duration::from_secs(1);

/// Runs something every `period` until stopped; the first time at once.
async fn every<F>(period: Duration, stop: CancellationToken, mut tick: impl FnMut() -> F)
where
    F: Future<Output = ()>,
{
    let mut timer = tokio::time::interval(period);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = timer.tick() => tick().await,
            () = stop.cancelled() => return,
        }
    }
}

fn report<T>(what: &str, result: Result<T, FlowError>) {
    if let Err(error) = result {
        log::warn!("{what}: {error}");
    }
}

/// Reads on in the log when a gap was noticed, and once a second in any case.
pub(super) async fn follow_log(ctx: Arc<Ctx>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = ctx.fanout.behind() => {}
            () = tokio::time::sleep(LOG_POLL) => {}
            () = stop.cancelled() => return,
        }
        report("the log cannot be read", follow::catch_up(&ctx).await);
    }
}

/// Tells gathered changes of presence.
pub(super) async fn presence(ctx: Arc<Ctx>, gather_ms: u64, stop: CancellationToken) {
    let period = Duration::from_millis(gather_ms.max(10));
    let settle = || async { report("presence", presence_of_members::settle(&ctx).await) };
    every(period, stop, settle).await;
}

/// Says that this node lives, and takes over what the others say of their members.
pub(super) async fn node(ctx: Arc<Ctx>, stop: CancellationToken) {
    let beats = every(NODE_BEAT, stop.clone(), || async {
        report("this node's lease", node_among_others::beat(&ctx).await);
    });
    tokio::join!(beats, follow_presence(&ctx, stop));
}

async fn follow_presence(ctx: &Ctx, stop: CancellationToken) {
    let mut seen = node_among_others::Seen::new();
    loop {
        match node_among_others::read_presence(ctx, seen.clone()).await {
            Ok(now) => seen = now,
            Err(error) => report::<()>("the presence of other nodes", Err(error)),
        }
        tokio::select! {
            () = ctx.fanout.elsewhere() => {}
            () = tokio::time::sleep(PRESENCE_POLL) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Takes over what admins change of gateways and numbers, at whichever node.
pub(super) async fn settings(ctx: Arc<Ctx>, stop: CancellationToken) {
    let follow = || async { report("settings", admins_settings::follow(&ctx).await) };
    every(SETTINGS_POLL, stop, follow).await;
}

/// Closes sessions in which nobody writes.
pub(super) async fn idle_sessions(ctx: Arc<Ctx>, idle_ms: u64, stop: CancellationToken) {
    let close = || async { report("idle sessions", close_session::close_idle(&ctx).await) };
    every(Duration::from_millis(idle_ms), stop, close).await;
}

/// Takes over Sugar's users.
pub(super) async fn members(ctx: Arc<Ctx>, members_ms: u64, stop: CancellationToken) {
    let unread = AtomicBool::new(true);
    let sync = || async {
        let synced = roster::sync_members(&ctx, unread.load(Ordering::Relaxed)).await;
        unread.fetch_and(synced.is_err(), Ordering::Relaxed);
        report("Sugar's users cannot be read", synced);
    };
    every(Duration::from_millis(members_ms), stop, sync).await;
}

/// Fetches what carriers did not tell.
pub(super) async fn catch_up(ctx: Arc<Ctx>, catch_up_ms: u64, stop: CancellationToken) {
    let look = || async { report("the carriers' lists", fetch_missed::catch_up(&ctx).await) };
    every(Duration::from_millis(catch_up_ms), stop, look).await;
}

/// Finds out what became of texts whose outcome is unknown.
pub(super) async fn look_up(ctx: Arc<Ctx>, stop: CancellationToken) {
    let quarter = u64::try_from(ctx.rules.look_up_ms / 4).unwrap_or(0);
    let period = Duration::from_millis(quarter).clamp(LOG_POLL, LOOK_UP);
    let asked = find_out::Asked::default();
    let look = || async {
        report(
            "texts of unknown outcome",
            find_out::look_up(&ctx, &asked).await,
        );
    };
    every(period, stop, look).await;
}

/// Shows the texts whose missing parts never came.
pub(super) async fn late_parts(ctx: Arc<Ctx>, stop: CancellationToken) {
    let quarter = u64::try_from(ctx.rules.parts_wait_ms / 4).unwrap_or(0);
    let period = Duration::from_millis(quarter).min(LATE_PARTS);
    let join = || async { report("parts of texts", join_parts::join_late(&ctx).await) };
    every(period.max(LOG_POLL), stop, join).await;
}

/// Deletes what has ended, a little at a time.
pub(super) async fn maintenance(ctx: Arc<Ctx>, stop: CancellationToken) {
    let prune = || async { report("old rows cannot be deleted", prune(&ctx).await) };
    every(MAINTENANCE, stop, prune).await;
}

/// Deletes all that has ended, in writes that are small enough to let others through.
async fn prune(ctx: &Ctx) -> Result<(), FlowError> {
    let mut more = true;
    while more {
        let old = ctx.store.write(|tx| {
            let before = tx.now.plus_ms(-LOG_KEPT_MS);
            Ok::<_, FlowError>(event_log::prune(tx.conn()?, before)?)
        });
        more = old.await?.value > 0;
    }
    let used = ctx.store.write(|tx| {
        let now = tx.now;
        Ok::<_, FlowError>(used_assertions::prune(tx.conn()?, now)?)
    });
    used.await?;
    for of_texts in [
        early_receipts::prune,
        part_receipts::prune,
        text_parts::prune,
    ] {
        let mut more = true;
        while more {
            let old = ctx.store.write(move |tx| {
                let before = tx.now.plus_ms(-CALLS_KEPT_MS);
                Ok::<_, FlowError>(of_texts(tx.conn()?, before)?)
            });
            more = old.await?.value > 0;
        }
    }
    let ended = ctx.store.write(|tx| {
        let now = tx.now;
        held_calls::prune(tx.conn()?, now.plus_ms(-CALLS_KEPT_MS))?;
        sent_counts::prune(tx.conn()?, now.plus_ms(-COUNTS_KEPT_MS))?;
        Ok::<_, FlowError>(sign_ins::prune(tx.conn()?, now)?)
    });
    ended.await?;
    Ok(())
}
