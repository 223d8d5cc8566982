//! PostgreSQL as a test wants it: clusters of our own, on free ports, gone with the test process.

use super::sugar::free_port;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Stops the cluster and removes its folder once the pipe to the test process closes, however
/// that process ends.
const WATCH: &str =
    r#"read -r _; "$1/pg_ctl" -D "$2/data" -m immediate -W stop >/dev/null 2>&1; rm -rf "$2""#;

/// A running cluster; stopped and deleted when dropped or when the test process ends.
pub struct Postgres {
    port: u16,
    folder: PathBuf,
    databases: AtomicUsize,
    watch: Child,
}

/// How the server may stop.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// Connections are closed and everything is written first.
    Fast,
    /// As in a crash: the next start recovers from the write-ahead log.
    Immediate,
}

impl Stop {
    fn word(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Immediate => "immediate",
        }
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Postgres {
    /// The cluster that all tests of this process share; nobody stops it.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Postgres> = LazyLock::new(Postgres::own);
        &SHARED
    }

    /// A cluster of the test's own, to be stopped and started at will.
    pub fn own() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("riverline-postgres-")
            .tempdir()
            .unwrap()
            .keep();
        let identity = identity();
        chown(&folder, Some(identity.0), Some(identity.1)).unwrap();
        let data = folder.join("data");
        let initdb = program("initdb")
            .arg("--pgdata")
            .arg(&data)
            .args(["--username=riverline", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"])
            .output()
            .unwrap();
        assert!(initdb.status.success(), "{initdb:?}");
        let port = free_port();
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\n\
             max_connections = 200\nshared_buffers = 32MB\nfsync = on\nsynchronous_commit = on\n",
            folder.display()
        );
        let written = program("sh")
            .args(["-c", r#"printf '%s' "$1" >> "$2""#, "sh", &settings])
            .arg(data.join("postgresql.conf"))
            .status();
        assert!(written.unwrap().success());
        let watch = program("sh")
            .args(["-c", WATCH, "sh"])
            .args([binaries(), &folder])
            // A group of its own: an interrupt from the terminal ends the tests and not this.
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let cluster = Self {
            port,
            folder,
            databases: AtomicUsize::new(0),
            watch,
        };
        cluster.start();
        cluster
    }

    /// A new, empty database; returns its URL.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        self.run(&self.url("postgres"), &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The port, to put a proxy in front.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://riverline@127.0.0.1:{}/{database}", self.port)
    }

    /// A connection past the service.
    pub fn connect(&self, url: &str) -> PgConnection {
        PgConnection::establish(url).unwrap()
    }

    /// Runs statements.
    pub fn run(&self, url: &str, statements: &str) {
        let mut conn = self.connect(url);
        conn.batch_execute(statements).unwrap();
    }

    /// Runs a query for one `number`.
    pub fn number(&self, url: &str, query: &str) -> i64 {
        let mut conn = self.connect(url);
        let answer: Number = diesel::sql_query(query).get_result(&mut conn).unwrap();
        answer.number
    }

    /// Cuts every connection of others to a database; returns how many there were.
    pub fn cut_connections(&self, url: &str) -> i64 {
        let query = "SELECT count(pg_terminate_backend(pid)) AS number FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid() \
                     AND backend_type = 'client backend'";
        self.number(url, query)
    }

    /// Stops the server.
    pub fn stop(&self, how: Stop) {
        self.control(&["-m", how.word(), "stop"]);
    }

    /// Starts the server; returns when it takes connections.
    pub fn start(&self) {
        self.control(&["start"]);
    }

    /// Stops and starts the server.
    pub fn restart(&self, how: Stop) {
        self.control(&["-m", how.word(), "restart"]);
    }

    /// Everything the server logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn control(&self, words: &[&str]) {
        // Not `output()`: the server keeps what it inherits, and reading would never end.
        let status = program("pg_ctl")
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(self.folder.join("log"))
            .args(["-w", "-s", "-t", "30"])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        let log = self.log();
        assert!(status.unwrap().success(), "pg_ctl {words:?}:\n{log}");
    }
}

/// Everything in a database, as `pg_dump` writes it.
pub fn dump(url: &str) -> Vec<u8> {
    let dumped = program("pg_dump").arg(url).output().unwrap();
    assert!(dumped.status.success(), "{dumped:?}");
    dumped.stdout
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}

/// Where the newest server's programs are; Debian puts none of them in the path.
fn binaries() -> &'static PathBuf {
    static FOUND: LazyLock<PathBuf> = LazyLock::new(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten();
        let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
        let newest = folders.filter(|bin| bin.join("initdb").exists()).max();
        newest.expect("PostgreSQL is missing: tests/scripts/bootstrap test")
    });
    &FOUND
}

/// A program of the server's, or any other, as a user whom the server accepts: it refuses root.
fn program(name: &str) -> Command {
    let own = binaries().join(name);
    let mut command = Command::new(if own.exists() { own } else { name.into() });
    let (user, group) = identity();
    if user != 0 && is_root() {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    id(&["-u"]) == 0
}

/// The user and group that own the cluster.
fn identity() -> (u32, u32) {
    static FOUND: LazyLock<(u32, u32)> = LazyLock::new(|| {
        if is_root() {
            // Debian's package makes this user.
            (id(&["-u", "postgres"]), id(&["-g", "postgres"]))
        } else {
            (id(&["-u"]), id(&["-g"]))
        }
    });
    *FOUND
}

fn id(words: &[&str]) -> u32 {
    let output = Command::new("id").args(words).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap()
}
