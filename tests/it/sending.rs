//! Between a person's send and the carrier: what counts, what waits, and for what.

use crate::support::service::Setup;
use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::json;

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";

#[tokio::test]
async fn of_a_chain_of_texts_sent_again_one_goes_out() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let phone = service.phone();
    let path = format!("/v1/conversations/{session}/messages");
    let ends = async |id: &str, state: &str| {
        eventually(state, || async {
            let items = sally.get(&path).await["items"].clone();
            let mut items = items.as_array().unwrap().iter();
            let found = items.any(|item| item["id"] == id && item["state"] == state);
            found.then_some(())
        })
        .await;
    };
    let again = |id: &str| format!("{path}/{id}/resend");
    phone.behave("lose").await;
    let first = sally.post(&path, json!({"text": "Are you there?"})).await;
    ends(at(&first, "id"), "unknown").await;
    phone.behave("refuse").await;
    let second = sally.post(&again(at(&first, "id")), json!({})).await;
    ends(at(&second, "id"), "failed").await;
    phone.behave("deliver").await;
    let third = sally.post(&again(at(&second, "id")), json!({})).await;
    ends(at(&third, "id"), "delivered").await;
    for old in [&first, &second, &third] {
        let refused = sally.call(Method::POST, &again(at(old, "id")), None).await;
        assert_eq!(refused.problem(), (409, "not_to_be_resent".to_owned()));
    }
    assert_eq!(phone.texts_to(GUS_PHONE).await.len(), 2);
}

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
