//! Several nodes and one login at Sugar: while all of them call, and while the one that renews it is
//! killed or asleep.

use super::nodes::Nodes;
use super::scene::ms;
use crate::support::proxy::Proxy;
use crate::support::service::UNCAPPED;
use crate::support::{Service, Sugar, at, eventually};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

/// How long the nodes call in the short form; `RL_LOGIN_S` says otherwise.
const SECONDS: u64 = 20;
/// How long a token lives, in seconds.
const LIFETIME: u64 = 5;
/// A node calls Sugar this often.
const PACE: Duration = Duration::from_millis(100);

const GUS: &str = "seed_gus_dales_id";

/// What a node's calls came to.
#[derive(Default)]
struct Calls {
    made: u64,
    longest: Duration,
}

/// Whether a node's own login serves it; the words otherwise.
async fn calls_sugar(node: &Service) -> Result<(), String> {
    let sugar = node.readiness().await["sugar"].take();
    match sugar["ok"] == true {
        true => Ok(()),
        false => Err(at(&sugar, "detail").to_owned()),
    }
}

/// Calls Sugar as the service until the time is over; every call must be answered.
async fn keep_calling(node: &Service, until: Instant) -> Calls {
    let mut calls = Calls::default();
    let mut pace = tokio::time::interval(PACE);
    while Instant::now() < until {
        pace.tick().await;
        let since = Instant::now();
        let answered = calls_sugar(node).await;
        assert_eq!(answered, Ok(()), "call {}", calls.made);
        calls.made += 1;
        calls.longest = calls.longest.max(since.elapsed());
    }
    calls
}

/// Opens and closes a session at one node after the other; each becomes a Note.
async fn keep_closing(nodes: &[Service], until: Instant) -> u64 {
    let mut closed = 0;
    for node in nodes.iter().cycle() {
        if Instant::now() > until {
            break;
        }
        let sally = node.sign_in("sally").await;
        let session = sally.text_contact(GUS).await;
        sally.say(&session, "how is it going").await;
        sally
            .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
            .await;
        // Her Sugar token lives no longer than anybody's, and this may take a while.
        sally.note(&session, "saved").await;
        closed += 1;
    }
    closed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_share_one_login_whose_tokens_live_five_seconds() {
    let seconds = super::from_env("RL_LOGIN_S").unwrap_or(SECONDS);
    let sugar = Arc::new(Sugar::start().await);
    sugar.switch("access_token_lifetime", LIFETIME).await;
    let mut nodes = Nodes::start(0).await;
    for _ in 0..4 {
        nodes.join(&sugar, &UNCAPPED).await;
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let [one, two, three, four] = nodes.services.as_slice() else {
        panic!("four nodes");
    };
    let (one, two, three, four, notes) = tokio::join!(
        keep_calling(one, until),
        keep_calling(two, until),
        keep_calling(three, until),
        keep_calling(four, until),
        keep_closing(&nodes.services, until),
    );
    let count = |what: &'static str| {
        let sugar = Arc::clone(&sugar);
        async move { sugar.count(&format!("{what} riverline riverline")).await }
    };
    assert_eq!(count("login").await, 1);
    assert_eq!(count("eviction").await, 0);
    let refreshes = count("refresh").await;
    assert!(
        refreshes >= seconds / (LIFETIME + 2),
        "{refreshes} refreshes"
    );
    for node in &nodes.services {
        let log = node.log();
        for lost in [
            "tried again later",
            "cannot be read",
            "is set aside",
            "signing in again",
        ] {
            assert!(!log.contains(lost), "{lost}:\n{log}");
        }
    }
    let all = [one, two, three, four];
    let longest = all.iter().map(|calls| calls.longest).max();
    super::keep(json!({
        "test": "one login over nodes", "nodes": 4, "seconds": seconds, "token_lives_s": LIFETIME,
        "calls": all.iter().map(|calls| calls.made).sum::<u64>(), "lost": 0, "notes": notes,
        "logins": 1, "evictions": 0, "refreshes": refreshes, "longest_call_ms": longest.map(ms),
    }));
}

/// Nodes whose requests to Sugar all go over one wire.
struct Wired {
    nodes: Nodes,
    sugar: Arc<Sugar>,
    wire: Proxy,
    sets: [String; 2],
}

impl Wired {
    async fn up() -> Self {
        let nodes = Nodes::start(0).await;
        let sugar = Arc::new(Sugar::start().await);
        let address = sugar.url.trim_start_matches("http://").parse().unwrap();
        let wire = Proxy::to(address).await;
        let url = format!("sugar.url=http://{}", wire.address);
        Self {
            nodes,
            sugar,
            wire,
            // A lease is a few seconds longer.
            sets: [url, "sugar.timeout_s=4".to_owned()],
        }
    }

    async fn join(&mut self) {
        let sets = self.sets.each_ref().map(String::as_str);
        self.nodes.join(&self.sugar, &sets).await;
    }

    /// A first node that has the lease and waits for Sugar's answer.
    async fn one_that_signs_in() -> Self {
        let mut it = Self::up().await;
        it.wire.hold();
        it.join().await;
        eventually("the node has asked Sugar", || async {
            it.wire.was_asked().then_some(())
        })
        .await;
        it
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_while_it_signs_in_holds_up_the_others_for_its_lease_only() {
    let mut it = Wired::one_that_signs_in().await;
    block_in_place(|| it.nodes.services[0].kill());
    // What the dead node had sent must not reach Sugar any more.
    it.wire.cut();
    it.join().await;
    it.wire.open();
    assert_eq!(calls_sugar(&it.nodes.services[1]).await, Ok(()));
    block_in_place(|| it.nodes.services[0].start_again());
    assert_eq!(calls_sugar(&it.nodes.services[0]).await, Ok(()));
    assert_eq!(it.sugar.count("login riverline riverline").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_wakes_with_an_old_answer_discards_it() {
    let mut it = Wired::one_that_signs_in().await;
    it.nodes.services[0].signal("STOP");
    it.wire.open();
    eventually("Sugar has answered the sleeping node", || async {
        (it.sugar.count("login riverline riverline").await == 1).then_some(())
    })
    .await;
    it.join().await;
    assert_eq!(calls_sugar(&it.nodes.services[1]).await, Ok(()));
    assert_eq!(it.sugar.count("login riverline riverline").await, 2);
    it.nodes.services[0].signal("CONT");
    for node in &it.nodes.services {
        assert_eq!(calls_sugar(node).await, Ok(()));
        assert!(!node.log().contains("was ended from outside"));
    }
    assert_eq!(it.sugar.count("login riverline riverline").await, 2);
    assert_eq!(it.sugar.count("refresh riverline riverline").await, 0);
}
