//! From an inbound text to its pop-up beside a Sugar with many contacts: how long, how many
//! requests. `tests/scripts/inbound` runs it with 100,000 of them and shows the figures.

use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::json;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The mobile number of the stand-in's n-th contact in bulk.
fn phone(n: usize) -> String {
    format!("+1{:03}555{:04}", 201 + n / 10_000, n % 10_000)
}

fn size(variable: &str, usual: usize) -> usize {
    let text = std::env::var(variable);
    text.map_or(usual, |text| text.parse().expect("a number"))
}

/// Every request that Sugar answered, the inner ones of a bulk request too.
async fn requests(service: &Service) -> (u64, u64) {
    let url = format!("{}/__standin/counters", service.sugar.url);
    let counters = reqwest::get(url).await.unwrap();
    let counters: HashMap<String, u64> = counters.json().await.unwrap();
    let all = counters
        .iter()
        .filter(|(what, _)| what.starts_with("request "));
    let inner = |what: &str| what.starts_with("request POST /") && what.ends_with("/filter");
    let (inner, outer): (Vec<_>, Vec<_>) = all.partition(|(what, _)| inner(what));
    let sum = |some: Vec<(&String, &u64)>| some.into_iter().map(|(_, count)| count).sum();
    (sum(outer), sum(inner))
}

fn show(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    let (p50, p99, most) = (at(50), at(99), at(100));
    println!(
        "{what}: p50 {p50:.0?}, p99 {p99:.0?}, longest {most:.0?}, of {}",
        took.len()
    );
}

#[tokio::test]
async fn a_text_pops_up_beside_many_contacts_for_one_request() {
    let contacts = size("RL_CONTACTS", 300);
    let texts = size("RL_INBOUND", 6).min(contacts / 2);
    // Nothing but the texts asks Sugar while we count.
    let service = Service::with(&["sugar.users_s=3600"]).await;
    let url = format!("{}/__standin/contacts", service.sugar.url);
    let filling = reqwest::Client::new()
        .post(url)
        .json(&json!({"count": contacts}));
    assert!(filling.send().await.unwrap().status().is_success());
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    eventually("the users are read", || async {
        let page = sally.get("/v1/members").await;
        (page["items"].as_array().unwrap().len() > 1).then_some(())
    })
    .await;
    println!("{contacts} contacts");

    // One after the other: what a person waits for.
    let (outer, inner) = requests(&service).await;
    let mut took = Vec::new();
    let step = contacts / texts / 2;
    for n in (0..texts).map(|n| n * step) {
        let sent = Instant::now();
        service.phone().text(&phone(n), "Hello").await;
        let created = panel.event("conversation.created").await;
        took.push(sent.elapsed());
        let record = json!({"module": "Contacts", "id": format!("bulk_contact_{n}")});
        assert_eq!(created["conversation"]["session"]["record"], record);
    }
    let after = requests(&service).await;
    let (outer, inner) = (after.0 - outer, after.1 - inner);
    assert_eq!(outer, texts as u64, "requests to Sugar");
    println!("{outer} requests to Sugar for {texts} texts, with {inner} lists in them");
    show("one after the other", took);

    // All at once: what a campaign's answers do.
    let sent = Instant::now();
    let phones: Vec<String> = (texts..2 * texts).map(|n| phone(n * step)).collect();
    let phone = service.phone();
    let calls = phones.iter().map(|from| phone.text(from, "Hello"));
    futures_util::future::join_all(calls).await;
    let mut took = Vec::new();
    for _ in &phones {
        let created = panel.event("conversation.created").await;
        took.push(sent.elapsed());
        let session = &created["conversation"]["session"];
        assert!(phones.contains(&at(session, "peer").to_owned()));
        assert_eq!(session["record_match"], "linked");
    }
    show("all at once", took);
    let refused = service.call(Method::GET, "/healthz", None, None).await;
    assert!(refused.status.is_success());
}
