//! What was said about consent.

use super::AppState;
use super::auth::Caller;
use super::conversations::{idempotency_key, keyed_id};
use super::members::limit;
use super::problem::{ApiError, Problem};
use crate::domain::consent::{ConsentEvent, ConsentKind};
use crate::domain::ids::NumberId;
use crate::domain::phone::Peer;
use crate::flows::{FlowError, consent};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

/// Which events.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConsentQuery {
    /// Only of this number, E.164.
    peer: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<usize>,
}

/// A page of consent events, newest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [], "next": null}))]
pub struct ConsentPage {
    items: Vec<ConsentEvent>,
    /// Send it as `after` for the next page.
    next: Option<String>,
}

/// What somebody was told.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"number_id": "main", "peer": "+14155552671", "kind": "opt_out", "text": "Told me on the phone."}))]
pub struct ConsentRequest {
    /// The number of ours.
    #[schema(value_type = String)]
    number_id: NumberId,
    /// Who told it: E.164, or a short code.
    peer: String,
    /// What; only an administrator may write `opt_in`.
    kind: ConsentKind,
    /// In which words.
    text: Option<String>,
}

/// What was said about consent at the caller's numbers, newest first; never changed afterwards.
#[utoipa::path(get, path = "/v1/consents", tag = "texting", params(ConsentQuery),
    responses((status = 200, body = ConsentPage), (status = 403, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:read"])))]
pub async fn list_consents(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<ConsentQuery>,
) -> Result<web::Json<ConsentPage>, ApiError> {
    let query = query.into_inner();
    let peer = query.peer.as_deref().map(Peer::parse).transpose();
    let limit = limit(query.limit)?;
    let wanted = consent::Wanted {
        peer: peer.map_err(|_| ApiError::bad_request("`peer` is not a number."))?,
        after: query.after,
        limit,
    };
    let items = consent::list(&state.ctx, &caller.0, wanted).await?;
    let last = items.last().filter(|_| items.len() == limit);
    let next = last.map(|event| event.id.clone());
    Ok(web::Json(ConsentPage { items, next }))
}

/// Write down that somebody wants no more texts, or wants them again.
#[utoipa::path(post, path = "/v1/consents", tag = "texting", request_body = ConsentRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key is the same event")),
    responses((status = 201, body = ConsentEvent),
        (status = 403, description = "`number_not_allowed`, `forbidden`", body = Problem),
        (status = 409, description = "`idempotency_key_conflict`", body = Problem),
        (status = 422, description = "`no_usable_number`", body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:send"])))]
pub async fn write_consent(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Caller,
    body: web::Json<ConsentRequest>,
) -> Result<HttpResponse, ApiError> {
    let body = body.into_inner();
    let key = idempotency_key(&request)?;
    let told = consent::Told {
        request: key.map(|key| keyed_id(&caller.0, &key).to_string()),
        number_id: body.number_id,
        peer: peer(&body.peer)?,
        kind: body.kind,
        text: body.text,
    };
    let event = consent::write_down(&state.ctx, &caller.0, told).await?;
    Ok(HttpResponse::Created().json(event))
}

/// Somebody who can be texted at all: a sender by name never is.
fn peer(text: &str) -> Result<Peer, FlowError> {
    let peer = Peer::parse(text).ok();
    peer.filter(|peer| peer.is_short_code() || peer.number().is_some())
        .ok_or_else(|| {
            FlowError::NoUsableNumber(
                "`peer` is not a number. Write it with + and country code, like +14155552671."
                    .to_owned(),
            )
        })
}
