//! The service's database past the service, on either backend.

use super::Service;
use super::postgres::{Postgres, dump};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use std::path::Path;

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// A database for one test: PostgreSQL when `RL_TEST_DATABASE` says so, else a file.
pub fn own_database(folder: &Path) -> String {
    match std::env::var("RL_TEST_DATABASE").as_deref() {
        Ok("postgres") => Postgres::shared().database(),
        Ok(other) => panic!("RL_TEST_DATABASE is `{other}`, and only `postgres` is known"),
        Err(_) => format!("sqlite://{}", folder.join("riverline.db").display()),
    }
}

impl Service {
    /// Changes the database behind the service's back; returns how many rows.
    pub fn change(&self, statement: &str) -> usize {
        match self.database.strip_prefix("sqlite://") {
            Some(path) => {
                let mut conn = SqliteConnection::establish(path).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                diesel::sql_query(statement).execute(&mut conn).unwrap()
            }
            None => {
                let mut conn = PgConnection::establish(&self.database).unwrap();
                diesel::sql_query(statement).execute(&mut conn).unwrap()
            }
        }
    }

    /// The answers to a query for one `text`, past the service.
    pub fn texts_of(&self, query: &str) -> Vec<String> {
        let rows: Vec<Stored> = match self.database.strip_prefix("sqlite://") {
            Some(path) => {
                let mut conn = SqliteConnection::establish(path).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                diesel::sql_query(query).load(&mut conn).unwrap()
            }
            None => {
                let mut conn = PgConnection::establish(&self.database).unwrap();
                diesel::sql_query(query).load(&mut conn).unwrap()
            }
        };
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Everything that is stored, in whatever form.
    pub fn stored(&self) -> Vec<u8> {
        match self.database.strip_prefix("sqlite://") {
            Some(path) => [path.to_owned(), format!("{path}-wal")]
                .iter()
                .flat_map(|file| std::fs::read(file).unwrap_or_default())
                .collect(),
            None => dump(&self.database),
        }
    }
}
