//! What a Note says: its days and times as the member reads them, and a long conversation whole.

use super::{GUS, close, notes};
use crate::support::{Service, at};
use reqwest::Method;
use riverline::domain::clock::Timestamp;
use riverline::domain::habits::{Calendar, Habits};
use serde_json::json;

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
