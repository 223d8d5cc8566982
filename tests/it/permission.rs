//! Permission is Sugar's: who leaves a session, who gets it, who is let go.

use crate::support::service::{Setup, User};
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";

/// Takes contacts away from a user, or gives them back.
async fn hide_contacts_from(service: &Service, user: &str, hide: bool) {
    let denial = if hide { "no" } else { "yes" };
    let acl = json!({user: {"Contacts": {"view": denial}}});
    service.sugar.switch("acl", acl).await;
}

async fn renew(user: &User<'_>) -> Value {
    user.call(Method::PUT, "/v1/sign-in", None).await.ok()
}

/// Changes a user in Sugar as its admin does.
async fn change_user(service: &Service, id: &str, to: Value) {
    let admin = service.sugar.sign_in("admin", "base").await;
    let path = format!("Users/{id}");
    let sugar = &service.sugar;
    sugar.rest(Method::PUT, &path, Some(&admin), Some(to)).await;
}

async fn members_of(user: &User<'_>, session: &str) -> Value {
    let found = user.get(&format!("/v1/conversations/{session}")).await;
    found["member_ids"].clone()
}

#[tokio::test]
async fn at_the_renewal_a_member_leaves_what_sugar_no_longer_shows_him() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut sarah = service.panel("sarah").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "Hello Gus").await;
    service.phone().text(GUS_PHONE, "Hello Sally").await;
    while panel.message().await != "Hello Sally" {}
    renew(&sally).await;
    assert_eq!(members_of(&sally, &session).await, json!(["seed_sally_id"]));
    hide_contacts_from(&service, "sally", true).await;
    renew(&sally).await;
    let left = panel
        .until(|frame| frame["event"]["change"] == "left")
        .await;
    let left = &left["event"]["conversation"];
    assert_eq!(
        (
            at(left, "id"),
            &left["member_ids"],
            &left["session"]["owner_id"]
        ),
        (session.as_str(), &json!([]), &Value::Null)
    );
    // The session and its texts go to others who may use the number, and not back to her.
    assert_eq!(sarah.message().await, "Hello Gus");
    assert_eq!(sarah.message().await, "Hello Sally");
    let answer = sally
        .call(Method::GET, &format!("/v1/conversations/{session}"), None)
        .await;
    assert_eq!(answer.problem(), (404, "conversation_not_found".to_owned()));
    service.phone().text(GUS_PHONE, "Still there?").await;
    assert_eq!(sarah.message().await, "Still there?");
    assert_eq!(sally.get("/v1/state").await["conversations"], json!([]));
}

#[tokio::test]
async fn a_new_sign_in_is_no_way_to_keep_what_a_renewal_takes() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "Hello Gus").await;
    hide_contacts_from(&service, "sally", true).await;
    // As F5 does: a new token, and no renewal of the old one.
    let reloaded = service.sign_in("sally").await;
    let state = reloaded.get("/v1/state").await;
    assert_eq!(state["conversations"], json!([]));
    let mut sarah = service.panel("sarah").await;
    service.phone().text(GUS_PHONE, "Still there?").await;
    let created = sarah.event("conversation.created").await;
    assert_eq!(at(&created, "conversation.id"), session);
}

#[tokio::test]
async fn a_sign_in_without_open_sessions_costs_sugar_one_request() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let asked = async || {
        let me = service.sugar.requests_of("GET", "/me").await;
        (me, service.sugar.requests_of("POST", "/bulk").await)
    };
    let before = asked().await;
    let jim = service.sign_in("jim").await;
    jim.chat_with("seed_sally_id").await;
    service.sign_in("jim").await;
    assert_eq!(asked().await, (before.0 + 2, before.1));
    service.sign_in("sally").await;
    assert_eq!(asked().await, (before.0 + 3, before.1 + 1));
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    service.sign_in("sally").await;
    assert_eq!(asked().await, (before.0 + 4, before.1 + 1));
}

#[tokio::test]
async fn a_sugar_that_does_not_answer_takes_nobody_out() {
    let service = Service::start().await;
    let mut sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    hide_contacts_from(&service, "sally", true).await;
    for (switch, value) in [("html_502", json!(true)), ("fatal_error", json!(true))] {
        let only_bulk = json!({"name": switch, "value": value, "path": "^/?bulk"});
        service.sugar.set_switch(only_bulk).await;
        renew(&sally).await;
        sally = service.sign_in("sally").await;
        service.sugar.switch(switch, false).await;
        assert_eq!(members_of(&sally, &session).await, json!(["seed_sally_id"]));
    }
    service.sugar.switch("maintenance", true).await;
    let refused = sally.call(Method::PUT, "/v1/sign-in", None).await;
    assert_eq!(refused.problem(), (503, "sugar_unreachable".to_owned()));
    service.sugar.switch("maintenance", false).await;
    assert_eq!(members_of(&sally, &session).await, json!(["seed_sally_id"]));
}

#[tokio::test]
async fn a_session_without_an_answer_waits_for_the_next_text_when_its_only_member_leaves() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut sarah = service.panel("sarah").await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "Hello Gus").await;
    hide_contacts_from(&service, "sally", true).await;
    renew(&sally).await;
    service.phone().text(GUS_PHONE, "Who is this?").await;
    let created = sarah.event("conversation.created").await;
    assert_eq!(at(&created, "conversation.id"), session);
    assert_eq!(sarah.message().await, "Hello Gus");
    assert_eq!(sarah.message().await, "Who is this?");
}

#[tokio::test]
async fn whom_sugar_refused_a_record_does_not_get_its_next_session() {
    let service = Service::with(&["sms.reopen_s=0"]).await;
    let sally = service.sign_in("sally").await;
    let sarah = service.sign_in("sarah").await;
    let mut panel = Panel::connect(&service.url, &sarah.token, None).await;
    let first = sally.text_contact(GUS).await;
    sally.say(&first, "Hello Gus").await;
    hide_contacts_from(&service, "sally", true).await;
    renew(&sally).await;
    service.phone().text(GUS_PHONE, "Who is this?").await;
    while panel.message().await != "Who is this?" {}
    let close = format!("/v1/sms-sessions/{first}/close");
    sarah.post(&close, json!({})).await;
    // She texted him last, and he is hers in Sugar: neither brings her back.
    service.phone().text(GUS_PHONE, "Anybody there?").await;
    let created = panel.event("conversation.created").await;
    let second = at(&created, "conversation.id");
    assert_ne!(second, first);
    let members = created["conversation"]["member_ids"].as_array().unwrap();
    assert!(!members.contains(&json!("seed_sally_id")), "{created}");
    assert_eq!(sally.get("/v1/state").await["conversations"], json!([]));
    let close = format!("/v1/sms-sessions/{second}/close");
    sarah.post(&close, json!({})).await;
    // Sugar shows it to her again, and she texts: from then on she is asked as before.
    hide_contacts_from(&service, "sally", false).await;
    let third = sally.text_contact(GUS).await;
    sally.say(&third, "It is me again").await;
    let close = format!("/v1/sms-sessions/{third}/close");
    sally.post(&close, json!({})).await;
    service.phone().text(GUS_PHONE, "At last").await;
    let opened = eventually("she has it", || async {
        let open = sally.get("/v1/conversations?kind=sms&state=open").await;
        open["items"].get(0).cloned()
    })
    .await;
    assert_eq!(at(&opened, "session.owner_id"), "seed_sally_id");
}

#[tokio::test]
async fn a_text_reaches_those_whom_sugar_refused_its_record_when_that_is_everybody() {
    let setup = Setup {
        of_number: "members = [\"seed_sally_id\"]",
        sets: &["sms.reopen_s=0"],
        ..Setup::default()
    };
    let service = setup.start().await;
    let sally = service.sign_in("sally").await;
    let first = sally.text_contact(GUS).await;
    sally.say(&first, "Hello Gus").await;
    hide_contacts_from(&service, "sally", true).await;
    renew(&sally).await;
    assert_eq!(sally.get("/v1/state").await["conversations"], json!([]));
    hide_contacts_from(&service, "sally", false).await;
    let close = format!("/v1/sms-sessions/{first}/close");
    let key = service.key(&[]);
    let closed = service.call(Method::POST, &close, Some(&key), Some(json!({})));
    closed.await.ok();
    service.phone().text(GUS_PHONE, "Anybody there?").await;
    let session = eventually("she has it", || async {
        let open = sally.get("/v1/conversations?kind=sms&state=open").await;
        open["items"].get(0).cloned()
    })
    .await;
    assert_ne!(at(&session, "id"), first);
    assert_eq!(sally.texts(at(&session, "id")).await, ["Anybody there?"]);
}

#[tokio::test]
async fn a_session_is_given_to_a_colleague() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let mut sarah = service.panel("sarah").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "One moment").await;
    let path = format!("/v1/sms-sessions/{session}/transfer");
    let to = |member: &str| Some(json!({"member_id": member}));
    let given = sally
        .call(Method::POST, &path, to("seed_sarah_id"))
        .await
        .ok();
    assert_eq!(given["member_ids"], json!(["seed_sarah_id"]));
    assert_eq!(at(&given, "session.owner_id"), "seed_sarah_id");
    let created = sarah.event("conversation.created").await;
    assert_eq!(at(&created, "conversation.id"), session);
    assert_eq!(sarah.message().await, "One moment");
    panel
        .until(|frame| frame["event"]["change"] == "transferred")
        .await;
    let gone = sally.call(Method::POST, &path, to("seed_sally_id")).await;
    assert_eq!(gone.problem(), (404, "conversation_not_found".to_owned()));
    assert!(service.log().contains(&format!(
        "SMS session {session} was given by member seed_sally_id to member seed_sarah_id"
    )));
    service.phone().text(GUS_PHONE, "Thanks").await;
    assert_eq!(sarah.message().await, "Thanks");
}

#[tokio::test]
async fn a_session_is_given_only_with_sugars_word_and_to_who_may_have_it() {
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let path = format!("/v1/sms-sessions/{session}/transfer");
    let give = async |to: &str| {
        let body = Some(json!({"member_id": to}));
        sally.call(Method::POST, &path, body).await.problem()
    };
    for stranger in ["nobody", "seed_retired_id"] {
        assert_eq!(give(stranger).await, (404, "not_found".to_owned()));
    }
    let without = service
        .request(Method::POST, &path)
        .bearer_auth(&sally.token)
        .json(&json!({"member_id": "seed_sarah_id"}));
    let without = crate::support::service::send(without).await;
    assert_eq!(without.problem(), (401, "sugar_token_missing".to_owned()));
    hide_contacts_from(&service, "sally", true).await;
    assert_eq!(
        give("seed_sarah_id").await,
        (404, "record_not_found".to_owned())
    );
    hide_contacts_from(&service, "sally", false).await;
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    assert_eq!(
        give("seed_sarah_id").await,
        (409, "session_closed".to_owned())
    );
}

#[tokio::test]
async fn sugar_is_asked_as_the_member_who_calls_and_as_nobody_else() {
    const VERA: &str = "seed_vera_vault_id";
    let service = Service::start().await;
    let sally = service.sign_in("sally").await;
    let session = sally.text_contact(GUS).await;
    let sugar = &service.sugar;
    let path = format!("Contacts/{VERA}");
    sugar
        .rest(Method::GET, &path, Some(&sally.sugar_token), None)
        .await;
    let post = async |user: &User<'_>, path: &str, body: Value| {
        let answer = user.call(Method::POST, path, Some(body)).await;
        answer.problem()
    };
    let vera = json!({"module": "Contacts", "record_id": VERA});
    let gus = json!({"module": "Contacts", "record_id": GUS});
    let mut jim = service.sign_in("jim").await;
    let before = sugar.requests_of("POST", "/bulk").await;
    let hidden = post(&jim, "/v1/sms-sessions", vera.clone()).await;
    assert_eq!(hidden, (404, "record_not_found".to_owned()));
    assert_eq!(sugar.requests_of("POST", "/bulk").await, before + 1);
    // With sally's token in his tab he is still jim.
    let not_his = (401, "token_invalid".to_owned());
    jim.sugar_token = sally.sugar_token.clone();
    assert_eq!(post(&jim, "/v1/sms-sessions", vera).await, not_his);
    // What is a colleague's own needs the colleague's own token.
    let give = format!("/v1/sms-sessions/{session}/transfer");
    sally.post(&give, json!({"member_id": "seed_jim_id"})).await;
    let back = json!({"member_id": "seed_sally_id"});
    assert_eq!(post(&jim, &give, back).await, not_his);
    let link = format!("/v1/sms-sessions/{session}/link");
    assert_eq!(post(&jim, &link, gus).await, not_his);
    assert_eq!(sugar.refused().await, json!([]));
}

/// Waits for the news that a member is active, or no longer; all members are read from Sugar at
/// their own time and told as they are.
async fn becomes_active(panel: &mut Panel, id: &str, active: bool) {
    loop {
        let update = panel.event("member.updated").await;
        if at(&update, "member.id") == id && update["member"]["active"] == active {
            return;
        }
    }
}

#[tokio::test]
async fn who_is_deactivated_in_sugar_is_out_and_the_session_goes_on() {
    let service = Service::with(&["sugar.users_s=1"]).await;
    let sally = service.sign_in("sally").await;
    let mut sarah = service.panel("sarah").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "Hello Gus").await;
    service.phone().text(GUS_PHONE, "Hello Sally").await;
    while panel.message().await != "Hello Sally" {}
    change_user(&service, "seed_sally_id", json!({"status": "Inactive"})).await;
    assert_eq!(panel.closed().await.code, 4401);
    let refused = sally.call(Method::GET, "/v1/state", None).await;
    assert_eq!(refused.problem(), (401, "token_invalid".to_owned()));
    becomes_active(&mut sarah, "seed_sally_id", false).await;
    let created = sarah.event("conversation.created").await;
    assert_eq!(at(&created, "conversation.id"), session);
    // Back in Sugar, back here.
    change_user(&service, "seed_sally_id", json!({"status": "Active"})).await;
    becomes_active(&mut sarah, "seed_sally_id", true).await;
}

#[tokio::test]
async fn who_is_no_admin_of_sugar_any_more_is_none_here() {
    let service = Service::with(&["sugar.users_s=1"]).await;
    change_user(&service, "seed_will_id", json!({"is_admin": true})).await;
    let will = service.sign_in("will").await;
    will.get("/v1/admin/jobs").await;
    change_user(&service, "seed_will_id", json!({"is_admin": false})).await;
    let refused = eventually("he is asked to leave", || async {
        let answer = will.call(Method::GET, "/v1/admin/jobs", None).await;
        (!answer.status.is_success()).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    // He is a member as before, and so for who is an admin still.
    will.get("/v1/state").await;
    let admin = service.sign_in("admin").await;
    change_user(&service, "1", json!({"title": "Chief"})).await;
    eventually("the change is here", || async {
        let state = admin.get("/v1/state").await;
        (state["me"]["title"] == "Chief").then_some(())
    })
    .await;
    admin.get("/v1/admin/jobs").await;
}

#[tokio::test]
async fn who_is_deleted_in_sugar_is_out_too() {
    let service = Service::with(&["sugar.users_s=1"]).await;
    let mut panel = service.panel("jim").await;
    let admin = service.sugar.sign_in("admin", "base").await;
    let path = "Users/seed_jim_id";
    service
        .sugar
        .rest(Method::DELETE, path, Some(&admin), None)
        .await;
    assert_eq!(panel.closed().await.code, 4401);
}

#[tokio::test]
async fn colleagues_have_titles_and_pictures_and_new_ones_come_by_themselves() {
    let service = Service::with(&["sugar.users_s=1"]).await;
    let mut sally = service.panel("sally").await;
    let picture = json!({"picture": "0b1c", "title": "Head of Sales", "department": "Sales"});
    change_user(&service, "seed_will_id", picture).await;
    let changed = sally
        .until(|frame| frame["event"]["member"]["title"] == "Head of Sales")
        .await;
    let will = &changed["event"]["member"];
    assert_eq!(
        (at(will, "id"), at(will, "picture"), at(will, "department")),
        ("seed_will_id", "0b1c", "Sales")
    );
}

/// The users are read once at start; an hour-long period keeps that from helping here.
#[tokio::test]
async fn a_colleague_whom_nobody_here_knows_yet_is_asked_for() {
    let service = Service::with(&["sugar.users_s=3600"]).await;
    let sally = service.sign_in("sally").await;
    eventually("the users are read", || async {
        let page = sally.get("/v1/members").await;
        (page["items"].as_array().unwrap().len() > 1).then_some(())
    })
    .await;
    let admin = service.sugar.sign_in("admin", "base").await;
    let new = json!({"user_name": "nina", "first_name": "Nina", "last_name": "New",
                     "status": "Active", "title": "Trainee"});
    let new = service
        .sugar
        .rest(Method::POST, "Users", Some(&admin), Some(new))
        .await;
    let nina = at(&new, "id");
    sally.chat_with(nina).await;
    let page = sally.get("/v1/members?limit=100").await;
    let items = page["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["id"] == nina).unwrap();
    assert_eq!(at(found, "title"), "Trainee");
    let body = Some(json!({"member_ids": ["seed_retired_id"]}));
    let retired = sally.call(Method::POST, "/v1/chats", body).await;
    assert_eq!(retired.problem(), (404, "not_found".to_owned()));
}
