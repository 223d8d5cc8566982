//! Calls of carriers that wait for an admin.

use super::AppState;
use super::auth::PanelUser;
use super::members::{PageQuery, limit};
use super::problem::{ApiError, Problem};
use crate::domain::clock::Timestamp;
use crate::domain::held_call::{Body, HeldCall, Why};
use crate::domain::ids::{GatewayId, MessageId};
use crate::flows::take_call;
use actix_web::{HttpResponse, web};
use serde::Serialize;

/// A call that could not be believed or applied.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa", "gateway_id": "twilio", "why": "number",
    "reason": "the text is for a number that is not at this gateway", "message_id": null, "method": "POST",
    "query": "", "body": "MessageSid=SM1&From=%2B14155552671&To=%2B14155559999&Body=Hello",
    "times": 1, "received_at": "2026-11-22T10:04:00.123Z"
}))]
pub struct HeldCallItem {
    id: String,
    #[schema(value_type = String)]
    gateway_id: GatewayId,
    why: Why,
    /// The same in words.
    reason: String,
    /// The text of ours that it is about, when its path named one.
    #[schema(value_type = Option<String>)]
    message_id: Option<MessageId>,
    method: String,
    /// As it came, still escaped.
    query: String,
    /// As it came, bytes that are not text replaced.
    body: String,
    /// How often it came.
    times: i64,
    /// When it came first.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
}

impl From<HeldCall> for HeldCallItem {
    fn from(held: HeldCall) -> Self {
        let body = match held.call.body {
            Body::Text(text) => text,
            Body::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        Self {
            id: held.id,
            gateway_id: held.gateway_id,
            why: held.why,
            reason: held.reason,
            message_id: held.call.message_id,
            method: held.call.method,
            query: held.call.raw_query,
            body,
            times: held.times,
            received_at: held.received_at,
        }
    }
}

/// A page of calls, newest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [], "next": null}))]
pub struct HeldCallPage {
    items: Vec<HeldCallItem>,
    /// Send it as `after` for the next page.
    next: Option<String>,
}

/// Calls of carriers that could not be believed or applied, newest first; administrators only.
#[utoipa::path(get, path = "/v1/admin/quarantine", tag = "admin", params(PageQuery),
    responses((status = 200, body = HeldCallPage), (status = 403, body = Problem)),
    security(("panel_token" = [])))]
pub async fn list_held_calls(
    state: web::Data<AppState>,
    user: PanelUser,
    query: web::Query<PageQuery>,
) -> Result<web::Json<HeldCallPage>, ApiError> {
    let query = query.into_inner();
    let limit = limit(query.limit)?;
    let held = take_call::waiting(&state.ctx, &user.who, query.after, limit).await?;
    let full = held.len() == limit;
    let next = held.last().filter(|_| full).map(|last| last.id.clone());
    let items = held.into_iter().map(HeldCallItem::from).collect();
    Ok(web::Json(HeldCallPage { items, next }))
}

/// Applies a call as if it were verified, and forgets it; administrators only.
#[utoipa::path(post, path = "/v1/admin/quarantine/{id}/release", tag = "admin",
    params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It still cannot be applied.")),
    security(("panel_token" = [])))]
pub async fn release_held_call(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    take_call::release(&state.ctx, &user.who, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Forgets a call; administrators only.
#[utoipa::path(delete, path = "/v1/admin/quarantine/{id}", tag = "admin",
    params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)),
    security(("panel_token" = [])))]
pub async fn delete_held_call(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    take_call::discard(&state.ctx, &user.who, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}
