//! What Sugar asserts instead of showing its tokens: the real PHP, the real service, and whoever
//! tries to have it say something else.

use crate::support::postgres::Postgres;
use crate::support::service::{Answer, Setup, send};
use crate::support::{Service, Sugar, at};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use riverline::domain::assertion::MOST_RECORDS;
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const GUS: &str = "seed_gus_dales_id";
const VERA: &str = "seed_vera_vault_id";

/// A service that takes assertions; secrets come from files.
async fn start(setup: Setup<'_>) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, KEY).unwrap();
    let key_file = format!("sugar.assertion_key_file={}", file.display());
    let sets = [setup.sets, &["sugar.sign_in=assertion", &key_file]].concat();
    Setup {
        sets: &sets,
        ..setup
    }
    .start()
    .await
}

/// A service that takes assertions, and a Sugar that has its key and binds tokens to a client.
async fn asserting() -> Service {
    let service = start(Setup::default()).await;
    settle(&service.sugar, &service.url, KEY).await;
    service
}

/// Saves address and key in Sugar as its admin does.
async fn settle(sugar: &Sugar, url: &str, key: &str) {
    let admin = sugar.sign_in("admin", "base").await;
    let settings = Some(json!({"url": url, "assertion_key": key}));
    let saved = sugar
        .rest(Method::PUT, "riverline/settings", Some(&admin), settings)
        .await;
    assert_eq!(saved, json!({"url": url, "sign_in": "assertion"}));
    sugar.switch("ip_check", "agent").await;
}

fn contacts(ids: &[&str]) -> Value {
    let records = ids.iter().map(|id| json!({"module": "Contacts", "id": id}));
    records.collect()
}

/// A user in Sugar's page.
struct Page<'a> {
    sugar: &'a Sugar,
    token: String,
}

impl<'a> Page<'a> {
    async fn of(sugar: &'a Sugar, user: &str) -> Self {
        let token = sugar.sign_in(user, "base").await;
        Self { sugar, token }
    }

    async fn asserts(&self, records: Value) -> String {
        let body = Some(json!({"records": records}));
        let path = "riverline/assertion";
        let answer = self.sugar.rest(Method::POST, path, Some(&self.token), body);
        at(&answer.await, "assertion").to_owned()
    }
}

async fn sign_in(service: &Service, proof: &str) -> Answer {
    let body = Some(json!({"browser_id": "b"}));
    let call = service.call(Method::POST, "/v1/sign-in", Some(proof), body);
    call.await
}

/// A call of a signed-in member with a proof.
async fn call(
    service: &Service,
    (method, path): (Method, &str),
    (token, proof): (&str, &str),
    body: Option<Value>,
) -> Answer {
    let request = service.request(method, path).bearer_auth(token);
    let request = request.header("Sugar-Token", proof);
    send(match &body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

async fn open(service: &Service, token: &str, proof: &str, contact: &str) -> Answer {
    let body = Some(json!({"module": "Contacts", "record_id": contact}));
    let post = (Method::POST, "/v1/sms-sessions");
    call(service, post, (token, proof), body).await
}

const RENEW: (Method, &str) = (Method::PUT, "/v1/sign-in");

#[tokio::test]
async fn a_whole_day_without_a_token_of_sugars_leaving_it() {
    let service = asserting().await;
    let sally = Page::of(&service.sugar, "sally").await;
    let refused = sign_in(&service, &sally.token).await;
    assert_eq!(refused.problem(), (401, "assertion_needed".to_owned()));
    let signed_in = sign_in(&service, &sally.asserts(json!([])).await)
        .await
        .ok();
    assert_eq!(at(&signed_in, "member.title"), "Account Rep West");
    let token = at(&signed_in, "token");
    let opened = open(&service, token, &sally.asserts(contacts(&[GUS])).await, GUS)
        .await
        .ok();
    let session = at(&opened, "id");
    assert_eq!(at(&opened, "session.peer"), "+14155552671");
    // A renewal has to state the records of all open sessions, and says which.
    let short = call(
        &service,
        RENEW,
        (token, &sally.asserts(json!([])).await),
        None,
    )
    .await;
    assert_eq!(short.problem(), (409, "assertion_incomplete".to_owned()));
    assert_eq!(short.body["records"], contacts(&[GUS]));
    let whole = sally.asserts(contacts(&[GUS])).await;
    call(&service, RENEW, (token, &whole), None).await.ok();
    // And so has the next sign-in.
    let short = sign_in(&service, &sally.asserts(json!([])).await).await;
    assert_eq!(short.problem(), (409, "assertion_incomplete".to_owned()));
    assert_eq!(short.body["records"], contacts(&[GUS]));
    let whole = sally.asserts(contacts(&[GUS])).await;
    sign_in(&service, &whole).await.ok();
    // What Sugar no longer shows her is stated so, and she leaves.
    let denied = json!({"sally": {"Contacts": {"view": "no"}}});
    service.sugar.switch("acl", denied).await;
    let whole = sally.asserts(contacts(&[GUS])).await;
    call(&service, RENEW, (token, &whole), None).await.ok();
    let path = format!("/v1/conversations/{session}");
    let gone = service.call(Method::GET, &path, Some(token), None).await;
    assert_eq!(gone.problem().0, 404);
    assert_eq!(service.sugar.refused().await, json!([]));
    let log = service.log();
    assert!(!log.contains("rla1.") && !log.contains(KEY), "{log}");
}

#[tokio::test]
async fn with_more_sessions_than_it_can_state_each_has_its_turn() {
    let service = asserting().await;
    service.sugar.contacts(20).await;
    let sally = Page::of(&service.sugar, "sally").await;
    let signed_in = sign_in(&service, &sally.asserts(json!([])).await)
        .await
        .ok();
    let token = at(&signed_in, "token");
    for n in 0..20 {
        let id = format!("bulk_contact_{n}");
        let proof = sally.asserts(contacts(&[&id])).await;
        open(&service, token, &proof, &id).await.ok();
    }
    let renew = async |records: &Value| {
        let proof = sally.asserts(records.clone()).await;
        call(&service, RENEW, (token, &proof), None).await
    };
    let wanted = async || renew(&json!([])).await.body["records"].clone();
    let first = wanted().await;
    assert_eq!(first.as_array().unwrap().len(), 15);
    renew(&first).await.ok();
    // The same ones again are not enough: the others have waited longer.
    let refused = renew(&first).await;
    assert_eq!(refused.problem(), (409, "assertion_incomplete".to_owned()));
    let second = wanted().await;
    let is_new = |record: &&Value| !first.as_array().unwrap().contains(record);
    let new = second.as_array().unwrap().iter().filter(is_new);
    assert_eq!(new.count(), 5);
    let denied = json!({"sally": {"Contacts": {"view": "no"}}});
    service.sugar.switch("acl", denied).await;
    renew(&second).await.ok();
    renew(&wanted().await).await.ok();
    let state = service.call(Method::GET, "/v1/state", Some(token), None);
    assert_eq!(state.await.ok()["conversations"], json!([]));
}

#[tokio::test]
async fn it_says_what_roles_and_teams_say() {
    let service = asserting().await;
    let jim = Page::of(&service.sugar, "jim").await;
    let signed_in = sign_in(&service, &jim.asserts(json!([])).await).await.ok();
    let token = at(&signed_in, "token");
    let hidden = jim.asserts(contacts(&[VERA])).await;
    let refused = open(&service, token, &hidden, VERA).await;
    assert_eq!(refused.problem(), (404, "record_not_found".to_owned()));
    let other = jim.asserts(contacts(&[GUS])).await;
    let refused = open(&service, token, &other, VERA).await;
    assert_eq!(refused.problem(), (409, "assertion_incomplete".to_owned()));
    assert_eq!(refused.body["records"], contacts(&[VERA]));
    let blind = json!({"jim": {"Contacts": {"fields": {"phone_mobile": {"read": "no"}}}}});
    service.sugar.switch("acl", blind).await;
    let unread = jim.asserts(contacts(&[GUS])).await;
    let refused = open(&service, token, &unread, GUS).await;
    assert_eq!(refused.problem(), (422, "no_usable_number".to_owned()));
}

#[tokio::test]
async fn it_speaks_for_the_user_it_is_about_and_for_nobody_else() {
    let service = asserting().await;
    let (sally, jim) = (
        Page::of(&service.sugar, "sally").await,
        Page::of(&service.sugar, "jim").await,
    );
    let signed_in = sign_in(&service, &jim.asserts(json!([])).await).await.ok();
    let sallys = sally.asserts(contacts(&[VERA])).await;
    let refused = open(&service, at(&signed_in, "token"), &sallys, VERA).await;
    assert_eq!(refused.problem(), (401, "token_invalid".to_owned()));
    // Nor for one who may be no member by now.
    let own = jim.asserts(contacts(&[GUS])).await;
    let inactive = signed_anew(&own, KEY, |statement| {
        statement["user"]["status"] = json!("Inactive");
    });
    let refused = open(&service, at(&signed_in, "token"), &inactive, GUS).await;
    assert_eq!(refused.problem(), (401, "token_invalid".to_owned()));
}

#[tokio::test]
async fn it_counts_once_however_fast_it_is_sent() {
    let service = asserting().await;
    let sally = Page::of(&service.sugar, "sally").await;
    let assertion = sally.asserts(json!([])).await;
    let calls = (0..10).map(|_| sign_in(&service, &assertion));
    let statuses = join_all(calls).await;
    let taken = statuses.iter().filter(|answer| answer.status == 201);
    assert_eq!(taken.count(), 1);
    for answer in statuses.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.problem(), (401, "assertion_invalid".to_owned()));
    }
    // What was refused for another reason is used up all the same.
    let jims = Page::of(&service.sugar, "jim")
        .await
        .asserts(json!([]))
        .await;
    let token = sign_in(&service, &sally.asserts(json!([])).await)
        .await
        .ok();
    let stolen = call(&service, RENEW, (at(&token, "token"), &jims), None).await;
    assert_eq!(stolen.problem(), (401, "token_invalid".to_owned()));
    assert_eq!(sign_in(&service, &jims).await.problem().0, 401);
}

#[tokio::test]
async fn it_counts_once_at_all_nodes_together() {
    let sugar = Arc::new(Sugar::start().await);
    let database = Postgres::shared().database();
    let node = async || {
        let setup = Setup {
            sugar: Some(Arc::clone(&sugar)),
            database_url: Some(database.clone()),
            sets: &["public_url=http://chat.example.com"],
            ..Setup::default()
        };
        start(setup).await
    };
    let (one, other) = (node().await, node().await);
    settle(&sugar, "http://chat.example.com", KEY).await;
    let sally = Page::of(&sugar, "sally").await;
    for _ in 0..5 {
        let assertion = sally.asserts(json!([])).await;
        let (first, second) = tokio::join!(sign_in(&one, &assertion), sign_in(&other, &assertion));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 401]);
    }
}

#[tokio::test]
async fn nobody_makes_it_say_something_else() {
    let service = start(Setup {
        sets: &["limits.failed_tokens_per_minute=1000"],
        ..Setup::default()
    })
    .await;
    settle(&service.sugar, &service.url, KEY).await;
    let sally = Page::of(&service.sugar, "sally").await;
    let good = sally.asserts(contacts(&[GUS])).await;
    let parts: Vec<&str> = good.split('.').collect();
    let refused = async |proof: &str| sign_in(&service, proof).await.problem();
    let invalid = (401, "assertion_invalid".to_owned());
    for at in [
        0,
        parts[1].len() / 3,
        parts[1].len() / 2,
        parts[1].len() - 2,
    ] {
        let mut payload = parts[1].to_owned();
        let other = if &payload[at..=at] == "A" { "B" } else { "A" };
        payload.replace_range(at..=at, other);
        let altered = format!("rla1.{payload}.{}", parts[2]);
        assert_eq!(refused(&altered).await, invalid);
    }
    for truncated in [&good[..good.len() - 1], parts[1], "rla1.", "rla1.."] {
        assert_eq!(refused(truncated).await.0, 401, "{truncated}");
    }
    // For another service, and signed with another key.
    settle(&service.sugar, "http://127.0.0.1:1", KEY).await;
    let elsewhere = sally.asserts(json!([])).await;
    assert_eq!(refused(&elsewhere).await, invalid);
    settle(
        &service.sugar,
        &service.url,
        "another-key-of-thirty-two-letters",
    )
    .await;
    let forged = sally.asserts(json!([])).await;
    assert_eq!(refused(&forged).await, invalid);
    sign_in(&service, &good).await.ok();
}

/// The same assertion with something changed, signed with a key as Sugar would have signed it.
pub fn signed_anew(assertion: &str, key: &str, change: impl FnOnce(&mut Value)) -> String {
    let payload = assertion.split('.').nth(1).unwrap();
    let mut statement: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    change(&mut statement);
    let text = format!("rla1.{}", URL_SAFE_NO_PAD.encode(statement.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!(
        "{text}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

#[tokio::test]
async fn sugars_own_signature_is_not_enough() {
    let service = asserting().await;
    let sally = Page::of(&service.sugar, "sally").await;
    let good = sally.asserts(json!([])).await;
    let moved = |by: i64| {
        signed_anew(&good, KEY, |statement| {
            for at in ["iat", "exp"] {
                statement[at] = json!(statement[at].as_i64().unwrap() + by);
            }
        })
    };
    let long_lived = signed_anew(&good, KEY, |statement| {
        statement["exp"] = json!(statement["exp"].as_i64().unwrap() + 3_600);
    });
    let too_long = signed_anew(&good, KEY, |statement| {
        statement["user"]["title"] = json!("x".repeat(16_000));
    });
    let for_another = signed_anew(&good, KEY, |statement| {
        statement["aud"] = json!("https://chat.example.com");
    });
    for proof in [
        moved(-3_600),
        moved(3_600),
        long_lived,
        too_long,
        for_another,
    ] {
        let refused = sign_in(&service, &proof).await;
        assert_eq!(refused.problem(), (401, "assertion_invalid".to_owned()));
    }
    sign_in(&service, &signed_anew(&good, KEY, |_| {}))
        .await
        .ok();
}

#[tokio::test]
async fn an_assertion_of_as_many_records_as_it_takes_fits_into_a_header() {
    let service = Service::start().await;
    let sugar = &service.sugar;
    settle(sugar, &service.url, KEY).await;
    sugar.contacts(MOST_RECORDS).await;
    let admin = sugar.sign_in("admin", "base").await;
    let phone = "+1 (415) 555-2671 ext. 12345";
    let full = json!({"phone_home": phone, "phone_mobile": phone, "phone_work": phone, "phone_other": phone,
                      "do_not_call": true, "primary_address_country": "United States of America",
                      "primary_address_state": "District of Columbia"});
    let ids: Vec<String> = (0..MOST_RECORDS)
        .map(|number| format!("bulk_contact_{number}"))
        .collect();
    for id in &ids {
        let path = format!("Contacts/{id}");
        sugar
            .rest(Method::PUT, &path, Some(&admin), Some(full.clone()))
            .await;
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let sally = Page::of(sugar, "sally").await;
    let assertion = sally.asserts(contacts(&ids)).await;
    assert!(assertion.matches('.').count() == 2 && assertion.len() < 7_680);
    assert!(assertion.len() > 4_000, "{}", assertion.len());
}

#[tokio::test]
async fn sugar_forgets_the_key_when_the_package_goes() {
    let service = Service::start().await;
    let sugar = &service.sugar;
    settle(sugar, &service.url, KEY).await;
    assert_eq!(sugar.setting("riverline", "assertion_key").await, KEY);
    let admin = sugar.sign_in("admin", "base").await;
    let call = async |path: &str| sugar.rest(Method::GET, path, Some(&admin), None).await;
    let packages = call("Administration/packages/installed").await;
    let id = at(&packages["packages"][0], "id").to_owned();
    call(&format!("Administration/packages/{id}/uninstall")).await;
    assert_eq!(sugar.setting("riverline", "assertion_key").await, "");
}

#[tokio::test]
async fn where_tokens_are_taken_it_is_not() {
    let service = Service::start().await;
    settle(&service.sugar, &service.url, KEY).await;
    let sally = Page::of(&service.sugar, "sally").await;
    let refused = sign_in(&service, &sally.asserts(json!([])).await).await;
    assert_eq!(refused.problem(), (401, "sugar_token_needed".to_owned()));
}

#[tokio::test]
async fn the_key_never_leaves_sugar() {
    let service = asserting().await;
    let sugar = &service.sugar;
    let admin = sugar.sign_in("admin", "base").await;
    let shown = sugar
        .rest(Method::GET, "riverline/settings", Some(&admin), None)
        .await;
    let version = env!("CARGO_PKG_VERSION");
    let settings = json!({"url": service.url, "sign_in": "assertion", "version": version});
    assert_eq!(shown, settings);
    for path in ["/config.js", "/rest/v11/metadata/public"] {
        let page = reqwest::get(format!("{}{path}", sugar.url)).await.unwrap();
        assert!(page.status().is_success());
        assert!(!page.text().await.unwrap().contains(KEY), "{path}");
    }
    let metadata = sugar
        .rest(Method::GET, "metadata", Some(&admin), None)
        .await;
    assert!(!metadata.to_string().contains(KEY));
    // An empty key turns it off again.
    let off = Some(json!({"url": service.url, "assertion_key": ""}));
    let saved = sugar
        .rest(Method::PUT, "riverline/settings", Some(&admin), off)
        .await;
    assert_eq!(at(&saved, "sign_in"), "token");
}
