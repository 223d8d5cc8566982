//! Texting: out, in, who gets it, close, Note.

use crate::notes::notes;
use crate::support::panel::message_id;
use crate::support::service::GATEWAY_SECRET;
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";
const STRANGER: &str = "+12025550143";

#[tokio::test]
async fn a_text_goes_out_the_answer_comes_back_and_the_close_is_a_note() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    panel
        .say(&session, &message_id(), "Your order left this morning.")
        .await;
    let mut states = Vec::new();
    while states.last().map(String::as_str) != Some("delivered") {
        states.push(at(&panel.event("message.updated").await, "state").to_owned());
    }
    assert_eq!(states, ["sending", "sent", "delivered"]);
    assert_eq!(
        service.phone().texts_to(GUS_PHONE).await,
        ["Your order left this morning."]
    );
    service.phone().text(GUS_PHONE, "Great, thanks").await;
    assert_eq!(panel.message().await, "Great, thanks");
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    let saved = sally.note(&session, "saved").await;
    let notes = notes(&service, GUS).await;
    assert_eq!(notes.len(), 1);
    let note = &notes[0];
    assert_eq!(note["id"], saved["id"]);
    assert!(at(note, "name").starts_with("SMS conversation with Gus Dales (+14155552671), "));
    let body = at(note, "description");
    assert!(
        body.contains("Sally Bronsen: Your order left this morning."),
        "{body}"
    );
    assert!(body.contains("Gus Dales: Great, thanks"), "{body}");
    assert!(body.contains("Times: America/Los_Angeles."), "{body}");
    assert_eq!(
        (at(note, "parent_type"), at(note, "contact_id")),
        ("Contacts", GUS)
    );
    assert_eq!(
        (at(note, "assigned_user_id"), &note["portal_flag"]),
        ("seed_sally_id", &json!(false))
    );
    assert_eq!(service.sugar.refused().await, json!([]));
}

#[tokio::test]
async fn sugar_decides_who_may_text_a_record() {
    let service = Service::start().await;
    let jim = service.sign_in("jim").await;
    let body = json!({"module": "Contacts", "record_id": "seed_vera_vault_id"});
    let refused = jim
        .call(Method::POST, "/v1/sms-sessions", Some(body.clone()))
        .await;
    assert_eq!(refused.problem(), (404, "record_not_found".to_owned()));
    service.sugar.switch("hidden_is_403", true).await;
    let refused = jim
        .call(Method::POST, "/v1/sms-sessions", Some(body.clone()))
        .await;
    assert_eq!(refused.problem(), (404, "record_not_found".to_owned()));
    let sally = service.sign_in("sally").await;
    sally.post("/v1/sms-sessions", body).await;
}

#[tokio::test]
async fn a_text_from_a_known_contact_pops_up_for_the_assigned_user_alone() {
    let service = Service::start().await;
    let mut sally = service.panel("sally").await;
    let sarah = service.sign_in("sarah").await;
    service
        .phone()
        .text(GUS_PHONE, "Is my order on its way?")
        .await;
    let created = sally.event("conversation.created").await;
    let session = &created["conversation"]["session"];
    assert_eq!(session["record"], json!({"module": "Contacts", "id": GUS}));
    assert_eq!(at(session, "owner_id"), "seed_sally_id");
    assert_eq!(sally.message().await, "Is my order on its way?");
    assert_eq!(sarah.get("/v1/state").await["conversations"], json!([]));
}

#[tokio::test]
async fn an_unknown_number_goes_to_everybody_and_the_first_reply_claims_it() {
    let service = Service::start().await;
    let mut sally = service.panel("sally").await;
    let mut sarah = service.panel("sarah").await;
    service.phone().text(STRANGER, "Hello?").await;
    let created = sally.event("conversation.created").await;
    let id = at(&created, "conversation.id").to_owned();
    assert_eq!(created["conversation"]["session"]["record"], Value::Null);
    assert_eq!(created["conversation"]["session"]["owner_id"], Value::Null);
    assert_eq!(sarah.message().await, "Hello?");
    let won = sarah
        .say(&id, &message_id(), "Riverline, how can I help?")
        .await;
    assert_eq!(at(&won, "type"), "ok");
    let told = sally.event("conversation.updated").await;
    assert_eq!(
        (
            at(&told, "change"),
            at(&told, "conversation.session.owner_id")
        ),
        ("claimed", "seed_sarah_id")
    );
    let lost = sally.say(&id, &message_id(), "Hi!").await;
    assert_eq!(at(&lost, "problem.code"), "session_claimed");
    assert_eq!(at(&lost, "problem.owner_id"), "seed_sarah_id");
}

#[tokio::test]
async fn a_later_text_goes_to_whoever_texted_that_number_last() {
    let service = Service::with(&["sms.reopen_s=0"]).await;
    let mut sarah = service.panel("sarah").await;
    let user = service.sign_in("sarah").await;
    let session = user.text_contact(GUS).await;
    user.say(&session, "Sarah here").await;
    user.post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    user.note(&session, "saved").await;
    service.phone().text(GUS_PHONE, "One more thing").await;
    let again = loop {
        let created = sarah.event("conversation.created").await;
        if created["conversation"]["id"] != session.as_str() {
            break created;
        }
    };
    assert_eq!(at(&again, "conversation.session.owner_id"), "seed_sarah_id");
    assert_eq!(again["conversation"]["session"]["record"]["id"], GUS);
}

#[tokio::test]
async fn a_text_within_the_window_reopens_and_the_note_is_updated_not_doubled() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "Goodbye").await;
    let close = format!("/v1/sms-sessions/{session}/close");
    sally.post(&close, json!({})).await;
    sally.note(&session, "saved").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    service.phone().text(GUS_PHONE, "Wait!").await;
    let reopened = panel.event("conversation.updated").await;
    assert_eq!(at(&reopened, "change"), "reopened");
    assert_eq!(at(&reopened, "conversation.id"), session);
    sally.post(&close, json!({})).await;
    sally.note(&session, "saved").await;
    let notes = notes(&service, GUS).await;
    assert_eq!(notes.len(), 1);
    assert!(at(&notes[0], "description").contains("Gus Dales: Wait!"));
}

#[tokio::test]
async fn a_send_into_a_session_closed_longer_is_refused() {
    let service = Service::with(&["sms.reopen_s=0"]).await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "first").await;
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    let path = format!("/v1/conversations/{session}/messages");
    let refused = eventually("the window is over", || async {
        let answer = sally
            .call(Method::POST, &path, Some(json!({"text": "second"})))
            .await;
        (!answer.status.is_success()).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(), (409, "session_closed".to_owned()));
}

#[tokio::test]
async fn receipts_that_fail_double_or_come_backwards_end_where_they_should() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    for (mode, end) in [
        ("fail", "failed"),
        ("refuse", "failed"),
        ("double", "delivered"),
        ("reorder", "delivered"),
        ("lose", "unknown"),
    ] {
        service.phone().behave(mode).await;
        let id = at(&sally.say(&session, mode).await, "id").to_owned();
        let message = eventually(&format!("{mode} ends as {end}"), || async {
            let page = sally
                .get(&format!("/v1/conversations/{session}/messages"))
                .await;
            let items = page["items"].as_array().unwrap().clone();
            items
                .into_iter()
                .find(|item| item["id"] == id.as_str() && item["state"] == end)
        })
        .await;
        let has_reason = message["reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty());
        assert_eq!(has_reason, end != "delivered", "{message}");
    }
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    sally.note(&session, "saved").await;
    let body = at(&notes(&service, GUS).await[0], "description").to_owned();
    assert!(
        body.contains("fail [NOT DELIVERED: The phone could not be reached.]"),
        "{body}"
    );
    assert!(
        body.contains("lose [UNKNOWN whether this was delivered]"),
        "{body}"
    );
}

#[tokio::test]
async fn one_inbound_text_delivered_many_times_is_one_message() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let call =
        json!({"id": "carrier-1", "from": GUS_PHONE, "to": "+14155550100", "text": "only once"});
    let path = format!("/gateways/sim/{GATEWAY_SECRET}/inbound");
    let calls = (0..8).map(|_| service.call(Method::POST, &path, None, Some(call.clone())));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.status, 204);
    }
    assert_eq!(sally.texts(&session).await, ["only once"]);
    let forged = service
        .call(
            Method::POST,
            "/gateways/sim/wrong/inbound",
            None,
            Some(call),
        )
        .await;
    assert_eq!(forged.problem().0, 403);
    assert!(
        !service.log().contains(GATEWAY_SECRET),
        "the secret is in the log"
    );
}

#[tokio::test]
async fn the_logout_of_the_only_member_closes_the_session_and_saves_it() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "leaving now").await;
    sally.call(Method::DELETE, "/v1/sign-in", None).await;
    eventually("the Note is there", || async {
        (notes(&service, GUS).await.len() == 1).then_some(())
    })
    .await;
    let again = service.sign_in("sally").await;
    again.note(&session, "saved").await;
}

#[tokio::test]
async fn an_admin_closes_any_session_and_an_empty_one_leaves_no_note() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let will = service.sign_in("will").await;
    let close = format!("/v1/sms-sessions/{session}/close");
    assert_eq!(
        will.call(Method::POST, &close, Some(json!({})))
            .await
            .problem()
            .0,
        404
    );
    let admin = service.sign_in("admin").await;
    let closed = admin.post(&close, json!({})).await;
    assert_eq!(at(&closed, "session.state"), "closed");
    assert_eq!(at(&closed, "session.note.state"), "none");
}

#[tokio::test]
async fn a_number_that_two_contacts_share_is_linked_to_neither() {
    let service = Service::start().await;
    let mut sally = service.panel("sally").await;
    let twin = service.sugar.sign_in("admin", "base").await;
    let found = service
        .sugar
        .rest(Method::GET, "Contacts/seed_ann_twin_id", Some(&twin), None)
        .await;
    let digits: String = at(&found, "phone_mobile")
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let phone = if digits.len() == 10 {
        format!("+1{digits}")
    } else {
        format!("+{digits}")
    };
    service.phone().text(&phone, "It is one of us").await;
    let created = sally.event("conversation.created").await;
    assert_eq!(created["conversation"]["session"]["record"], Value::Null);
}

#[tokio::test]
async fn a_shared_number_shows_nobody_texts_about_a_record_he_may_not_see() {
    let service = Service::start().await;
    let admin = service.sugar.sign_in("admin", "base").await;
    let same = json!({"phone_mobile": "+1 415 555 2671"});
    let path = "Contacts/seed_vera_vault_id";
    service
        .sugar
        .rest(Method::PUT, path, Some(&admin), Some(same))
        .await;
    let sally = service.sign_in("sally").await;
    let about_vera = sally.text_contact("seed_vera_vault_id").await;
    sally.say(&about_vera, "for Vera only").await;
    let jim = service.sign_in("jim").await;
    let body = json!({"module": "Contacts", "record_id": GUS});
    let refused = jim
        .call(Method::POST, "/v1/sms-sessions", Some(body.clone()))
        .await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    let sarah = service.sign_in("sarah").await;
    let joined = sarah.post("/v1/sms-sessions", body).await;
    assert_eq!(at(&joined, "id"), about_vera);
}
