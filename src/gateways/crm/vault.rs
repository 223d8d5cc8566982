//! Where the service's login is kept, for this process alone or for several nodes together.
//!
//! The vault knows nothing of what it keeps: it hands out one lease at a time and takes a new
//! login only from whom still has it.

use async_trait::async_trait;
use secrecy::SecretString;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is kept at one moment.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Goes up with every login that is kept.
    pub generation: i64,
    /// As it was given to [`LoginVault::keep`]; `None` before the first.
    pub login: Option<SecretString>,
    /// Somebody else has the lease and is renewing the login.
    pub leased: bool,
}

/// The right to renew the login.
#[derive(Debug)]
pub struct Lease {
    /// What was kept when the lease began.
    pub held: Held,
    /// Whoever had the lease before never gave it back: what he did to the login is unknown.
    pub unfinished: bool,
}

/// Why the vault cannot be used, in words for an admin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The place where it is does not answer: try later.
    #[error("{0}")]
    Away(String),
    /// The key does not fit what is kept.
    #[error("{0}")]
    DoesNotOpen(String),
}

/// Keeps the login that all nodes share.
#[async_trait]
pub trait LoginVault: Send + Sync {
    /// What is kept now.
    async fn read(&self) -> Result<Held, VaultError>;

    /// Takes the lease; `None` while somebody else has it.
    async fn lease(&self, length: Duration) -> Result<Option<Lease>, VaultError>;

    /// Makes the lease last from now on; false when somebody else has taken it over.
    async fn prolong(&self, lease: &Lease, length: Duration) -> Result<bool, VaultError>;

    /// Keeps a login and gives the lease back; false when somebody else has taken it over, and
    /// then nothing is kept.
    async fn keep(&self, lease: &Lease, login: SecretString) -> Result<bool, VaultError>;
}

/// A vault for one process; empty at every start.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    held: Held,
    leased: bool,
}

impl InMemory {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LoginVault for InMemory {
    async fn read(&self) -> Result<Held, VaultError> {
        Ok(self.memory().held.clone())
    }

    /// Always at once: the only one who asks lets one renewal run at a time.
    async fn lease(&self, _length: Duration) -> Result<Option<Lease>, VaultError> {
        let mut memory = self.memory();
        let unfinished = std::mem::replace(&mut memory.leased, true);
        let held = memory.held.clone();
        Ok(Some(Lease { held, unfinished }))
    }

    async fn prolong(&self, lease: &Lease, _length: Duration) -> Result<bool, VaultError> {
        Ok(self.memory().held.generation == lease.held.generation)
    }

    async fn keep(&self, lease: &Lease, login: SecretString) -> Result<bool, VaultError> {
        let mut memory = self.memory();
        if memory.held.generation != lease.held.generation {
            return Ok(false);
        }
        memory.leased = false;
        memory.held.generation += 1;
        memory.held.login = Some(login);
        Ok(true)
    }
}
