//! Between a person's send and the carrier: what counts, what waits, and for what.

use crate::support::service::{Setup, UNCAPPED};
use crate::support::twilio::{Fault, Twilio};
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

#[tokio::test]
async fn a_text_that_the_carrier_put_off_takes_its_turn_again() {
    let twilio = Twilio::start().await;
    let setup = Setup {
        more: twilio.settings("+14155550142") + "parts_per_minute = 1\n",
        ..Setup::default()
    };
    let service = setup.start().await;
    let sally = service.sign_in("sally").await;
    let body = json!({"module": "Contacts", "record_id": GUS, "number_id": "twilio"});
    let session = sally.post("/v1/sms-sessions", body).await;
    // Twilio says: at once.
    twilio.script("Hello", &[Fault::Busy]);
    let text = sally.say(at(&session, "id"), "Hello").await;
    let waits = "SELECT CAST(outbox.due_at - attempt.started_at AS TEXT) AS text FROM outbox \
                 JOIN attempt ON attempt.message_id = outbox.subject \
                 WHERE attempt.outcome = 'back_off' AND outbox.lease_until = 0";
    eventually("it waits for its turn", || async {
        let waits = service.texts_of(waits);
        let long = |wait: &String| wait.parse::<i64>().unwrap() > 50_000;
        waits.first().is_some_and(long).then_some(())
    })
    .await;
    assert_eq!(twilio.requests().len(), 1);
    let path = format!("/v1/conversations/{}/messages", at(&session, "id"));
    let items = sally.get(&path).await["items"].clone();
    assert_eq!(items[0]["id"], text["id"]);
    assert_eq!(items[0]["state"], "queued");
}

#[tokio::test]
async fn what_a_person_writes_goes_before_all_that_an_integration_sends() {
    const MANY: usize = 40;
    let setup = Setup {
        of_number: "parts_per_minute = 120",
        sets: &UNCAPPED,
        ..Setup::default()
    };
    let service = setup.start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let key = service.key(&[]);
    let many: Vec<String> = (0..MANY).map(|n| format!("Offer {n}")).collect();
    for text in &many {
        let body = Some(json!({"text": text}));
        let sent = service.call(Method::POST, &path, Some(&key), body).await;
        sent.ok();
    }
    let phone = service.phone();
    sally.post(&path, json!({"text": "About your order"})).await;
    let before = eventually("the person's text", || async {
        let texts = phone.texts_to(GUS_PHONE).await;
        texts.iter().position(|text| text == "About your order")
    })
    .await;
    assert!(before < MANY / 2, "{before} offers went first");
    // Those keep their order among themselves, and lose none.
    let sent = eventually("some more offers", || async {
        let texts = phone.texts_to(GUS_PHONE).await;
        (texts.len() > before + 4).then_some(texts)
    })
    .await;
    let offers: Vec<_> = sent
        .into_iter()
        .filter(|text| text.starts_with("Offer"))
        .collect();
    assert_eq!(offers, many[..offers.len()]);
}

#[tokio::test]
async fn a_sugar_that_hangs_holds_up_no_text() {
    const CLOSED: usize = 20;
    let service = Setup {
        sets: &UNCAPPED,
        ..Setup::default()
    };
    let service = service.start().await;
    service.sugar.contacts(CLOSED).await;
    let sally = service.sign_in("sally").await;
    let gus = sally.text_contact(GUS).await;
    let mut sessions = Vec::new();
    for number in 0..CLOSED {
        let session = sally.text_contact(&format!("bulk_contact_{number}")).await;
        let text = sally.say(&session, "hello").await;
        sally
            .message_in(&session, at(&text, "id"), "delivered")
            .await;
        sessions.push(session);
    }
    service.sugar.switch("hang", 600).await;
    for session in &sessions {
        let path = format!("/v1/sms-sessions/{session}/close");
        sally.post(&path, json!({})).await;
    }
    // All but four of their Notes are under way, and one session goes on.
    let under_way = "SELECT 'x' AS text FROM outbox WHERE kind = 'save_note' AND lease_until > 0";
    eventually("the Notes are under way", || async {
        (service.texts_of(under_way).len() == 16).then_some(())
    })
    .await;
    let claimed = "SELECT subject AS text FROM outbox WHERE kind = 'save_note' AND lease_until > 0";
    let reopened = service.texts_of(claimed)[0].clone();
    for session in [&gus, &reopened] {
        let text = sally.say(session, "We are not Sugar").await;
        sally
            .message_in(session, at(&text, "id"), "delivered")
            .await;
    }
    assert_eq!(service.texts_of(under_way).len(), 16);
}
