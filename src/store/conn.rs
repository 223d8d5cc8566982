//! One connection, whatever the database; opened by the URL's scheme.

use super::StoreError;
use crate::config::DatabaseUrl;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// A database connection; PostgreSQL becomes a second variant.
#[derive(diesel::MultiConnection)]
pub enum Db {
    /// SQLite, the default.
    Sqlite(SqliteConnection),
}

#[derive(QueryableByName)]
struct Pragma {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    synchronous: i64,
}

/// Opens a connection to the database that the configuration names.
///
/// Not the derive's `establish`: it would try the next backend and lose the error (style 7.1).
pub fn open(url: &DatabaseUrl) -> Result<Db, StoreError> {
    let DatabaseUrl::Sqlite(path) = url;
    let path = path.to_string_lossy();
    let mut sqlite = SqliteConnection::establish(&path).map_err(|error| StoreError::Open {
        path: path.to_string(),
        error: error.to_string(),
    })?;
    sqlite.batch_execute(
        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -16000;",
    )?;
    assert_durable(&mut sqlite)?;
    Ok(Db::Sqlite(sqlite))
}

/// Refuses a connection that would acknowledge before the disk has it.
fn assert_durable(sqlite: &mut SqliteConnection) -> Result<(), StoreError> {
    const FULL: i64 = 2;
    let pragma: Pragma =
        diesel::sql_query("SELECT synchronous FROM pragma_synchronous").get_result(sqlite)?;
    if pragma.synchronous < FULL {
        Err(StoreError::NotDurable)
    } else {
        Ok(())
    }
}

/// Brings the database to this version's tables; returns the names of what ran.
pub fn migrate(connection: &mut Db) -> Result<Vec<String>, StoreError> {
    let Db::Sqlite(sqlite) = connection;
    let ran = sqlite
        .run_pending_migrations(SQLITE_MIGRATIONS)
        .map_err(|error| StoreError::Migration(error.to_string()))?;
    Ok(ran.iter().map(ToString::to_string).collect())
}

impl Db {
    /// Starts a transaction that may write; it waits for other writers at once.
    pub fn begin_write(&mut self) -> QueryResult<()> {
        // SQLite's default is DEFERRED, which fails without waiting once it turns into a write.
        let Self::Sqlite(sqlite) = self;
        sqlite.batch_execute("BEGIN IMMEDIATE")
    }

    /// Starts a transaction that sees one state of the database throughout.
    pub fn begin_read(&mut self) -> QueryResult<()> {
        let Self::Sqlite(sqlite) = self;
        sqlite.batch_execute("BEGIN DEFERRED")
    }
}
