//! Telnyx (sms-gateways 3.1).

mod call;
mod codes;
mod send;
#[cfg(test)]
mod tests;

use super::exchange::exchange;
use super::media::Hosts;
use super::specimen::FRAGILE;
use super::{
    Callback, CallbackError, Capabilities, News, Outbound, Outcome, Picture, SmsGateway, Specimen,
    Verified,
};
use crate::config::TelnyxGateway;
use crate::domain::clock::Timestamp;
use crate::domain::ids::GatewayId;
use crate::domain::picture::PictureProblem;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

const BASE: &str = "https://api.telnyx.com";
const MAX_CHARS: usize = 1_600;
/// Where it keeps pictures; nobody signs in there.
const FILE_HOSTS: &[&str] = &[".telnyx.com", ".telnyxcloudstorage.com"];
const PUBLIC_KEY_BYTES: usize = 32;

/// What a messaging profile answers by itself (sms-gateways 3.1).
const ANSWERED: &[&str] = &[
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "start",
    "unstop",
    "help",
    "info",
];

/// An account at Telnyx.
pub struct Telnyx {
    id: GatewayId,
    secret: SecretString,
    messages: Url,
    api_key: SecretString,
    public_key: Vec<u8>,
    messaging_profile_id: Option<String>,
    answers: &'static [&'static str],
    http: reqwest::Client,
}

#[derive(Serialize)]
struct Request<'t> {
    from: &'t str,
    to: &'t str,
    text: &'t str,
    webhook_url: &'t str,
    use_profile_webhooks: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaging_profile_id: Option<&'t str>,
}

impl Telnyx {
    /// An account as configured; the name of the setting that is missing or wrong otherwise.
    pub fn new(
        id: GatewayId,
        settings: &TelnyxGateway,
        http: reqwest::Client,
    ) -> Result<Self, &'static str> {
        let mut messages = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse(BASE).map_err(|_| "base_url")?,
        };
        // Only an address without a host has no path, and configuration takes none of those.
        if let Ok(mut path) = messages.path_segments_mut() {
            path.pop_if_empty().extend(["v2", "messages"]);
        }
        let public_key = STANDARD.decode(settings.public_key.trim());
        let public_key = public_key.map_err(|_| "public_key")?;
        if public_key.len() != PUBLIC_KEY_BYTES {
            return Err("public_key");
        }
        Ok(Self {
            id,
            secret: settings.secret.clone().ok_or("secret")?,
            messages,
            api_key: settings.api_key.clone().ok_or("api_key")?,
            public_key,
            messaging_profile_id: settings.messaging_profile_id.clone(),
            answers: settings.opt_out_replies.of_carrier(ANSWERED),
            http,
        })
    }
}

#[async_trait]
impl SmsGateway for Telnyx {
    fn id(&self) -> &GatewayId {
        &self.id
    }

    fn callback_secret(&self) -> &SecretString {
        &self.secret
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_chars: MAX_CHARS,
            max_parts: None,
            lists: false,
            answers: self.answers,
        }
    }

    async fn send(&self, text: &Outbound) -> Outcome {
        let body = Request {
            from: &text.from,
            to: text.to.as_str(),
            text: &text.text,
            webhook_url: text.status_url.expose_secret(),
            use_profile_webhooks: false,
            messaging_profile_id: self.messaging_profile_id.as_deref(),
        };
        let request = self.http.post(self.messages.clone()).json(&body);
        match exchange(request.bearer_auth(self.api_key.expose_secret())).await {
            Ok(answer) => send::outcome(&answer),
            Err(no_answer) => no_answer.into(),
        }
    }

    fn verify<'c>(
        &self,
        call: &'c Callback,
        now: Timestamp,
    ) -> Result<Verified<'c>, CallbackError> {
        call::verify(call, &self.public_key, now)?;
        Ok(call.believed())
    }

    /// Its signature is none: only Telnyx has the key.
    fn specimen(&self, _url: &str, now: Timestamp) -> Option<Specimen> {
        let header = |name: &str, value: String| (name.to_owned(), value);
        Some(Specimen {
            method: "POST",
            query: FRAGILE.to_owned(),
            headers: vec![
                header("content-type", "application/json".to_owned()),
                header("telnyx-signature-ed25519", STANDARD.encode([0; 64])),
                header("telnyx-timestamp", now.0.div_euclid(1_000).to_string()),
            ],
            body: br#"{"data": {"event_type":"probe", "payload":{"text":"caf\u00e9 & more"}}}"#
                .to_vec(),
            signed: false,
        })
    }

    fn read(&self, call: Verified<'_>) -> Result<Vec<News>, CallbackError> {
        call::read(&call)
    }

    async fn fetch(&self, picture: &Picture, max_bytes: usize) -> Result<Vec<u8>, PictureProblem> {
        let hosts = Hosts {
            base: &self.messages,
            others: FILE_HOSTS,
        };
        let url = hosts.allowed(&picture.url)?;
        let first = self.http.get(url.clone());
        hosts.fetch(&self.http, first, &url, max_bytes).await
    }
}
