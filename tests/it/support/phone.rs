//! The contact's phone: the simulator's page without the page.

use super::service::OUR_NUMBER;
use serde_json::{Value, json};

/// The phones of the simulated network.
pub struct Phone {
    url: String,
    http: reqwest::Client,
}

impl Phone {
    /// The phones behind an internal listener.
    pub fn new(internal: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            url: format!("{internal}/simulator"),
            http,
        }
    }

    /// A phone texts our number.
    pub async fn text(&self, from: &str, text: &str) {
        let body = json!({"from": from, "to": OUR_NUMBER, "text": text});
        let answer = self
            .http
            .post(format!("{}/messages", self.url))
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.unwrap().status(), 202);
    }

    /// What arrived at a phone so far.
    pub async fn texts_to(&self, phone: &str) -> Vec<String> {
        let answer = self
            .http
            .get(format!("{}/messages", self.url))
            .send()
            .await
            .unwrap();
        let body: Value = answer.json().await.unwrap();
        let items = body["items"].as_array().unwrap().iter();
        items
            .filter(|item| item["direction"] == "to_phone" && item["to"] == phone)
            .map(|item| super::at(item, "text").to_owned())
            .collect()
    }

    /// Changes how the network treats texts.
    pub async fn behave(&self, mode: &str) {
        let body = json!({"mode": mode, "delay_ms": 0});
        let answer = self
            .http
            .put(format!("{}/behaviour", self.url))
            .json(&body)
            .send()
            .await;
        assert!(answer.unwrap().status().is_success());
    }
}
