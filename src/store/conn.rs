//! One connection, whatever the database; opened by the URL's scheme.

use super::StoreError;
use crate::config::{DatabaseUrl, PostgresUrl};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::Path;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held while the tables are brought up to date: nodes may start at the same moment. The number
/// is ours alone ("river" as bytes).
const MIGRATION_LOCK: &str = "SELECT pg_advisory_lock(491479389554)";
const MIGRATION_UNLOCK: &str = "SELECT pg_advisory_unlock(491479389554)";

/// A database connection.
#[derive(diesel::MultiConnection)]
pub enum Db {
    /// SQLite, the default: one node.
    Sqlite(SqliteConnection),
    /// PostgreSQL: one node or several.
    Postgres(PgConnection),
}

/// Runs one expression on whichever connection it is, with the statements of that backend.
///
/// The derived `Db` writes its SQL anew for every query; what runs for each message goes past it.
macro_rules! on_backend {
    ($db:expr, $conn:ident => $work:expr) => {
        match $db {
            $crate::store::Db::Sqlite($conn) => $work,
            $crate::store::Db::Postgres($conn) => $work,
        }
    };
}
pub(super) use on_backend;

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// Opens a connection to the database that the configuration names.
///
/// Not the derive's `establish`: it would try the next backend and lose the error (style 7.1).
pub fn open(url: &DatabaseUrl) -> Result<Db, StoreError> {
    match url {
        DatabaseUrl::Sqlite(path) => open_sqlite(path).map(Db::Sqlite),
        DatabaseUrl::Postgres(url) => open_postgres(url).map(Db::Postgres),
    }
}

fn open_sqlite(path: &Path) -> Result<SqliteConnection, StoreError> {
    let path = path.to_string_lossy();
    let mut sqlite = SqliteConnection::establish(&path).map_err(|error| StoreError::Open {
        database: path.to_string(),
        error: error.to_string(),
    })?;
    sqlite.batch_execute(
        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -16000; \
         PRAGMA wal_autocheckpoint = 16000;",
    )?;
    let synchronous: Setting =
        diesel::sql_query("SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous")
            .get_result(&mut sqlite)?;
    // 2 is FULL, 3 EXTRA: a commit returns when the disk has it.
    if matches!(synchronous.value.as_str(), "2" | "3") {
        Ok(sqlite)
    } else {
        Err(StoreError::NotDurable(
            "SQLite does not run with synchronous=FULL".to_owned(),
        ))
    }
}

fn open_postgres(url: &PostgresUrl) -> Result<PgConnection, StoreError> {
    let mut postgres = PgConnection::establish(url.expose()).map_err(|error| StoreError::Open {
        database: url.to_string(),
        error: error.to_string(),
    })?;
    for (name, bad) in [("fsync", "off"), ("synchronous_commit", "off")] {
        let setting: Setting = diesel::sql_query("SELECT current_setting($1) AS value")
            .bind::<diesel::sql_types::Text, _>(name)
            .get_result(&mut postgres)?;
        if setting.value == bad {
            return Err(StoreError::NotDurable(format!(
                "PostgreSQL runs with {name}={bad}; turn it on"
            )));
        }
    }
    // A node that stops in the middle of a transaction must not hold up the others for long. And
    // plans are kept: one that was made while a table was empty would read all of it later.
    postgres.batch_execute(
        "SET lock_timeout = '5s'; SET statement_timeout = '60s'; \
         SET idle_in_transaction_session_timeout = '5s'; SET client_min_messages = warning; \
         SET default_transaction_isolation = 'read committed'; SET enable_seqscan = off;",
    )?;
    Ok(postgres)
}

/// Brings the database to this version's tables; returns the names of what ran.
pub fn migrate(connection: &mut Db) -> Result<Vec<String>, StoreError> {
    let ran = match connection {
        Db::Sqlite(sqlite) => sqlite
            .run_pending_migrations(SQLITE_MIGRATIONS)
            .map(|ran| ran.iter().map(ToString::to_string).collect()),
        Db::Postgres(postgres) => {
            postgres.batch_execute(&format!("SET lock_timeout = 0; {MIGRATION_LOCK}"))?;
            let ran = postgres
                .run_pending_migrations(POSTGRES_MIGRATIONS)
                .map(|ran| ran.iter().map(ToString::to_string).collect());
            postgres.batch_execute(&format!("{MIGRATION_UNLOCK}; SET lock_timeout = '5s'"))?;
            ran
        }
    };
    ran.map_err(|error| StoreError::Migration(error.to_string()))
}

impl Db {
    /// Starts a transaction that may write and waits for all other writers, of this node and of
    /// the others; returns the id and the time at the end of the log.
    ///
    /// One lock, taken first and held to the commit: no deadlocks, and id order is commit order.
    pub(super) fn begin_write(&mut self) -> QueryResult<(i64, i64)> {
        use super::schema::log_counter::dsl::{at, log_counter, value};
        match self {
            Self::Sqlite(sqlite) => {
                // The default is DEFERRED, which fails without waiting once it turns into a write.
                sqlite.batch_execute("BEGIN IMMEDIATE")?;
                log_counter.find(1).select((value, at)).first(sqlite)
            }
            Self::Postgres(postgres) => {
                postgres.batch_execute("BEGIN")?;
                let counter = log_counter.find(1).select((value, at));
                counter.for_update().first(postgres)
            }
        }
    }

    /// Starts a transaction that sees one state of the database throughout.
    pub(super) fn begin_read(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.batch_execute("BEGIN DEFERRED"),
            Self::Postgres(postgres) => {
                postgres.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            }
        }
    }

    /// Whether the connection still answers; to be asked after a failure.
    pub(super) fn is_alive(&mut self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(postgres) => postgres.batch_execute("SELECT 1").is_ok(),
        }
    }

    /// Whether other processes may serve the same database.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}
