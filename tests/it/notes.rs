//! Notes: exactly one per closed session, whole and true, whatever Sugar and the carrier do.

use crate::support::service::GATEWAY_SECRET;
use crate::support::service::User;
use crate::support::{Service, at, eventually};
use reqwest::Method;
use riverline::domain::clock::Timestamp;
use riverline::domain::habits::{Calendar, Habits};
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

#[tokio::test]
async fn a_note_that_sugar_cuts_without_a_word_is_attached_whole() {
    let service = Service::start().await;
    service.sugar.switch("text_bytes", 200).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    for number in 0..10 {
        sally.say(&session, &format!("text number {number}")).await;
    }
    let note = close(&sally, &session, "saved").await;
    let body = notes(&service, GUS).await[0]["description"].clone();
    assert!(!body.as_str().unwrap().contains("number 9"), "{body}");
    let admin = service.sugar.sign_in("admin", "base").await;
    let path = format!("Notes/{}/file/filename", at(&note, "id"));
    let file = service.sugar.text(&path, &admin).await;
    assert!(file.contains("text number 9"), "{file}");
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
async fn days_and_times_are_written_as_the_member_reads_them() {
    let service = Service::start().await;
    let will = service.sign_in("will").await;
    let session = will.text_contact(GUS).await;
    will.say(&session, "hello").await;
    let me = service
        .sugar
        .rest(Method::GET, "me", Some(&will.sugar_token), None)
        .await;
    let preferences = &me["current_user"]["preferences"];
    close(&will, &session, "saved").await;
    let notes = notes(&service, GUS).await;
    let body = at(&notes[0], "description");
    assert!(
        body.contains(&format!("Times: {}.", at(preferences, "timezone"))),
        "{body}"
    );
    let (date, time) = (at(preferences, "datepref"), at(preferences, "timepref"));
    let calendar = Calendar::of(&Habits {
        time_zone: Some(at(preferences, "timezone").to_owned()),
        date_format: Some(date.to_owned()),
        time_format: Some(time.to_owned()),
    });
    let sent: Timestamp = serde_json::from_value(
        will.get(&format!("/v1/conversations/{session}/messages"))
            .await["items"][0]["created_at"]
            .clone(),
    )
    .unwrap();
    // He is half an hour beside every full one.
    assert_ne!(
        calendar.time(sent),
        Calendar::of(&Habits::default()).time(sent)
    );
    assert!(
        body.contains(&format!(
            "\n{}\n[{}] Will ",
            calendar.weekday(sent),
            calendar.time(sent)
        )),
        "{body}"
    );
}

#[tokio::test]
async fn a_conversation_too_long_for_a_note_is_attached_whole_and_once() {
    let service = Service::with(&[
        "sugar.settle_s=1",
        "sms.caps.sender_hour=2000",
        "sms.caps.peer_hour=2000",
        "sms.caps.peer_day=2000",
        "sms.caps.prefix_hour=2000",
        "sms.caps.prefix_day=2000",
    ])
    .await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    for number in 0..42 {
        sally
            .say(&session, &format!("<{number}> {}", "=x".repeat(770)))
            .await;
    }
    // The first upload gets no answer that says whether it was stored.
    let upload = json!({"name": "html_502", "value": true, "times": 1, "path": "/file/"});
    service.sugar.set_switch(upload).await;
    let note = close(&sally, &session, "saved").await;
    let notes = notes(&service, GUS).await;
    assert_eq!(notes.len(), 1);
    let path = format!("Notes/{}/file", at(&note, "id"));
    let admin = service.sugar.sign_in("admin", "base").await;
    let files = service
        .sugar
        .rest(Method::GET, &path, Some(&admin), None)
        .await;
    let name = at(&files, "filename.name").to_owned();
    let body = at(&notes[0], "description");
    assert!(
        body.len() <= 60_000 && body.ends_with(&format!("{name}.]")),
        "{body}"
    );
    let file = service
        .sugar
        .text(&format!("{path}/filename"), &admin)
        .await;
    let texts = |text: &str| {
        (0..42)
            .filter(|number| text.contains(&format!("<{number}> =x")))
            .count()
    };
    assert_eq!(
        texts(&file),
        42,
        "{}",
        file.chars().take(300).collect::<String>()
    );
    assert!(texts(body) < 42);
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
