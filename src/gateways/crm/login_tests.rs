//! The service's login against a scripted Sugar: every grant is counted.

use futures_util::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::super::oauth::Credentials;
use super::super::rest::Rest;
use super::super::scripted::{Reply, Scripted, StillClock, refusal, reply, tokens};
use super::super::vault::{InMemory, VaultError};
use super::*;

struct Fixture {
    sugar: Scripted,
    login: ServiceLogin,
    vault: Arc<InMemory>,
    clock: Arc<StillClock>,
}

async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let sugar = Scripted::start(replies).await;
    let clock = Arc::new(StillClock::default());
    let vault = Arc::new(InMemory::default());
    Fixture {
        login: node(&sugar, vault.clone(), &clock),
        sugar,
        vault,
        clock,
    }
}

/// A node that shares the vault with others.
fn node(sugar: &Scripted, vault: Arc<dyn LoginVault>, clock: &Arc<StillClock>) -> ServiceLogin {
    let credentials = Credentials {
        username: "riverline".to_owned(),
        password: "pass & wörd".into(),
        client_id: "sugar".to_owned(),
        client_secret: String::new().into(),
        platform: "riverline".to_owned(),
    };
    let timeout = Duration::from_secs(5);
    let rest = Rest::new(&sugar.url, "v11", timeout).unwrap();
    let grants = Grants::new(rest, credentials);
    ServiceLogin::new(grants, vault, clock.clone(), timeout)
}

fn shown(token: &SugarToken) -> &str {
    token.0.expose_secret()
}

#[tokio::test]
async fn the_first_call_signs_in_with_json_and_the_others_share_its_token() {
    let it = fixture([tokens(1)]).await;
    let all = join_all((0..20).map(|_| it.login.token())).await;
    assert!(
        all.iter()
            .all(|token| shown(token.as_ref().unwrap()) == "access-1")
    );
    let asked = it.sugar.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].head.starts_with("post /rest/v11/oauth2/token "));
    assert!(asked[0].head.contains("content-type: application/json"));
    assert_eq!(
        asked[0].body,
        json!({
            "grant_type": "password", "username": "riverline", "password": "pass & wörd",
            "client_id": "sugar", "client_secret": "", "platform": "riverline",
        })
    );
}

#[tokio::test]
async fn a_token_near_its_end_is_refreshed_with_the_newest_refresh_token() {
    let it = fixture([tokens(1), tokens(2), tokens(3)]).await;
    it.login.token().await.unwrap();
    it.clock.advance_s(3_600 - 61);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-1");
    it.clock.advance_s(1);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-2");
    it.clock.advance_s(3_600);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-3");
    assert_eq!(
        it.sugar.grants(),
        ["password", "refresh_token", "refresh_token"]
    );
    let asked = it.sugar.asked();
    assert_eq!(asked[2].body["refresh_token"], "refresh-2");
    assert_eq!(asked[2].body["platform"], "riverline");
}

#[tokio::test]
async fn a_dead_token_is_replaced_once_for_all_who_met_it() {
    let it = fixture([tokens(1), tokens(2)]).await;
    let dead = it.login.token().await.unwrap();
    let all = join_all((0..20).map(|_| it.login.replace(&dead))).await;
    assert!(
        all.iter()
            .all(|token| shown(token.as_ref().unwrap()) == "access-2")
    );
    assert_eq!(it.sugar.grants(), ["password", "refresh_token"]);
}

#[tokio::test]
async fn a_refused_refresh_means_one_full_login_whatever_sugar_calls_it() {
    for refused in [
        refusal(400, "invalid_grant"),
        refusal(401, "need_login"),
        refusal(401, "invalid_grant"),
        refusal(422, "invalid_parameter"),
        reply(400, json!({"no": "label"})),
    ] {
        let it = fixture([tokens(1), refused, tokens(2)]).await;
        let dead = it.login.token().await.unwrap();
        assert_eq!(shown(&it.login.replace(&dead).await.unwrap()), "access-2");
        assert_eq!(it.sugar.grants(), ["password", "refresh_token", "password"]);
    }
}

#[tokio::test]
async fn a_refused_password_is_not_tried_again_for_a_minute() {
    let it = fixture([refusal(401, "need_login"), tokens(1)]).await;
    let refused = CrmError::LoginRefused {
        code: "need_login".to_owned(),
    };
    assert_eq!(it.login.token().await.unwrap_err(), refused);
    it.clock.advance_s(59);
    assert_eq!(it.login.token().await.unwrap_err(), refused);
    assert_eq!(it.sugar.asked().len(), 1);
    it.clock.advance_s(1);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-1");
}

#[tokio::test]
async fn all_who_wait_for_a_sugar_that_is_down_share_one_failure() {
    let busy = Reply(
        503,
        "Retry-After: 7\r\n",
        "<html>maintenance</html>".to_owned(),
    );
    let it = fixture([busy, tokens(1)]).await;
    let expected = CrmError::Busy {
        retry_after_s: Some(7),
    };
    for outcome in join_all((0..20).map(|_| it.login.token())).await {
        assert_eq!(outcome.unwrap_err(), expected);
    }
    assert_eq!(it.sugar.asked().len(), 1);
    assert!(it.login.token().await.is_ok());
}

#[tokio::test]
async fn an_outage_during_a_refresh_does_not_lose_the_pair() {
    let it = fixture([tokens(1), refusal(429, "slow_down"), tokens(2)]).await;
    let dead = it.login.token().await.unwrap();
    let expected = CrmError::Busy {
        retry_after_s: None,
    };
    assert_eq!(it.login.replace(&dead).await.unwrap_err(), expected);
    assert_eq!(shown(&it.login.replace(&dead).await.unwrap()), "access-2");
    assert_eq!(
        it.sugar.grants(),
        ["password", "refresh_token", "refresh_token"]
    );
}

#[tokio::test]
async fn what_is_not_a_token_answer_is_an_error_of_its_own_and_shows_no_token() {
    let page = |status| {
        Reply(
            status,
            "Content-Type: text/html\r\n",
            "<html></html>".to_owned(),
        )
    };
    let half = json!({"access_token": "secret-half", "expires_in": 3600});
    let huge = Reply(200, "", format!("{{\"x\":\"{}\"}}", "x".repeat(5 << 20)));
    let elsewhere = Reply(302, "Location: http://127.0.0.1:1/\r\n", String::new());
    let (no_json, no_endpoint) = ("not JSON", "not an answer of a token endpoint");
    for (answer, words) in [
        (page(200), no_json),
        (page(403), no_json),
        (page(500), no_json),
        (reply(200, half), "no token in it"),
        (reply(200, json!([])), no_endpoint),
        (reply(500, json!({"error": "fatal_error"})), no_endpoint),
        (huge, "too large"),
        (
            elsewhere,
            "it leads to another address; sugar.url must be the one it ends at",
        ),
    ] {
        let expected = answer.0;
        let it = fixture([answer]).await;
        let error = it.login.token().await.unwrap_err();
        let CrmError::BadAnswer { status, reason } = error else {
            panic!("{expected}: {error:?}");
        };
        assert_eq!((status, reason), (expected, words));
        assert!(error.is_temporary());
        assert!(!format!("{error:?} {error}").contains("secret-half"));
        assert_eq!(it.sugar.asked().len(), 1);
    }
}

async fn evictions(login: &ServiceLogin) -> usize {
    login.health().await.unwrap().evictions.len()
}

#[tokio::test]
async fn nodes_share_one_login_through_the_vault() {
    let it = fixture([tokens(1), tokens(2)]).await;
    let other = node(&it.sugar, it.vault.clone(), &it.clock);
    let here = it.login.token().await.unwrap();
    let there = other.token().await.unwrap();
    assert_eq!(shown(&there), "access-1");
    assert_eq!(shown(&other.replace(&there).await.unwrap()), "access-2");
    assert_eq!(shown(&it.login.replace(&here).await.unwrap()), "access-2");
    assert_eq!(it.sugar.grants(), ["password", "refresh_token"]);
}

#[tokio::test]
async fn a_password_refused_at_one_node_is_not_tried_at_another() {
    let it = fixture([refusal(401, "need_login"), tokens(1)]).await;
    let other = node(&it.sugar, it.vault.clone(), &it.clock);
    it.login.token().await.unwrap_err();
    other.token().await.unwrap_err();
    assert_eq!(it.sugar.asked().len(), 1);
    it.clock.advance_s(1);
    let restarted = node(&it.sugar, it.vault.clone(), &it.clock);
    restarted.token().await.unwrap();
}

#[tokio::test]
async fn whoever_lost_the_lease_discards_his_answer_and_reads_again() {
    let it = fixture([tokens(1), tokens(2)]).await;
    it.sugar.hold();
    let login = it.login.token();
    let overtake = async {
        it.sugar.is_asked(1).await;
        let lease = it.vault.lease(Duration::ZERO).await.unwrap().unwrap();
        let mut state = LoginState::default();
        let grant = Grant {
            access: "theirs".to_owned(),
            refresh: None,
            lifetime: Duration::from_secs(60),
            refresh_lifetime: None,
        };
        state.granted(grant, Timestamp(0));
        assert!(it.vault.keep(&lease, state.written()).await.unwrap());
        it.sugar.release();
    };
    let (token, ()) = tokio::join!(login, overtake);
    assert_eq!(shown(&token.unwrap()), "theirs");
    assert_eq!(it.sugar.grants(), ["password"]);
}

#[tokio::test]
async fn whoever_lost_the_lease_does_not_sign_in_over_the_new_login() {
    let it = fixture([tokens(1), refusal(400, "invalid_grant")]).await;
    let dead = it.login.token().await.unwrap();
    it.sugar.hold();
    let login = it.login.replace(&dead);
    let overtake = async {
        it.sugar.is_asked(2).await;
        let lease = it.vault.lease(Duration::ZERO).await.unwrap().unwrap();
        let state = lease.held.login.clone().unwrap();
        let theirs = state.expose_secret().replace("access-1", "theirs");
        assert!(it.vault.keep(&lease, theirs.into()).await.unwrap());
        it.sugar.release();
    };
    let (token, ()) = tokio::join!(login, overtake);
    assert_eq!(shown(&token.unwrap()), "theirs");
    assert_eq!(it.sugar.grants(), ["password", "refresh_token"]);
    assert_eq!(evictions(&it.login).await, 0);
}

#[tokio::test]
async fn a_renewal_goes_on_when_its_caller_goes_away() {
    let it = fixture([tokens(1), tokens(2)]).await;
    it.sugar.hold();
    let gone = async {
        it.sugar.is_asked(1).await;
    };
    tokio::select! {
        _ = it.login.token() => panic!("answered while held"),
        () = gone => {}
    }
    it.sugar.release();
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-1");
    assert_eq!(it.sugar.grants(), ["password"]);
}

#[tokio::test]
async fn somebody_elses_login_is_noticed_and_counted() {
    let refused = || refusal(400, "invalid_grant");
    let replies = [
        tokens(1),
        refused(),
        tokens(2),
        refused(),
        tokens(3),
        refused(),
        tokens(4),
    ];
    let it = fixture(replies).await;
    let mut token = it.login.token().await.unwrap();
    for expected in 1..=3 {
        assert!(!it.login.health().await.unwrap().is_contested());
        token = it.login.replace(&token).await.unwrap();
        assert_eq!(evictions(&it.login).await, expected);
    }
    let health = it.login.health().await.unwrap();
    assert!(health.is_contested());
    assert_eq!(health.who, "`riverline` on the platform `riverline`");
    it.clock.advance_s(601);
    assert_eq!(evictions(&it.login).await, 0);
}

#[tokio::test]
async fn an_end_of_our_own_making_is_no_eviction() {
    // The refresh was stored and its answer lost: Sugar takes the old refresh token no more.
    let lost = reply(200, json!({"access_token": "half"}));
    let refused = || refusal(400, "invalid_grant");
    let it = fixture([tokens(1), lost, refused(), tokens(2), refused(), tokens(3)]).await;
    let dead = it.login.token().await.unwrap();
    it.login.replace(&dead).await.unwrap_err();
    let token = it.login.replace(&dead).await.unwrap();
    assert_eq!(shown(&token), "access-2");
    assert_eq!(evictions(&it.login).await, 0);
    // Two weeks without a call: the refresh token is too old.
    it.clock.advance_s(1_209_600);
    assert_eq!(shown(&it.login.token().await.unwrap()), "access-3");
    assert_eq!(evictions(&it.login).await, 0);
}

#[tokio::test]
async fn a_lease_that_was_never_given_back_makes_the_pair_doubtful() {
    let it = fixture([tokens(1), refusal(400, "invalid_grant"), tokens(2)]).await;
    let dead = it.login.token().await.unwrap();
    let killed = it.vault.lease(Duration::ZERO).await.unwrap();
    drop(killed);
    assert_eq!(shown(&it.login.replace(&dead).await.unwrap()), "access-2");
    assert_eq!(evictions(&it.login).await, 0);
}

/// A vault whose database goes away for a moment, with or without having kept what it was given.
struct Flaky {
    within: InMemory,
    failures: AtomicU64,
    keeps_all_the_same: bool,
}

#[async_trait::async_trait]
impl LoginVault for Flaky {
    async fn read(&self) -> Result<Held, VaultError> {
        self.within.read().await
    }

    async fn lease(&self, length: Duration) -> Result<Option<Lease>, VaultError> {
        self.within.lease(length).await
    }

    async fn prolong(&self, lease: &Lease, length: Duration) -> Result<bool, VaultError> {
        self.within.prolong(lease, length).await
    }

    async fn keep(&self, lease: &Lease, login: SecretString) -> Result<bool, VaultError> {
        let fails = |left: u64| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self.failures.fetch_update(order, order, fails).is_err() {
            return self.within.keep(lease, login).await;
        }
        if self.keeps_all_the_same {
            self.within.keep(lease, login).await?;
        }
        Err(VaultError::Away("the database is away".to_owned()))
    }
}

#[tokio::test]
async fn an_answer_outlives_a_moment_without_the_database() {
    for keeps_all_the_same in [false, true] {
        let sugar = Scripted::start([tokens(1), tokens(2)]).await;
        let vault = Arc::new(Flaky {
            within: InMemory::default(),
            failures: AtomicU64::new(2),
            keeps_all_the_same,
        });
        let login = node(&sugar, vault, &Arc::default());
        let token = login.token().await.unwrap();
        assert_eq!(shown(&token), "access-1");
        assert_eq!(shown(&login.replace(&token).await.unwrap()), "access-2");
        assert_eq!(sugar.grants(), ["password", "refresh_token"]);
    }
}
