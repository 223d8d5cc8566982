//! A NATS server of the test's own, to be killed and started again on the same port.

use super::sugar::free_port;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A NATS server; gone when dropped.
pub struct Nats {
    /// Where it listens.
    pub address: SocketAddr,
    process: Option<Child>,
}

impl Nats {
    /// Starts one.
    pub fn start() -> Self {
        let mut nats = Self::absent();
        nats.start_again();
        nats
    }

    /// An address at which one may be started later.
    pub fn absent() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], free_port())),
            process: None,
        }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it on the same port and waits until it takes connections.
    pub fn start_again(&mut self) {
        let port = self.address.port().to_string();
        // Debian's place for it is not in everybody's path.
        let installed = Path::new("/usr/sbin/nats-server");
        let program = if installed.exists() {
            installed
        } else {
            Path::new("nats-server")
        };
        let mut process = Command::new(program)
            .args(["--addr", "127.0.0.1", "--port", &port])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server is missing: tests/scripts/bootstrap test");
        let deadline = Instant::now() + super::PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            assert_eq!(process.try_wait().unwrap(), None, "nats-server ended");
            assert!(Instant::now() < deadline, "nats-server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.process = Some(process);
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}
