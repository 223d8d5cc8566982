//! Twilio, SignalWire and whoever else speaks Twilio's API (sms-gateways 2, 3.7).

mod call;
mod codes;
mod list;
mod media;
mod send;
pub mod signature;
#[cfg(test)]
mod signature_tests;
#[cfg(test)]
mod tests;

use super::exchange::exchange;
use super::specimen::FRAGILE;
use super::{
    Callback, CallbackError, CallbackKind, Capabilities, ListError, News, Outbound, Outcome,
    Picture, Reply, SmsGateway, Specimen, TextList, Verified, Wanted,
};
use crate::config::TwilioGateway;
use crate::domain::clock::Timestamp;
use crate::domain::ids::GatewayId;
use crate::domain::picture::PictureProblem;
use async_trait::async_trait;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use signature::{SharedKey, Signer};

const BASE: &str = "https://api.twilio.com";
const MAX_CHARS: usize = 1_600;
/// The longest that Twilio tries.
const MAX_VALIDITY_S: u64 = 36_000;

/// What Twilio answers by itself: its default keywords (sms-gateways 2.7). `YES` is one at
/// toll-free numbers.
const ANSWERED: &[&str] = &[
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "start",
    "unstop",
    "yes",
    "help",
    "info",
];

/// An account at Twilio or at a host like it.
pub struct Twilio {
    id: GatewayId,
    secret: SecretString,
    base: Url,
    account_sid: String,
    username: String,
    password: SecretString,
    messaging_service_sid: Option<String>,
    answers: &'static [&'static str],
    signer: Signer,
    http: reqwest::Client,
}

impl Twilio {
    /// An account as configured; the name of the setting that is missing otherwise.
    pub fn new(
        id: GatewayId,
        settings: &TwilioGateway,
        http: reqwest::Client,
    ) -> Result<Self, &'static str> {
        let base = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse(BASE).map_err(|_| "base_url")?,
        };
        let (username, password) = match &settings.api_key_sid {
            Some(key) => (
                key,
                settings.api_key_secret.as_ref().ok_or("api_key_secret")?,
            ),
            None => (
                &settings.account_sid,
                settings.auth_token.as_ref().ok_or("auth_token")?,
            ),
        };
        Ok(Self {
            id,
            secret: settings.secret.clone().ok_or("secret")?,
            base,
            account_sid: settings.account_sid.clone(),
            username: username.clone(),
            password: password.clone(),
            messaging_service_sid: settings.messaging_service_sid.clone(),
            answers: settings.opt_out_replies.of_carrier(ANSWERED),
            signer: signer(settings)?,
            http,
        })
    }

    /// An address below the account's.
    fn resource(&self, name: &str) -> Url {
        self.resource_of(&[name])
    }

    fn resource_of(&self, names: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Only an address without a host has no path, and configuration takes none of those.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["2010-04-01", "Accounts", &self.account_sid])
                .extend(names);
        }
        url
    }

    /// An address that the carrier named, when it is at the API's own host: our sign-in goes there.
    fn own_url(&self, address: &str) -> Option<Url> {
        let url = self.base.join(address).ok();
        url.filter(|url| self.owns(url))
    }

    fn owns(&self, url: &Url) -> bool {
        url.origin() == self.base.origin() && url.username().is_empty() && url.password().is_none()
    }

    fn signed_in(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.username, Some(self.password.expose_secret()))
    }

    fn request(&self, text: &Outbound) -> reqwest::RequestBuilder {
        let validity = text.validity_s.clamp(1, MAX_VALIDITY_S).to_string();
        let mut form = vec![
            ("To", text.to.as_str()),
            ("From", text.from.as_str()),
            ("Body", text.text.as_str()),
            ("StatusCallback", text.status_url.expose_secret()),
            ("ValidityPeriod", validity.as_str()),
        ];
        if let Some(service) = &self.messaging_service_sid {
            form.push(("MessagingServiceSid", service));
        }
        let request = self.http.post(self.resource("Messages.json")).form(&form);
        self.signed_in(request.header("accept", "application/json"))
    }
}

/// Calls are signed with the account's tokens, or with the one key that the host has for it.
fn signer(settings: &TwilioGateway) -> Result<Signer, &'static str> {
    let tokens = match &settings.signing_key {
        Some(key) => vec![key.clone()],
        None => {
            let tokens = [&settings.auth_token, &settings.second_auth_token];
            tokens.into_iter().flatten().cloned().collect()
        }
    };
    // An empty key would let anybody sign.
    if tokens.is_empty() || tokens.iter().any(is_empty) {
        return Err("auth_token");
    }
    let shared_key = match (&settings.shared_key_id, &settings.shared_key) {
        (Some(_), Some(secret)) if is_empty(secret) => return Err("shared_key"),
        (Some(id), Some(secret)) => Some(SharedKey {
            id: id.clone(),
            secret: secret.clone(),
        }),
        (None, None) => None,
        _ => return Err("shared_key"),
    };
    Ok(Signer {
        header: settings.signature_header.to_ascii_lowercase(),
        tokens,
        shared_key,
    })
}

fn is_empty(secret: &SecretString) -> bool {
    secret.expose_secret().is_empty()
}

#[async_trait]
impl SmsGateway for Twilio {
    fn id(&self) -> &GatewayId {
        &self.id
    }

    fn inbound_address_tail(&self) -> &'static str {
        // Twilio calls again after any failure, up to five times.
        "#rc=5&rp=all"
    }

    fn callback_secret(&self) -> &SecretString {
        &self.secret
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_chars: MAX_CHARS,
            max_parts: None,
            lists: true,
            answers: self.answers,
        }
    }

    async fn send(&self, text: &Outbound) -> Outcome {
        match exchange(self.request(text)).await {
            Ok(answer) => send::outcome(&answer),
            Err(no_answer) => no_answer.into(),
        }
    }

    fn verify<'c>(
        &self,
        call: &'c Callback,
        _now: Timestamp,
    ) -> Result<Verified<'c>, CallbackError> {
        // Twilio signs no time: a call that is repeated is known by its text's id.
        self.signer.check(call)?;
        Ok(call.believed())
    }

    fn specimen(&self, url: &str, _now: Timestamp) -> Option<Specimen> {
        let body = b"To=%2B15005550006&From=%2B15005550009&Body=Probe+%26+caf%C3%A9".to_vec();
        let signature = self.signer.sign(&format!("{url}?{FRAGILE}"), &body);
        let content_type = "application/x-www-form-urlencoded; charset=UTF-8";
        let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let signed = signature.is_some();
        headers.extend(signature.map(|signature| (self.signer.header.clone(), signature)));
        Some(Specimen {
            method: "POST",
            query: FRAGILE.to_owned(),
            headers,
            body,
            signed,
        })
    }

    fn read(&self, call: Verified<'_>) -> Result<Vec<News>, CallbackError> {
        Ok(vec![call::read(&call)?])
    }

    fn reply(&self, kind: &CallbackKind) -> Reply {
        match kind {
            CallbackKind::Inbound => Reply {
                status: 200,
                content_type: Some("text/xml"),
                body: "<Response/>",
            },
            CallbackKind::Status(_) => Reply::NO_CONTENT,
        }
    }

    async fn list(
        &self,
        own_number: &str,
        since: Timestamp,
        wanted: Wanted,
    ) -> Result<TextList, ListError> {
        list::list(self, own_number, since, wanted).await
    }

    async fn fetch(&self, picture: &Picture, max_bytes: usize) -> Result<Vec<u8>, PictureProblem> {
        media::fetch(self, &picture.url, max_bytes).await
    }
}

/// A number, in quotes or not.
fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
