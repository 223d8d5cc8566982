//! Texts whose outcome nobody knew, and what Twilio's record says of them.

use super::{GUS, GUS_PHONE, NUMBER, session_through};
use crate::support::service::Setup;
use crate::support::twilio::api::message;
use crate::support::twilio::{ACCOUNT, Fault, TOKEN, Twilio};
use crate::support::{Service, at, eventually};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The setting below.
const LOOK_UP: Duration = Duration::from_secs(1);

async fn start() -> (Twilio, Service) {
    let twilio = Twilio::start().await;
    let setup = Setup {
        more: twilio.settings(NUMBER),
        sets: &["sms.look_up_s=1"],
        ..Setup::default()
    };
    (twilio, setup.start().await)
}

#[tokio::test]
async fn the_carriers_record_decides_about_texts_of_unknown_outcome() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    let (taken, lost) = ([Fault::ErrorAfter], [Fault::ErrorBefore]);
    let mut ids = Vec::new();
    for (text, fault) in [("Taken", taken), ("Lost", lost)] {
        twilio.script(text, &fault);
        ids.push(at(&sally.say(&session, text).await, "id").to_owned());
    }
    let taken = sally.message_in(&session, &ids[0], "sent").await;
    assert_eq!(taken["reason"], Value::Null);
    let lost = sally.message_in(&session, &ids[1], "failed").await;
    let words = "The carrier has no record of this text; it was not sent.";
    assert_eq!(at(&lost, "reason"), words);
}

#[tokio::test]
async fn of_two_texts_alike_the_record_explains_one() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    twilio.script("OK", &[Fault::ErrorBefore, Fault::ErrorAfter]);
    for _ in 0..2 {
        sally.say(&session, "OK").await;
    }
    eventually("one is sent and one is not", || async {
        let states = service.texts_of("SELECT state AS text FROM message ORDER BY state");
        (states == ["failed", "sent"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_text_that_the_carrier_sends_with_look_alikes_is_found() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    let written = "It\u{2019}s \u{201C}ready\u{201D}";
    twilio.script(written, &[Fault::ErrorAfter]);
    twilio.list_as(|text| {
        let mut row = message(text);
        row["body"] = "It's \"ready\"".into();
        row
    });
    let id = at(&sally.say(&session, written).await, "id").to_owned();
    sally.message_in(&session, &id, "sent").await;
}

#[tokio::test]
async fn a_text_stays_unknown_where_the_record_may_have_it_in_other_words() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    service.sugar.contacts(1).await;
    let elsewhere = session_through(&sally, "bulk_contact_0", "twilio").await;
    // Somebody texts from the same number by other means, or Twilio has changed our text.
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", twilio.url);
    let form = [("To", GUS_PHONE), ("From", NUMBER), ("Body", "Other words")];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(url).basic_auth(ACCOUNT, Some(TOKEN)).form(&form);
    assert_eq!(request.send().await.unwrap().status(), 201);
    twilio.script("Words", &[Fault::ErrorBefore; 2]);
    let mut ids = Vec::new();
    for session in [&session, &elsewhere] {
        ids.push(at(&sally.say(session, "Words").await, "id").to_owned());
    }
    sally.message_in(&elsewhere, &ids[1], "failed").await;
    sally.message_in(&session, &ids[0], "unknown").await;
}

#[tokio::test]
async fn a_text_stays_unknown_while_the_record_has_one_that_cannot_be_read() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    twilio.list_as(|text| match text.body.as_str() {
        "odd" => "SM".into(),
        _ => message(text),
    });
    twilio.script("odd", &[Fault::ErrorAfter]);
    let id = at(&sally.say(&session, "odd").await, "id").to_owned();
    sally.message_in(&session, &id, "unknown").await;
    let (unknown_since, looks) = (Instant::now(), || {
        service.log().matches("list cannot be read").count()
    });
    let settled = eventually("it is to be found by now", || async {
        (unknown_since.elapsed() > LOOK_UP * 2).then(looks)
    })
    .await;
    eventually("it was looked for again", || async {
        (looks() > settled).then_some(())
    })
    .await;
    sally.message_in(&session, &id, "unknown").await;
}
