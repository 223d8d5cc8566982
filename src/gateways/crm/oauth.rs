//! The service's own login at Sugar: password grant, refresh with rotation, one at a time.
//!
//! Sugar keeps one session per user and platform, so a second login of the same user would end
//! the first. Everybody here therefore shares one token pair, and whoever finds it dead while
//! another is already renewing it waits for that one's outcome.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::http;
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, RefreshToken, RequestTokenError, ResourceOwnerPassword, ResourceOwnerUsername,
    TokenResponse, TokenUrl,
};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::rest::Rest;
use super::{CrmError, SugarToken};
use crate::domain::clock::{Clock, Timestamp};

/// How long a refused password is not tried again: Sugar locks users out after a few.
const AFTER_REFUSAL_MS: i64 = 60_000;

/// A token is renewed at most this long before its end.
const LARGEST_MARGIN_MS: i64 = 60_000;

/// Sugar's default, should an answer not say how long its token lives.
const USUAL_LIFETIME: Duration = Duration::from_secs(3_600);

/// What the service signs in with.
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) password: SecretString,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) platform: String,
}

/// The service's login, shared by all calls.
pub(super) struct ServiceLogin {
    client:
        BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>,
    endpoint: TokenEndpoint,
    username: ResourceOwnerUsername,
    password: ResourceOwnerPassword,
    platform: String,
    clock: Arc<dyn Clock>,
    /// Renewals that ended, well or badly; read before waiting for the state.
    ended: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pair: Option<Pair>,
    /// Pairs granted so far; the number of the newest is its generation.
    granted: u64,
    failure: Option<(Timestamp, CrmError)>,
}

/// A token pair; not `Debug`.
struct Pair {
    access: SugarToken,
    refresh: Option<RefreshToken>,
    renew_at: Timestamp,
    generation: u64,
}

/// The token of the moment, and which renewal it came from.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub(super) token: SugarToken,
    pub(super) generation: u64,
}

impl Pair {
    fn granted(&self) -> Granted {
        Granted {
            token: self.access.clone(),
            generation: self.generation,
        }
    }
}

impl ServiceLogin {
    pub(super) fn new(rest: Rest, credentials: Credentials, clock: Arc<dyn Clock>) -> Self {
        let url = TokenUrl::from_url(rest.url(["oauth2", "token"]));
        let client = BasicClient::new(ClientId::new(credentials.client_id))
            .set_client_secret(secret(&credentials.client_secret, ClientSecret::new))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(url);
        Self {
            client,
            endpoint: TokenEndpoint(rest),
            username: ResourceOwnerUsername::new(credentials.username),
            password: secret(&credentials.password, ResourceOwnerPassword::new),
            platform: credentials.platform,
            clock,
            ended: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    /// A token to call with, renewed when it is about to end.
    pub(super) async fn token(&self) -> Result<Granted, CrmError> {
        self.newer_than(None).await
    }

    /// A token to call again with, after Sugar refused the one of `generation`.
    pub(super) async fn replace(&self, generation: u64) -> Result<Granted, CrmError> {
        self.newer_than(Some(generation)).await
    }

    async fn newer_than(&self, dead: Option<u64>) -> Result<Granted, CrmError> {
        let ended_before = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        if let Some(pair) = &state.pair
            && now < pair.renew_at
            && dead != Some(pair.generation)
        {
            return Ok(pair.granted());
        }
        if let Some((at, error)) = &state.failure {
            // It failed while we waited: its outcome is ours, or a Sugar that is down would be
            // asked by everybody who waits, one after the other.
            let while_we_waited = self.ended.load(Ordering::Acquire) != ended_before;
            let refused = matches!(error, CrmError::LoginRefused { .. });
            if while_we_waited || (refused && now < at.plus_ms(AFTER_REFUSAL_MS)) {
                return Err(error.clone());
            }
        }
        let outcome = self.renew(&mut state).await;
        let error = outcome.as_ref().err();
        state.failure = error.map(|error| (self.clock.now(), error.clone()));
        self.ended.fetch_add(1, Ordering::AcqRel);
        outcome
    }

    /// Refreshes the pair; when Sugar refuses that, whatever it calls it, signs in once.
    async fn renew(&self, state: &mut State) -> Result<Granted, CrmError> {
        let refresh = state.pair.as_ref().and_then(|pair| pair.refresh.clone());
        let answer = match refresh {
            Some(refresh) => match self.refresh(&refresh).await {
                Err(error) if is_refusal(&error) => {
                    state.pair = None;
                    log::info!("the service's session at Sugar ended, signing in again: {error}");
                    self.sign_in().await
                }
                other => other,
            },
            None => self.sign_in().await,
        }?;
        state.granted += 1;
        let pair = self.pair(&answer, state.granted);
        let granted = pair.granted();
        state.pair = Some(pair);
        Ok(granted)
    }

    fn pair(&self, answer: &BasicTokenResponse, generation: u64) -> Pair {
        let lifetime = answer.expires_in().unwrap_or(USUAL_LIFETIME).as_millis();
        let lifetime = i64::try_from(lifetime).unwrap_or(i64::MAX);
        let margin = (lifetime / 10).min(LARGEST_MARGIN_MS);
        Pair {
            access: SugarToken::new(answer.access_token().secret().as_str()),
            refresh: answer.refresh_token().cloned(),
            renew_at: self.clock.now().plus_ms(lifetime - margin),
            generation,
        }
    }

    async fn sign_in(&self) -> Result<BasicTokenResponse, CrmError> {
        self.client
            .exchange_password(&self.username, &self.password)
            .add_extra_param("platform", self.platform.as_str())
            .request_async(&self.endpoint)
            .await
            .map_err(in_our_words)
    }

    async fn refresh(&self, token: &RefreshToken) -> Result<BasicTokenResponse, CrmError> {
        self.client
            .exchange_refresh_token(token)
            .add_extra_param("platform", self.platform.as_str())
            .request_async(&self.endpoint)
            .await
            .map_err(in_our_words)
    }
}

/// Any 4xx on a refresh means that the pair is dead; Sugar's labels for it differ by version.
fn is_refusal(error: &CrmError) -> bool {
    match error {
        CrmError::LoginRefused { .. } => true,
        CrmError::BadAnswer { status, .. } => (400..500).contains(status),
        _ => false,
    }
}

fn secret<T>(secret: &SecretString, into: impl FnOnce(String) -> T) -> T {
    into(secret.expose_secret().to_owned())
}

/// Keeps Sugar's label and drops the rest: the library's error may hold the whole answer.
fn in_our_words(error: RequestTokenError<CrmError, BasicErrorResponse>) -> CrmError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(answer) => CrmError::LoginRefused {
            code: answer.error().as_ref().to_owned(),
        },
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => CrmError::BadAnswer {
            status: 200,
            reason: "no token in it",
        },
    }
}

/// Carries the `oauth2` crate's requests to Sugar, whose token endpoint takes JSON only.
struct TokenEndpoint(Rest);

impl<'c> AsyncHttpClient<'c> for TokenEndpoint {
    type Error = CrmError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CrmError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let url = Url::parse(&request.uri().to_string()).map_err(|_| not_an_answer(0))?;
            let answer = self.0.post(url, &form_as_json(request.body())).await?;
            let status = answer.status;
            if !(200..500).contains(&status) || !answer.body.is_object() {
                return Err(not_an_answer(status));
            }
            if status >= 300 && !answer.body["error"].is_string() {
                return Err(not_an_answer(status));
            }
            let body = answer.body.to_string().into_bytes();
            let response = http::Response::builder().status(status);
            response.body(body).map_err(|_| not_an_answer(status))
        })
    }
}

fn not_an_answer(status: u16) -> CrmError {
    CrmError::BadAnswer {
        status,
        reason: "not an answer of a token endpoint",
    }
}

/// The crate's form as the JSON object with the same members.
fn form_as_json(form: &[u8]) -> Value {
    let members = oauth2::url::form_urlencoded::parse(form);
    let members = members.map(|(name, value)| (name.into_owned(), value.into_owned().into()));
    Value::Object(members.collect::<Map<_, _>>())
}

#[cfg(test)]
#[path = "oauth_tests.rs"]
mod tests;
