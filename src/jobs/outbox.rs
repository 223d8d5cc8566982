//! The outbox worker: claim by lease, run, back off, give up visibly.

use crate::flows::{Ctx, FlowError, JobEnd};
use crate::flows::{check_note, deliver_sms, give_up, mark_record};
use crate::flows::{pictures, route_session, save_note};
use crate::store::outbox::{self, Job, JobKind, Share};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longer than any single call to a carrier may take.
const LEASE_MS: i64 = 120_000;
/// Jobs of a share that run at once: a Sugar or a host of pictures that hangs holds up its own.
pub(crate) const SLOTS: [(Share, usize); 3] =
    [(Share::Texts, 16), (Share::Pictures, 4), (Share::Sugar, 16)];
/// How long the worker sleeps at most without a hint.
const POLL: Duration = Duration::from_secs(2);

/// Runs due jobs until stopped, then lets those that run come to their end.
pub(super) async fn work(ctx: Arc<Ctx>, stop: CancellationToken) {
    let running = TaskTracker::new();
    let slots = SLOTS.map(|(share, slots)| (share, Arc::new(Semaphore::new(slots))));
    while !stop.is_cancelled() {
        let free = slots
            .each_ref()
            .map(|(share, slots)| (*share, slots.available_permits()));
        let jobs = claim(&ctx, free).await;
        let idle = jobs.is_empty();
        for job in jobs {
            let share = Share::of(job.kind);
            let Some((_, of_share)) = slots.iter().find(|(of, _)| *of == share) else {
                return;
            };
            let Ok(slot) = Arc::clone(of_share).acquire_owned().await else {
                return;
            };
            let ctx = Arc::clone(&ctx);
            running.spawn(async move {
                run(&ctx, &job).await;
                drop(slot);
                // The next job of its lane may be due now.
                ctx.work.notify_one();
            });
        }
        if idle {
            let pause = until_next(&ctx).await;
            tokio::select! {
                () = ctx.work.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }
    running.close();
    running.wait().await;
}

/// Claims jobs that are due for this node: at most so many of each share.
pub(crate) async fn claim(ctx: &Ctx, free: [(Share, usize); 3]) -> Vec<Job> {
    if free.iter().all(|(_, slots)| *slots == 0) {
        return Vec::new();
    }
    let node = ctx.node_id.clone();
    let lease_ms = ctx.rules.notes.lease_ms().max(LEASE_MS);
    let claimed = ctx
        .store
        .write(move |tx| {
            let now = tx.now;
            let until = now.plus_ms(lease_ms);
            let conn = tx.conn()?;
            let mut jobs = Vec::new();
            for (share, slots) in free {
                jobs.extend(outbox::claim(conn, now, until, &node, share, slots)?);
            }
            Ok::<_, FlowError>(jobs)
        })
        .await;
    claimed
        .map(|committed| committed.value)
        .unwrap_or_else(|error| {
            log::error!("the outbox cannot be read: {error}");
            Vec::new()
        })
}

async fn until_next(ctx: &Ctx) -> Duration {
    let now = ctx.clock.now();
    let due = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(outbox::next_due(conn, now)?))
        .await;
    let Ok(Some(due)) = due else { return POLL };
    let wait_ms = u64::try_from(due.0 - now.0).unwrap_or(0);
    // One that is due waits for a slot, of which it is told: do not spin on it.
    Duration::from_millis(wait_ms.max(50)).min(POLL)
}

/// Runs a claimed job, and puts it away as it ended.
pub(crate) async fn run(ctx: &Ctx, job: &Job) {
    let result = match job.kind {
        JobKind::SendSms => deliver_sms::deliver(ctx, job).await,
        JobKind::SaveNote => save_note::save_note(ctx, job).await,
        JobKind::CheckNote => check_note::check_note(ctx, job).await,
        JobKind::RouteSession => route_session::route_session(ctx, job).await,
        JobKind::FetchPicture => pictures::fetch(ctx, job).await,
        JobKind::MarkRecord => mark_record::mark_record(ctx, job).await,
    };
    let end = match result {
        Ok(end) => end,
        Err(FlowError::LeaseLost) => return,
        Err(FlowError::Store(error)) => JobEnd::Later {
            reason: error.to_string(),
            after_ms: None,
        },
        Err(error) => JobEnd::GiveUp {
            reason: error.to_string(),
        },
    };
    if let Err(error) = put_away(ctx, job, end).await {
        log::error!(
            "job {} cannot be put back: {error}; its lease will run out",
            job.id
        );
    }
}

async fn put_away(ctx: &Ctx, job: &Job, end: JobEnd) -> Result<(), FlowError> {
    let (job, now) = (job.clone(), ctx.clock.now());
    let back_off = ctx.rules.back_off;
    let too_old = back_off.is_over(job.created_at, now);
    match end {
        JobEnd::Finished => {}
        JobEnd::Later { reason, after_ms } if !too_old => {
            let due = now.plus_ms(
                after_ms.unwrap_or_else(|| back_off.pause_ms(job.tries, ctx.entropy.fraction())),
            );
            log::warn!(
                "{:?} job {} is tried again later: {reason}",
                job.kind,
                job.id
            );
            ctx.store
                .write(move |tx| Ok::<_, FlowError>(outbox::retry(tx.conn()?, &job, due, &reason)?))
                .await?;
        }
        JobEnd::Later { reason, .. } | JobEnd::GiveUp { reason } => {
            log::error!("{:?} job {} is set aside: {reason}", job.kind, job.id);
            give_up::give_up(ctx, &job, reason).await?;
        }
    }
    Ok(())
}
