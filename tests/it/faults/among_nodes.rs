//! What nodes know of each other: who is there, who may still be, and whose job it is.

use super::nodes::Nodes;
use crate::notes::notes;
use crate::presence::told;
use crate::support::panel::message_id;
use crate::support::postgres::Postgres;
use crate::support::proxy::Proxy;
use crate::support::{Panel, Sugar, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::block_in_place;

const GUS: &str = "seed_gus_dales_id";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_and_typing_cross_nodes_and_a_killed_node_takes_its_members_along() {
    let mut nodes = Nodes::start(2).await;
    let (sally, sarah) = (
        nodes.services[0].sign_in("sally").await,
        nodes.services[1].sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut here = Panel::connect(&nodes.services[0].url, &sally.token, None).await;
    let mut there = Panel::connect(&nodes.services[1].url, &sarah.token, None).await;
    told(&mut here, "seed_sarah_id", "available").await;
    told(&mut there, "seed_sally_id", "available").await;
    let chosen = json!({"state": "busy"});
    sarah
        .call(Method::PUT, "/v1/me/presence", Some(chosen))
        .await
        .ok();
    told(&mut here, "seed_sarah_id", "busy").await;
    there
        .send(&json!({"type": "typing", "conversation_id": chat}))
        .await;
    let typing = here.signal("typing").await;
    assert_eq!(at(&typing, "member_id"), "seed_sarah_id");
    block_in_place(|| nodes.services[1].kill());
    told(&mut here, "seed_sarah_id", "offline").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_at_one_node_closes_the_sockets_at_the_others() {
    let nodes = Nodes::start(2).await;
    for bus in ["there", "away"] {
        let token = nodes.services[0].sign_in("sally").await.token;
        let mut panel = Panel::connect(&nodes.services[0].url, &token, None).await;
        if bus == "away" {
            for wire in &nodes.wires {
                wire.cut();
            }
        }
        let gone = nodes.services[1].call(Method::DELETE, "/v1/sign-in", Some(&token), None);
        gone.await.ok();
        assert_eq!(panel.closed().await.code, 4401, "with the bus {bus}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_reaches_the_panels_of_another_node_without_the_bus() {
    let mut nodes = Nodes::start(2).await;
    let (sally, sarah) = (
        nodes.services[0].sign_in("sally").await,
        nodes.services[1].sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut there = Panel::connect(&nodes.services[1].url, &sarah.token, None).await;
    for (text, wire) in [("held", Proxy::hold as fn(&Proxy)), ("cut", Proxy::cut)] {
        nodes.wires.iter().for_each(wire);
        sally.say(&chat, text).await;
        assert_eq!(there.message().await, text);
    }
    nodes.bus.kill();
    sally.say(&chat, "no bus at all").await;
    assert_eq!(there.message().await, "no bus at all");
}

/// A node that holds a job and falls silent; another that takes the job over; one Note, whatever
/// becomes of the first.
async fn takes_over(fate: &str) {
    let mut nodes = Nodes::start(0).await;
    let sugar = Arc::new(Sugar::start().await);
    let wire = Proxy::to(sugar.url.trim_start_matches("http://").parse().unwrap()).await;
    let through = format!("sugar.url=http://{}", wire.address);
    nodes.join(&sugar, &[&through]).await;
    let sally = nodes.services[0].sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "whose job is it").await;
    wire.hold();
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    let leased = "SELECT count(*) AS number FROM outbox WHERE lease_until > 0";
    eventually("the node has the job", || {
        let there = block_in_place(|| Postgres::shared().number(&nodes.database_url, leased)) == 1;
        async move { there.then_some(()) }
    })
    .await;
    match fate {
        "killed" => block_in_place(|| nodes.services[0].kill()),
        _ => nodes.services[0].signal("STOP"),
    }
    nodes.join(&sugar, &[]).await;
    let other = &nodes.services[1];
    let again = other.sign_in("sally").await;
    again.note(&session, "saved").await;
    if fate == "asleep" {
        wire.open();
        nodes.services[0].signal("CONT");
        // It is back for good once it stores and tells something new.
        let chat = again.chat_with("seed_sarah_id").await;
        let token = nodes.services[0].sign_in("sally").await.token;
        let mut panel = Panel::connect(&nodes.services[0].url, &token, None).await;
        again.say(&chat, "awake").await;
        assert_eq!(panel.message().await, "awake");
        again.note(&session, "saved").await;
    }
    assert_eq!(notes(other, GUS).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_job_of_a_killed_node_is_taken_over() {
    takes_over("killed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_wakes_from_the_dead_changes_nothing() {
    takes_over("asleep").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_panels_of_a_buried_node_that_wakes_get_what_they_missed() {
    let nodes = Nodes::start(2).await;
    let (sally, sarah) = (
        nodes.services[0].sign_in("sally").await,
        nodes.services[1].sign_in("sarah").await,
    );
    let chat = sally.chat_with("seed_sarah_id").await;
    let mut here = Panel::connect(&nodes.services[0].url, &sally.token, None).await;
    let mut there = Panel::connect(&nodes.services[1].url, &sarah.token, None).await;
    told(&mut here, "seed_sarah_id", "available").await;
    nodes.services[1].signal("STOP");
    // Its lease has run out, and the other has buried it.
    told(&mut here, "seed_sarah_id", "offline").await;
    let living = "SELECT count(*) AS number FROM node";
    let living = || block_in_place(|| Postgres::shared().number(&nodes.database_url, living));
    eventually("the node is buried", || {
        let alone = living() == 1;
        async move { alone.then_some(()) }
    })
    .await;
    for text in ["first", "second"] {
        sally.say(&chat, text).await;
    }
    nodes.services[1].signal("CONT");
    assert_eq!(there.message().await, "first");
    assert_eq!(there.message().await, "second");
    told(&mut here, "seed_sarah_id", "available").await;
    assert_eq!(living(), 2, "it lives again");
    let answer = there.say(&chat, &message_id(), "third").await;
    assert_eq!(answer["type"], "ok", "{answer}");
    let third = |frame: &Value| frame["event"]["message"]["text"] == "third";
    here.until(third).await;
    let texts = sarah.texts(&chat).await;
    assert_eq!(texts, ["first", "second", "third"]);
}
