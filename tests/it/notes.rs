//! Notes: exactly one per closed session, whole and true, whatever Sugar and the carrier do.

use crate::support::service::GATEWAY_SECRET;
use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";

/// The Notes on a contact as Sugar stores them, newest sessions included.
pub async fn notes(service: &Service, contact: &str) -> Vec<Value> {
    let admin = service.sugar.sign_in("admin", "base").await;
    let path = "Notes?max_num=100&fields=name,description,parent_type,parent_id,contact_id,\
                assigned_user_id,team_name,portal_flag";
    let found = service
        .sugar
        .rest(Method::GET, path, Some(&admin), None)
        .await;
    let records = found["records"].as_array().unwrap().clone();
    records
        .into_iter()
        .filter(|note| note["parent_id"] == contact && at(note, "name").starts_with("SMS"))
        .collect()
}

#[tokio::test]
async fn sugar_being_down_delays_the_note_and_nothing_else() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    service.sugar.switch("maintenance", true).await;
    sally.say(&session, "Sugar is down, we are not").await;
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    let waiting = eventually("the window says that it waits", || async {
        let found = sally.get(&format!("/v1/conversations/{session}")).await;
        let note = found["session"]["note"].clone();
        note["reason"].is_string().then_some(note)
    })
    .await;
    assert_eq!(at(&waiting, "state"), "waiting");
    let body = json!({"module": "Contacts", "record_id": GUS});
    let refused = sally
        .call(Method::POST, "/v1/sms-sessions", Some(body))
        .await;
    assert_eq!(refused.problem(), (503, "sugar_unreachable".to_owned()));
    service.sugar.switch("maintenance", false).await;
    sally.note(&session, "saved").await;
    assert_eq!(notes(&service, GUS).await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_after_sugar_stored_the_note_makes_no_second_one() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "once, please").await;
    service.sugar.switch_once("drop_after_store", true).await;
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    sally.note(&session, "saved").await;
    assert_eq!(notes(&service, GUS).await.len(), 1);
}

#[tokio::test]
async fn a_session_reopened_before_its_note_is_known_still_becomes_one_whole_note() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "first").await;
    let close = format!("/v1/sms-sessions/{session}/close");
    // Sugar stores the Note, its answer is lost, and the job that would look for it is called off.
    service.sugar.switch_once("drop_after_store", true).await;
    sally.post(&close, json!({})).await;
    eventually("Sugar has the Note", || async {
        (!notes(&service, GUS).await.is_empty()).then_some(())
    })
    .await;
    sally.say(&session, "and one more thing").await;
    sally.post(&close, json!({})).await;
    sally.note(&session, "saved").await;
    let notes = notes(&service, GUS).await;
    assert_eq!(notes.len(), 1);
    let body = at(&notes[0], "description");
    assert!(
        body.contains("first") && body.contains("one more"),
        "{body}"
    );
}

#[tokio::test]
async fn a_receipt_after_the_note_corrects_it() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    service.phone().behave("lose").await;
    let id = at(&sally.say(&session, "see you at noon").await, "id").to_owned();
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    sally.note(&session, "saved").await;
    let before = notes(&service, GUS).await;
    assert!(at(&before[0], "description").contains("noon [UNKNOWN"));
    let path = format!("/gateways/sim/{GATEWAY_SECRET}/status/{id}");
    let receipt = json!({"status": "failed", "reason": "The number is not in use."});
    let taken = service.call(Method::POST, &path, None, Some(receipt)).await;
    assert_eq!(taken.status, 204);
    eventually("the Note says what became of the text", || async {
        let found = notes(&service, GUS).await;
        assert_eq!(found.len(), 1);
        let told = "noon [NOT DELIVERED: The number is not in use.]";
        at(&found[0], "description").contains(told).then_some(())
    })
    .await;
}
