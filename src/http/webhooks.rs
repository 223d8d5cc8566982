//! Carriers' calls: raw bytes, untouched, to the gateway that can verify them.

use super::AppState;
use super::problem::ApiError;
use crate::domain::ids::MessageId;
use crate::flows::probe_gateway::{self, Arrival};
use crate::flows::{Callback, CallbackKind, FlowError, Reply, take_call};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;

/// A text arrived. 2xx only after it is stored.
pub async fn inbound(
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let (gateway, secret) = path.into_inner();
    let call = untouched(&state, CallbackKind::Inbound, &request, &body);
    take(&state, &gateway, secret, call).await
}

/// A text of ours moved on.
pub async fn status(
    state: web::Data<AppState>,
    path: web::Path<(String, String, String)>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let (gateway, secret, message_id) = path.into_inner();
    let id = MessageId::parse_any(&message_id).map_err(|_| FlowError::CallbackMalformed)?;
    let call = untouched(&state, CallbackKind::Status(id), &request, &body);
    take(&state, &gateway, secret, call).await
}

/// Our own doctor calls as a carrier does, and hears what arrived.
pub async fn probe(
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<web::Json<Arrival>, ApiError> {
    let (gateway, secret) = path.into_inner();
    let secret = SecretString::from(secret);
    let call = untouched(&state, CallbackKind::Inbound, &request, &body);
    let path = request.uri().path();
    let arrival = probe_gateway::receive(&state.ctx, &gateway, &secret, path, call).await?;
    Ok(web::Json(arrival))
}

async fn take(
    state: &AppState,
    gateway: &str,
    secret: String,
    call: Callback,
) -> Result<HttpResponse, ApiError> {
    let secret = SecretString::from(secret);
    let reply = take_call::receive(&state.ctx, gateway, &secret, call).await?;
    Ok(answer(reply))
}

fn untouched(
    state: &AppState,
    kind: CallbackKind,
    request: &HttpRequest,
    body: &web::Bytes,
) -> Callback {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    Callback {
        kind,
        method: request.method().to_string(),
        url: format!("{}{target}", state.ctx.public_address()),
        raw_query: uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    }
}

fn answer(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::NO_CONTENT);
    let mut response = HttpResponse::build(status);
    match reply.content_type {
        Some(content_type) => response.content_type(content_type).body(reply.body),
        None => response.finish(),
    }
}
