//! The line of texts at a number of ours that has a pace.

use crate::support::service::{Answer, Setup};
use crate::support::twilio::{Fault, Twilio};
use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const GUS_PHONE: &str = "+14155552671";

/// One that sends many texts, with a key.
struct Integration<'a> {
    service: &'a Service,
    key: String,
}

impl<'a> Integration<'a> {
    fn at(service: &'a Service) -> Self {
        let key = service.key(&[]);
        Self { service, key }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let call = self
            .service
            .call(Method::POST, path, Some(&self.key), Some(body));
        call.await
    }
}

#[tokio::test]
async fn a_line_takes_what_goes_out_in_time_and_moves_up_when_one_leaves() {
    let setup = Setup {
        of_number: "parts_per_minute = 1",
        sets: &["sms.validity_s=150"],
        ..Setup::default()
    };
    let service = setup.start().await;
    let integration = Integration::at(&service);
    let session = integration
        .post("/v1/sms-sessions", json!({"peer": GUS_PHONE}))
        .await;
    let path = format!("/v1/conversations/{}/messages", at(&session.ok(), "id"));
    let mut waiting = Vec::new();
    for text in ["Now", "In a minute", "In two"] {
        waiting.push(integration.post(&path, json!({"text": text})).await.ok());
    }
    let fourth = json!({"text": "In three, which is too late"});
    let refused = integration.post(&path, fourth.clone()).await;
    assert_eq!(refused.problem(), (429, "line_too_long".to_owned()));
    let turns = || {
        let waits = "SELECT CAST((due_at - created_at + 5000) / 60000 AS TEXT) AS text FROM outbox \
                     WHERE kind = 'send_sms' AND due_at > created_at + 30000 ORDER BY due_at";
        service.texts_of(waits)
    };
    assert_eq!(turns(), ["1", "2"]);
    let cancel = format!("{path}/{}/cancel", at(&waiting[1], "id"));
    integration.post(&cancel, json!({})).await.ok();
    assert_eq!(turns(), ["1"]);
    integration.post(&path, fourth).await.ok();
    assert_eq!(turns(), ["1", "2"]);
}

#[tokio::test]
async fn what_the_carrier_put_off_holds_up_no_line_when_it_is_called_off() {
    let twilio = Twilio::start().await;
    let setup = Setup {
        more: twilio.settings("+14155550142") + "parts_per_minute = 600\n",
        ..Setup::default()
    };
    let service = setup.start().await;
    let integration = Integration::at(&service);
    let session = json!({"peer": GUS_PHONE, "number_id": "twilio"});
    let session = integration.post("/v1/sms-sessions", session).await;
    let path = format!("/v1/conversations/{}/messages", at(&session.ok(), "id"));
    twilio.script("Put off", &[Fault::BusyFor(3_600)]);
    let put_off = integration
        .post(&path, json!({"text": "Put off"}))
        .await
        .ok();
    eventually("it waits for an hour", || async {
        let waits = "SELECT subject AS text FROM outbox \
                     WHERE due_at > created_at + 3000000 AND lease_until = 0";
        (!service.texts_of(waits).is_empty()).then_some(())
    })
    .await;
    let cancel = format!("{path}/{}/cancel", at(&put_off, "id"));
    integration.post(&cancel, json!({})).await.ok();
    integration.post(&path, json!({"text": "Next"})).await.ok();
    eventually("the next goes out", || async {
        twilio.has_seen("Next").then_some(())
    })
    .await;
}
