//! The one writer: waiting writes share a transaction and its fsync.
//!
//! Each write runs in a savepoint, so one that fails is rolled back alone. The answers go out
//! after COMMIT: what was answered survives a power cut (promise 1).

use super::conn::Db;
use super::log;
use super::{Committed, StoreError};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::event::{Cursor, Logged, NewEvent};
use diesel::connection::SimpleConnection;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// What a write works with: the open transaction, its time, and the events it tells.
pub struct Tx<'a> {
    /// The connection inside the transaction.
    pub conn: &'a mut Db,
    /// One moment for the whole batch.
    pub now: Timestamp,
    events: Vec<NewEvent>,
}

impl Tx<'_> {
    /// Puts an event into the log, in this transaction.
    pub fn emit(&mut self, event: NewEvent) {
        self.events.push(event);
    }
}

/// Called with every committed run of log rows, on the writer's thread, in order.
pub type OnCommit = Arc<dyn Fn(&[Arc<Logged>]) + Send + Sync>;

/// A write that waits, with its way back.
pub(super) trait Write: Send {
    /// Runs inside a savepoint; `None` means it failed and must be rolled back.
    fn run(&mut self, conn: &mut Db, now: Timestamp) -> Option<Vec<NewEvent>>;
    /// Tells the caller how it ended.
    fn answer(self: Box<Self>, outcome: Result<Option<Cursor>, StoreError>);
}

pub(super) struct Op<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<Committed<T>, E>>,
}

impl<T, E, F> Op<T, E, F> {
    pub(super) fn new(work: F) -> (Box<Self>, oneshot::Receiver<Result<Committed<T>, E>>) {
        let (reply, receiver) = oneshot::channel();
        (
            Box::new(Self {
                work,
                result: None,
                reply,
            }),
            receiver,
        )
    }
}

impl<T, E, F> Write for Op<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, conn: &mut Db, now: Timestamp) -> Option<Vec<NewEvent>> {
        let mut tx = Tx {
            conn,
            now,
            events: Vec::new(),
        };
        let result = (self.work)(&mut tx);
        let events = result.is_ok().then_some(tx.events);
        self.result = Some(result);
        events
    }

    fn answer(self: Box<Self>, outcome: Result<Option<Cursor>, StoreError>) {
        let answer = match (self.result, outcome) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(cursor)) => Ok(Committed { value, cursor }),
            (_, Err(error)) => Err(E::from(error)),
            (None, Ok(_)) => Err(E::from(StoreError::Stopped)),
        };
        // The caller may have gone; what it asked for is committed all the same.
        let _ = self.reply.send(answer);
    }
}

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

/// Takes writes until every sender is gone.
pub(super) fn run(
    mut conn: Db,
    mut queue: mpsc::Receiver<Box<dyn Write>>,
    batch_max: usize,
    clock: &dyn Clock,
    on_commit: &OnCommit,
) {
    let _end_on_panic = EndOnPanic;
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < batch_max {
            match queue.try_recv() {
                Ok(write) => batch.push(write),
                Err(_) => break,
            }
        }
        commit(&mut conn, batch, clock.now(), on_commit);
    }
}

fn commit(conn: &mut Db, mut batch: Vec<Box<dyn Write>>, now: Timestamp, on_commit: &OnCommit) {
    match run_batch(conn, &mut batch, now) {
        Ok((cursors, rows)) => {
            on_commit(&rows);
            for (write, cursor) in batch.into_iter().zip(cursors) {
                write.answer(Ok(cursor));
            }
        }
        Err(error) => {
            ::log::error!("a batch of {} writes was rolled back: {error}", batch.len());
            end_on_io_error(&error);
            if conn.batch_execute("ROLLBACK").is_err() {
                ::log::debug!("nothing was left to roll back");
            }
            for write in batch {
                write.answer(Err(StoreError::Commit));
            }
        }
    }
}

type BatchResult = (Vec<Option<Cursor>>, Vec<Arc<Logged>>);

fn run_batch(
    conn: &mut Db,
    batch: &mut [Box<dyn Write>],
    now: Timestamp,
) -> diesel::QueryResult<BatchResult> {
    conn.begin_write()?;
    let mut counter = log::counter(conn)?;
    let before = counter;
    let mut cursors = Vec::with_capacity(batch.len());
    let mut rows = Vec::new();
    for write in batch {
        conn.batch_execute("SAVEPOINT one")?;
        match write.run(conn, now) {
            Some(events) => {
                let mut last = None;
                for event in events {
                    counter += 1;
                    let row = log::append(conn, counter, now, event)?;
                    last = Some(row.cursor());
                    rows.push(Arc::new(row));
                }
                cursors.push(last);
            }
            None => {
                conn.batch_execute("ROLLBACK TO one")?;
                cursors.push(None);
            }
        }
        conn.batch_execute("RELEASE one")?;
    }
    if counter > before {
        log::set_counter(conn, counter)?;
    }
    conn.batch_execute("COMMIT")?;
    Ok((cursors, rows))
}

/// After a failed fsync nobody knows what the disk holds: end, and start clean (reliability P1).
fn end_on_io_error(error: &diesel::result::Error) {
    if error.to_string().contains("disk I/O error") {
        ::log::error!("the disk failed to keep a commit; ending so that a restart finds the truth");
        std::process::exit(74);
    }
}
