//! What is known about the service's login, as it lies in the vault.

use super::CrmError;
use super::SugarToken;
use super::oauth::Grant;
use crate::domain::clock::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a refused password is not tried again: Sugar locks users out after a few.
const AFTER_REFUSAL_MS: i64 = 60_000;
/// A token is renewed at most this long before its end.
const LARGEST_MARGIN_MS: i64 = 60_000;
/// Evictions are forgotten after this long.
const EVICTIONS_KEPT_MS: i64 = 600_000;
/// No more of them than this are remembered.
const MOST_EVICTIONS: usize = 50;

/// The pair, and what went wrong with the ones before; not `Debug`.
///
/// Members that a later version adds have defaults, so that nodes of two versions can share it.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LoginState {
    pub(super) pair: Option<Pair>,
    refusal: Option<Refusal>,
    evictions: Vec<Timestamp>,
}

/// A token pair; not `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pair {
    access: String,
    pub(super) refresh: Option<String>,
    renew_at: Timestamp,
    refresh_until: Option<Timestamp>,
    /// A refresh was sent and its answer never came: the refresh token may be spent.
    #[serde(default)]
    pub(super) doubtful: bool,
}

#[derive(Serialize, Deserialize)]
struct Refusal {
    at: Timestamp,
    code: String,
}

impl LoginState {
    /// Reads what [`LoginState::written`] wrote; whatever else it is means to sign in anew.
    pub(super) fn read(login: Option<&SecretString>) -> Self {
        let text = login.map_or("{}", |login| login.expose_secret());
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The text that the vault keeps.
    pub(super) fn written(&self) -> SecretString {
        serde_json::to_string(self).unwrap_or_default().into()
    }

    /// The pair, if it can be called with and is not the one that Sugar has just refused.
    pub(super) fn usable(&self, dead: Option<&SugarToken>, now: Timestamp) -> Option<&Pair> {
        let pair = self.pair.as_ref()?;
        (pair.is_fresh(now) && dead.is_none_or(|dead| !pair.is(dead))).then_some(pair)
    }

    /// Why the password is not to be tried at the moment. A process that started after the
    /// refusal may have been given another password.
    pub(super) fn locked(&self, started: Timestamp, now: Timestamp) -> Option<CrmError> {
        let refusal = self.refusal.as_ref().filter(|it| it.at >= started)?;
        let code = refusal.code.clone();
        (now < refusal.at.plus_ms(AFTER_REFUSAL_MS)).then_some(CrmError::LoginRefused { code })
    }

    /// Remembers that Sugar refused the password.
    pub(super) fn refused(&mut self, code: &str, now: Timestamp) {
        let code = code.to_owned();
        self.refusal = Some(Refusal { at: now, code });
    }

    /// Takes over a new pair.
    pub(super) fn granted(&mut self, grant: Grant, now: Timestamp) -> &Pair {
        self.refusal = None;
        let lifetime = milliseconds(grant.lifetime);
        let margin = (lifetime / 10).min(LARGEST_MARGIN_MS);
        let refresh_lifetime = grant.refresh_lifetime.map(milliseconds);
        self.pair.insert(Pair {
            access: grant.access,
            refresh: grant.refresh,
            renew_at: now.plus_ms(lifetime - margin),
            refresh_until: refresh_lifetime.map(|lifetime| now.plus_ms(lifetime)),
            doubtful: false,
        })
    }

    /// Remembers that somebody else's login ended our session; true when it is the first in a
    /// while.
    pub(super) fn evicted(&mut self, now: Timestamp) -> bool {
        self.evictions = self.evictions(now);
        let surplus = self.evictions.len().saturating_sub(MOST_EVICTIONS - 1);
        self.evictions.drain(..surplus);
        self.evictions.push(now);
        self.evictions.len() == 1
    }

    /// The evictions of the last ten minutes, oldest first.
    pub(super) fn evictions(&self, now: Timestamp) -> Vec<Timestamp> {
        let since = now.plus_ms(-EVICTIONS_KEPT_MS);
        let recent = self.evictions.iter().filter(|at| **at > since);
        recent.copied().collect()
    }
}

impl Pair {
    /// The token to call with.
    pub(super) fn token(&self) -> SugarToken {
        SugarToken::new(self.access.as_str())
    }

    /// Whether it is not about to end.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.renew_at
    }

    /// Whether Sugar still takes the refresh token, as far as time goes.
    pub(super) fn may_be_refreshed(&self, now: Timestamp) -> bool {
        self.refresh_until.is_none_or(|until| now < until)
    }

    pub(super) fn is(&self, token: &SugarToken) -> bool {
        self.access == token.0.expose_secret()
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(now: Timestamp) -> LoginState {
        let mut state = LoginState::default();
        let grant = Grant {
            access: "a".to_owned(),
            refresh: Some("r".to_owned()),
            lifetime: Duration::from_secs(3_600),
            refresh_lifetime: Some(Duration::from_secs(7_200)),
        };
        state.granted(grant, now);
        state
    }

    #[test]
    fn it_comes_back_from_the_vault_as_it_went() {
        let mut state = granted(Timestamp(5));
        state.evicted(Timestamp(5));
        state.refused("need_login", Timestamp(5));
        let back = LoginState::read(Some(&state.written()));
        assert_eq!(
            back.written().expose_secret(),
            state.written().expose_secret()
        );
        assert!(back.usable(None, Timestamp(6)).is_some());
        assert!(back.locked(Timestamp(5), Timestamp(6)).is_some());
        assert!(
            back.locked(Timestamp(6), Timestamp(6)).is_none(),
            "restarted"
        );
    }

    #[test]
    fn what_cannot_be_read_means_to_sign_in_anew() {
        for text in [None, Some("".into()), Some("[]".into()), Some("{".into())] {
            assert!(LoginState::read(text.as_ref()).pair.is_none());
        }
        let newer = r#"{"later": 1, "evictions": ["1970-01-01T00:00:00.005Z"]}"#;
        let state = LoginState::read(Some(&newer.into()));
        assert_eq!(state.evictions(Timestamp(6)), [Timestamp(5)]);
    }

    #[test]
    fn a_refused_or_ending_token_is_not_usable() {
        let state = granted(Timestamp(0));
        let usable = |dead: Option<&str>, at| {
            let dead = dead.map(SugarToken::new);
            state.usable(dead.as_ref(), Timestamp(at)).is_some()
        };
        assert!(usable(None, 3_539_999) && usable(Some("b"), 0));
        assert!(!usable(None, 3_540_000) && !usable(Some("a"), 0));
        let pair = state.pair.as_ref().unwrap();
        assert!(pair.may_be_refreshed(Timestamp(7_199_999)));
        assert!(!pair.may_be_refreshed(Timestamp(7_200_000)));
    }

    #[test]
    fn evictions_are_few_and_recent() {
        let mut state = LoginState::default();
        assert!(state.evicted(Timestamp(0)));
        assert!(!state.evicted(Timestamp(1)));
        assert!(state.evicted(Timestamp(700_000)), "a while later");
        for at in 0..100 {
            state.evicted(Timestamp(700_000 + at));
        }
        assert_eq!(state.evictions(Timestamp(700_100)).len(), MOST_EVICTIONS);
        assert_eq!(state.evictions(Timestamp(1_400_000)), []);
    }
}
