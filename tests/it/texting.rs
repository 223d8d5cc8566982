//! What may be texted: consent, countries, caps, pace; and what a person decides about a text.

use crate::support::panel::message_id;
use crate::support::service::Setup;
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";

/// One part in a minute: the second text waits for its turn.
async fn slow() -> Service {
    let setup = Setup {
        of_number: "parts_per_minute = 1",
        ..Setup::default()
    };
    setup.start().await
}

/// The texts on Gus's phone, once there are so many.
async fn on_the_phone(service: &Service, count: usize) -> Vec<String> {
    eventually("the texts are on the phone", || async {
        let texts = service.phone().texts_to(GUS_PHONE).await;
        (texts.len() == count).then_some(texts)
    })
    .await
}

#[tokio::test]
async fn a_stop_is_confirmed_once_and_ends_all_texts_until_start() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    panel.say(&session, &message_id(), "Hello").await;
    let phone = service.phone();
    on_the_phone(&service, 1).await;
    phone.text(GUS_PHONE, " Stop! ").await;
    while panel.message().await != " Stop! " {}
    let confirmed = "Support: you get no more texts from us. Reply START to get them again.";
    let answer = panel.event("message.created").await;
    assert_eq!(at(&answer, "message.text"), confirmed);
    assert_eq!(at(&answer, "message.sender.kind"), "service");
    let refused = panel.say(&session, &message_id(), "But wait").await;
    assert_eq!(at(&refused, "problem.code"), "opted_out");
    assert!(refused["problem"]["since"].is_string(), "{refused}");
    let path = format!("/v1/conversations/{session}/messages");
    let body = json!({"text": "But wait"});
    let refused = sally.call(Method::POST, &path, Some(body.clone())).await;
    assert_eq!(refused.problem(), (409, "opted_out".to_owned()));
    // Said again it changes nothing and is not answered again.
    phone.text(GUS_PHONE, "STOP").await;
    assert_eq!(panel.message().await, "STOP");
    phone.text(GUS_PHONE, "Start").await;
    assert_eq!(panel.message().await, "Start");
    let welcome = "Support: you get our texts again. Reply STOP to end them.";
    assert_eq!(panel.message().await, welcome);
    sally.post(&path, body).await;
    // The welcome has a lane of its own.
    let mut texts = on_the_phone(&service, 4).await;
    texts.sort_unstable();
    let mut all = ["Hello", confirmed, welcome, "But wait"];
    all.sort_unstable();
    assert_eq!(texts, all);
    let events = sally.get("/v1/consents").await;
    let kinds = events["items"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds
        .map(|event| (at(event, "kind"), at(event, "text")))
        .collect();
    let said = [
        ("opt_in", "Start"),
        ("opt_out", "STOP"),
        ("opt_out", " Stop! "),
    ];
    assert_eq!(kinds, said);
}

#[tokio::test]
async fn what_waits_when_the_stop_arrives_is_never_sent() {
    let service = slow().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    panel.say(&session, &message_id(), "First").await;
    on_the_phone(&service, 1).await;
    let waiting = message_id();
    panel.say(&session, &waiting, "Second").await;
    let phone = service.phone();
    phone.text(GUS_PHONE, "stop").await;
    let called_off = loop {
        let update = panel.event("message.updated").await;
        if at(&update, "message_id") == waiting {
            break update;
        }
    };
    assert_eq!(at(&called_off, "state"), "canceled");
    assert_eq!(
        at(&called_off, "reason"),
        "The other side does not want any more texts."
    );
    // The confirmation does not wait for the turn of what it called off.
    eventually("the confirmation", || async {
        let texts = phone.texts_to(GUS_PHONE).await;
        let confirmed = texts.len() == 2 && texts[1].ends_with("Reply START to get them again.");
        confirmed.then_some(())
    })
    .await;
    assert_eq!(phone.texts_to(GUS_PHONE).await[0], "First");
}

#[tokio::test]
async fn after_a_stop_nothing_but_its_confirmation_goes_out() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    panel.say(&session, &message_id(), "Hello").await;
    on_the_phone(&service, 1).await;
    let phone = service.phone();
    for said in ["STOP", "HELP", "info", "stop", "Please do not"] {
        phone.text(GUS_PHONE, said).await;
        while panel.message().await != said {}
    }
    eventually("the confirmation", || async {
        (phone.texts_to(GUS_PHONE).await.len() == 2).then_some(())
    })
    .await;
    // A START is answered after all of them, so none of them was.
    phone.text(GUS_PHONE, "START").await;
    eventually("the welcome", || async {
        (phone.texts_to(GUS_PHONE).await.len() == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_sender_by_name_is_never_answered() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let phone = service.phone();
    phone.text("ACME Bank", "Info").await;
    while panel.message().await != "Info" {}
    phone.text("+12025550143", "Help").await;
    while panel.message().await != "Help" {}
    eventually("the answer to a number", || async {
        (phone.texts_to("+12025550143").await.len() == 1).then_some(())
    })
    .await;
    assert!(phone.texts_to("ACME Bank").await.is_empty());
}

#[tokio::test]
async fn consent_is_shown_to_those_who_text_with_somebody() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let will = service.sign_in("will").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "Hello").await;
    let told = json!({"number_id": "main", "peer": GUS_PHONE, "kind": "opt_out", "text": null});
    let refused = will
        .call(Method::POST, "/v1/consents", Some(told.clone()))
        .await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    sally.post("/v1/consents", told).await;
    let items = async |user: &crate::support::service::User<'_>| {
        user.get("/v1/consents").await["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((items(&sally).await, items(&will).await), (1, 0));
    assert_eq!(items(&service.sign_in("admin").await).await, 1);
}

#[tokio::test]
async fn texts_planned_for_one_moment_keep_their_order() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(10);
    let texts: Vec<String> = (0..8).map(|n| format!("Text {n}")).collect();
    for text in &texts {
        let planned = json!({"text": text, "send_at": soon.to_string()});
        assert_eq!(at(&sally.post(&path, planned).await, "state"), "scheduled");
    }
    eventually("all of them", || async {
        (service.phone().texts_to(GUS_PHONE).await.len() == texts.len()).then_some(())
    })
    .await;
    assert_eq!(service.phone().texts_to(GUS_PHONE).await, texts);
}

#[tokio::test]
async fn help_is_answered_and_a_sentence_is_not() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    panel.say(&session, &message_id(), "Hello").await;
    let phone = service.phone();
    phone.text(GUS_PHONE, "please stop by at noon").await;
    while panel.message().await != "please stop by at noon" {}
    phone.text(GUS_PHONE, "Help").await;
    assert_eq!(panel.message().await, "Help");
    assert_eq!(
        panel.message().await,
        "Support: reply STOP to get no more texts from us."
    );
    panel.say(&session, &message_id(), "How can I help?").await;
}

#[tokio::test]
async fn a_member_writes_down_what_he_was_told_and_an_admin_lifts_it() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let told = |kind| json!({"number_id": "main", "peer": GUS_PHONE, "kind": kind, "text": "On the phone."});
    sally.post("/v1/consents", told("opt_out")).await;
    let path = format!("/v1/conversations/{session}/messages");
    let text = json!({"text": "Hello"});
    let refused = sally.call(Method::POST, &path, Some(text.clone())).await;
    assert_eq!(refused.problem(), (409, "opted_out".to_owned()));
    let lifted = sally
        .call(Method::POST, "/v1/consents", Some(told("opt_in")))
        .await;
    assert_eq!(lifted.problem(), (403, "forbidden".to_owned()));
    service
        .sign_in("admin")
        .await
        .post("/v1/consents", told("opt_in"))
        .await;
    sally.post(&path, text).await;
}

#[tokio::test]
async fn only_allowed_countries_and_no_premium_numbers_are_texted() {
    let service = Service::start().await;
    let key = service.key(&[]);
    for peer in ["+447400123456", "+19002345678"] {
        let call = async |path: &str, body| {
            service
                .call(Method::POST, path, Some(&key), Some(body))
                .await
        };
        let session = call("/v1/sms-sessions", json!({"peer": peer})).await.ok();
        let path = format!("/v1/conversations/{}/messages", at(&session, "id"));
        let refused = call(&path, json!({"text": "Hello"})).await;
        assert_eq!(
            refused.problem(),
            (403, "country_not_allowed".to_owned()),
            "{peer}"
        );
    }
}

#[tokio::test]
async fn a_cap_holds_against_many_at_once() {
    let service = Service::with(&["sms.caps.peer_hour=5", "sms.caps.peer_day=5"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let sends = (0..12).map(|n| {
        let body = json!({"text": format!("Text {n}")});
        sally.call(Method::POST, &path, Some(body))
    });
    let answers = futures_util::future::join_all(sends).await;
    let taken = answers.iter().filter(|answer| answer.status == 202).count();
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((taken, refused), (5, 7));
}

#[tokio::test]
async fn a_text_that_surely_went_nowhere_counts_for_nothing() {
    let service = Service::with(&["sms.caps.peer_hour=1"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    service.phone().behave("refuse").await;
    for text in ["Refused", "Refused again"] {
        let id = at(&sally.post(&path, json!({"text": text})).await, "id").to_owned();
        sally.message_in(&session, &id, "failed").await;
    }
    service.phone().behave("deliver").await;
    sally.post(&path, json!({"text": "Taken"})).await;
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    let planned = json!({"text": "Planned", "send_at": later.to_string()});
    sally.post(&path, planned.clone()).await;
    let again = service.request(Method::POST, &path);
    let refused = again.bearer_auth(&sally.token).json(&planned).send().await;
    let refused = refused.unwrap();
    assert_eq!(refused.status(), 429);
    let wait_s = refused.headers()["retry-after"].to_str().unwrap();
    let wait_s: u64 = wait_s.parse().unwrap();
    assert!(wait_s >= 47 * 3_600, "{wait_s}");
}

#[tokio::test]
async fn a_text_of_unknown_outcome_is_sent_again_by_a_person_and_once() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let phone = service.phone();
    phone.behave("lose").await;
    let old = message_id();
    let body = json!({"text": "Did you get this?", "message_id": old});
    let path = format!("/v1/conversations/{session}/messages");
    let again = format!("{path}/{old}/resend");
    sally.post(&path, body).await;
    let state = |of: Value| at(&of, "state").to_owned();
    let message = |index: usize| {
        let (sally, path) = (&sally, &path);
        async move { sally.get(path).await["items"][index].clone() }
    };
    eventually("the lost answer", || async {
        (state(message(0).await) == "unknown").then_some(())
    })
    .await;
    phone.behave("deliver").await;
    let new = sally.post(&again, json!({})).await;
    assert_eq!(at(&new, "resend_of"), old);
    let refused = sally.call(Method::POST, &again, None).await;
    assert_eq!(refused.problem(), (409, "not_to_be_resent".to_owned()));
    eventually("the second one's receipt", || async {
        (state(message(0).await) == "delivered").then_some(())
    })
    .await;
    assert_eq!(state(message(1).await), "unknown");
    assert_eq!(phone.texts_to(GUS_PHONE).await.len(), 2);
}

#[tokio::test]
async fn a_text_that_waits_is_called_off_and_one_that_went_is_not() {
    let service = slow().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let gone = sally.post(&path, json!({"text": "First"})).await;
    let waits = sally.post(&path, json!({"text": "Second"})).await;
    let cancel = |message: &Value| format!("{path}/{}/cancel", at(message, "id"));
    let called_off = sally.post(&cancel(&waits), json!({})).await;
    assert_eq!(at(&called_off, "state"), "canceled");
    let phone = service.phone();
    eventually("the first text", || async {
        (phone.texts_to(GUS_PHONE).await == ["First"]).then_some(())
    })
    .await;
    eventually("the carrier's yes", || async {
        let items = sally.get(&path).await;
        (at(&items["items"][1], "state") == "delivered").then_some(())
    })
    .await;
    let refused = sally.call(Method::POST, &cancel(&gone), None).await;
    assert_eq!(refused.problem(), (409, "not_to_be_called_off".to_owned()));
}

#[tokio::test]
async fn look_alikes_are_sent_plain_when_the_admin_wants_that() {
    let service = Service::with(&["sms.smart_encoding=true"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let id = message_id();
    let body = json!({"text": "It\u{2019}s \u{201C}ready\u{201D} \u{2013} really\u{2026}\r\nBye", "message_id": id});
    let sent = sally.post(&path, body.clone()).await;
    assert_eq!(at(&sent, "text"), "It's \"ready\" - really...\nBye");
    assert_eq!(sent["parts"], 1);
    // The same again is the same message, though it is stored otherwise than it was written.
    assert_eq!(at(&sally.post(&path, body).await, "id"), id);
}
