//! The service's own login at Sugar, one for all calls of all nodes.
//!
//! Sugar keeps one session per user and platform, so a second login of the same user would end
//! the first, and a refresh token works once. Everybody therefore shares one token pair: in a
//! node, whoever finds it dead while another is renewing it waits for that one's outcome; among
//! nodes, the one that renews holds a lease and the others read what it kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::login_state::{LoginState, Pair};
use super::oauth::{Grant, Grants};
use super::vault::{Held, Lease, LoginVault};
use super::{CrmError, LoginHealth, SugarToken};
use crate::domain::clock::{Clock, Timestamp};

/// A lease outlasts the one request that it is for by this much.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// How often a node looks whether another has renewed the login.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The service's login, shared by all calls.
pub(super) struct ServiceLogin {
    shared: Arc<Shared>,
    cache: Arc<Mutex<Cache>>,
}

struct Shared {
    grants: Grants,
    vault: Arc<dyn LoginVault>,
    clock: Arc<dyn Clock>,
    lease: Duration,
    started: Timestamp,
    /// Renewals that ended, well or badly; read before waiting for the cache.
    ended: AtomicU64,
}

/// What this node knows without asking.
#[derive(Default)]
struct Cache {
    pair: Option<Pair>,
    failure: Option<CrmError>,
}

/// How a renewal ended that did not fail.
enum Renewal {
    Kept(Pair),
    /// Another node took the lease over: what came of ours counts no more.
    Overtaken,
}

impl ServiceLogin {
    /// Nothing is sent before the first call; one request takes at most `timeout`.
    pub(super) fn new(
        grants: Grants,
        vault: Arc<dyn LoginVault>,
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Self {
        let shared = Shared {
            grants,
            vault,
            started: clock.now(),
            clock,
            lease: timeout + LEASE_MARGIN,
            ended: AtomicU64::new(0),
        };
        Self {
            shared: Arc::new(shared),
            cache: Arc::default(),
        }
    }

    /// A token to call with, renewed when it is about to end.
    pub(super) async fn token(&self) -> Result<SugarToken, CrmError> {
        self.other_than(None).await
    }

    /// A token to call again with, after Sugar refused this one.
    pub(super) async fn replace(&self, dead: &SugarToken) -> Result<SugarToken, CrmError> {
        self.other_than(Some(dead)).await
    }

    /// What the vault says about logins of others.
    pub(super) async fn health(&self) -> Result<LoginHealth, CrmError> {
        let held = self.shared.vault.read().await?;
        let state = LoginState::read(held.login.as_ref());
        Ok(LoginHealth {
            who: self.shared.grants.who(),
            evictions: state.evictions(self.shared.clock.now()),
        })
    }

    async fn other_than(&self, dead: Option<&SugarToken>) -> Result<SugarToken, CrmError> {
        let ended_before = self.shared.ended.load(Ordering::Acquire);
        let cache = Arc::clone(&self.cache).lock_owned().await;
        let now = self.shared.clock.now();
        if let Some(pair) = &cache.pair
            && pair.is_fresh(now)
            && dead.is_none_or(|dead| !pair.is(dead))
        {
            return Ok(pair.token());
        }
        // It failed while we waited: its outcome is ours, or a Sugar that is down would be asked
        // by everybody who waits, one after the other.
        if let Some(failure) = &cache.failure
            && self.shared.ended.load(Ordering::Acquire) != ended_before
        {
            return Err(failure.clone());
        }
        // A caller may go away at any moment. The renewal goes on: what Sugar answered would be
        // lost with it, and the refresh token is spent.
        let renewal = refill(Arc::clone(&self.shared), cache, dead.cloned());
        let renewed = tokio::spawn(renewal).await;
        renewed.unwrap_or(Err(CrmError::Unreachable {
            sent: false,
            reason: "the service is stopping",
        }))
    }
}

/// Puts the login of the moment into the cache.
async fn refill(
    shared: Arc<Shared>,
    mut cache: OwnedMutexGuard<Cache>,
    dead: Option<SugarToken>,
) -> Result<SugarToken, CrmError> {
    let outcome = shared.current(dead.as_ref()).await;
    cache.failure = outcome.as_ref().err().cloned();
    cache.pair = outcome.as_ref().ok().cloned();
    shared.ended.fetch_add(1, Ordering::AcqRel);
    outcome.map(|pair| pair.token())
}

impl Shared {
    /// The pair of the vault, renewed by this node or by another when it cannot be used.
    async fn current(&self, dead: Option<&SugarToken>) -> Result<Pair, CrmError> {
        // Long enough for the one who has the lease, and for the next after him.
        let latest = Instant::now() + 2 * self.lease + LEASE_MARGIN;
        while Instant::now() < latest {
            let held = self.vault.read().await?;
            if let Some(pair) = self.usable(&held, dead)? {
                return Ok(pair);
            }
            if !held.leased
                && let Some(lease) = self.vault.lease(self.lease).await?
                && let Renewal::Kept(pair) = self.renew_under(lease, dead).await?
            {
                return Ok(pair);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(CrmError::Unreachable {
            sent: false,
            reason: "another node takes too long to sign in",
        })
    }

    fn usable(&self, held: &Held, dead: Option<&SugarToken>) -> Result<Option<Pair>, CrmError> {
        let (state, now) = (LoginState::read(held.login.as_ref()), self.clock.now());
        match state.locked(self.started, now) {
            Some(refused) => Err(refused),
            None => Ok(state.usable(dead, now).cloned()),
        }
    }

    /// Renews the pair unless somebody has just done so, and gives the lease back.
    async fn renew_under(
        &self,
        lease: Lease,
        dead: Option<&SugarToken>,
    ) -> Result<Renewal, CrmError> {
        let mut state = LoginState::read(lease.held.login.as_ref());
        if let Some(pair) = &mut state.pair {
            pair.doubtful |= lease.unfinished;
        }
        let now = self.clock.now();
        let just_renewed = state.usable(dead, now).filter(|pair| !pair.doubtful);
        let outcome = match just_renewed.cloned() {
            Some(pair) => Ok(pair),
            None => match self.renew(&mut state, &lease).await {
                Some(outcome) => outcome,
                None => return Ok(Renewal::Overtaken),
            },
        };
        if self.keep(&lease, &state).await? {
            outcome.map(Renewal::Kept)
        } else {
            log::info!("another node has renewed the service's login, this one's is discarded");
            Ok(Renewal::Overtaken)
        }
    }

    /// Keeps what Sugar answered. The token before it is spent, so a moment without the database
    /// must not lose it.
    async fn keep(&self, lease: &Lease, state: &LoginState) -> Result<bool, CrmError> {
        let latest = Instant::now() + LEASE_MARGIN;
        loop {
            match self.vault.keep(lease, state.written()).await {
                Err(_) if Instant::now() < latest => tokio::time::sleep(LOOK_AGAIN).await,
                kept => return Ok(kept?),
            }
        }
    }

    /// Refreshes the pair; when Sugar refuses that, whatever it calls it, signs in once. `None`
    /// when the lease was lost in between.
    async fn renew(&self, state: &mut LoginState, lease: &Lease) -> Option<Result<Pair, CrmError>> {
        if let Some(pair) = &mut state.pair
            && let Some(refresh) = &pair.refresh
        {
            let refused = match self.grants.refresh(refresh).await {
                Ok(grant) => return Some(Ok(self.granted(state, grant))),
                Err(error) if is_refusal(&error) => error,
                Err(error) => {
                    pair.doubtful |= error.may_have_happened();
                    return Some(Err(error));
                }
            };
            // A login now would end the session of whoever took the lease over.
            match self.vault.prolong(lease, self.lease).await {
                Ok(true) => self.note_end(state, &refused),
                Ok(false) => return None,
                Err(error) => return Some(Err(error.into())),
            }
        }
        state.pair = None;
        Some(match self.grants.sign_in().await {
            Ok(grant) => Ok(self.granted(state, grant)),
            Err(error) => {
                if let CrmError::LoginRefused { code } = &error {
                    state.refused(code, self.clock.now());
                }
                Err(error)
            }
        })
    }

    fn granted(&self, state: &mut LoginState, grant: Grant) -> Pair {
        state.granted(grant, self.clock.now()).clone()
    }

    /// Tells an end of our own making from somebody else's login, which is said once.
    fn note_end(&self, state: &mut LoginState, error: &CrmError) {
        let Some(pair) = state.pair.take() else {
            return;
        };
        let now = self.clock.now();
        let refused = matches!(error, CrmError::LoginRefused { .. });
        if pair.doubtful || !refused || !pair.may_be_refreshed(now) {
            log::info!("the service's session at Sugar ended, signing in again: {error}");
        } else if state.evicted(now) {
            log::warn!(
                "the service's session at Sugar was ended from outside, as when somebody else \
                 signs in as {}; signing in again. Give the service a Sugar user of its own",
                self.grants.who()
            );
        }
    }
}

/// Any 4xx on a refresh means that the pair is dead; Sugar's labels for it differ by version.
fn is_refusal(error: &CrmError) -> bool {
    match error {
        CrmError::LoginRefused { .. } => true,
        CrmError::BadAnswer { status, .. } => (400..500).contains(status),
        _ => false,
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
