//! Texting through Twilio: a stand-in Twilio, and Twilio's own SDK as the judge of both.

mod carrier;
mod sdk;
mod unknown;

use crate::support::service::{Setup, User};
use crate::support::twilio::{Fault, SECRET, TOKEN, Text, Twilio, sign};
use crate::support::{Panel, Service, at, eventually};
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";
const STRANGER: &str = "+12025550143";
/// Ours, at Twilio.
const NUMBER: &str = "+14155550142";

async fn start() -> (Twilio, Service) {
    let twilio = Twilio::start().await;
    let more = twilio.settings(NUMBER);
    let usual = Setup::default();
    let service = Setup { more, ..usual }.start().await;
    (twilio, service)
}

fn inbound_url(service: &Service) -> String {
    format!("{}/gateways/tw/{SECRET}/inbound", service.url)
}

async fn session_through(user: &User<'_>, contact: &str, number: &str) -> String {
    let body = json!({"module": "Contacts", "record_id": contact, "number_id": number});
    at(&user.post("/v1/sms-sessions", body).await, "id").to_owned()
}

/// The text that the stand-in has taken for a phone, once it has.
async fn taken(twilio: &Twilio, body: &str) -> Text {
    eventually("the text is at Twilio", || async {
        twilio.ledger().into_iter().find(|text| text.body == body)
    })
    .await
}

#[tokio::test]
async fn texts_go_out_and_come_in_through_two_carriers_at_once() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = session_through(&sally, GUS, "twilio").await;
    let beside = session_through(&sally, GUS, "main").await;
    assert_ne!(session, beside);
    let id = at(&sally.say(&session, "Zażółć 😀 & more").await, "id").to_owned();
    sally.say(&beside, "through the other number").await;
    let text = taken(&twilio, "Zażółć 😀 & more").await;
    assert_eq!((text.from.as_str(), text.to.as_str()), (NUMBER, GUS_PHONE));
    let callback = text.callback.clone().unwrap();
    assert!(callback.starts_with(&format!("{}/gateways/tw/{SECRET}/status/", service.url)));
    assert!(callback.ends_with(&id));
    // Backwards, twice, and with words that nobody knows.
    for status in [
        "delivered",
        "sent",
        "flying",
        "delivered",
        "queued",
        "undelivered",
    ] {
        assert_eq!(twilio.receipt(&text, status, None).await, 204, "{status}");
    }
    let message = sally.message_in(&session, &id, "delivered").await;
    assert_eq!(message["reason"], Value::Null);
    eventually("the other carrier has its text", || async {
        (service.phone().texts_to(GUS_PHONE).await == ["through the other number"]).then_some(())
    })
    .await;
    // The answer, five times at once.
    let answer = twilio.take_in(GUS_PHONE, NUMBER, "Thanks + 1", 0);
    let url = inbound_url(&service);
    let calls = (0..5).map(|_| twilio.call(&url, &twilio.inbound(&answer)).send());
    for answer in futures_util::future::join_all(calls).await {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/xml");
        assert_eq!(answer.text().await.unwrap(), "<Response/>");
    }
    while panel.message().await != "Thanks + 1" {}
    assert_eq!(
        sally.texts(&session).await,
        ["Zażółć 😀 & more", "Thanks + 1"]
    );
    assert_eq!(sally.texts(&beside).await, ["through the other number"]);
    for secret in [SECRET, TOKEN, "Thanks"] {
        assert!(!service.log().contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_failed_text_says_why() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    let id = at(&sally.say(&session, "unwanted").await, "id").to_owned();
    let text = taken(&twilio, "unwanted").await;
    assert_eq!(twilio.receipt(&text, "sent", None).await, 204);
    assert_eq!(twilio.receipt(&text, "undelivered", Some(30007)).await, 204);
    let message = sally.message_in(&session, &id, "failed").await;
    let words = "The text was filtered as unwanted by the carrier.";
    assert_eq!(at(&message, "reason"), words);
}

#[tokio::test]
async fn a_receipt_that_names_another_text_than_its_address_changes_neither() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    let mut ids = Vec::new();
    for text in ["one", "other"] {
        let id = at(&sally.say(&session, text).await, "id").to_owned();
        sally.message_in(&session, &id, "sent").await;
        ids.push(id);
    }
    let (one, other) = (taken(&twilio, "one").await, taken(&twilio, "other").await);
    let crossed = Text {
        callback: one.callback.clone(),
        ..other
    };
    assert_eq!(twilio.receipt(&crossed, "delivered", None).await, 204);
    for id in &ids {
        sally.message_in(&session, id, "sent").await;
    }
    assert!(
        service
            .log()
            .contains("names another text than its address")
    );
    assert_eq!(twilio.receipt(&one, "delivered", None).await, 204);
    sally.message_in(&session, &ids[0], "delivered").await;
    sally.message_in(&session, &ids[1], "sent").await;
}

#[tokio::test]
async fn until_a_signed_call_came_through_unsigned_ones_wait_for_an_admin() {
    let (twilio, service) = start().await;
    let url = inbound_url(&service);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    // Twilio's own list, which is read after the start, has another text for it.
    let mut early = twilio.inbound(&twilio.take_in(STRANGER, NUMBER, "as listed", 0));
    for (name, value) in &mut early {
        match name.as_str() {
            "Body" => *value = "too early".to_owned(),
            "MessageSid" | "SmsSid" | "SmsMessageSid" => *value = format!("SM{}", "0".repeat(32)),
            _ => {}
        }
    }
    let held = http.post(&url).form(&early).send().await.unwrap();
    assert_eq!(held.status(), 200);
    let early_ones = || {
        let early = "SELECT text FROM message WHERE text = 'too early'";
        service.texts_of(early).len()
    };
    assert_eq!(early_ones(), 0, "an unsigned call was believed");
    let admin = service.sign_in("admin").await;
    let waiting = admin.get("/v1/admin/quarantine").await;
    let call = &waiting["items"][0];
    assert_eq!(at(call, "why"), "signature");
    let release = format!("/v1/admin/quarantine/{}/release", at(call, "id"));
    admin.post(&release, json!({})).await;
    assert_eq!(early_ones(), 1);
    let late = twilio.inbound(&twilio.take_in(STRANGER, NUMBER, "in time", 0));
    assert_eq!(twilio.call(&url, &late).send().await.unwrap().status(), 200);
    let refused = http.post(&url).form(&early).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert_eq!(early_ones(), 1);
}

/// Whom we confirmed a STOP, after each of the words was heard from somebody of his own.
async fn confirmed(opt_out_replies: &str, words: &[(&str, &str)], count: usize) -> Vec<String> {
    let twilio = Twilio::start().await;
    let number = format!("opt_out_replies = \"{opt_out_replies}\"\n[[numbers]]");
    let more = twilio.settings(NUMBER).replace("[[numbers]]", &number);
    let usual = Setup::default();
    let service = Setup { more, ..usual }.start().await;
    for (from, word) in words {
        let call = twilio.inbound(&twilio.take_in(from, NUMBER, word, 0));
        let answer = twilio.call(&inbound_url(&service), &call).send().await;
        assert_eq!(answer.unwrap().status(), 200);
    }
    let told = service.sign_in("admin").await.get("/v1/consents").await;
    let told = told["items"].as_array().unwrap().len();
    assert_eq!(told, words.len(), "every STOP counts, whoever answers it");
    eventually("the confirmations are at Twilio", || async {
        let texts = twilio.ledger().into_iter();
        let ours = texts.filter(|text| text.body.contains("no more texts"));
        let to: Vec<String> = ours.map(|text| text.to).collect();
        (to.len() == count).then_some(to)
    })
    .await
}

#[tokio::test]
async fn a_stop_is_confirmed_by_the_carrier_or_by_us_and_never_by_both() {
    let other = "+12025550144";
    let words = [(STRANGER, "Stop."), (other, "Arrêt")];
    // What Twilio knows it answers; what only we know, we do.
    assert_eq!(confirmed("carrier", &words, 1).await, [other]);
    let mut both = confirmed("us", &words, 2).await;
    both.sort();
    assert_eq!(both, [STRANGER, other]);
}

#[tokio::test]
async fn a_second_stop_leaves_the_confirmation_of_the_first() {
    let twilio = Twilio::start().await;
    let number = "opt_out_replies = \"us\"\n[[numbers]]";
    let setup = Setup {
        more: twilio.settings(NUMBER).replace("[[numbers]]", number),
        sets: &["jobs.retry_first_ms=60000"],
        ..Setup::default()
    };
    let service = setup.start().await;
    let stop = async || {
        let call = twilio.inbound(&twilio.take_in(STRANGER, NUMBER, "STOP", 0));
        let answer = twilio.call(&inbound_url(&service), &call).send().await;
        assert_eq!(answer.unwrap().status(), 200);
    };
    twilio.fail(&[Fault::Busy]);
    stop().await;
    let states = "SELECT state AS text FROM message WHERE sender_kind = 'service'";
    eventually("the confirmation waits", || async {
        let asked = twilio.requests().len() == 1;
        (asked && service.texts_of(states) == ["queued"]).then_some(())
    })
    .await;
    stop().await;
    assert_eq!(service.texts_of(states), ["queued"]);
}

#[tokio::test]
async fn calls_that_are_not_twilios_are_refused_and_leave_nothing() {
    let (twilio, service) = start().await;
    let url = inbound_url(&service);
    let first = twilio.inbound(&twilio.take_in(STRANGER, NUMBER, "first", 0));
    assert_eq!(
        twilio.call(&url, &first).send().await.unwrap().status(),
        200
    );
    // What Twilio has from now on is not in the list that the start reads.
    eventually("the first list is read", || async {
        let read = service.texts_of("SELECT number_id AS text FROM fetched_until");
        read.contains(&"twilio".to_owned()).then_some(())
    })
    .await;
    let text = twilio.take_in(STRANGER, NUMBER, "forged forged", 0);
    let right = twilio.inbound(&text);
    let mut changed = right.clone();
    changed[5].1 = "forged changed".to_owned();
    let signature = sign(TOKEN, &url, &right);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let signed = |pairs: &[(String, String)], header: &str, signature: &str| {
        http.post(&url).form(pairs).header(header, signature)
    };
    let header = "X-Twilio-Signature";
    let form = reqwest::Client::new()
        .post(&url)
        .form(&right)
        .build()
        .unwrap();
    let form = form.body().unwrap().as_bytes().unwrap().to_vec();
    let elsewhere = url.replace("/inbound", "/inbound?x=1");
    let calls = [
        ("no signature", 403, http.post(&url).form(&right)),
        ("not Base64", 403, signed(&right, header, "?")),
        ("another text", 403, signed(&changed, header, &signature)),
        ("another header", 403, signed(&right, "X-Other", &signature)),
        (
            "another account",
            403,
            signed(&right, header, &sign("other", &url, &right)),
        ),
        (
            "for another address",
            403,
            signed(&right, header, &sign(TOKEN, &elsewhere, &right)),
        ),
        (
            "a query that was not there",
            403,
            http.post(&elsewhere)
                .form(&right)
                .header(header, &signature),
        ),
        (
            "an unknown key",
            403,
            signed(&right, header, &signature).header(
                "X-Twilio-Webhooks-Signature-Settings",
                "key=k,algorithm=HMAC_SHA1",
            ),
        ),
        (
            "JSON that nothing covers",
            403,
            http.post(&url)
                .header(header, sign(TOKEN, &url, &[]))
                .json(&json!({"Body": "forged"})),
        ),
        (
            "a form by another name",
            403,
            http.post(&url)
                .header(header, &signature)
                .header("content-type", "text/plain")
                .body(form),
        ),
        (
            "a GET for a POST",
            403,
            http.get(&url).query(&right).header(header, &signature),
        ),
    ];
    for (what, status, call) in calls {
        assert_eq!(call.send().await.unwrap().status(), status, "{what}");
    }
    let stored = String::from_utf8_lossy(&service.stored()).into_owned();
    assert!(!stored.contains("forged"), "a refused call was stored");
    // And the right one is taken, also when it comes again much later.
    for _ in 0..2 {
        assert_eq!(
            twilio.call(&url, &right).send().await.unwrap().status(),
            200
        );
    }
    let stored = service.texts_of("SELECT text FROM message");
    assert_eq!(stored, ["first", "forged forged"]);
}

#[tokio::test]
async fn whatever_twilio_answers_no_text_goes_out_twice() {
    let (twilio, service) = start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, GUS, "twilio").await;
    for (fault, state, taken) in [
        (Fault::Busy, "sent", 1),
        (Fault::Refuse(21211), "failed", 0),
        (Fault::Refuse(99999), "failed", 0),
        (Fault::SignIn, "failed", 0),
        (Fault::ErrorBefore, "unknown", 0),
        (Fault::ErrorAfter, "unknown", 1),
        (Fault::ResetBefore, "unknown", 0),
        (Fault::ResetAfter, "unknown", 1),
        (Fault::BadJson, "unknown", 1),
        (Fault::NoId, "unknown", 1),
        (Fault::Html, "unknown", 1),
        (Fault::HangBefore, "unknown", 0),
        (Fault::HangAfter, "unknown", 1),
    ] {
        twilio.fail(&[fault]);
        let words = format!("{fault:?}");
        let id = at(&sally.say(&session, &words).await, "id").to_owned();
        let message = eventually(&format!("{fault:?} ends as {state}"), || async {
            twilio.release();
            let page = sally
                .get(&format!("/v1/conversations/{session}/messages"))
                .await;
            let mut items = page["items"].as_array().unwrap().clone().into_iter();
            items.find(|item| item["id"] == id.as_str() && item["state"] == state)
        })
        .await;
        let at_twilio = twilio
            .ledger()
            .iter()
            .filter(|text| text.body == words)
            .count();
        assert_eq!(at_twilio, taken, "{fault:?}");
        assert_eq!(message["reason"].is_string(), state != "sent", "{message}");
    }
    // A receipt for a text that may have gone out settles it.
    let lost = twilio
        .ledger()
        .into_iter()
        .find(|text| text.body == "ResetAfter")
        .unwrap();
    assert_eq!(twilio.receipt(&lost, "queued", None).await, 204);
    let id = lost
        .callback
        .as_deref()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    sally.message_in(&session, &id, "sent").await;
}
