//! Between a person's send and the carrier: what counts, what waits, and for what.

use crate::support::at;
use crate::support::service::Setup;
use reqwest::Method;
use serde_json::json;

const GUS: &str = "seed_gus_dales_id";

#[tokio::test]
async fn what_is_called_off_does_not_count() {
    let setup = Setup {
        of_number: "parts_per_minute = 1",
        sets: &["sms.caps.peer_hour=2", "sms.caps.peer_day=2"],
        ..Setup::default()
    };
    let service = setup.start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    sally.post(&path, json!({"text": "First"})).await;
    let second = sally.post(&path, json!({"text": "Second"})).await;
    let third = json!({"text": "Third"});
    let refused = sally.call(Method::POST, &path, Some(third.clone())).await;
    assert_eq!(refused.problem(), (429, "cap_reached".to_owned()));
    let cancel = format!("{path}/{}/cancel", at(&second, "id"));
    // Called off twice, it is given back once.
    for _ in 0..2 {
        sally.post(&cancel, json!({})).await;
    }
    sally.post(&path, third.clone()).await;
    let refused = sally.call(Method::POST, &path, Some(third)).await;
    assert_eq!(refused.problem(), (429, "cap_reached".to_owned()));
}
