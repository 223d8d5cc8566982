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
    let service = Service::start().await;
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
