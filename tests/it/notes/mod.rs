//! Notes: exactly one per closed session, whole and true, whatever Sugar and the carrier do.

mod people;
mod wording;

use crate::support::service::GATEWAY_SECRET;
use crate::support::service::User;
use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

const GUS: &str = "seed_gus_dales_id";

/// The Notes on a contact as Sugar stores them, newest sessions included.
pub async fn notes(service: &Service, contact: &str) -> Vec<Value> {
    let admin = service.sugar.sign_in("admin", "base").await;
    let path = "Notes?max_num=100&fields=name,description,date_modified,parent_type,parent_id,contact_id,\
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
    let service = Service::with(&["sugar.settle_s=1"]).await;
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
    let service = Service::with(&["sugar.settle_s=1"]).await;
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

/// Closes a session and waits until its Note is in a state.
async fn close(sally: &User<'_>, session: &str, state: &str) -> Value {
    let path = format!("/v1/sms-sessions/{session}/close");
    sally.post(&path, json!({})).await;
    sally.note(session, state).await
}

/// One change to a record, as a person who may do everything.
async fn change(service: &Service, method: Method, path: &str, body: Option<Value>) {
    let admin = service.sugar.sign_in("admin", "base").await;
    service.sugar.rest(method, path, Some(&admin), body).await;
}

#[tokio::test]
async fn a_note_that_comes_later_than_we_waited_makes_two_only_for_a_while() {
    let service = Service::with(&["sugar.settle_s=0", "sugar.check_note_s=8"]).await;
    service.sugar.switch("ignore_client_id", true).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "hello").await;
    service.sugar.switch_once("store_late", 6).await;
    let note = close(&sally, &session, "saved").await;
    let both = eventually("the late one is there, and one of them deleted", || async {
        let stored = service.sugar.records("Notes").await;
        let of_session = |note: &Value| at(note, "name").contains("[rl:");
        let both: Vec<Value> = stored.into_iter().filter(of_session).collect();
        let deleted = both.iter().filter(|note| note["deleted"] == 1).count();
        (both.len() == 2 && deleted == 1).then_some(both)
    })
    .await;
    let kept = both.iter().find(|one| one["deleted"] == 0).unwrap();
    assert_eq!(kept["id"], note["id"]);
}

#[tokio::test]
async fn a_text_sent_on_after_the_note_makes_it_longer_and_not_two() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "first").await;
    let first = close(&sally, &session, "saved").await;
    service.phone().text("+14155552671", "one more thing").await;
    eventually("the session is open again", || async {
        let found = sally.get(&format!("/v1/conversations/{session}")).await;
        (found["session"]["state"] == "open").then_some(())
    })
    .await;
    let second = close(&sally, &session, "saved").await;
    assert_eq!(first["id"], second["id"]);
    let notes = notes(&service, GUS).await;
    assert_eq!(notes.len(), 1);
    assert!(at(&notes[0], "description").ends_with("Gus Dales: one more thing\n"));
}

#[tokio::test]
async fn the_note_of_a_contact_that_was_merged_goes_to_the_one_that_has_the_number() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact("seed_ann_twin_id").await;
    sally.say(&session, "who are you now?").await;
    change(&service, Method::DELETE, "Contacts/seed_ann_twin_id", None).await;
    close(&sally, &session, "saved").await;
    assert_eq!(notes(&service, "seed_bob_twin_id").await.len(), 1);
    let found = sally.get(&format!("/v1/conversations/{session}")).await;
    assert_eq!(at(&found, "session.record.id"), "seed_bob_twin_id");
}

#[tokio::test]
async fn a_note_without_a_record_is_set_aside_until_an_admin_releases_it() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let text = at(&sally.say(&session, "hello?").await, "id").to_owned();
    // A receipt between the close and the failure would have the Note written once more.
    sally.message_in(&session, &text, "delivered").await;
    change(&service, Method::DELETE, &format!("Contacts/{GUS}"), None).await;
    let failed = close(&sally, &session, "failed").await;
    assert!(
        at(&failed, "reason").contains("no longer in Sugar"),
        "{failed}"
    );

    let admin = service.sign_in("admin").await;
    let parked = eventually("the job is set aside", || async {
        let page = admin.get("/v1/admin/jobs?state=parked").await;
        page["items"].get(0).cloned()
    })
    .await;
    assert_eq!(
        (at(&parked, "kind"), at(&parked, "subject")),
        ("save_note", session.as_str())
    );
    assert_eq!(parked["reason"], failed["reason"]);
    let release = format!("/v1/admin/jobs/{}/release", at(&parked, "id"));
    let key = service.key(&["--scopes", "sms:read,sms:send"]);
    for token in [&sally.token, &key] {
        for (method, path) in [(Method::GET, "/v1/admin/jobs"), (Method::POST, &release)] {
            let refused = service.call(method, path, Some(token), None).await;
            assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
        }
    }
    let gus = json!({"last_name": "Dales", "phone_mobile": "+1 415 555 2671"});
    change(&service, Method::POST, "Contacts", Some(gus)).await;
    let released = admin.call(Method::POST, &release, None).await;
    assert_eq!(released.status, 204);
    sally.note(&session, "saved").await;
    let again = admin.call(Method::POST, &release, None).await;
    assert_eq!(again.problem(), (404, "not_found".to_owned()));
    let page = admin.get("/v1/admin/jobs").await;
    assert_eq!(page["items"], json!([]));
}

#[tokio::test]
async fn a_sugar_that_is_down_hears_from_all_jobs_together_once_a_second() {
    let service = Service::with(&["jobs.retry_first_ms=20", "jobs.retry_longest_ms=50"]).await;
    service.sugar.contacts(20).await;
    let sally = service.sign_in("sally").await;
    let mut sessions = Vec::new();
    for number in 0..20 {
        let session = sally.text_contact(&format!("bulk_contact_{number}")).await;
        sally.say(&session, "hello").await;
        sessions.push(session);
    }
    service.sugar.switch("maintenance", true).await;
    for session in &sessions {
        close(&sally, session, "waiting").await;
    }
    eventually("the service knows that Sugar is down", || async {
        service.log().contains("asked once a second").then_some(())
    })
    .await;
    let (since, before) = (Instant::now(), service.sugar.requests().await);
    let asked = eventually("Sugar was asked some times", || async {
        let asked = service.sugar.requests().await - before;
        (asked >= 6).then_some(asked)
    })
    .await;
    // The first may have been on its way when we began to count, and the last came before we looked.
    assert!(
        since.elapsed().as_secs_f64() >= asked as f64 - 2.1,
        "{asked} in {:?}",
        since.elapsed()
    );
    service.sugar.switch("maintenance", false).await;
    for session in &sessions {
        sally.note(session, "saved").await;
    }
    assert_eq!(service.sugar.requests_of("POST", "/Notes").await, 20);
}
