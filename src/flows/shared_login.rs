//! The service's login at Sugar, kept sealed in the database for all nodes.

use super::FlowError;
use crate::config;
use crate::domain::clock::Entropy;
use crate::domain::sealing::{Place, SealError, SealingKey};
use crate::gateways::crm::vault::{Held, Lease, LoginVault, VaultError};
use crate::store::shared_login::{self as stored, Row};
use crate::store::{Store, nodes};
use async_trait::async_trait;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

/// The vault of one account at Sugar, as one node sees it.
pub struct SharedLogin {
    store: Store,
    key: SealingKey,
    entropy: Arc<dyn Entropy>,
    /// Another address, user, platform or key of Sugar's is another login.
    account: String,
    holder: String,
}

impl SharedLogin {
    /// The vault for the account in the settings; `holder` is this process among all others.
    pub fn new(
        store: Store,
        key: SealingKey,
        entropy: Arc<dyn Entropy>,
        settings: &config::Sugar,
        holder: &str,
    ) -> Self {
        let url = settings.url.as_ref().map_or("", |url| url.as_str());
        let user = settings.username.as_deref().unwrap_or_default();
        let (platform, client) = (&settings.platform, &settings.client_id);
        Self {
            store,
            key,
            entropy,
            account: format!("{user} at {url} on {platform} by {client}"),
            holder: holder.to_owned(),
        }
    }

    fn place(&self) -> Place<'_> {
        Place {
            table: "shared_login",
            column: "sealed",
            row: &self.account,
        }
    }

    fn open(&self, row: Row, leased: bool) -> Result<Held, VaultError> {
        let open = |sealed: String| self.key.open(self.place(), &sealed);
        let login = row.sealed.map(open).transpose().map_err(unopened)?;
        Ok(Held {
            generation: row.generation,
            login,
            leased,
        })
    }
}

#[async_trait]
impl LoginVault for SharedLogin {
    async fn read(&self) -> Result<Held, VaultError> {
        let (account, holder) = (self.account.clone(), self.holder.clone());
        let read = self.store.read(move |conn| -> Result<_, FlowError> {
            let row = stored::find(conn, &account)?.unwrap_or_default();
            let leased = row.is_leased_from(&holder, nodes::now(conn)?);
            Ok((row, leased))
        });
        let (row, leased) = read.await.map_err(away)?;
        self.open(row, leased)
    }

    async fn lease(&self, length: Duration) -> Result<Option<Lease>, VaultError> {
        let (account, holder) = (self.account.clone(), self.holder.clone());
        let leased = self.store.write(move |tx| -> Result<_, FlowError> {
            let conn = tx.conn()?;
            let now = nodes::now(conn)?;
            let until = now.plus_ms(milliseconds(length));
            Ok(stored::lease(conn, &account, &holder, now, until)?)
        });
        let Some(row) = leased.await.map_err(away)?.value else {
            return Ok(None);
        };
        let unfinished = row.lease_holder.is_some();
        let held = self.open(row, false)?;
        Ok(Some(Lease { held, unfinished }))
    }

    async fn prolong(&self, lease: &Lease, length: Duration) -> Result<bool, VaultError> {
        let (account, holder) = (self.account.clone(), self.holder.clone());
        let at = lease.held.generation;
        let prolonged = self.store.write(move |tx| -> Result<_, FlowError> {
            let conn = tx.conn()?;
            let until = nodes::now(conn)?.plus_ms(milliseconds(length));
            Ok(stored::prolong(conn, &account, &holder, at, until)?)
        });
        Ok(prolonged.await.map_err(away)?.value)
    }

    async fn keep(&self, lease: &Lease, login: SecretString) -> Result<bool, VaultError> {
        let sealed = self.key.seal(self.place(), &login, self.entropy.as_ref());
        let sealed = sealed.map_err(unopened)?;
        let (account, holder) = (self.account.clone(), self.holder.clone());
        let at = lease.held.generation;
        let kept = self.store.write(move |tx| {
            let conn = tx.conn()?;
            Ok::<_, FlowError>(stored::keep(conn, &account, &holder, at, &sealed)?)
        });
        Ok(kept.await.map_err(away)?.value)
    }
}

/// Forgets the login of every account; the service signs in anew. Returns how many there were.
pub async fn forget(store: &Store) -> Result<usize, FlowError> {
    let forgotten = store
        .write(|tx| Ok::<_, FlowError>(stored::forget(tx.conn()?)?))
        .await?;
    Ok(forgotten.value)
}

fn milliseconds(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

fn away(error: FlowError) -> VaultError {
    VaultError::Away(error.to_string())
}

fn unopened(error: SealError) -> VaultError {
    VaultError::DoesNotOpen(error.to_string())
}
