//! Who texts, and who answers: calls that are repeated until the service says yes or no.

use crate::support::panel::message_id;
use crate::support::twilio::{SECRET, Text, Twilio};
use crate::support::{PATIENCE, at};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// A member, wherever the service is just now.
pub struct Member {
    /// Where the service is, whenever it runs.
    pub url: String,
    /// The panel's token.
    pub token: String,
    /// The Sugar access token.
    pub sugar_token: String,
    /// For all calls.
    pub http: reqwest::Client,
    /// What was sent, and whether the service took it.
    pub sent: Mutex<Vec<(String, bool)>>,
}

/// Makes a call again and again until it is answered; 503 is no answer.
async fn answer(call: impl Fn() -> RequestBuilder) -> (u16, Value) {
    let deadline = Instant::now() + 3 * PATIENCE;
    loop {
        if let Ok(answer) = call().send().await
            && answer.status() != 503
        {
            let status = answer.status().as_u16();
            // Without its body nobody knows what it says.
            if let Ok(body) = answer.bytes().await {
                return (status, serde_json::from_slice(&body).unwrap_or_default());
            }
        }
        assert!(Instant::now() < deadline, "the service does not answer");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

impl Member {
    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.token);
        request.header("Sugar-Token", &self.sugar_token).json(body)
    }

    /// Opens the session of a contact at a number; its id and the contact's phone.
    pub async fn open(&self, contact: usize, number: &str) -> (String, String) {
        let contact = format!("bulk_contact_{contact}");
        let body = json!({"module": "Contacts", "record_id": contact, "number_id": number});
        let (status, session) = answer(|| self.post("/v1/sms-sessions", &body)).await;
        assert!(status < 300, "{session}");
        let peer = at(&session, "session.peer").to_owned();
        (at(&session, "id").to_owned(), peer)
    }

    /// Sends a text; its id, if the service took it.
    pub async fn send(&self, session: &str, text: &str) -> Option<String> {
        let id = message_id();
        let path = format!("/v1/conversations/{session}/messages");
        let body = json!({"message_id": id, "text": text});
        let (status, said) = answer(|| self.post(&path, &body)).await;
        let taken = status == 202;
        assert!(taken || said["code"] == "opted_out", "{status} {said}");
        self.sent.lock().unwrap().push((id.clone(), taken));
        taken.then_some(id)
    }

    /// Sends a text again, unless it has turned out to be sent.
    pub async fn send_again(&self, session: &str, old: &str) {
        let path = format!("/v1/conversations/{session}/messages/{old}/resend");
        let key = message_id();
        let again = || self.post(&path, &json!({})).header("Idempotency-Key", &key);
        let (status, said) = answer(again).await;
        if status == 202 {
            let id = at(&said, "id").to_owned();
            self.sent.lock().unwrap().push((id, true));
        } else {
            assert_eq!(said["code"], "not_to_be_resent", "{status} {said}");
        }
    }

    /// A text comes in through the carrier, which calls until it is answered.
    pub async fn hears(&self, twilio: &Twilio, text: &Text) {
        let url = format!("{}/gateways/tw/{SECRET}/inbound", self.url);
        let (status, _) = answer(|| twilio.call(&url, &twilio.inbound(text))).await;
        assert_eq!(status, 200);
    }
}
