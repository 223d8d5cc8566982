//! What people do with a Note in Sugar is theirs: deleting it, writing into it, copying it.

use super::{GUS, change, close, notes};
use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_note_that_a_person_deleted_is_not_made_again() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "forget this").await;
    let note = close(&sally, &session, "saved").await;
    let path = format!("Notes/{}", at(&note, "id"));
    change(&service, Method::DELETE, &path, None).await;
    sally.say(&session, "and this").await;
    let after = close(&sally, &session, "saved").await;
    assert!(
        at(&after, "reason").contains("deleted this Note"),
        "{after}"
    );
    assert!(notes(&service, GUS).await.is_empty());
}

/// A person deletes a Note, and a copy of it comes, as a create that timed out leaves one.
async fn delete_before_its_copy(service: &Service, note: &Value) {
    let admin = service.sugar.sign_in("admin", "base").await;
    let ours = service.sugar.sign_in("riverline", "base").await;
    let call = async |method, path: &str, body| {
        let author = if method == Method::POST {
            &ours
        } else {
            &admin
        };
        let answer = service.sugar.rest(method, path, Some(author), body);
        answer.await
    };
    let path = format!("Notes/{}", at(note, "id"));
    let found = call(Method::GET, &path, None).await;
    call(Method::DELETE, &path, None).await;
    let mut copy = json!({});
    for field in ["name", "description", "parent_type", "parent_id"] {
        copy[field] = found[field].clone();
    }
    call(Method::POST, "Notes", Some(copy)).await;
}

#[tokio::test]
async fn a_copy_that_comes_after_a_person_deleted_the_note_goes_too() {
    let service = Service::with(&["sugar.check_note_s=0", "jobs.retry_longest_ms=500"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "hello").await;
    // The look at what came late has to wait until it came.
    let no_look = json!({"name": "html_502", "value": true, "path": "Notes/filter"});
    service.sugar.set_switch(no_look).await;
    let path = format!("/v1/sms-sessions/{session}/close");
    sally.post(&path, json!({})).await;
    let note = eventually("the Note is in Sugar", || async {
        notes(&service, GUS).await.pop()
    })
    .await;
    delete_before_its_copy(&service, &note).await;
    assert_eq!(notes(&service, GUS).await.len(), 1);
    service.sugar.switch("html_502", false).await;
    eventually("the copy is gone as well", || async {
        notes(&service, GUS).await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_copy_that_came_late_is_not_taken_for_the_note_that_a_person_deleted() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "hello").await;
    let note = close(&sally, &session, "saved").await;
    delete_before_its_copy(&service, &note).await;
    sally.say(&session, "and this").await;
    let after = close(&sally, &session, "saved").await;
    assert!(
        at(&after, "reason").contains("deleted this Note"),
        "{after}"
    );
    assert!(notes(&service, GUS).await.is_empty());
}

#[tokio::test]
async fn what_a_person_wrote_into_a_note_stays_and_the_rest_goes_below() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "my card is 4711").await;
    let note = close(&sally, &session, "saved").await;
    let path = format!("Notes/{}", at(&note, "id"));
    let mine = json!({"description": "Card number removed. Sally", "name": "My own subject"});
    change(&service, Method::PUT, &path, Some(mine)).await;
    for text in ["and thanks", "bye"] {
        sally.say(&session, text).await;
        close(&sally, &session, "saved").await;
    }
    let admin = service.sugar.sign_in("admin", "base").await;
    let found = service
        .sugar
        .rest(Method::GET, &path, Some(&admin), None)
        .await;
    let body = at(&found, "description");
    assert!(
        body.starts_with("Card number removed. Sally\n\n[Added by Riverline"),
        "{body}"
    );
    assert!(!body.contains("4711"), "{body}");
    assert_eq!(
        (
            body.matches("and thanks").count(),
            body.matches("bye").count()
        ),
        (1, 1)
    );
    assert_eq!(at(&found, "name"), "My own subject");
}

#[tokio::test]
async fn what_a_person_wrote_stays_when_the_answer_to_our_addition_is_lost() {
    let service = Service::with(&["sugar.settle_s=1"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "my card is 4711").await;
    let note = close(&sally, &session, "saved").await;
    let path = format!("Notes/{}", at(&note, "id"));
    let mine = json!({"description": "Card number removed. Sally"});
    change(&service, Method::PUT, &path, Some(mine)).await;
    for text in ["and thanks", "bye"] {
        sally.say(&session, text).await;
        let lost = json!({"name": "drop_after_store", "value": true, "times": 1, "path": path});
        service.sugar.set_switch(lost).await;
        close(&sally, &session, "saved").await;
    }
    let found = &notes(&service, GUS).await[0];
    let body = at(found, "description");
    assert!(body.starts_with("Card number removed. Sally\n"), "{body}");
    let times = ["4711", "and thanks", "bye"].map(|text| body.matches(text).count());
    assert_eq!(times, [0, 1, 1], "{body}");
}

#[tokio::test]
async fn what_a_person_writes_while_we_write_stays() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "first").await;
    let note = close(&sally, &session, "saved").await;
    let path = format!("Notes/{}", at(&note, "id"));
    let before = notes(&service, GUS).await[0]["date_modified"].clone();
    sally.say(&session, "second").await;
    let looks = service.sugar.requests_of("POST", "/Notes/filter").await;
    service.sugar.switch_for("latency_ms", 4_000, GUS).await;
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    eventually("the service has looked at the Note", || async {
        let asked = service.sugar.requests_of("POST", "/Notes/filter").await;
        (asked > looks).then_some(())
    })
    .await;
    eventually("a change in a later second", || async {
        let mine = json!({"description": "Mine"});
        change(&service, Method::PUT, &path, Some(mine)).await;
        (notes(&service, GUS).await[0]["date_modified"] != before).then_some(())
    })
    .await;
    sally.note(&session, "saved").await;
    let body = notes(&service, GUS).await[0]["description"].clone();
    let body = body.as_str().unwrap();
    assert!(body.starts_with("Mine\n\n[Added by Riverline"), "{body}");
    assert!(body.contains("second"), "{body}");
}

#[tokio::test]
async fn a_copy_that_a_person_makes_of_a_note_is_theirs() {
    let service = Service::with(&["sugar.check_note_s=0", "jobs.retry_longest_ms=500"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let text = at(&sally.say(&session, "hello").await, "id").to_owned();
    sally.message_in(&session, &text, "delivered").await;
    // The look at what came late has to wait until the copy is there.
    let no_look = json!({"name": "html_502", "value": true, "path": "Notes/filter"});
    service.sugar.set_switch(no_look).await;
    let note = close(&sally, &session, "saved").await;
    let ours = &notes(&service, GUS).await[0];
    let copy = json!({"name": ours["name"], "description": "Copied for the twin", "parent_type": "Contacts",
                      "parent_id": GUS, "contact_id": GUS});
    change(&service, Method::POST, "Notes", Some(copy)).await;
    service.sugar.switch("html_502", false).await;
    let admin = service.sign_in("admin").await;
    let done = async || {
        eventually("all is done", || async {
            let page = admin.get("/v1/admin/jobs?state=waiting").await;
            (page["items"] == json!([])).then_some(())
        })
        .await;
    };
    done().await;
    assert_eq!(notes(&service, GUS).await.len(), 2);
    let path = format!("Notes/{}", at(&note, "id"));
    change(&service, Method::DELETE, &path, None).await;
    sally.say(&session, "one more").await;
    close(&sally, &session, "saved").await;
    done().await;
    let left = notes(&service, GUS).await;
    assert_eq!(left.len(), 1);
    assert_eq!(at(&left[0], "description"), "Copied for the twin");
}
