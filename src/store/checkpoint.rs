//! SQLite's write-ahead log goes into the file beside the writer, not under its hands.
//!
//! By itself SQLite does that in the commit that fills its thousandth page: some messages would
//! wait for two more syncs. A passive checkpoint of another connection holds up nobody.

use super::conn::Db;
use super::writer::end_on_io_error;
use diesel::connection::SimpleConnection as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Never more often than this.
const PAUSE: Duration = Duration::from_millis(200);

/// Tells the checkpoints that something was committed; they end when this is dropped.
pub(super) struct Checkpoints {
    committed: SyncSender<()>,
}

impl Checkpoints {
    /// Starts the thread that does them, over a connection of its own.
    pub(super) fn start(conn: Db) -> std::io::Result<Self> {
        let (committed, news) = sync_channel(1);
        std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(conn, &news))?;
        Ok(Self { committed })
    }

    /// Something was committed.
    pub(super) fn committed(&self) {
        // One that waits already covers this commit too.
        let _ = self.committed.try_send(());
    }
}

fn run(mut conn: Db, news: &Receiver<()>) {
    while news.recv().is_ok() {
        std::thread::sleep(PAUSE);
        if let Err(error) = conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)") {
            end_on_io_error(&error);
            log::debug!("a checkpoint is left to the next: {error}");
        }
    }
}
