//! Gateways and numbers that an admin sets while the service runs.

mod refusals;
mod secrets;

use crate::login::key_file;
use crate::support::postgres::Postgres;
use crate::support::service::{Answer, SEALING_KEY, Setup, User};
use crate::support::twilio::{ACCOUNT, Fault, TOKEN, Text, Twilio};
use crate::support::{Panel, Service, Sugar, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::block_in_place;

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";
/// Ours, at Twilio.
const NUMBER: &str = "+14155550142";

fn account(twilio: &Twilio) -> Value {
    json!({"kind": "twilio", "base_url": twilio.url, "account_sid": ACCOUNT, "auth_token": TOKEN})
}

fn at_twilio() -> Value {
    json!({"number": NUMBER, "gateway": "tw", "label": "Sales"})
}

async fn put(admin: &User<'_>, path: &str, settings: Value) -> Value {
    let path = format!("/v1/admin/{path}");
    admin.call(Method::PUT, &path, Some(settings)).await.ok()
}

async fn list(admin: &User<'_>, what: &str) -> Vec<Value> {
    let found = admin.get(&format!("/v1/admin/{what}")).await;
    found["items"].as_array().unwrap().clone()
}

async fn ids(user: &User<'_>, path: &str) -> Vec<String> {
    let found = user.get(path).await;
    let items = found["items"].as_array().unwrap().iter();
    items.map(|item| at(item, "id").to_owned()).collect()
}

/// A service beside a Twilio that an admin has just told it of.
async fn with_twilio(sets: &[&str]) -> (Twilio, Service) {
    let twilio = Twilio::start().await;
    let service = Service::with(sets).await;
    let admin = service.sign_in("admin").await;
    put(&admin, "gateways/tw", account(&twilio)).await;
    put(&admin, "numbers/sales", at_twilio()).await;
    drop(admin);
    (twilio, service)
}

async fn session_through(user: &User<'_>, number: &str) -> String {
    let body = json!({"module": "Contacts", "record_id": GUS, "number_id": number});
    at(&user.post("/v1/sms-sessions", body).await, "id").to_owned()
}

/// Sends a text; once it is at Twilio.
async fn sent(user: &User<'_>, twilio: &Twilio, session: &str, words: &str) -> Text {
    user.say(session, words).await;
    eventually("the text is at Twilio", || async {
        twilio.ledger().into_iter().find(|text| text.body == words)
    })
    .await
}

/// What the carrier was told to call, as it calls it: without what only the carrier reads.
async fn inbound_url(admin: &User<'_>) -> String {
    let found = admin.get("/v1/admin/gateways/tw").await;
    let (url, tail) = at(&found, "inbound_url").split_once('#').unwrap();
    assert_eq!(tail, "rc=5&rp=all");
    url.to_owned()
}

async fn comes_in(twilio: &Twilio, url: &str, words: &str) -> u16 {
    let text = twilio.take_in(GUS_PHONE, NUMBER, words, 0);
    let call = twilio.call(url, &twilio.inbound(&text));
    call.send().await.unwrap().status().as_u16()
}

fn holds(stored: &[u8], secret: &str) -> bool {
    let secret = secret.as_bytes();
    stored.windows(secret.len()).any(|part| part == secret)
}

#[tokio::test]
async fn texts_go_through_a_carrier_that_was_set_while_the_service_runs_and_after_kill_9() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let (twilio, mut service) = with_twilio(&[&flag]).await;
    let sally = service.sign_in("sally").await;
    let admin = service.sign_in("admin").await;
    assert_eq!(ids(&sally, "/v1/numbers").await, ["main", "sales"]);
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = session_through(&sally, "sales").await;
    let text = sent(&sally, &twilio, &session, "Hello from the API").await;
    assert_eq!((text.from.as_str(), text.to.as_str()), (NUMBER, GUS_PHONE));
    assert_eq!(twilio.receipt(&text, "delivered", None).await, 204);
    let url = inbound_url(&admin).await;
    assert!(url.starts_with(&format!("{}/gateways/tw/", service.url)));
    assert_eq!(comes_in(&twilio, &url, "Thanks").await, 200);
    while panel.message().await != "Thanks" {}
    let path_secret = url.split('/').rev().nth(1).unwrap().to_owned();
    assert!(text.callback.unwrap().contains(&path_secret));

    service.kill();
    service.start_again();
    let sally = service.sign_in("sally").await;
    let admin = service.sign_in("admin").await;
    assert_eq!(
        at(
            &sally.get(&format!("/v1/conversations/{session}")).await,
            "id"
        ),
        session
    );
    sent(&sally, &twilio, &session, "And again").await;
    let url = inbound_url(&admin).await;
    assert!(
        url.contains(&path_secret),
        "the carrier's address is another now"
    );
    assert_eq!(comes_in(&twilio, &url, "Still here").await, 200);
    eventually("the answer is in the session", || async {
        let texts = sally.texts(&session).await;
        texts.iter().any(|text| text == "Still here").then_some(())
    })
    .await;

    let stored = service.stored();
    // What is looked for as it should be found: that there is nothing is no finding otherwise.
    assert!(holds(&stored, "gateway_setting") && holds(&stored, NUMBER));
    for secret in [TOKEN, path_secret.as_str(), ACCOUNT] {
        assert!(!holds(&stored, secret), "{secret} lies in the database");
        assert!(!service.log().contains(secret), "{secret} is in the log");
    }
    let log = service.log();
    assert!(log.contains("admin 1 set the gateway `tw`"), "{log}");
    assert!(
        log.contains("admin 1 read the address of the gateway `tw`"),
        "{log}"
    );
    assert!(log.contains("admin 1 set the number `sales`"), "{log}");
}

#[tokio::test]
async fn a_simulator_is_set_like_any_carrier_and_keeps_its_texts_when_others_change() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let service = Service::with(&[&flag]).await;
    let admin = service.sign_in("admin").await;
    let sally = service.sign_in("sally").await;
    let main = session_through(&sally, "main").await;
    let id = at(&sally.say(&main, "before").await, "id").to_owned();
    sally.message_in(&main, &id, "delivered").await;
    put(&admin, "gateways/second", json!({"kind": "simulator"})).await;
    let number = json!({"number": "+14155550177", "gateway": "second"});
    put(&admin, "numbers/second", number).await;
    let session = session_through(&sally, "second").await;
    let id = at(&sally.say(&session, "to the second").await, "id").to_owned();
    sally.message_in(&session, &id, "delivered").await;
    // The page is the first simulator's, the file's, and is what it was.
    let id = at(&sally.say(&main, "after").await, "id").to_owned();
    sally.message_in(&main, &id, "delivered").await;
    let shown = service.phone().texts_to(GUS_PHONE).await;
    assert_eq!(shown, ["before", "after"]);
}

/// A call that is refused.
async fn refused(admin: &User<'_>, method: &str, path: &str, body: Option<Value>) -> Answer {
    let path = format!("/v1/admin/{path}");
    let answer = admin.call(method.parse().unwrap(), &path, body).await;
    assert!(!answer.status.is_success(), "{path}: {}", answer.body);
    answer
}

/// The settings that are refused.
fn places(answer: &Answer) -> Vec<&str> {
    let findings = answer.body["findings"].as_array();
    let findings = findings.map(Vec::as_slice).unwrap_or_default();
    findings.iter().map(|finding| at(finding, "at")).collect()
}

#[tokio::test]
async fn what_is_removed_is_gone_at_once_and_its_conversations_stay() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let (twilio, service) = with_twilio(&[&flag]).await;
    let admin = service.sign_in("admin").await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "sales").await;
    sent(&sally, &twilio, &session, "Hello").await;
    let url = inbound_url(&admin).await;
    let delete = |path: &'static str| admin.call(Method::DELETE, path, None);
    assert_eq!(delete("/v1/admin/numbers/sales").await.status, 204);
    assert_eq!(sally.texts(&session).await, ["Hello"]);
    let path = format!("/v1/conversations/{session}/messages");
    let answer = sally
        .call(Method::POST, &path, Some(json!({"text": "Hello?"})))
        .await;
    assert_eq!(answer.problem(), (409, "no_number_configured".to_owned()));
    assert_eq!(ids(&sally, "/v1/numbers").await, ["main"]);
    assert_eq!(delete("/v1/admin/gateways/tw").await.status, 204);
    assert_eq!(comes_in(&twilio, &url, "Anybody?").await, 404);
    assert_eq!(delete("/v1/admin/gateways/tw").await.problem().0, 404);
    // Set again, the conversation goes on.
    put(&admin, "gateways/tw", account(&twilio)).await;
    put(&admin, "numbers/sales", at_twilio()).await;
    sent(&sally, &twilio, &session, "Here again").await;
    assert_eq!(comes_in(&twilio, &url, "To the old address").await, 403);
}

#[tokio::test]
async fn what_waits_for_a_number_that_is_not_in_force_goes_on_when_it_is() {
    const LENA_PHONE: &str = "+15035550170";
    let (_folder, flag) = key_file(SEALING_KEY);
    let (twilio, service) = with_twilio(&[&flag]).await;
    let admin = service.sign_in("admin").await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "sales").await;
    // One text waits for the text before it, and a session for its record in Sugar.
    twilio.script("First", &[Fault::AnswerLater]);
    sent(&sally, &twilio, &session, "First").await;
    sally.say(&session, "Second").await;
    service.sugar.switch("maintenance", true).await;
    let text = twilio.take_in(LENA_PHONE, NUMBER, "Hi, Lena here", 0);
    let call = twilio.call(&inbound_url(&admin).await, &twilio.inbound(&text));
    assert_eq!(call.send().await.unwrap().status(), 200);
    let number = "/v1/admin/numbers/sales";
    let deleted = admin.call(Method::DELETE, number, None).await;
    assert_eq!(deleted.status, 204);
    service.sugar.switch("maintenance", false).await;
    twilio.release();
    for waits in ["the text's number", "the session's number"] {
        eventually("it is said what this node lacks", || async {
            service.log().contains(waits).then_some(())
        })
        .await;
    }
    assert!(!twilio.has_seen("Second"));
    put(&admin, "numbers/sales", at_twilio()).await;
    eventually("the text is at Twilio", || async {
        twilio.has_seen("Second").then_some(())
    })
    .await;
    let sarah = service.sign_in("sarah").await;
    eventually(
        "the session is with whom its record is assigned to",
        || async {
            let open = sarah.get("/v1/conversations?kind=sms&state=open").await;
            let mut open = open["items"].as_array().unwrap().iter();
            let of_lena = open.find(|it| it["session"]["peer"] == LENA_PHONE)?;
            (of_lena["session"]["record"]["module"] == "Leads").then_some(())
        },
    )
    .await;
}

#[tokio::test]
async fn the_file_wins_and_what_it_overrides_is_shown_until_it_is_removed() {
    let (_folder, flag) = key_file(SEALING_KEY);
    let (twilio, mut service) = with_twilio(&[&flag]).await;
    let file = std::fs::read_to_string(service.config()).unwrap();
    std::fs::write(service.config(), file + &twilio.settings(NUMBER)).unwrap();
    service.kill();
    service.start_again();
    let admin = service.sign_in("admin").await;
    let found = list(&admin, "gateways").await;
    let of_tw = found.iter().filter(|it| it["id"] == "tw");
    let of_tw: Vec<_> = of_tw
        .map(|it| (at(it, "source"), it["overridden"] == true))
        .collect();
    assert_eq!(of_tw, [("file", false), ("database", true)]);
    let log = service.log();
    assert!(
        log.contains("the gateway `tw` of the database is off: it is in the configuration file")
    );
    // Its number has another name, and the same number.
    let found = list(&admin, "numbers").await;
    assert!(at(&found[2], "problem").contains("is listed twice"));
    assert_eq!(ids(&admin, "/v1/numbers").await, ["main", "twilio"]);
    let delete = async || {
        let answer = admin.call(Method::DELETE, "/v1/admin/gateways/tw", None);
        answer.await.status.as_u16()
    };
    assert_eq!(delete().await, 204);
    assert_eq!(delete().await, 409);
    assert_eq!(list(&admin, "gateways").await.len(), 2);
}

/// Two nodes on one database, without a bus.
async fn two_nodes() -> [Service; 2] {
    let database_url = block_in_place(|| Postgres::shared().database());
    let sugar = Arc::new(Sugar::start().await);
    let node = || Setup {
        sugar: Some(Arc::clone(&sugar)),
        database_url: Some(database_url.clone()),
        ..Setup::default()
    };
    [node().start().await, node().start().await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_on_one_node_is_used_on_another_without_a_bus() {
    let twilio = Twilio::start().await;
    let [one, other] = two_nodes().await;
    let admin = one.sign_in("admin").await;
    let sally = other.sign_in("sally").await;
    put(&admin, "gateways/tw", account(&twilio)).await;
    put(&admin, "numbers/sales", at_twilio()).await;
    eventually("the other node has the number", || async {
        (ids(&sally, "/v1/numbers").await == ["main", "sales"]).then_some(())
    })
    .await;
    let session = session_through(&sally, "sales").await;
    sent(&sally, &twilio, &session, "from the other node").await;
    let path = inbound_url(&admin).await.replace(&one.url, &other.url);
    assert_eq!(comes_in(&twilio, &path, "to the other node").await, 200);
    let delete = |path: &'static str| admin.call(Method::DELETE, path, None);
    assert_eq!(delete("/v1/admin/numbers/sales").await.status, 204);
    assert_eq!(delete("/v1/admin/gateways/tw").await.status, 204);
    eventually("the other node has nothing of it", || async {
        (comes_in(&twilio, &path, "too late").await == 404).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_set_the_same_phone_number_at_once_one_is_refused() {
    let [one, other] = two_nodes().await;
    let (first, second) = (one.sign_in("admin").await, other.sign_in("jim").await);
    one.change("UPDATE sign_in SET admin = true");
    for round in 0..10 {
        let number = json!({"number": format!("+1415555019{round}"), "gateway": "sim"});
        let calls = (0..16).map(|call| {
            let admin = [&first, &second][call % 2];
            let path = format!("/v1/admin/numbers/n{round}-{call}");
            let body = Some(number.clone());
            async move { admin.call(Method::PUT, &path, body).await.status.as_u16() }
        });
        let mut answers = futures_util::future::join_all(calls).await;
        answers.sort_unstable();
        assert_eq!((answers[0], answers[1]), (200, 422), "{answers:?}");
    }
    assert_eq!(list(&first, "numbers").await.len(), 11);
}
