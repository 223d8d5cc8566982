//! The database behind two doors: [`Store::read`] and [`Store::write`].
//!
//! One closure is one transaction and one hop to a blocking thread; nothing else touches diesel.

pub mod api_keys;
pub mod attempts;
mod batch;
mod chat_batch;
mod checkpoint;
pub mod choices;
mod conn;
pub mod consents;
pub mod conversations;
pub mod early_receipts;
pub mod held_calls;
pub mod job_list;
pub mod line;
pub mod log;
pub mod member_sync;
pub mod members;
pub mod messages;
pub mod nodes;
pub mod notes;
pub mod numbers;
pub mod outbox;
pub mod outgoing;
pub mod part_receipts;
pub mod participants;
pub mod pictures;
pub mod readings;
mod schema;
pub mod sent_counts;
pub mod sessions;
pub mod settings;
pub mod shared_login;
pub mod sign_ins;
pub mod text_parts;
pub mod unknown_texts;
pub mod used_assertions;
mod writer;

pub use batch::{Touches, Tx};
pub use conn::Db;
pub use writer::OnCommit;

use crate::config::DatabaseUrl;
use crate::domain::clock::Clock;
use crate::domain::event::Cursor;
use diesel::connection::SimpleConnection;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A thread of the store cannot start.
    #[error("the threads that serve the database cannot start: {0}")]
    Thread(std::io::Error),
    /// The file cannot be opened; the message names the path.
    #[error("the database {database} cannot be opened: {error}")]
    Open {
        /// The path or the address, without a password.
        database: String,
        /// What the driver said.
        error: String,
    },
    /// The connection would acknowledge before the disk has it.
    #[error("{0}: what is acknowledged could be lost, so the service does not start")]
    NotDurable(String),
    /// The tables could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// A query failed.
    #[error("the database failed: {0}")]
    Query(#[from] diesel::result::Error),
    /// More writes wait than the queue takes; try again.
    #[error("the database has more to write than it can take")]
    Busy,
    /// The commit failed; the write may or may not be stored, and may be repeated.
    #[error("the database could not commit")]
    Commit,
    /// The database does not answer; nothing was stored.
    #[error("the database is away")]
    Away,
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopped,
}

/// A value and the place in the log right after it was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the write returned.
    pub value: T,
    /// The last event it told, if any.
    pub cursor: Option<Cursor>,
}

/// Sizes of the store.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Connections that read.
    pub readers: usize,
    /// Writes that may wait.
    pub write_queue: usize,
    /// Writes that share one commit.
    pub write_batch: usize,
    /// Under load commits begin this far apart: more writes share one, and none waits longer.
    pub commit_gap: Duration,
}

/// The database.
#[derive(Clone)]
pub struct Store {
    writes: mpsc::Sender<Box<dyn writer::Write>>,
    readers: Arc<Readers>,
    is_shared: bool,
}

struct Readers {
    url: DatabaseUrl,
    idle: Mutex<Vec<Db>>,
    permits: Arc<Semaphore>,
}

impl Store {
    /// Opens the database, brings its tables up to date and starts the writer.
    pub fn open(
        url: &DatabaseUrl,
        sizes: Sizes,
        clock: Arc<dyn Clock>,
        on_commit: OnCommit,
    ) -> Result<Self, StoreError> {
        let mut connection = conn::open(url)?;
        conn::migrate(&mut connection)?;
        let idle = (0..sizes.readers)
            .map(|_| conn::open(url))
            .collect::<Result<Vec<_>, _>>()?;
        let (writes, queue) = mpsc::channel(sizes.write_queue);
        let is_shared = connection.is_shared();
        let checkpoints = match url {
            DatabaseUrl::Sqlite(_) => {
                let started = checkpoint::Checkpoints::start(conn::open(url)?);
                Some(started.map_err(StoreError::Thread)?)
            }
            DatabaseUrl::Postgres(_) => None,
        };
        let writer = writer::Writer {
            checkpoints,
            url: url.clone(),
            batch_max: sizes.write_batch,
            commit_gap: sizes.commit_gap,
            clock,
            on_commit,
        };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(connection, queue))
            .map_err(StoreError::Thread)?;
        let permits = Arc::new(Semaphore::new(sizes.readers));
        let readers = Readers {
            url: url.clone(),
            idle: Mutex::new(idle),
            permits,
        };
        Ok(Self {
            writes,
            readers: Arc::new(readers),
            is_shared,
        })
    }

    /// Runs the pending migrations and nothing else; returns their names.
    pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, StoreError> {
        conn::migrate(&mut conn::open(url)?)
    }

    /// Whether other processes may serve the same database.
    pub const fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Runs a write; answers after the commit. The closure may run twice and touches only the
    /// transaction.
    pub async fn write<T, E, F>(&self, work: F) -> Result<Committed<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<T, E> + Send + 'static,
    {
        self.queue(None, work).await
    }

    /// As [`Store::write`], for a write that says what it looks at: that is read for all writes
    /// of its batch at once.
    pub async fn write_touching<T, E, F>(
        &self,
        touches: Touches,
        work: F,
    ) -> Result<Committed<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<T, E> + Send + 'static,
    {
        self.queue(Some(touches), work).await
    }

    async fn queue<T, E, F>(&self, touches: Option<Touches>, work: F) -> Result<Committed<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<T, E> + Send + 'static,
    {
        let (op, answer) = writer::Op::new(touches, work);
        self.writes.try_send(op).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }

    /// Runs a read that sees one state of the database throughout.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, E> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let permit = Arc::clone(&readers.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Stopped)?;
        let task = tokio::task::spawn_blocking(move || {
            // Held here and not by the caller: one who goes away leaves a read that still runs.
            let _permit = permit;
            let mut connection = readers.begin()?;
            let result = work(&mut connection);
            // A connection that cannot end its transaction is dropped, not reused.
            if connection.batch_execute("COMMIT").is_ok() {
                readers.give_back(connection);
                result
            } else {
                // What a read says of a connection that died is not about itself.
                result.map_err(|_| StoreError::Away.into())
            }
        });
        task.await
            .unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }
}

impl Readers {
    /// A connection with an open read transaction. Those that died while idle are left behind.
    fn begin(&self) -> Result<Db, StoreError> {
        while let Some(mut idle) = self.take() {
            if idle.begin_read().is_ok() {
                return Ok(idle);
            }
        }
        let mut fresh = conn::open(&self.url).map_err(|error| {
            ::log::warn!("{error}");
            StoreError::Away
        })?;
        fresh.begin_read()?;
        Ok(fresh)
    }

    fn take(&self) -> Option<Db> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    fn give_back(&self, connection: Db) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
    }
}
