//! Sugar's token endpoint: the password grant and the refresh, as the `oauth2` crate speaks them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::http;
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet,
    ExtraTokenFields, HttpRequest, HttpResponse, RefreshToken, RequestTokenError,
    ResourceOwnerPassword, ResourceOwnerUsername, StandardRevocableToken, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::CrmError;
use super::rest::Rest;

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

/// What Sugar says beside the usual members.
#[derive(Debug, Serialize, Deserialize)]
struct SugarFields {
    /// Seconds; anything else is as good as nothing.
    #[serde(default)]
    refresh_expires_in: Value,
}

impl ExtraTokenFields for SugarFields {}

type Answered = StandardTokenResponse<SugarFields, BasicTokenType>;

type Client = oauth2::Client<
    BasicErrorResponse,
    Answered,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What a grant gave; not `Debug`.
pub(super) struct Grant {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) lifetime: Duration,
    /// How long the refresh token can be used, when Sugar said so.
    pub(super) refresh_lifetime: Option<Duration>,
}

impl From<Answered> for Grant {
    fn from(answer: Answered) -> Self {
        let refresh_lifetime = answer.extra_fields().refresh_expires_in.as_u64();
        Self {
            access: answer.access_token().secret().clone(),
            refresh: answer.refresh_token().map(|token| token.secret().clone()),
            lifetime: answer.expires_in().unwrap_or(USUAL_LIFETIME),
            refresh_lifetime: refresh_lifetime.map(Duration::from_secs),
        }
    }
}

/// The token endpoint, for the service's own user.
pub(super) struct Grants {
    client: Client,
    endpoint: TokenEndpoint,
    username: ResourceOwnerUsername,
    password: ResourceOwnerPassword,
    platform: String,
}

impl Grants {
    pub(super) fn new(rest: Rest, credentials: Credentials) -> Self {
        let url = TokenUrl::from_url(rest.url(["oauth2", "token"]));
        let client = oauth2::Client::new(ClientId::new(credentials.client_id))
            .set_client_secret(secret(&credentials.client_secret, ClientSecret::new))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(url);
        Self {
            client,
            endpoint: TokenEndpoint(rest),
            username: ResourceOwnerUsername::new(credentials.username),
            password: secret(&credentials.password, ResourceOwnerPassword::new),
            platform: credentials.platform,
        }
    }

    /// A full login; it ends the session that this user had on this platform before.
    pub(super) async fn sign_in(&self) -> Result<Grant, CrmError> {
        self.client
            .exchange_password(&self.username, &self.password)
            .add_extra_param("platform", self.platform.as_str())
            .request_async(&self.endpoint)
            .await
            .map(Grant::from)
            .map_err(in_our_words)
    }

    /// A new pair for a refresh token, which is spent with that.
    pub(super) async fn refresh(&self, token: &str) -> Result<Grant, CrmError> {
        self.client
            .exchange_refresh_token(&RefreshToken::new(token.to_owned()))
            .add_extra_param("platform", self.platform.as_str())
            .request_async(&self.endpoint)
            .await
            .map(Grant::from)
            .map_err(in_our_words)
    }

    /// Who the service is at Sugar, for an admin to read.
    pub(super) fn who(&self) -> String {
        format!("`{}` on the platform `{}`", *self.username, self.platform)
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
mod tests {
    use super::*;

    #[test]
    fn the_form_becomes_json_with_the_same_members() {
        let form = b"grant_type=password&username=a%26b&password=p+%C3%A9%3D&client_secret=";
        assert_eq!(
            form_as_json(form),
            serde_json::json!({
                "grant_type": "password", "username": "a&b", "password": "p é=", "client_secret": "",
            })
        );
    }
}
