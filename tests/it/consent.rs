//! What Sugar's record says of texting, and consent that is written down.

use crate::support::panel::message_id;
use crate::support::service::{Answer, User};
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";

/// Somebody changes Gus's record in Sugar.
async fn change(service: &Service, to: Value) {
    let admin = service.sugar.sign_in("admin", "base").await;
    let path = format!("Contacts/{GUS}");
    let rest = service
        .sugar
        .rest(Method::PUT, &path, Some(&admin), Some(to));
    rest.await;
}

async fn open(user: &User<'_>) -> Answer {
    let body = json!({"module": "Contacts", "record_id": GUS});
    user.call(Method::POST, "/v1/sms-sessions", Some(body))
        .await
}

#[tokio::test]
async fn a_record_that_forbids_texts_is_not_texted_until_it_allows_them() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    let text = json!({"text": "Hello"});
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3_600);
    let planned = json!({"text": "Later", "send_at": tomorrow.to_string()});
    sally.post(&path, planned).await;
    change(&service, json!({"do_not_call": true})).await;
    // Sugar is not asked for each text; the renewal of the sign-in reads the record again.
    sally.call(Method::PUT, "/v1/sign-in", None).await.ok();
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let refused = panel.say(&session, &message_id(), "Hello").await;
    assert_eq!(at(&refused, "problem.code"), "do_not_text");
    let refused = sally.call(Method::POST, &path, Some(text.clone())).await;
    assert_eq!(refused.problem(), (409, "do_not_text".to_owned()));
    assert_eq!(
        open(&sally).await.problem(),
        (409, "do_not_text".to_owned())
    );
    change(&service, json!({"do_not_call": false})).await;
    sally.text_contact(GUS).await;
    sally.post(&path, text).await;
    let phone = service.phone();
    eventually("the text", || async {
        (phone.texts_to(GUS_PHONE).await == ["Hello"]).then_some(())
    })
    .await;
    assert_eq!(service.sugar.refused().await, json!([]));
}

async fn is_marked(service: &Service, contact: &str) -> bool {
    let admin = service.sugar.sign_in("admin", "base").await;
    let path = format!("Contacts/{contact}?fields=do_not_call");
    let record = service.sugar.rest(Method::GET, &path, Some(&admin), None);
    record.await["do_not_call"] == true
}

#[tokio::test]
async fn a_stop_is_written_into_sugar_where_the_admin_wants_that() {
    let service = Service::with(&["sugar.write_do_not_text=true"]).await;
    let sally = service.sign_in("sally").await;
    sally.text_contact(GUS).await;
    service.phone().text(GUS_PHONE, "STOP").await;
    eventually("the mark in Sugar", || async {
        is_marked(&service, GUS).await.then_some(())
    })
    .await;
    // Nobody knew whose number this is when they texted STOP.
    let unknown = "+14155550166";
    service.phone().text(unknown, "STOP").await;
    let session = eventually("their session", || async {
        let page = sally.get("/v1/conversations?kind=sms").await;
        let all = page["items"].as_array().unwrap().clone();
        let found = all.iter().find(|it| it["session"]["peer"] == unknown)?;
        (found["session"]["record_match"] == "none").then(|| at(found, "id").to_owned())
    })
    .await;
    let twin = "seed_ann_twin_id";
    let admin = service.sugar.sign_in("admin", "base").await;
    let (path, phone) = (format!("Contacts/{twin}"), json!({"phone_other": unknown}));
    let changed = service
        .sugar
        .rest(Method::PUT, &path, Some(&admin), Some(phone));
    changed.await;
    assert!(!is_marked(&service, twin).await);
    let link = format!("/v1/sms-sessions/{session}/link");
    let body = json!({"module": "Contacts", "record_id": twin});
    sally.post(&link, body).await;
    eventually("the mark on the linked record", || async {
        is_marked(&service, twin).await.then_some(())
    })
    .await;
    assert_eq!(service.sugar.refused().await, json!([]));
}

#[tokio::test]
async fn a_record_that_is_linked_to_an_earlier_session_of_a_blocked_number_is_marked_too() {
    let service = Service::with(&["sugar.write_do_not_text=true", "sms.reopen_s=0"]).await;
    let sally = service.sign_in("sally").await;
    let sessions = async |count| {
        eventually("the session of a stranger", || async {
            let page = sally.get("/v1/conversations?kind=sms").await;
            let all = page["items"].as_array().unwrap().clone();
            let looked_up = all.len() == count && all[0]["session"]["record_match"] == "none";
            looked_up.then(|| at(&all[0], "id").to_owned())
        })
        .await
    };
    let unknown = "+14155550166";
    service.phone().text(unknown, "Hello?").await;
    let earlier = sessions(1).await;
    let close = format!("/v1/sms-sessions/{earlier}/close");
    sally.post(&close, json!({})).await;
    service.phone().text(unknown, "STOP").await;
    assert_ne!(sessions(2).await, earlier);
    let twin = "seed_ann_twin_id";
    let admin = service.sugar.sign_in("admin", "base").await;
    let (path, phone) = (format!("Contacts/{twin}"), json!({"phone_other": unknown}));
    let sugar = &service.sugar;
    sugar
        .rest(Method::PUT, &path, Some(&admin), Some(phone))
        .await;
    let link = format!("/v1/sms-sessions/{earlier}/link");
    let body = json!({"module": "Contacts", "record_id": twin});
    sally.post(&link, body).await;
    eventually("the mark on the linked record", || async {
        is_marked(&service, twin).await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_stop_stays_with_us_unless_the_admin_wants_it_in_sugar() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    sally.text_contact(GUS).await;
    service.phone().text(GUS_PHONE, "STOP").await;
    let admin = service.sign_in("admin").await;
    eventually("all is done", || async {
        let page = admin.get("/v1/admin/jobs?state=waiting").await;
        (page["items"] == json!([])).then_some(())
    })
    .await;
    assert!(!is_marked(&service, GUS).await);
}

#[tokio::test]
async fn a_stop_that_sugar_refuses_to_note_is_shown_to_an_admin_and_holds() {
    let service = Service::with(&["sugar.write_do_not_text=true"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let denied = json!({"riverline": {"Contacts": {"edit": "no"}}});
    service.sugar.switch("acl", denied).await;
    service.phone().text(GUS_PHONE, "STOP").await;
    let admin = service.sign_in("admin").await;
    let parked = eventually("the job is set aside", || async {
        let page = admin.get("/v1/admin/jobs?state=parked").await;
        page["items"].get(0).cloned()
    })
    .await;
    assert_eq!(
        (at(&parked, "kind"), at(&parked, "subject")),
        ("mark_record", session.as_str())
    );
    let path = format!("/v1/conversations/{session}/messages");
    let refused = sally
        .call(Method::POST, &path, Some(json!({"text": "Hello"})))
        .await;
    assert_eq!(refused.problem(), (409, "opted_out".to_owned()));
}

#[tokio::test]
async fn an_admin_chooses_the_field_or_none() {
    let service = Service::with(&["sugar.do_not_text_field="]).await;
    change(&service, json!({"do_not_call": true})).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    sally.post(&path, json!({"text": "Hello"})).await;
}

#[tokio::test]
async fn the_address_of_the_record_tells_the_clock_before_the_number() {
    let hours = |zone: &str, minutes: i64| {
        let there = jiff::Timestamp::now().in_tz(zone).unwrap();
        let then = there
            .checked_add(jiff::Span::new().minutes(minutes))
            .unwrap();
        then.strftime("%H:%M").to_string()
    };
    // Quiet for an hour around now in Honolulu, and not in California.
    let service = Service::with(&[
        "sms.quiet=warn",
        &format!("sms.quiet_from={}", hours("Pacific/Honolulu", -30)),
        &format!("sms.quiet_to={}", hours("Pacific/Honolulu", 30)),
    ])
    .await;
    let sally = service.sign_in("sally").await;
    let live_in =
        |state: &str| json!({"primary_address_state": state, "primary_address_country": "USA"});
    let text = json!({"text": "Awake?"});
    change(&service, live_in("California")).await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/conversations/{session}/messages");
    sally.post(&path, text.clone()).await;
    change(&service, live_in("HI")).await;
    sally.text_contact(GUS).await;
    let refused = sally.call(Method::POST, &path, Some(text)).await;
    assert_eq!(refused.problem(), (409, "quiet_hours".to_owned()));
}

#[tokio::test]
async fn consent_is_written_down_once_and_for_a_number() {
    let service = Service::start().await;
    let admin = service.sign_in("admin").await;
    let told = |peer: &str, kind: &str| json!({"number_id": "main", "peer": peer, "kind": kind});
    for nobody in ["", "4155552671", "ACME", "+1", "+1415555267a"] {
        let body = Some(told(nobody, "opt_out"));
        let refused = admin.call(Method::POST, "/v1/consents", body).await;
        assert_eq!(
            refused.problem(),
            (422, "no_usable_number".to_owned()),
            "{nobody}"
        );
    }
    let say = async |kind: &str| {
        let url = format!("{}/v1/consents", service.url);
        let request = reqwest::Client::new().post(url).bearer_auth(&admin.token);
        let request = request
            .header("Idempotency-Key", "k1")
            .json(&told(GUS_PHONE, kind));
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap())
    };
    let first = say("opt_out").await;
    assert_eq!(first.0, 201, "{first:?}");
    assert_eq!(say("opt_out").await, first);
    let other = say("opt_in").await;
    assert_eq!(
        (other.0, at(&other.1, "code")),
        (409, "idempotency_key_conflict")
    );
    let events = admin.get("/v1/consents").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn accounts_have_no_such_field_and_a_forbidden_contact_is_not_opened() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let open = async |module: &str, id: &str| {
        let body = json!({"module": module, "record_id": id});
        sally
            .call(Method::POST, "/v1/sms-sessions", Some(body))
            .await
    };
    let quinn = open("Contacts", "seed_quinn_donotcall_id").await;
    assert_eq!(quinn.problem(), (409, "do_not_text".to_owned()));
    let account = open("Accounts", "seed_account_arts").await.ok();
    assert_eq!(at(&account, "session.record.module"), "Accounts");
    assert_eq!(service.sugar.refused().await, json!([]));
}

/// The next news of whether the session's other side may be texted.
async fn news(panel: &mut Panel) -> Value {
    let told = panel
        .until(|frame| frame["event"]["change"] == "consent")
        .await;
    told["event"]["conversation"]["session"]["consent"].clone()
}

#[tokio::test]
async fn every_panel_of_a_session_knows_whether_a_text_would_be_refused() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let welcome = json!({"opted_out_since": null, "do_not_text": false});
    let consent = async || {
        let found = sally.get(&format!("/v1/conversations/{session}")).await;
        found["session"]["consent"].clone()
    };
    assert_eq!(consent().await, welcome);
    let mut tabs = [
        Panel::connect(&service.url, &sally.token, None).await,
        Panel::connect(&service.url, &sally.token, None).await,
    ];
    let phone = service.phone();
    for (word, opted_out) in [("STOP", true), ("start", false)] {
        phone.text(GUS_PHONE, word).await;
        for panel in &mut tabs {
            let told = news(panel).await;
            assert_eq!(told["opted_out_since"].is_string(), opted_out, "{word}");
            assert_eq!(told["do_not_text"], false);
            assert_eq!(consent().await, told);
        }
        let state = sally.get("/v1/state").await;
        let shown = &state["conversations"][0]["conversation"]["session"]["consent"];
        assert_eq!(*shown, consent().await);
    }
    change(&service, json!({"do_not_call": true})).await;
    sally.call(Method::PUT, "/v1/sign-in", None).await.ok();
    let forbidden = json!({"opted_out_since": null, "do_not_text": true});
    for panel in &mut tabs {
        assert_eq!(news(panel).await, forbidden);
    }
    // The same answer again is no news.
    sally.call(Method::PUT, "/v1/sign-in", None).await.ok();
    change(&service, json!({"do_not_call": false})).await;
    sally.text_contact(GUS).await;
    assert_eq!(news(&mut tabs[0]).await, welcome);
}
