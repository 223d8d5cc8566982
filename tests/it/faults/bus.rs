//! A bus that comes late, or goes: the nodes serve, and say how they are (promise 9).

use crate::support::nats::Nats;
use crate::support::postgres::Postgres;
use crate::support::service::Setup;
use crate::support::{PATIENCE, Panel, Service, Sugar, at, eventually};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::block_in_place;

/// What `/readyz` says, which is "ready" whatever the bus does.
async fn readiness(service: &Service) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("{}/readyz", service.internal)).send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], "ready", "{body}");
    body
}

async fn joined(nodes: &[Service], wanted: bool) {
    for node in nodes {
        eventually("the node says how the bus is", || async {
            (readiness(node).await["bus"]["ok"] == wanted).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_serve_without_their_bus_say_so_and_join_when_it_comes() {
    let (database_url, mut bus) =
        block_in_place(|| (Postgres::shared().database(), Nats::absent()));
    let sugar = Arc::new(Sugar::start().await);
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let setup = Setup {
            sugar: Some(Arc::clone(&sugar)),
            database_url: Some(database_url.clone()),
            bus_url: Some(bus.url()),
            ..Setup::default()
        };
        nodes.push(setup.start().await);
    }
    let said = readiness(&nodes[0]).await;
    assert_eq!(said["bus"]["ok"], false);
    let words = at(&said, "bus.detail");
    assert!(
        words.contains("the bus is away") && words.contains("2 s late"),
        "{words}"
    );

    let (sally, sarah) = (
        nodes[0].sign_in("sally").await,
        nodes[1].sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut here = Panel::connect(&nodes[0].url, &sally.token, None).await;
    let mut there = Panel::connect(&nodes[1].url, &sarah.token, None).await;
    sally.say(&chat, "without a bus").await;
    assert_eq!(there.message().await, "without a bus");

    block_in_place(|| bus.start_again());
    joined(&nodes, true).await;
    let said = readiness(&nodes[1]).await;
    assert_eq!(at(&said, "bus.detail"), "connected to the other nodes");
    // Nothing but the bus carries these.
    let typing = json!({"type": "typing", "conversation_id": chat});
    let crossed = async {
        loop {
            there.send(&typing).await;
            let heard = tokio::time::timeout(Duration::from_millis(500), here.signal("typing"));
            if let Ok(heard) = heard.await {
                return heard;
            }
        }
    };
    let heard = tokio::time::timeout(PATIENCE, crossed).await.unwrap();
    assert_eq!(at(&heard, "member_id"), "seed_sarah_id");

    block_in_place(|| bus.kill());
    joined(&nodes, false).await;
    sally.say(&chat, "without it again").await;
    assert_eq!(there.message().await, "without it again");
}

#[tokio::test]
async fn one_node_alone_has_no_bus_to_speak_of() {
    // Nodes that share no database have none either.
    let service = Service::start().await;
    let said = readiness(&service).await;
    assert_eq!(said["bus"], Value::Null);
    assert_eq!(said["database"]["ok"], true);
    assert_eq!(said["sugar"]["ok"], true);
}
