//! What a carrier says is stored once, whatever the order and however often it says it; what
//! cannot be believed or applied waits for an admin.

use crate::notes::notes;
use crate::support::kannel::KANNEL_NUMBER;
use crate::support::service::{GATEWAY_SECRET, OUR_NUMBER, Setup, User};
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";
const QUARANTINE: &str = "/v1/admin/quarantine";

/// A service with a second gateway, a Kannel that is not there.
async fn with_kannel(sets: &[&str]) -> Service {
    let more = format!(
        "[[gateways]]\nid = \"kannel\"\nkind = \"kannel\"\nsecret = \"{GATEWAY_SECRET}\"\n\
         send_url = \"http://127.0.0.1:1/\"\nusername = \"u\"\npassword = \"p\"\n\
         [[numbers]]\nid = \"kannel\"\nnumber = \"{KANNEL_NUMBER}\"\ngateway = \"kannel\"\n"
    );
    let usual = Setup::default();
    Setup {
        more,
        sets,
        ..usual
    }
    .start()
    .await
}

async fn simulated(service: &Service, tail: &str, body: Value) -> u16 {
    let path = format!("/gateways/sim/{GATEWAY_SECRET}/{tail}");
    let answer = service.call(Method::POST, &path, None, Some(body)).await;
    answer.status.as_u16()
}

/// Kannel calls with a text, in UTF-8, with the header of a part before it.
async fn kannel_says(service: &Service, id: &str, text: &str, header: &str, time: u32) {
    let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
    let path = format!(
        "/gateways/kannel/{GATEWAY_SECRET}/inbound?from=14155552671&to={}&hex={hex}\
         &charset=UTF-8&coding=0&time={time}&id={id}&udh={header}",
        &KANNEL_NUMBER[1..]
    );
    let answer = service.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

async fn kannel_session(user: &User<'_>) -> String {
    let body = json!({"module": "Contacts", "record_id": GUS, "number_id": "kannel"});
    at(&user.post("/v1/sms-sessions", body).await, "id").to_owned()
}

#[tokio::test]
async fn a_call_that_cannot_be_applied_waits_for_an_admin() {
    let mut service = Service::start().await;
    let to_nobody =
        json!({"id": "n1", "from": GUS_PHONE, "to": "+14155559999", "text": "for whom?"});
    let unknown_form = json!({"id": 1, "text": "what is this?"});
    for _ in 0..2 {
        assert_eq!(simulated(&service, "inbound", to_nobody.clone()).await, 204);
        assert_eq!(
            simulated(&service, "inbound", unknown_form.clone()).await,
            204
        );
    }
    let sally = service.sign_in("sally").await;
    let refused = sally.call(Method::GET, QUARANTINE, None).await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    let admin = service.sign_in("admin").await;
    let waiting = admin.get(QUARANTINE).await["items"].clone();
    let waiting = waiting.as_array().unwrap();
    assert_eq!(waiting.len(), 2, "each once: {waiting:?}");
    let of = |why: &str| {
        let found = waiting.iter().find(|call| call["why"] == why);
        found
            .unwrap_or_else(|| panic!("no {why} in {waiting:?}"))
            .clone()
    };
    assert!(at(&of("form"), "body").contains("what is this?"));
    assert_eq!(of("form")["times"], 2);
    let release = |call: Value| format!("{QUARANTINE}/{}/release", at(&call, "id"));
    for why in ["form", "number"] {
        let refused = admin.call(Method::POST, &release(of(why)), None).await;
        assert_eq!(refused.problem(), (409, "not_applicable".to_owned()));
        let refused = sally.call(Method::POST, &release(of(why)), None).await;
        assert_eq!(refused.problem().0, 403);
    }
    let delete = format!("{QUARANTINE}/{}", at(&of("form"), "id"));
    assert_eq!(
        sally.call(Method::DELETE, &delete, None).await.problem().0,
        403
    );
    assert_eq!(admin.call(Method::DELETE, &delete, None).await.status, 204);
    assert_eq!(
        admin.call(Method::DELETE, &delete, None).await.problem().0,
        404
    );
    assert!(!service.log().contains("for whom?") && !service.log().contains("4155552671"));
    // The admin sets the number up: the text is not lost.
    let number = of("number");
    service.kill();
    let mut config = std::fs::read_to_string(service.config()).unwrap();
    config.push_str("[[numbers]]\nid = \"second\"\nnumber = \"+14155559999\"\ngateway = \"sim\"\n");
    std::fs::write(service.config(), config).unwrap();
    service.start_again();
    let admin = service.sign_in("admin").await;
    let mut panel = service.panel("sally").await;
    let released = admin.call(Method::POST, &release(number), None).await;
    assert_eq!(released.status, 204);
    assert_eq!(panel.message().await, "for whom?");
    assert_eq!(admin.get(QUARANTINE).await["items"], json!([]));
    // It is the same text when the carrier brings it once more.
    assert_eq!(simulated(&service, "inbound", to_nobody).await, 204);
    assert_eq!(count(&service, "message"), 1);
}

fn count(service: &Service, table: &str) -> usize {
    service
        .texts_of(&format!("SELECT 'row' AS text FROM {table}"))
        .len()
}

#[tokio::test]
async fn a_call_at_one_gateway_moves_no_text_of_another() {
    let service = with_kannel(&[]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    service.phone().behave("lose").await;
    let id = at(&sally.say(&session, "Did it go out?").await, "id").to_owned();
    let state = async |wanted: &str| {
        eventually(&format!("the text is {wanted}"), || async {
            let page = sally
                .get(&format!("/v1/conversations/{session}/messages"))
                .await;
            (page["items"][0]["state"] == wanted).then_some(())
        })
        .await;
    };
    state("unknown").await;
    let elsewhere = format!("/gateways/kannel/{GATEWAY_SECRET}/status/{id}?status=1&answer=");
    let answer = service
        .request(Method::GET, &elsewhere)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    state("unknown").await;
    let receipt = json!({"status": "delivered"});
    assert_eq!(
        simulated(&service, &format!("status/{id}"), receipt).await,
        204
    );
    state("delivered").await;
    let late = json!({"status": "failed", "reason": "late"});
    assert_eq!(
        simulated(&service, &format!("status/{id}"), late).await,
        204
    );
    state("delivered").await;
}

#[tokio::test]
async fn a_receipt_moves_no_text_of_the_other_side() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let text = json!({"id": "i1", "from": GUS_PHONE, "to": OUR_NUMBER, "text": "hello"});
    assert_eq!(simulated(&service, "inbound", text).await, 204);
    let page = sally
        .get(&format!("/v1/conversations/{session}/messages"))
        .await;
    let id = at(&page["items"][0], "id").to_owned();
    let receipt = json!({"status": "failed"});
    assert_eq!(
        simulated(&service, &format!("status/{id}"), receipt).await,
        204
    );
    let page = sally
        .get(&format!("/v1/conversations/{session}/messages"))
        .await;
    assert_eq!(page["items"][0]["state"], "received");
}

#[tokio::test]
async fn parts_in_any_order_become_one_text_and_survive_a_kill() {
    let mut service = with_kannel(&[]).await;
    let sally = service.sign_in("sally").await;
    let session = kannel_session(&sally).await;
    for _ in 0..2 {
        kannel_says(&service, "p3", "three", "%05%00%03%2A%03%03", 1_795_355_250).await;
        kannel_says(&service, "p1", "one ", "%05%00%03%2A%03%01", 1_795_355_249).await;
    }
    assert_eq!(sally.texts(&session).await, [""; 0]);
    service.kill();
    service.start_again();
    for _ in 0..2 {
        kannel_says(&service, "p2", "two ", "%05%00%03%2A%03%02", 1_795_355_250).await;
        kannel_says(&service, "p1", "one ", "%05%00%03%2A%03%01", 1_795_355_249).await;
    }
    let sally = service.sign_in("sally").await;
    assert_eq!(sally.texts(&session).await, ["one two three"]);
    let page = sally
        .get(&format!("/v1/conversations/{session}/messages"))
        .await;
    assert_eq!(at(&page["items"][0], "sent_at"), "2026-11-22T13:47:29.000Z");
    // The same mark in a later text is another text.
    for (id, number, text) in [("q2", 2, "and five"), ("q1", 1, "four ")] {
        let header = format!("%05%00%03%2A%02%0{number}");
        kannel_says(&service, id, text, &header, 1_795_355_300).await;
    }
    assert_eq!(
        sally.texts(&session).await,
        ["one two three", "four and five"]
    );
}

#[tokio::test]
async fn parts_that_never_come_hold_back_the_others_only_so_long() {
    let service = with_kannel(&["sms.parts_wait_s=5"]).await;
    let mut panel = service.panel("sally").await;
    tokio::join!(
        kannel_says(&service, "p1", "one", "%05%00%03%2A%04%01", 1_795_355_249),
        kannel_says(&service, "p4", "four", "%05%00%03%2A%04%04", 1_795_355_249),
    );
    assert_eq!(panel.message().await, "one [...] four");
    kannel_says(&service, "p2", "two", "%05%00%03%2A%04%02", 1_795_355_249).await;
    assert_eq!(panel.message().await, "[...] two [...]");
}

#[tokio::test]
async fn what_a_carrier_never_told_is_fetched_from_its_list_once() {
    let service = Service::with(&["sms.catch_up_s=1"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    service.phone().behave("lose").await;
    let id = at(&sally.say(&session, "Did it go out?").await, "id").to_owned();
    service.phone().behave("silent").await;
    service.phone().text(GUS_PHONE, "It did").await;
    eventually("the list was read", || async {
        let page = sally
            .get(&format!("/v1/conversations/{session}/messages"))
            .await;
        let items = page["items"].as_array().unwrap();
        let sent = items.iter().find(|item| item["id"] == id.as_str());
        let resolved = sent.is_some_and(|item| item["state"] == "delivered");
        let came = items.iter().any(|item| item["text"] == "It did");
        (resolved && came).then_some(())
    })
    .await;
    // It is read again and again; a text that came both ways is one.
    service.phone().behave("deliver").await;
    service.phone().text(GUS_PHONE, "Once").await;
    let until = "SELECT CAST(at AS TEXT) AS text FROM fetched_until";
    let before = service.texts_of(until);
    eventually("the list was read twice more", || async {
        (service.texts_of(until) > before).then_some(())
    })
    .await;
    let texts = ["Did it go out?", "It did", "Once"];
    eventually("all texts are there", || async {
        (sally.texts(&session).await == texts).then_some(())
    })
    .await;
}

#[tokio::test]
async fn pictures_are_fetched_shown_to_who_may_see_them_and_named_in_the_note() {
    let service = Service::with(&["sms.picture_bytes=64"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let png = "89504e470d0a1a0a0102";
    let script = "3c7376673e";
    let huge = format!("89504e470d0a1a0a{}", "00".repeat(100));
    let pictures = [png, script, &huge].map(|hex| format!("hex:{hex}"));
    let text =
        json!({"id": "p1", "from": GUS_PHONE, "to": OUR_NUMBER, "text": "", "pictures": pictures});
    assert_eq!(simulated(&service, "inbound", text).await, 204);
    let created = panel.event("message.created").await["message"].clone();
    assert_eq!(
        created["pictures"].as_array().unwrap().len(),
        3,
        "{created}"
    );
    let mut shown = Value::Null;
    for _ in 0..3 {
        shown = panel.event("message.pictures").await["pictures"].clone();
    }
    assert_eq!(shown[0]["content_type"], "image/png");
    assert_eq!(
        (&shown[0]["state"], &shown[0]["bytes"]),
        (&json!("stored"), &json!(10))
    );
    for (lost, reason) in [
        (&shown[1], "It is not a picture that can be shown"),
        (&shown[2], "It is larger than pictures may be here."),
    ] {
        assert_eq!(lost["state"], "failed");
        assert!(at(lost, "reason").starts_with(reason), "{lost}");
    }
    let page = sally
        .get(&format!("/v1/conversations/{session}/messages"))
        .await;
    assert_eq!(page["items"][0]["pictures"], shown);
    let path = |picture: &Value| {
        let message = at(&created, "id");
        let picture = at(picture, "id");
        format!("/v1/conversations/{session}/messages/{message}/pictures/{picture}")
    };
    let get = async |token: &str, picture: &Value| {
        let request = service
            .request(Method::GET, &path(picture))
            .bearer_auth(token);
        request.send().await.unwrap()
    };
    let found = get(&sally.token, &shown[0]).await;
    assert_eq!(found.status(), 200);
    let header = |name: &str| found.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/octet-stream");
    assert!(header("content-disposition").starts_with("attachment"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(&found.bytes().await.unwrap()[..4], b"\x89PNG");
    assert_eq!(get(&sally.token, &shown[1]).await.status(), 404);
    let jim = service.sign_in("jim").await;
    assert_eq!(get(&jim.token, &shown[0]).await.status(), 404);
    let addresses = service.texts_of("SELECT url AS text FROM picture WHERE url IS NOT NULL");
    assert_eq!(addresses, [""; 0], "the carrier's addresses are forgotten");
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    sally.note(&session, "saved").await;
    let body = at(&notes(&service, GUS).await[0], "description").to_owned();
    assert!(body.contains("[3 pictures]"), "{body}");
}

/// What the carrier does not give is tried for the second that it is worth here.
#[tokio::test]
async fn a_picture_that_failed_is_fetched_once_more_when_a_member_of_the_session_asks() {
    let service = Service::with(&["jobs.give_up_s=1"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    service.phone().behave("fail").await;
    let pictures = ["hex:89504e470d0a1a0a0102", "hex:3c7376673e"];
    for (id, picture) in ["p1", "p2"].into_iter().zip(pictures) {
        let text = json!({"id": id, "from": GUS_PHONE, "to": OUR_NUMBER, "text": "", "pictures": [picture]});
        assert_eq!(simulated(&service, "inbound", text).await, 204);
    }
    let mut paths = Vec::new();
    for _ in pictures {
        let told = panel.event("message.pictures").await;
        let shown = &told["pictures"][0];
        assert_eq!(
            (&shown["state"], &shown["reason"], &shown["can_retry"]),
            (
                &json!("failed"),
                &json!("The carrier did not give it."),
                &json!(true)
            )
        );
        let (message, picture) = (at(&told, "message_id"), at(shown, "id"));
        paths.push(format!(
            "/v1/conversations/{session}/messages/{message}/pictures/{picture}"
        ));
    }
    let jim = service.sign_in("jim").await;
    let again = |path: &str| format!("{path}/fetch");
    let refused = jim.call(Method::POST, &again(&paths[0]), None).await;
    assert_eq!(
        refused.problem(),
        (404, "conversation_not_found".to_owned())
    );
    service.phone().behave("deliver").await;
    let mut ends = Vec::new();
    for path in &paths {
        let waits = sally.call(Method::POST, &again(path), None).await;
        assert_eq!(
            (waits.status.as_u16(), &waits.body["state"]),
            (202, &json!("waiting"))
        );
        let told = panel.event("message.pictures").await;
        assert_eq!(told["pictures"][0]["state"], "waiting");
        let told = panel.event("message.pictures").await;
        let shown = told["pictures"][0].clone();
        let once_more = sally.call(Method::POST, &again(path), None).await;
        ends.push((at(&shown, "state").to_owned(), once_more));
    }
    ends.sort_by(|a, b| a.0.cmp(&b.0));
    let [(failed, lost), (stored, here)] = &ends[..] else {
        panic!("two pictures");
    };
    assert_eq!((failed.as_str(), stored.as_str()), ("failed", "stored"));
    assert_eq!(lost.problem(), (409, "picture_lost".to_owned()));
    assert_eq!(
        (here.status.as_u16(), &here.body["state"]),
        (202, &json!("stored"))
    );
    let parked =
        service.texts_of("SELECT subject AS text FROM outbox WHERE kind = 'fetch_picture'");
    assert_eq!(parked, [""; 0], "nothing is left to be done");
}
