//! The one writer: waiting writes share a transaction and its fsync.
//!
//! A write that fails is undone alone. The answers go out after COMMIT: what was answered
//! survives a power cut (promise 1).

use super::batch::{Batch, Touches, Tx};
use super::checkpoint::Checkpoints;
use super::conn::{self, Db};
use super::{Committed, StoreError};
use crate::config::DatabaseUrl;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::event::{Cursor, Logged, NewEvent};
use diesel::connection::SimpleConnection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Clocks that differ by more are wrong, not inexact.
const MAX_SKEW_MS: i64 = 60_000;
/// A database that went away is looked for this often at most.
const RECONNECT: Duration = Duration::from_millis(250);

/// Called with every committed run of log rows, on the writer's thread, in order.
pub type OnCommit = Arc<dyn Fn(&[Arc<Logged>]) + Send + Sync>;

/// A write that waits, with its way back.
pub(super) trait Write: Send {
    /// What it will look at.
    fn touches(&self) -> Option<&Touches>;
    /// Does its work; `None` means it failed and must be undone.
    fn run(&mut self, batch: &mut Batch<'_>) -> Option<Vec<NewEvent>>;
    /// Tells the caller how it ended.
    fn answer(self: Box<Self>, outcome: Result<Option<Cursor>, StoreError>);
}

pub(super) struct Op<T, E, F> {
    touches: Option<Touches>,
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<Committed<T>, E>>,
}

impl<T, E, F> Op<T, E, F> {
    pub(super) fn new(
        touches: Option<Touches>,
        work: F,
    ) -> (Box<Self>, oneshot::Receiver<Result<Committed<T>, E>>) {
        let (reply, receiver) = oneshot::channel();
        let op = Self {
            touches,
            work,
            result: None,
            reply,
        };
        (Box::new(op), receiver)
    }
}

impl<T, E, F> Write for Op<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut Tx<'_, '_>) -> Result<T, E> + Send,
{
    fn touches(&self) -> Option<&Touches> {
        self.touches.as_ref()
    }

    fn run(&mut self, batch: &mut Batch<'_>) -> Option<Vec<NewEvent>> {
        let mut tx = Tx::new(batch);
        let result = (self.work)(&mut tx);
        let events = result.is_ok().then_some(tx.into_events());
        self.result = Some(result);
        events
    }

    fn answer(self: Box<Self>, outcome: Result<Option<Cursor>, StoreError>) {
        let answer = match (self.result, outcome) {
            // What a write says of a batch that failed is about the connection, not about itself.
            (_, Err(error)) => Err(E::from(error)),
            (Some(Err(error)), Ok(_)) => Err(error),
            (Some(Ok(value)), Ok(cursor)) => Ok(Committed { value, cursor }),
            (None, Ok(_)) => Err(E::from(StoreError::Stopped)),
        };
        // The caller may have gone; what it asked for is committed all the same.
        let _ = self.reply.send(answer);
    }
}

type Writes = Vec<Box<dyn Write>>;

/// Ends the process when the writer panics: a service that can write nothing more should start
/// anew, and not go on refusing.
struct EndOnPanic;

impl Drop for EndOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            ::log::error!("the database's writer failed; ending so that a restart goes on");
            std::process::exit(70);
        }
    }
}

/// The connection that writes, or when it was last looked for.
enum Line {
    Open(Db),
    Lost(Instant),
}

/// The writer's thread.
pub(super) struct Writer {
    pub url: DatabaseUrl,
    pub checkpoints: Option<Checkpoints>,
    pub batch_max: usize,
    pub commit_gap: Duration,
    pub clock: Arc<dyn Clock>,
    pub on_commit: OnCommit,
}

impl Writer {
    /// Takes writes until every sender is gone.
    pub(super) fn run(self, conn: Db, mut queue: mpsc::Receiver<Box<dyn Write>>) {
        let _end_on_panic = EndOnPanic;
        let mut line = Line::Open(conn);
        let mut last_commit: Option<Instant> = None;
        let mut writes = Vec::new();
        while queue.blocking_recv_many(&mut writes, self.batch_max) > 0 {
            let early = last_commit.and_then(|last| self.commit_gap.checked_sub(last.elapsed()));
            if let Some(early) = early {
                std::thread::sleep(early);
                while writes.len() < self.batch_max
                    && let Ok(write) = queue.try_recv()
                {
                    writes.push(write);
                }
            }
            last_commit = Some(Instant::now());
            line = self.serve(line, std::mem::take(&mut writes));
        }
    }

    fn serve(&self, line: Line, writes: Writes) -> Line {
        let mut conn = match line {
            Line::Open(conn) => conn,
            Line::Lost(since) if since.elapsed() < RECONNECT => {
                refuse(writes, || StoreError::Away);
                return Line::Lost(since);
            }
            Line::Lost(_) => match conn::open(&self.url) {
                Ok(conn) => {
                    ::log::info!("the database is back");
                    conn
                }
                Err(error) => {
                    ::log::debug!("the database is still away: {error}");
                    refuse(writes, || StoreError::Away);
                    return Line::Lost(Instant::now());
                }
            },
        };
        if self.commit(&mut conn, writes) || conn.is_alive() {
            Line::Open(conn)
        } else {
            ::log::error!("the database went away; writes are refused until it is back");
            Line::Lost(Instant::now())
        }
    }

    /// Commits a batch and answers its writes; false when the transaction failed.
    fn commit(&self, conn: &mut Db, mut writes: Writes) -> bool {
        match run_batch(conn, &mut writes, self.clock.now()) {
            Ok(done) => {
                (self.on_commit)(&done.rows);
                if let Some(checkpoints) = &self.checkpoints {
                    checkpoints.committed();
                }
                for (write, cursor) in writes.into_iter().zip(done.cursors) {
                    write.answer(Ok(cursor));
                }
                true
            }
            Err(failure) => {
                end_on_io_error(&failure.error);
                let ended = conn.batch_execute("ROLLBACK").is_ok();
                if failure.may_be_split && ended && writes.len() > 1 {
                    // One of them is at fault, or nobody is: each by itself.
                    ::log::warn!(
                        "a batch of {} writes is split: {}",
                        writes.len(),
                        failure.error
                    );
                    let mut all_well = true;
                    for write in writes {
                        all_well &= self.commit(conn, vec![write]);
                    }
                    return all_well;
                }
                ::log::error!(
                    "{} writes were rolled back: {}",
                    writes.len(),
                    failure.error
                );
                refuse(writes, || StoreError::Commit);
                false
            }
        }
    }
}

fn refuse(writes: Writes, error: impl Fn() -> StoreError) {
    for write in writes {
        write.answer(Err(error()));
    }
}

/// What a batch committed.
struct Done {
    cursors: Vec<Option<Cursor>>,
    rows: Vec<Arc<Logged>>,
}

/// Why a batch did not commit, as far as is known.
struct Failure {
    error: diesel::result::Error,
    /// Nothing of it can have been committed, and one of its writes may be at fault.
    may_be_split: bool,
}

fn run_batch(
    conn: &mut Db,
    writes: &mut [Box<dyn Write>],
    now: Timestamp,
) -> Result<Done, Failure> {
    let failed = |may_be_split| {
        move |error| Failure {
            error,
            may_be_split,
        }
    };
    let end = conn.begin_write().map_err(failed(false))?;
    let done = run_writes(conn, writes, now, end).map_err(failed(true))?;
    conn.batch_execute("COMMIT").map_err(failed(false))?;
    Ok(done)
}

fn run_writes(
    conn: &mut Db,
    writes: &mut [Box<dyn Write>],
    now: Timestamp,
    (end, last_time): (i64, i64),
) -> diesel::QueryResult<Done> {
    let now = not_before(Timestamp(last_time), now);
    let touches = writes.iter().filter_map(|write| write.touches()).cloned();
    let mut batch = Batch::new(conn, touches.collect(), now, end);
    let mut cursors = Vec::with_capacity(writes.len());
    for write in writes {
        batch.begin_one(write.touches());
        let events = write.run(&mut batch);
        cursors.push(batch.end_one(events)?);
    }
    let rows = batch.finish()?;
    Ok(Done { cursors, rows })
}

/// The time of a batch, not before that of the batch before it: the nodes' clocks differ a
/// little, and messages are shown in the order of their times. A clock that was far ahead is not
/// followed.
fn not_before(last: Timestamp, now: Timestamp) -> Timestamp {
    if last > now && last < now.plus_ms(MAX_SKEW_MS) {
        last
    } else {
        now
    }
}

/// After a failed fsync nobody knows what the disk holds: end, and start clean (reliability P1).
pub(super) fn end_on_io_error(error: &diesel::result::Error) {
    if error.to_string().contains("disk I/O error") {
        ::log::error!("the disk failed to keep a commit; ending so that a restart finds the truth");
        std::process::exit(74);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_go_back_from_node_to_node() {
        let at = |last, now| not_before(Timestamp(last), Timestamp(now)).0;
        assert_eq!(at(1_000, 2_000), 2_000);
        assert_eq!(at(2_000, 1_000), 2_000);
        assert_eq!(
            at(MAX_SKEW_MS + 1_000, 1_000),
            1_000,
            "an hour ahead is a wrong clock"
        );
    }
}
