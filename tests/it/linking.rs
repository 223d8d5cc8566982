//! Which record a session is about: found by the phone, or chosen by people.

use crate::notes::notes;
use crate::support::panel::message_id;
use crate::support::service::{Answer, User};
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";
const ANN: &str = "seed_ann_twin_id";
const BOB: &str = "seed_bob_twin_id";
/// Ann's and Bob's, in two spellings.
const TWINS_PHONE: &str = "+16285550142";
/// Ends like Gus's.
const LIKE_GUS: &str = "+12125552671";
const STRANGER: &str = "+12025550143";

fn contact(id: &str) -> Value {
    json!({"module": "Contacts", "id": id})
}

/// Says which record a session is about; the answer may be a problem.
async fn choose(user: &User<'_>, session: &str, id: &str) -> Answer {
    let body = json!({"module": "Contacts", "record_id": id});
    let path = format!("/v1/sms-sessions/{session}/link");
    user.call(Method::POST, &path, Some(body)).await
}

async fn candidates(user: &User<'_>, session: &str) -> Value {
    let path = format!("/v1/sms-sessions/{session}/candidates");
    user.get(&path).await
}

async fn close(user: &User<'_>, session: &str) {
    let path = format!("/v1/sms-sessions/{session}/close");
    user.post(&path, json!({})).await;
}

/// A phone texts us and a panel shows the new session: its conversation.
async fn pops_up(service: &Service, panel: &mut Panel, from: &str, text: &str) -> Value {
    service.phone().text(from, text).await;
    let created = panel.event("conversation.created").await;
    assert_eq!(created["conversation"]["session"]["peer"], from);
    created["conversation"].clone()
}

/// Waits until a session says of its record what is expected.
async fn is_matched(user: &User<'_>, session: &str, expected: &str) -> Value {
    eventually(&format!("the record is {expected}"), || async {
        let found = user.get(&format!("/v1/conversations/{session}")).await;
        let about = found["session"].clone();
        (about["record_match"] == expected).then_some(about)
    })
    .await
}

/// Changes Sugar as its admin does.
async fn in_sugar(service: &Service, method: Method, path: &str, body: Option<Value>) -> Value {
    let admin = service.sugar.sign_in("admin", "base").await;
    service.sugar.rest(method, path, Some(&admin), body).await
}

#[tokio::test]
async fn the_one_record_with_the_number_is_linked_in_every_module() {
    let service = Service::start().await;
    for (phone, module, id, owner) in [
        (GUS_PHONE, "Contacts", GUS, "sally"),
        ("+15035550170", "Leads", "seed_lead_lena_id", "sarah"),
        ("+17205550195", "Prospects", "seed_prospect_paul_id", "will"),
        ("+442079460000", "Accounts", "seed_account_harbour", "jim"),
    ] {
        let owner = service.sign_in(owner).await;
        let mut panel = Panel::connect(&service.url, &owner.token, None).await;
        let found = pops_up(&service, &mut panel, phone, "Hello").await;
        let session = &found["session"];
        assert_eq!(session["record"], json!({"module": module, "id": id}));
        assert_eq!(session["record_match"], "linked");
        let session = at(&found, "id");
        close(&owner, session).await;
        owner.note(session, "saved").await;
        let notes = notes(&service, id).await;
        assert_eq!(notes.len(), 1);
        assert_eq!(at(&notes[0], "parent_type"), module);
    }
    assert_eq!(service.sugar.refused().await, json!([]));
}

#[tokio::test]
async fn a_member_texts_from_a_record_of_every_module() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    for (module, id, field, phone) in [
        ("Contacts", GUS, "phone_work", "+14155550100"),
        // `0151 / 23456789`, of an address in Germany.
        (
            "Contacts",
            "seed_karl_weber_id",
            "phone_mobile",
            "+4915123456789",
        ),
        ("Leads", "seed_lead_lena_id", "phone_mobile", "+15035550170"),
        (
            "Prospects",
            "seed_prospect_paul_id",
            "phone_mobile",
            "+17205550195",
        ),
        (
            "Accounts",
            "seed_account_kites",
            "phone_office",
            "+16285550100",
        ),
    ] {
        let body = json!({"module": module, "record_id": id, "phone_field": field});
        let opened = sally.post("/v1/sms-sessions", body).await;
        let session = &opened["session"];
        assert_eq!(session["peer"], phone);
        assert_eq!(session["record"], json!({"module": module, "id": id}));
        assert_eq!(session["record_match"], "linked");
    }
    let fax = json!({"module": "Accounts", "record_id": "seed_account_kites", "phone_field": "phone_fax"});
    let refused = sally
        .call(Method::POST, "/v1/sms-sessions", Some(fax))
        .await;
    assert_eq!(refused.problem(), (400, "bad_request".to_owned()));
}

#[tokio::test]
async fn several_wait_for_a_choice_which_is_remembered() {
    let service = Service::with(&["sms.reopen_s=0"]).await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let first = pops_up(&service, &mut panel, TWINS_PHONE, "It is one of us").await;
    assert_eq!(first["session"]["record_match"], "several");
    assert_eq!(first["session"]["record"], Value::Null);
    let first = at(&first, "id").to_owned();
    let offered = candidates(&sally, &first).await;
    assert_eq!(
        offered,
        json!({"matches": [contact(ANN), contact(BOB)], "suggestions": []})
    );

    let linked = choose(&sally, &first, ANN).await.ok();
    assert_eq!(linked["session"]["record"], contact(ANN));
    let told = panel.event("conversation.updated").await;
    assert_eq!(at(&told, "change"), "linked");
    assert_eq!(told["conversation"]["session"]["record_match"], "linked");
    // Twice is once: the next event is the close.
    assert_eq!(choose(&sally, &first, ANN).await.ok(), linked);
    close(&sally, &first).await;
    let told = panel.event("conversation.updated").await;
    assert_eq!(at(&told, "change"), "closed");

    // Ann is assigned to Sally.
    let next = pops_up(&service, &mut panel, TWINS_PHONE, "Me again").await;
    assert_ne!(next["id"], first.as_str());
    assert_eq!(next["session"]["record"], contact(ANN));
}

#[tokio::test]
async fn a_record_that_was_found_and_is_only_looked_at_again_is_no_choice() {
    let service = Service::with(&["sms.reopen_s=0"]).await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let first = pops_up(&service, &mut panel, GUS_PHONE, "Hello").await;
    let first = at(&first, "id").to_owned();
    is_matched(&sally, &first, "linked").await;
    let number = json!({"phone_other": "(415) 555-2671"});
    let path = format!("Contacts/{BOB}");
    in_sugar(&service, Method::PUT, &path, Some(number)).await;
    let linked = choose(&sally, &first, GUS).await.ok();
    assert_eq!(linked["session"]["record"], contact(GUS));
    close(&sally, &first).await;

    let next = pops_up(&service, &mut panel, GUS_PHONE, "Me again").await;
    let next = at(&next, "id").to_owned();
    assert_ne!(next, first);
    let about = is_matched(&sally, &next, "several").await;
    assert_eq!(about["record"], Value::Null);
}

#[tokio::test]
async fn a_number_that_merely_ends_alike_is_suggested_and_never_linked() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let found = pops_up(&service, &mut panel, LIKE_GUS, "My new number").await;
    assert_eq!(found["session"]["record_match"], "none");
    let session = at(&found, "id").to_owned();
    let offered = candidates(&sally, &session).await;
    assert_eq!(
        offered,
        json!({"matches": [], "suggestions": [contact(GUS)]})
    );
    let refused = choose(&sally, &session, GUS).await;
    assert_eq!(refused.problem(), (409, "number_not_on_record".to_owned()));

    let number = json!({"phone_other": "(212) 555-2671"});
    in_sugar(
        &service,
        Method::PUT,
        &format!("Contacts/{GUS}"),
        Some(number),
    )
    .await;
    let offered = candidates(&sally, &session).await;
    assert_eq!(offered["matches"], json!([contact(GUS)]));
    choose(&sally, &session, GUS).await.ok();
}

#[tokio::test]
async fn what_sugar_could_not_say_is_found_when_it_is_back() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    service.sugar.switch("maintenance", true).await;
    let gus = pops_up(&service, &mut panel, GUS_PHONE, "Hello?").await;
    assert_eq!(gus["session"]["record_match"], "pending");
    let twins = pops_up(&service, &mut panel, TWINS_PHONE, "Hello too?").await;
    let (gus, twins) = (at(&gus, "id"), at(&twins, "id"));
    let path = format!("/v1/sms-sessions/{gus}/candidates");
    let refused = sally.call(Method::GET, &path, None).await;
    assert_eq!(refused.problem(), (503, "sugar_unreachable".to_owned()));
    let refused = choose(&sally, gus, GUS).await;
    assert_eq!(refused.problem(), (503, "sugar_unreachable".to_owned()));

    service.sugar.switch("maintenance", false).await;
    let mut changes = Vec::new();
    while changes.len() < 2 {
        let told = panel.event("conversation.updated").await;
        let of = at(&told, "conversation.id").to_owned();
        changes.push((of, at(&told, "change").to_owned()));
    }
    changes.sort_by_key(|(of, _)| of != gus);
    let expected = [(gus, "linked"), (twins, "matched")];
    assert_eq!(
        changes,
        expected.map(|(of, change)| (of.to_owned(), change.to_owned()))
    );
    assert_eq!(
        is_matched(&sally, gus, "linked").await["record"],
        contact(GUS)
    );
    is_matched(&sally, twins, "several").await;
}

#[tokio::test]
async fn a_closed_session_of_an_unknown_number_is_saved_once_it_is_linked() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let found = pops_up(&service, &mut panel, STRANGER, "I am new here").await;
    assert_eq!(found["session"]["record_match"], "none");
    let session = at(&found, "id").to_owned();
    close(&sally, &session).await;
    let waiting = sally.note(&session, "waiting").await;
    assert!(
        at(&waiting, "reason").contains("belongs to a record"),
        "{waiting}"
    );

    let new = json!({"last_name": "Newcomer", "phone_mobile": "202-555-0143"});
    let made = in_sugar(&service, Method::POST, "Contacts", Some(new)).await;
    let newcomer = at(&made, "id");
    choose(&sally, &session, newcomer).await.ok();
    sally.note(&session, "saved").await;
    let saved = notes(&service, newcomer).await;
    assert_eq!(saved.len(), 1);
    assert!(at(&saved[0], "description").contains("I am new here"));

    let twin = json!({"last_name": "Newcomer's twin", "phone_mobile": "2025550143"});
    let made = in_sugar(&service, Method::POST, "Contacts", Some(twin)).await;
    let twin = at(&made, "id");
    choose(&sally, &session, twin).await.ok();
    let moved = is_on(&service, twin).await;
    assert_eq!(moved["id"], saved[0]["id"]);
    assert_eq!(moved["contact_id"], twin);
    assert!(at(&moved, "name").contains("Newcomer's twin"), "{moved}");
    assert_eq!(notes(&service, newcomer).await.len(), 0);
}

/// The one Note of a contact, once it is there.
async fn is_on(service: &Service, contact: &str) -> Value {
    eventually("the Note is on the contact", || async {
        let mut found = notes(service, contact).await;
        assert!(found.len() < 2, "{found:?}");
        found.pop()
    })
    .await
}

#[tokio::test]
async fn the_note_of_a_session_that_goes_on_follows_it_to_another_record() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(ANN).await;
    sally.say(&session, "Whoever you are").await;
    close(&sally, &session).await;
    sally.note(&session, "saved").await;
    let first = is_on(&service, ANN).await;
    let path = format!("Notes/{}", at(&first, "id"));
    let mine = json!({"name": "Mine", "description": "A call, not a text"});
    in_sugar(&service, Method::PUT, &path, Some(mine)).await;
    sally.say(&session, "You are Bob").await;
    choose(&sally, &session, BOB).await.ok();
    close(&sally, &session).await;
    let moved = eventually("the Note is Bob's", || async {
        let found = in_sugar(&service, Method::GET, &path, None).await;
        (found["parent_id"] == BOB).then_some(found)
    })
    .await;
    assert_eq!(
        (at(&moved, "name"), at(&moved, "contact_id")),
        ("Mine", BOB)
    );
    let body = at(&moved, "description");
    assert!(body.starts_with("A call, not a text"), "{body}");
    assert!(body.contains("You are Bob"), "{body}");
    // A person may put it elsewhere; only a choice in Riverline moves it again.
    let away = json!({"parent_id": GUS, "contact_id": GUS});
    in_sugar(&service, Method::PUT, &path, Some(away)).await;
    sally.say(&session, "One more thing").await;
    close(&sally, &session).await;
    eventually("the Note goes on where the person put it", || async {
        let found = in_sugar(&service, Method::GET, &path, None).await;
        at(&found, "description")
            .contains("One more")
            .then_some(found)
    })
    .await;
    let stayed = in_sugar(&service, Method::GET, &path, None).await;
    assert_eq!(stayed["parent_id"], GUS);
}

#[tokio::test]
async fn nobody_links_what_sugar_hides_from_him_nor_a_session_that_is_not_his() {
    let service = Service::start().await;
    let vera = "seed_vera_vault_id";
    let number = json!({"phone_mobile": "(628) 555-0142"});
    in_sugar(
        &service,
        Method::PUT,
        &format!("Contacts/{vera}"),
        Some(number),
    )
    .await;
    let jim = service.sign_in("jim").await;
    let mut panel = Panel::connect(&service.url, &jim.token, None).await;
    let found = pops_up(&service, &mut panel, TWINS_PHONE, "Guess who").await;
    let session = at(&found, "id").to_owned();
    for hidden_is_403 in [false, true] {
        service.sugar.switch("hidden_is_403", hidden_is_403).await;
        for hidden in [vera, "no-such-record", "../Users/1"] {
            let refused = choose(&jim, &session, hidden).await;
            assert_eq!(refused.problem(), (404, "record_not_found".to_owned()));
        }
    }
    let path = format!("/v1/sms-sessions/{session}/link");
    let body = json!({"module": "Contacts", "record_id": ANN});
    let bare = service
        .call(Method::POST, &path, Some(&jim.token), Some(body))
        .await;
    assert_eq!(bare.problem(), (401, "sugar_token_missing".to_owned()));
    // Whose reply was first has it.
    let reply = panel.say(&session, &message_id(), "Which of you?").await;
    assert_eq!(reply["type"], "ok");
    let will = service.sign_in("will").await;
    let nobodys = (404, "conversation_not_found".to_owned());
    assert_eq!(choose(&will, &session, ANN).await.problem(), nobodys);
    let path = format!("/v1/sms-sessions/{session}/candidates");
    assert_eq!(will.call(Method::GET, &path, None).await.problem(), nobodys);
    is_matched(&jim, &session, "several").await;
    choose(&jim, &session, ANN).await.ok();
}

#[tokio::test]
async fn an_open_session_may_be_linked_to_another_record() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(ANN).await;
    sally.say(&session, "Whoever you are").await;
    let linked = choose(&sally, &session, BOB).await.ok();
    assert_eq!(linked["session"]["record"], contact(BOB));
    close(&sally, &session).await;
    sally.note(&session, "saved").await;
    assert_eq!(notes(&service, ANN).await.len(), 0);
    assert_eq!(notes(&service, BOB).await.len(), 1);
}

#[tokio::test]
async fn a_remembered_record_that_is_gone_gives_way_to_the_one_that_is_left() {
    let service = Service::with(&["sms.reopen_s=0"]).await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(BOB).await;
    sally.say(&session, "Hello Bob").await;
    close(&sally, &session).await;
    sally.note(&session, "saved").await;
    panel.event("conversation.created").await;
    // As a merge leaves it: the duplicate is deleted, the other one has the number.
    in_sugar(&service, Method::DELETE, &format!("Contacts/{BOB}"), None).await;
    let next = pops_up(&service, &mut panel, TWINS_PHONE, "Hello yourself").await;
    let next = at(&next, "id").to_owned();
    let about = eventually("the record that is left is linked", || async {
        let found = sally.get(&format!("/v1/conversations/{next}")).await;
        let record = found["session"]["record"].clone();
        (record == contact(ANN)).then_some(found)
    })
    .await;
    assert_eq!(about["session"]["record_match"], "linked");

    let session = sally.text_contact(GUS).await;
    sally.say(&session, "Hello Gus").await;
    close(&sally, &session).await;
    sally.note(&session, "saved").await;
    panel.event("conversation.created").await;
    in_sugar(&service, Method::DELETE, &format!("Contacts/{GUS}"), None).await;
    let last = pops_up(&service, &mut panel, GUS_PHONE, "Hello too").await;
    let about = is_matched(&sally, at(&last, "id"), "none").await;
    assert_eq!(about["record"], Value::Null);
}

#[tokio::test]
async fn a_key_links_what_the_service_finds_and_nothing_else() {
    let service = Service::start().await;
    let key = service.key(&["--scopes", "sms:send,sms:read"]);
    let call =
        async |method: Method, path: &str, body| service.call(method, path, Some(&key), body).await;
    let opened = call(
        Method::POST,
        "/v1/sms-sessions",
        Some(json!({"peer": TWINS_PHONE})),
    );
    let session = at(&opened.await.ok(), "id").to_owned();
    let path = format!("/v1/sms-sessions/{session}/link");
    let wanted = |id: &str| Some(json!({"module": "Contacts", "record_id": id}));
    let refused = call(Method::POST, &path, wanted(GUS)).await;
    assert_eq!(refused.problem(), (409, "number_not_on_record".to_owned()));
    let linked = call(Method::POST, &path, wanted(ANN)).await.ok();
    assert_eq!(linked["session"]["record"], contact(ANN));
    let reader = service.key(&["--scopes", "sms:read"]);
    let refused = service
        .call(Method::POST, &path, Some(&reader), wanted(BOB))
        .await;
    assert_eq!(refused.problem(), (403, "scope_missing".to_owned()));
}

#[tokio::test]
async fn an_inbound_text_costs_sugar_one_request() {
    let service = Service::start().await;
    let mut panel = service.panel("sally").await;
    let before = service.sugar.count("request POST /bulk").await;
    pops_up(&service, &mut panel, GUS_PHONE, "Hello").await;
    service.phone().text(GUS_PHONE, "Are you there?").await;
    assert_eq!(panel.message().await, "Hello");
    assert_eq!(panel.message().await, "Are you there?");
    assert_eq!(service.sugar.count("request POST /bulk").await, before + 1);
}
