//! The whole loop through the real Kannel, with its own pretended SMSC and with another behind it.

use crate::support::kannel::{KANNEL_NUMBER, Kannel, Link, Smsc, refuse_calls};
use crate::support::service::{GATEWAY_SECRET, User};
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "14155552671";
/// How the pretended SMSC behaves is in the last digits (support/smsc.js).
const UNREACHABLE: &str = "+14155550002";
const REFUSED: &str = "+14155559998";
const THROTTLED: &str = "+14155559999";
const OUR_DIGITS: &str = "14155550177";
const INTERNATIONAL: u64 = 1;
const GSM7: u64 = 0;
const UCS2: u64 = 8;
/// Every character of GSM-7, and those that take two places.
const WHOLE_GSM7: &str = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                          ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€";

async fn session_with(user: &User<'_>) -> String {
    let body = json!({"module": "Contacts", "record_id": GUS, "number_id": "kannel"});
    at(&user.post("/v1/sms-sessions", body).await, "id").to_owned()
}

/// Waits until a text is in a state.
async fn settled(user: &User<'_>, session: &str, id: &str, state: &str) -> Value {
    let path = format!("/v1/conversations/{session}/messages");
    eventually(&format!("the text is {state}"), || async {
        let page = user.get(&path).await;
        let items = page["items"].as_array().unwrap().clone();
        let mut items = items.into_iter();
        items.find(|item| item["id"] == id && item["state"] == state)
    })
    .await
}

/// What the phone shows of the parts that an SMSC got.
fn text_of(parts: &[Value]) -> String {
    let units = parts
        .iter()
        .flat_map(|part| part["units"].as_array().unwrap());
    let units: Vec<u16> = units
        .map(|unit| unit.as_u64().unwrap().try_into().unwrap())
        .collect();
    String::from_utf16(&units).unwrap()
}

/// A phone texts us, and its session is the user's to answer in.
async fn session_from(panel: &mut Panel, smsc: &mut Smsc, peer: &str) -> String {
    smsc.text(&json!({"from": peer, "to": OUR_DIGITS, "text": "Hello"}));
    let created = panel.event("conversation.created").await;
    assert_eq!(at(&created, "conversation.session.peer"), peer);
    at(&created, "conversation.id").to_owned()
}

#[tokio::test]
async fn texts_arrive_as_they_were_written_and_receipts_come_back() {
    let smsc = Smsc::start().await;
    let kannel = Kannel::start(&Link::Smpp(&smsc)).await;
    let service = kannel.service(&[]).await;
    let sally = service.sign_in("sally").await;
    let session = session_with(&sally).await;
    let long = "żółw 😀 ".repeat(40);
    for text in [WHOLE_GSM7, "Zażółć 😀 {€}", long.trim()] {
        let id = at(&sally.say(&session, text).await, "id").to_owned();
        settled(&sally, &session, &id, "delivered").await;
    }
    let submits = smsc.events("submit");
    assert_eq!(text_of(&submits[..1]), WHOLE_GSM7);
    assert_eq!(submits[0]["alphabet"], GSM7);
    assert_eq!(text_of(&submits[1..2]), "Zażółć 😀 {€}");
    assert_eq!(submits[1]["alphabet"], UCS2);
    let mut parts = submits[2..].to_vec();
    assert!(parts.len() > 1);
    parts.sort_by_key(|part| part["part"][1].as_u64());
    assert_eq!(text_of(&parts), long.trim());
    for submit in &submits {
        assert_eq!(
            (at(submit, "from"), at(submit, "to")),
            (OUR_DIGITS, GUS_PHONE)
        );
        assert_eq!(submit["from_type"], INTERNATIONAL);
        assert_eq!(submit["to_type"], INTERNATIONAL);
        assert_ne!(at(submit, "validity"), "");
    }
    assert_silent(&service);
}

#[tokio::test]
async fn what_the_smsc_refuses_loses_or_holds_back_is_told() {
    let mut smsc = Smsc::start().await;
    let kannel = Kannel::start(&Link::Smpp(&smsc)).await;
    let service = kannel.service(&[]).await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    for (peer, state, reason) in [
        (REFUSED, "failed", json!("The carrier refused the text.")),
        (
            UNREACHABLE,
            "failed",
            json!("The carrier could not deliver the text."),
        ),
        (THROTTLED, "delivered", Value::Null),
    ] {
        let session = session_from(&mut panel, &mut smsc, peer).await;
        let id = at(&sally.say(&session, "Hello back").await, "id").to_owned();
        let text = settled(&sally, &session, &id, state).await;
        assert_eq!(text["reason"], reason);
    }
    let submits = smsc.events("submit");
    let throttled = submits
        .iter()
        .filter(|submit| submit["to"] == THROTTLED[1..]);
    assert_eq!(throttled.count(), 3, "two were throttled by the SMSC");
    assert_silent(&service);
}

#[tokio::test]
async fn receipts_that_come_backwards_or_twice_end_as_delivered() {
    let smsc = Smsc::start().await;
    let kannel = Kannel::absent(&Link::Smpp(&smsc), "");
    let service = kannel.service(&[]).await;
    let sally = service.sign_in("sally").await;
    let session = session_with(&sally).await;
    let id = at(&sally.say(&session, "Not yet on its way").await, "id").to_owned();
    for receipt in [
        "status=1&answer=id%3AS1+stat%3ADELIVRD+err%3A000",
        "status=8&answer=ACK%2F",
        "status=2&answer=id%3AS1+stat%3AUNDELIV+err%3A069",
        "status=16&answer=NACK%2F0x0000000b%2F",
        "status=4&answer=",
    ] {
        let path = format!("/gateways/kannel/{GATEWAY_SECRET}/status/{id}?{receipt}");
        for _ in 0..2 {
            let answer = service.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.text().await.unwrap(), "");
        }
        settled(&sally, &session, &id, "delivered").await;
    }
}

#[tokio::test]
async fn a_text_of_more_parts_than_kannel_sends_is_refused_before_it_waits() {
    let smsc = Smsc::start().await;
    let kannel = Kannel::absent(&Link::Smpp(&smsc), "");
    let service = kannel.service(&[]).await;
    let sally = service.sign_in("sally").await;
    let session = session_with(&sally).await;
    let path = format!("/v1/conversations/{session}/messages");
    // Ten parts are allowed; each holds 67 of these.
    let text = |count: usize| json!({"text": "ż".repeat(count)});
    let refused = sally.call(Method::POST, &path, Some(text(671))).await;
    assert_eq!(refused.problem(), (422, "text_too_long".to_owned()));
    let words = "This would be sent in 11 parts; at most 10 can be sent at once. Characters \
                 outside the alphabet of texts, such as emoji, make it longer.";
    assert_eq!(at(&refused.body, "detail"), words);
    let taken = sally.post(&path, text(670)).await;
    assert_eq!(taken["parts"], 10);
}

#[tokio::test]
async fn texts_come_in_whatever_they_are_written_in() {
    let mut smsc = Smsc::start().await;
    let kannel = Kannel::start(&Link::Smpp(&smsc)).await;
    let service = kannel.service(&[]).await;
    let mut panel = service.panel("sally").await;
    let mut arrives = async |text: Value| {
        smsc.text(&text);
        panel.message().await
    };
    let from = format!("+{GUS_PHONE}");
    let text = |text: &str| json!({"from": GUS_PHONE, "to": OUR_DIGITS, "text": text});
    assert_eq!(arrives(text("plain @ {x}")).await, "plain @ {x}");
    assert_eq!(
        arrives(text("Héllo € 😀 via SMPP")).await,
        "Héllo € 😀 via SMPP"
    );
    let long = "a long text with a 😀 in it, ".repeat(6);
    let in_parts = json!({"from": from, "to": KANNEL_NUMBER, "text": long, "parts": [3, 1, 2]});
    assert_eq!(arrives(in_parts).await, long);
    assert_eq!(
        arrives(json!({"from": "72404", "to": OUR_DIGITS, "text": "Your code is 1"})).await,
        "Your code is 1"
    );
    assert_silent(&service);
}

#[tokio::test]
async fn kannels_own_smsc_speaks_with_us_both_ways() {
    let mut kannel = Kannel::start(&Link::Fake).await;
    let service = kannel.service(&[]).await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    kannel.text(GUS_PHONE, OUR_DIGITS, "text", "gsm @ {€} é");
    assert_eq!(panel.message().await, "gsm @ {€} é");
    kannel.text(
        GUS_PHONE,
        OUR_DIGITS,
        "ucs2",
        "%00H%00%e9%20%ac%d8%3d%de%00",
    );
    assert_eq!(panel.message().await, "Hé€😀");
    let session = session_with(&sally).await;
    let id = at(&sally.say(&session, "Zażółć 😀").await, "id").to_owned();
    settled(&sally, &session, &id, "delivered").await;
    let got = kannel.fake_got();
    assert_eq!(got.len(), 1);
    assert!(
        got[0].contains("ucs-2 %00Z%00a%01%7C%00%F3%01B%01%07%00+%D8%3D%DE%00"),
        "{got:?}"
    );
    assert_silent(&service);
}

#[tokio::test]
async fn a_text_that_comes_while_we_are_away_is_kept_until_we_are_back() {
    let mut kannel = Kannel::start(&Link::Fake).await;
    let mut service = kannel.service(&[]).await;
    let sally = service.sign_in("sally").await;
    let session = session_with(&sally).await;
    let id = at(&sally.say(&session, "Are you there?").await, "id").to_owned();
    settled(&sally, &session, &id, "delivered").await;
    service.kill();
    kannel.text(GUS_PHONE, OUR_DIGITS, "text", "Are you?");
    let called = refuse_calls(kannel.service_port, 2).await;
    assert_eq!(called[0], called[1], "Kannel repeats the same call");
    service.start_again();
    let sally = service.sign_in("sally").await;
    eventually("the text is there", || async {
        (sally.texts(&session).await == ["Are you there?", "Are you?"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_text_waits_for_a_kannel_that_is_away_and_a_wrong_password_says_so() {
    let smsc = Smsc::start().await;
    let mut kannel = Kannel::absent(&Link::Smpp(&smsc), "");
    let service = kannel.service(&["jobs.retry_longest_ms=500"]).await;
    let sally = service.sign_in("sally").await;
    let session = session_with(&sally).await;
    let id = at(&sally.say(&session, "Later").await, "id").to_owned();
    eventually("a send has failed", || async {
        let tried = service.texts_of("SELECT outcome AS text FROM attempt");
        tried.contains(&"back_off".to_owned()).then_some(())
    })
    .await;
    settled(&sally, &session, &id, "queued").await;
    kannel.run().await;
    settled(&sally, &session, &id, "delivered").await;
    assert_eq!(smsc.events("submit").len(), 1);
    drop(service);
    kannel.change_password();
    let service = kannel.service(&[]).await;
    let sally = service.sign_in("sally").await;
    let session = session_with(&sally).await;
    let id = at(&sally.say(&session, "Never").await, "id").to_owned();
    let text = settled(&sally, &session, &id, "failed").await;
    assert_eq!(text["reason"], "Kannel refuses our user name and password.");
    assert_silent(&service);
}

/// Kannel's addresses hold texts, numbers and secrets; nothing of them may be in the log.
fn assert_silent(service: &Service) {
    let log = service.log();
    for secret in [GATEWAY_SECRET, "a-password-of-kannel", GUS_PHONE, "hex="] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
