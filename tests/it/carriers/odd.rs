//! What a carrier says that nobody here knows leaves a trace that an admin finds, and loses nothing.

use super::{NUMBER, STRANGER, Which, inbound_url, session_through, taken, with_each_carrier};
use crate::support::carrier::{Call, Fault, SECRET, Stamp};
use crate::support::service::Setup;
use crate::support::twilio::{self, Twilio};
use crate::support::{Service, at, eventually};
use serde_json::json;

/// The log has a line with all of some words in it.
async fn logged(service: &Service, words: &[&str]) {
    eventually(&format!("{words:?} are in the log"), || async {
        let log = service.log();
        let mut lines = log.lines();
        lines
            .any(|line| words.iter().all(|word| line.contains(word)))
            .then_some(())
    })
    .await;
}

/// How many receipts had an unknown status, by the figures for Prometheus.
async fn unknown_statuses(service: &Service) -> u32 {
    let metrics = reqwest::get(format!("{}/metrics", service.internal))
        .await
        .unwrap();
    let text = metrics.text().await.unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("riverline_unknown_statuses "));
    line.unwrap().rsplit_once(' ').unwrap().1.parse().unwrap()
}

with_each_carrier!(
    unknown_words_and_codes_are_in_the_log,
    calls_in_no_known_form_wait_for_an_admin,
);

async fn unknown_words_and_codes_are_in_the_log(which: Which) {
    let (carrier, service) = which.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    let id = at(&sally.say(&session, "odd").await, "id").to_owned();
    let text = taken(&carrier, "odd").await;
    sally.message_in(&session, &id, "sent").await;
    assert_eq!(carrier.receipt(&text, 0, "flying", None).await, 204);
    logged(
        &service,
        &["WARN", "there", &id, "unknown status", "flying"],
    )
    .await;
    assert_eq!(
        carrier
            .receipt(&text, 0, "a status to +14155552671", None)
            .await,
        204
    );
    logged(&service, &["unknown status", "(not a word)"]).await;
    assert_eq!(unknown_statuses(&service).await, 2);
    sally.message_in(&session, &id, "sent").await;
    let [_, _, failed] = carrier.api().words();
    assert_eq!(carrier.receipt(&text, 0, failed, Some("49999")).await, 204);
    logged(&service, &["there", &id, "did not deliver", "49999"]).await;
    sally.message_in(&session, &id, "failed").await;
    // A refusal with a code that nobody knows, and one without any.
    for (fault, words) in [(Fault::Refuse(77), "77"), (Fault::RefuseBarely, "no code")] {
        carrier.fail(&[fault]);
        let id = at(&sally.say(&session, &format!("{fault:?}")).await, "id").to_owned();
        if (which, fault) == (Which::VonageSms, Fault::RefuseBarely) {
            sally.message_in(&session, &id, "unknown").await;
            continue;
        }
        sally.message_in(&session, &id, "failed").await;
        logged(&service, &["there", "refused a text", words]).await;
    }
    assert!(!service.log().contains("4155552671"));
}

async fn calls_in_no_known_form_wait_for_an_admin(which: Which) {
    let (carrier, service) = which.start().await;
    let url = inbound_url(&service);
    let call = |id: &str, text: &str| {
        carrier
            .api()
            .inbound(id, [STRANGER, NUMBER], text, None, Stamp::now(0))
    };
    assert_eq!(carrier.call(&url, &call("m-1", "first")).await, 204);
    // The signature covers the body and not the content type: JSON is JSON whatever it is called.
    let mut renamed = call("m-2", "renamed");
    renamed.headers[0].1 = match which {
        Which::VonageSms => "text/plain".to_owned(),
        _ => "text/html".to_owned(),
    };
    assert_eq!(carrier.call(&url, &renamed).await, 204);
    // Without a sender there is nobody to show it with.
    let headless = carrier
        .api()
        .inbound("m-3", ["", NUMBER], "headless", None, Stamp::now(0));
    assert_eq!(carrier.call(&url, &headless).await, 204);
    let admin = service.sign_in("admin").await;
    let waiting = admin.get("/v1/admin/quarantine").await;
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    assert_eq!(waiting["items"][0]["why"], json!("form"));
    let stored = service.texts_of("SELECT text FROM message ORDER BY seq");
    assert_eq!(stored, ["first", "renamed"]);
    let doubled = doubled(&call("m-4", "once"));
    assert_eq!(carrier.call(&url, &doubled).await, 403);
    logged(&service, &["WARN", "there"]).await;
}

/// The same call with a parameter twice, which its signature does not cover.
fn doubled(call: &Call) -> Call {
    let mut call = call.clone();
    let body = String::from_utf8(call.body).unwrap();
    call.body = match body.strip_prefix('{') {
        Some(rest) => format!("{{\"data\":{{}},\"from\":\"x\",{rest}"),
        None => format!("{body}&text=twice"),
    }
    .into_bytes();
    call
}

#[tokio::test]
async fn twilios_unknown_words_and_codes_are_in_the_log() {
    let carrier = Twilio::start().await;
    let more = carrier.settings(NUMBER);
    let usual = Setup::default();
    let service = Setup { more, ..usual }.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "twilio").await;
    let id = at(&sally.say(&session, "odd").await, "id").to_owned();
    let text = eventually("the text is at Twilio", || async {
        carrier.ledger().into_iter().find(|text| text.body == "odd")
    })
    .await;
    assert_eq!(carrier.receipt(&text, "flying", None).await, 204);
    logged(&service, &["WARN", "tw", &id, "unknown status", "flying"]).await;
    assert_eq!(unknown_statuses(&service).await, 1);
    assert_eq!(
        carrier.receipt(&text, "undelivered", Some(39_999)).await,
        204
    );
    logged(&service, &["tw", &id, "did not deliver", "39999"]).await;
    sally.message_in(&session, &id, "failed").await;
    // Signed, and twice in it what may come once.
    let url = format!("{}/gateways/tw/{}/inbound", service.url, twilio::SECRET);
    let mut pairs = carrier.inbound(&carrier.take_in(STRANGER, NUMBER, "twice", 0));
    pairs.push(("From".to_owned(), "+12025550199".to_owned()));
    assert_eq!(
        carrier.call(&url, &pairs).send().await.unwrap().status(),
        200
    );
    let admin = service.sign_in("admin").await;
    let waiting = admin.get("/v1/admin/quarantine").await;
    assert_eq!(waiting["items"][0]["why"], json!("form"));
    assert!(!service.log().contains(SECRET));
}
