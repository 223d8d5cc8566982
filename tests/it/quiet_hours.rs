//! Texts to where people sleep: warned of, put off, planned.

use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::json;

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";

/// Settings with which it is quiet all day where Gus is, but for a minute that has just passed.
fn quiet(policy: &str) -> [String; 3] {
    let there = jiff::Timestamp::now().in_tz("America/Los_Angeles").unwrap();
    let ago = |minutes: i64| {
        let then = there
            .checked_sub(jiff::Span::new().minutes(minutes))
            .unwrap();
        then.strftime("%H:%M").to_string()
    };
    [
        format!("sms.quiet={policy}"),
        format!("sms.quiet_from={}", ago(2)),
        format!("sms.quiet_to={}", ago(3)),
    ]
}

async fn with_quiet_hours(policy: &str) -> Service {
    let sets = quiet(policy);
    Service::with(&sets.each_ref().map(String::as_str)).await
}

#[tokio::test]
async fn in_quiet_hours_the_sender_is_told_and_decides() {
    let service = with_quiet_hours("warn").await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let refused = sally
        .call(Method::POST, &path, Some(json!({"text": "Awake?"})))
        .await;
    assert_eq!(refused.problem(), (409, "quiet_hours".to_owned()));
    let allowed_at = at(&refused.body, "allowed_at");
    let planned = json!({"text": "Good morning", "send_at": allowed_at});
    let planned = sally.post(&path, planned).await;
    assert_eq!(at(&planned, "state"), "scheduled");
    assert_eq!(at(&planned, "send_at"), allowed_at);
    let meant = json!({"text": "It burns!", "despite_quiet_hours": true});
    assert_eq!(at(&sally.post(&path, meant).await, "state"), "queued");
    let phone = service.phone();
    eventually("the urgent text", || async {
        (phone.texts_to(GUS_PHONE).await == ["It burns!"]).then_some(())
    })
    .await;
    // Whoever has just written is awake; what is planned holds up nothing.
    phone.text(GUS_PHONE, "What?").await;
    eventually("the answer", || async {
        let texts = sally.texts(&session).await;
        (texts.last().map(String::as_str) == Some("What?")).then_some(())
    })
    .await;
    sally.post(&path, json!({"text": "The roof"})).await;
    eventually("the answer to the answer", || async {
        (phone.texts_to(GUS_PHONE).await == ["It burns!", "The roof"]).then_some(())
    })
    .await;
    let cancel = format!("{path}/{}/cancel", at(&planned, "id"));
    assert_eq!(
        at(&sally.post(&cancel, json!({})).await, "state"),
        "canceled"
    );
}

#[tokio::test]
async fn texts_can_be_put_off_until_quiet_hours_end() {
    let service = with_quiet_hours("defer").await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let put_off = sally.post(&path, json!({"text": "Good morning"})).await;
    assert_eq!(at(&put_off, "state"), "scheduled");
    assert!(put_off["send_at"].is_string(), "{put_off}");
}

#[tokio::test]
async fn a_planned_text_goes_out_at_its_time() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(10);
    let planned = json!({"text": "Now", "send_at": soon.to_string()});
    assert_eq!(at(&sally.post(&path, planned).await, "state"), "scheduled");
    eventually("the planned text", || async {
        (service.phone().texts_to(GUS_PHONE).await == ["Now"]).then_some(())
    })
    .await;
    let never = json!({"text": "Happy birthday", "send_at": "2099-01-01T00:00:00Z"});
    let refused = sally.call(Method::POST, &path, Some(never)).await;
    assert_eq!(refused.problem(), (400, "bad_request".to_owned()));
}
