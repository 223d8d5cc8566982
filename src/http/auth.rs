//! Who a request speaks for, as extractors: a handler that takes none is public.

use super::AppState;
use super::problem::ApiError;
use crate::domain::access::{Actor, SignedIn};
use crate::flows::{FlowError, UserProof, authenticate, prove};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// The bearer token of a request, not yet believed.
pub struct Bearer(pub String);

/// Anybody who is signed in or holds a key.
pub struct Caller(pub Actor);

/// A signed-in member, with the token he came with.
pub struct PanelUser {
    /// Who.
    pub who: SignedIn,
    /// His panel's token.
    pub token: String,
}

/// What proves the Sugar user, for calls that need Sugar's permission: his current token or an
/// assertion, which is used up.
pub struct AsUser(pub UserProof);

/// A signed-in member who acts as the Sugar user he is: the two in this order, so that nobody
/// learns anything from the second who has not the first.
pub struct ProvenUser {
    /// The member.
    pub panel: PanelUser,
    /// That he is who he is.
    pub proof: UserProof,
}

fn bearer(request: &HttpRequest) -> Result<String, ApiError> {
    let header = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    header
        .and_then(|value| {
            value
                .strip_prefix("Bearer ")
                .or_else(|| value.strip_prefix("bearer "))
        })
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty())
        .ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "token_missing",
                "Send a token or key as `Authorization: Bearer ...`.",
            )
        })
}

fn too_many() -> ApiError {
    let words = "Too many wrong tokens from this address. Wait a minute.";
    ApiError::later(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        words,
        60,
    )
}

/// The address a request came from; behind a proxy, the one that the proxy itself appended.
pub fn address(state: &AppState, request: &HttpRequest) -> IpAddr {
    let forwarded = request.headers().get_all("X-Forwarded-For").last();
    let told = forwarded
        .filter(|_| state.behind_proxy)
        .and_then(|value| value.to_str().ok())
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse().ok());
    let peer = || request.peer_addr().map(|peer| peer.ip());
    told.or_else(peer)
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

impl AppState {
    /// Refuses an address that sent too many wrong tokens.
    pub fn check_address(&self, address: IpAddr) -> Result<(), ApiError> {
        let over = self.failed_tokens.is_over(address, self.ctx.clock.now());
        if over { Err(too_many()) } else { Ok(()) }
    }

    /// Counts a refused token against its address.
    pub fn refused(&self, address: IpAddr, error: FlowError) -> ApiError {
        let error = ApiError::from(error);
        let wrong = actix_web::ResponseError::status_code(&error) == StatusCode::UNAUTHORIZED;
        if wrong && self.failed_tokens.failed(address, self.ctx.clock.now()) {
            return too_many();
        }
        error
    }
}

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(bearer(request).map(Self))
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let token = bearer(&request)?;
            let state = request
                .app_data::<web::Data<AppState>>()
                .ok_or_else(no_state)?;
            let actor = authenticate::authenticate(&state.ctx, &token).await;
            actor
                .map(Self)
                .map_err(|error| state.refused(address(state, &request), error))
        })
    }
}

impl FromRequest for PanelUser {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let token = bearer(request);
        let caller = Caller::from_request(request, payload);
        Box::pin(async move {
            match caller.await?.0 {
                Actor::Member(who) => Ok(Self { who, token: token? }),
                Actor::Key(_) => Err(ApiError::new(
                    StatusCode::FORBIDDEN,
                    "forbidden",
                    "This call is for panels; a key cannot make it.",
                )),
            }
        })
    }
}

impl FromRequest for AsUser {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let header = request.headers().get("Sugar-Token");
            let presented = header
                .and_then(|value| value.to_str().ok())
                .filter(|presented| !presented.is_empty())
                .ok_or_else(|| {
                    ApiError::new(
                        StatusCode::UNAUTHORIZED,
                        "sugar_token_missing",
                        "Send the user's current Sugar access token as `Sugar-Token`.",
                    )
                })?;
            let state = request
                .app_data::<web::Data<AppState>>()
                .ok_or_else(no_state)?;
            Ok(Self(prove::prove(&state.ctx, presented).await?))
        })
    }
}

impl FromRequest for ProvenUser {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let panel = PanelUser::from_request(request, payload);
        let proof = AsUser::from_request(request, payload);
        Box::pin(async move {
            let panel = panel.await?;
            let AsUser(proof) = proof.await?;
            Ok(Self { panel, proof })
        })
    }
}

fn no_state() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "The service is not ready.",
    )
}
