//! Who is there, over tabs and time.

use crate::support::{Panel, Service, at};
use reqwest::Method;
use serde_json::{Value, json};

/// Waits until a panel was told that a member shows a state.
pub async fn told(panel: &mut Panel, member: &str, state: &str) {
    let tells = |frame: &Value| {
        frame["signal"]["members"]
            .as_array()
            .is_some_and(|members| {
                members
                    .iter()
                    .any(|one| one["member_id"] == member && one["state"] == state)
            })
    };
    panel.until(tells).await;
}

#[tokio::test]
async fn a_member_is_there_over_all_tabs_and_gone_after_the_grace_period() {
    let service = Service::with(&["presence.gone_after_s=8"]).await;
    let mut sally = service.panel("sally").await;
    let sarah = service.sign_in("sarah").await;
    let first = Panel::connect(&service.url, &sarah.token, None).await;
    told(&mut sally, "seed_sarah_id", "available").await;
    let second = Panel::connect(&service.url, &sarah.token, None).await;
    drop(first);
    drop(second);
    // A reload within the grace period is no news: the next thing told is the new choice.
    let third = Panel::connect(&service.url, &sarah.token, None).await;
    let chosen = sarah
        .call(
            Method::PUT,
            "/v1/me/presence",
            Some(json!({"state": "busy"})),
        )
        .await;
    assert_eq!(at(&chosen.ok(), "state"), "busy");
    let next = sally.signal("presence").await;
    assert_eq!(next["members"][0]["state"], "busy", "{next}");
    drop(third);
    told(&mut sally, "seed_sarah_id", "offline").await;
}

#[tokio::test]
async fn away_when_every_tab_is_idle_and_a_choice_wins_and_stays() {
    let service = Service::start().await;
    let mut sally = service.panel("sally").await;
    let jim = service.sign_in("jim").await;
    let mut first = Panel::connect(&service.url, &jim.token, None).await;
    let mut second = Panel::connect(&service.url, &jim.token, None).await;
    told(&mut sally, "seed_jim_id", "available").await;
    first
        .send(&json!({"type": "presence", "state": "away"}))
        .await;
    second
        .send(&json!({"type": "presence", "state": "away"}))
        .await;
    told(&mut sally, "seed_jim_id", "away").await;
    second
        .send(&json!({"type": "presence", "state": "available"}))
        .await;
    told(&mut sally, "seed_jim_id", "available").await;
    let body = Some(json!({"state": "do_not_disturb"}));
    jim.call(Method::PUT, "/v1/me/presence", body).await.ok();
    told(&mut sally, "seed_jim_id", "do_not_disturb").await;
    drop((first, second));
    told(&mut sally, "seed_jim_id", "offline").await;
    let state = jim.get("/v1/state").await;
    assert_eq!(state["presence_choice"], "do_not_disturb");
    let _back = Panel::connect(&service.url, &jim.token, None).await;
    told(&mut sally, "seed_jim_id", "do_not_disturb").await;
}

/// What a panel is told of a member until another one shows a state.
async fn told_of(panel: &mut Panel, member: &str, other: &str, state: &str) -> Vec<String> {
    let mut states = Vec::new();
    loop {
        let signal = panel.signal("presence").await;
        let members = signal["members"].as_array().unwrap();
        let of = |id: &str| members.iter().find(|one| one["member_id"] == id);
        states.extend(of(member).map(|one| at(one, "state").to_owned()));
        if of(other).is_some_and(|one| one["state"] == state) {
            return states;
        }
    }
}

/// Comes and goes; once he is told gone, the grace of everybody who went before him is over.
async fn the_grace_passes(service: &Service, sally: &mut Panel) -> Vec<String> {
    let jim = service.panel("jim").await;
    let mut states = told_of(sally, "seed_sarah_id", "seed_jim_id", "available").await;
    drop(jim);
    states.extend(told_of(sally, "seed_sarah_id", "seed_jim_id", "offline").await);
    states
}

#[tokio::test]
async fn fifteen_tabs_are_one_member_until_the_last_one_goes() {
    let service = Service::start().await;
    let mut sally = service.panel("sally").await;
    let sarah = service.sign_in("sarah").await;
    let mut tabs = Vec::new();
    for _ in 0..15 {
        tabs.push(Panel::connect(&service.url, &sarah.token, None).await);
    }
    told(&mut sally, "seed_sarah_id", "available").await;
    // Tabs go and come in no order, and at last one is left.
    for index in [0, 7, 3, 11, 1] {
        drop(tabs.swap_remove(index));
        tabs.push(Panel::connect(&service.url, &sarah.token, None).await);
    }
    tabs.truncate(1);
    let nothing: [String; 0] = [];
    assert_eq!(the_grace_passes(&service, &mut sally).await, nothing);
    let here = sarah.get("/v1/presence").await;
    let mine = here["items"].as_array().unwrap().iter();
    let mine: Vec<_> = mine
        .filter(|one| one["member_id"] == "seed_sarah_id")
        .map(|one| at(one, "state"))
        .collect();
    assert_eq!(mine, ["available"]);
    drop(tabs);
    told(&mut sally, "seed_sarah_id", "offline").await;
}

#[tokio::test]
async fn a_tab_that_is_cut_and_back_within_the_grace_is_never_told_gone() {
    let service = Service::with(&["presence.gone_after_s=8"]).await;
    let mut sally = service.panel("sally").await;
    let sarah = service.sign_in("sarah").await;
    let mut tab = Panel::connect(&service.url, &sarah.token, None).await;
    told(&mut sally, "seed_sarah_id", "available").await;
    for _ in 0..3 {
        // Without a word of goodbye, as when the network goes.
        drop(tab);
        tab = Panel::connect(&service.url, &sarah.token, None).await;
    }
    let nothing: [String; 0] = [];
    assert_eq!(the_grace_passes(&service, &mut sally).await, nothing);
    drop(tab);
    told(&mut sally, "seed_sarah_id", "offline").await;
}

#[tokio::test]
async fn changes_of_presence_are_gathered_and_told_together() {
    let service = Service::with(&["presence.gather_ms=300"]).await;
    let mut sally = service.panel("sally").await;
    let (sarah, jim) = (service.sign_in("sarah").await, service.sign_in("jim").await);
    let mut tabs = [
        Panel::connect(&service.url, &sarah.token, None).await,
        Panel::connect(&service.url, &jim.token, None).await,
    ];
    told(&mut sally, "seed_jim_id", "available").await;
    let begun = std::time::Instant::now();
    for state in ["away", "available"].repeat(20) {
        for tab in &mut tabs {
            let frame = json!({"type": "presence", "state": state});
            tab.send(&frame).await;
        }
    }
    for tab in &mut tabs {
        tab.send(&json!({"type": "ping"})).await;
        tab.until(|frame| frame["type"] == "pong").await;
    }
    for member in [&sarah, &jim] {
        let chosen = Some(json!({"state": "do_not_disturb"}));
        member
            .call(Method::PUT, "/v1/me/presence", chosen)
            .await
            .ok();
    }
    let mut signals = 0;
    let mut last = std::collections::HashMap::new();
    while last
        .values()
        .filter(|state| *state == "do_not_disturb")
        .count()
        < 2
    {
        signals += 1;
        for one in sally.signal("presence").await["members"]
            .as_array()
            .unwrap()
        {
            last.insert(at(one, "member_id").to_owned(), at(one, "state").to_owned());
        }
    }
    // One in every 300 ms at most, however many changes there were; a choice is told at once.
    let elapsed = begun.elapsed();
    let most = elapsed.as_millis() / 300 + 4;
    assert!(
        signals <= most,
        "{signals} frames in {elapsed:?}, gathered ones are at most {most}"
    );
}
