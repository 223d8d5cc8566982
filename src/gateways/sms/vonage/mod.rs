//! Vonage, formerly Nexmo: one account, and one of its two APIs for texts (sms-gateways 3.2).

mod jwt;
mod messages;
mod sms;
pub mod sms_signature;
#[cfg(test)]
mod tests;

use super::exchange::exchange;
use super::media::Hosts;
use super::specimen::FRAGILE;
use super::{
    Callback, CallbackError, Capabilities, News, Outbound, Outcome, Picture, SmsGateway, Specimen,
    Verified,
};
use crate::config::VonageGateway;
use crate::domain::clock::Timestamp;
use crate::domain::consent;
use crate::domain::ids::GatewayId;
use crate::domain::picture::PictureProblem;
use crate::domain::segments::{Alphabet, segments};
use crate::gateways::sms::form::Form;
use async_trait::async_trait;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use sms_signature::Method;

/// Longer digits are a number without its `+`, not a short code.
const SHORT_CODE_DIGITS: usize = 8;

/// Where it keeps pictures for 48 hours. Their addresses open them; with "secure inbound media" they
/// would want the token of an application, which we have not.
const FILE_HOSTS: &[&str] = &[".nexmo.com"];

/// An account at Vonage.
pub struct Vonage {
    id: GatewayId,
    secret: SecretString,
    url: Url,
    api_key: SecretString,
    api_secret: SecretString,
    signature_secret: SecretString,
    api: Api,
    answers: &'static [&'static str],
    http: reqwest::Client,
}

enum Api {
    Sms(Method),
    Messages,
}

impl Vonage {
    /// An account as configured; the name of the setting that is missing or wrong otherwise.
    pub fn new(
        id: GatewayId,
        settings: &VonageGateway,
        http: reqwest::Client,
    ) -> Result<Self, &'static str> {
        let (api, base, path) = match settings.api.as_str() {
            "sms" => {
                let method = Method::parse(&settings.signature_method).ok_or("signature_method")?;
                (Api::Sms(method), "https://rest.nexmo.com", ["sms", "json"])
            }
            "messages" => (Api::Messages, "https://api.nexmo.com", ["v1", "messages"]),
            _ => return Err("api"),
        };
        let mut url = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse(base).map_err(|_| "base_url")?,
        };
        // Only an address without a host has no path, and configuration takes none of those.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let signature_secret = settings.signature_secret.clone();
        // An empty key would let anybody sign.
        let signature_secret = signature_secret.filter(|it| !it.expose_secret().is_empty());
        Ok(Self {
            id,
            secret: settings.secret.clone().ok_or("secret")?,
            url,
            api_key: settings.api_key.clone().ok_or("api_key")?,
            api_secret: settings.api_secret.clone().ok_or("api_secret")?,
            signature_secret: signature_secret.ok_or("signature_secret")?,
            api,
            answers: settings.opt_out_replies.of_carrier(consent::USUAL),
            http,
        })
    }

    fn request(&self, text: &Outbound) -> reqwest::RequestBuilder {
        // Vonage takes numbers without `+`.
        let from = text.from.trim_start_matches('+');
        let to = text.to.as_str().trim_start_matches('+');
        let request = self.http.post(self.url.clone());
        match self.api {
            Api::Messages => request
                .basic_auth(
                    self.api_key.expose_secret(),
                    Some(self.api_secret.expose_secret()),
                )
                .json(&messages::request(text, from, to)),
            Api::Sms(_) => {
                // Left to itself, Vonage sends `?` for what is not in GSM-7.
                let kind = match segments(&text.text).alphabet {
                    Alphabet::Gsm7 => "text",
                    Alphabet::Ucs2 => "unicode",
                };
                let ttl_ms = text.validity_s.saturating_mul(1_000).to_string();
                request.form(&[
                    ("api_key", self.api_key.expose_secret()),
                    ("api_secret", self.api_secret.expose_secret()),
                    ("from", from),
                    ("to", to),
                    ("text", &text.text),
                    ("type", kind),
                    ("ttl", &ttl_ms),
                    ("status-report-req", "1"),
                    ("callback", text.status_url.expose_secret()),
                    ("client-ref", &text.message_id.to_string()),
                ])
            }
        }
    }
}

#[async_trait]
impl SmsGateway for Vonage {
    fn id(&self) -> &GatewayId {
        &self.id
    }

    fn callback_secret(&self) -> &SecretString {
        &self.secret
    }

    fn capabilities(&self) -> Capabilities {
        let max_chars = match self.api {
            Api::Sms(_) => 3_200,
            Api::Messages => 1_000,
        };
        Capabilities {
            max_chars,
            max_parts: None,
            lists: false,
            answers: self.answers,
        }
    }

    async fn send(&self, text: &Outbound) -> Outcome {
        match (exchange(self.request(text)).await, &self.api) {
            (Ok(answer), Api::Sms(_)) => sms::outcome(&answer),
            (Ok(answer), Api::Messages) => messages::outcome(&answer),
            (Err(no_answer), _) => no_answer.into(),
        }
    }

    fn verify<'c>(
        &self,
        call: &'c Callback,
        now: Timestamp,
    ) -> Result<Verified<'c>, CallbackError> {
        let secret = &self.signature_secret;
        match self.api {
            Api::Sms(method) => {
                let form = sms::parameters(call)?;
                sms_signature::check(form.pairs(), secret, method, now)?;
            }
            Api::Messages => jwt::check(call, secret, self.api_key.expose_secret(), now)?,
        }
        Ok(call.believed())
    }

    fn specimen(&self, _url: &str, now: Timestamp) -> Option<Specimen> {
        let secret = &self.signature_secret;
        match self.api {
            Api::Sms(method) => {
                let seconds = now.0.div_euclid(1_000);
                let query = format!("{FRAGILE}&timestamp={seconds}");
                let pairs = Form::parse(query.as_bytes());
                let signature = sms_signature::sign(pairs.pairs(), secret, method);
                Some(Specimen {
                    method: "GET",
                    query: format!("{query}&sig={signature}"),
                    headers: Vec::new(),
                    body: Vec::new(),
                    signed: true,
                })
            }
            Api::Messages => {
                let body = br#"{"channel":"sms", "text":"caf\u00e9 & more"}"#.to_vec();
                let token = jwt::sign(&body, secret, now)?;
                let header = |name: &str, value: String| (name.to_owned(), value);
                Some(Specimen {
                    method: "POST",
                    query: FRAGILE.to_owned(),
                    headers: vec![
                        header("content-type", "application/json".to_owned()),
                        header("authorization", format!("Bearer {token}")),
                    ],
                    body,
                    signed: true,
                })
            }
        }
    }

    fn read(&self, call: Verified<'_>) -> Result<Vec<News>, CallbackError> {
        let news = match self.api {
            Api::Sms(_) => sms::read(&call)?,
            Api::Messages => messages::read(&call)?,
        };
        Ok(vec![news])
    }

    async fn fetch(&self, picture: &Picture, max_bytes: usize) -> Result<Vec<u8>, PictureProblem> {
        let hosts = Hosts {
            base: &self.url,
            others: FILE_HOSTS,
        };
        let url = hosts.allowed(&picture.url)?;
        let first = self.http.get(url.clone());
        hosts.fetch(&self.http, first, &url, max_bytes).await
    }
}

const fn malformed(what: &'static str) -> CallbackError {
    CallbackError::Malformed(what)
}

/// A number with its `+`; short codes and names as they are.
fn international(raw: &str) -> String {
    let digits = raw.bytes().all(|byte| byte.is_ascii_digit());
    match digits && raw.len() > SHORT_CODE_DIGITS {
        true => format!("+{raw}"),
        false => raw.to_owned(),
    }
}
