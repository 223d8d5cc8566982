//! Members, presence and our numbers.

use super::AppState;
use super::auth::{Caller, PanelUser};
use super::problem::{ApiError, Problem};
use crate::domain::access::{Actor, Scope};
use crate::domain::member::Member;
use crate::domain::presence::{Choice, Presence};
use crate::flows::{browse, presence, require};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Where a page starts and how long it is.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 100, default 50.
    pub limit: Option<usize>,
}

/// Checks a page length.
pub fn limit(wanted: Option<usize>) -> Result<usize, ApiError> {
    match wanted.unwrap_or(50) {
        limit @ 1..=100 => Ok(limit),
        _ => Err(ApiError::bad_request("`limit` is a number from 1 to 100.")),
    }
}

/// A page of members.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [{"id": "seed_sally_id", "name": "Sally Bronsen", "title": "Account Rep", "department": null, "picture": null, "active": true}], "next": null}))]
pub struct MemberPage {
    items: Vec<Member>,
    /// Send it as `after` for the next page.
    next: Option<String>,
}

/// Everybody who is not offline.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [
    {"member_id": "seed_sally_id", "state": "available", "since": "2026-11-22T10:04:00.123Z"}]}))]
pub struct PresenceList {
    items: Vec<Presence>,
}

/// What to show of oneself.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"state": "busy"}))]
pub struct PresenceRequest {
    /// `available` is automatic again.
    state: Choice,
}

/// A number of ours.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NumberItem {
    id: String,
    e164: String,
    label: String,
    /// The longest text, in characters.
    max_chars: usize,
}

/// The numbers the caller may use.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [
    {"id": "main", "e164": "+14155550100", "label": "Support", "max_chars": 1600}]}))]
pub struct NumberList {
    items: Vec<NumberItem>,
}

/// The company's members.
#[utoipa::path(get, path = "/v1/members", tag = "members", params(PageQuery),
    responses((status = 200, body = MemberPage), (status = 401, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["chat:read"])))]
pub async fn list_members(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<web::Json<MemberPage>, ApiError> {
    let query = query.into_inner();
    let limit = limit(query.limit)?;
    let page = browse::list_members(&state.ctx, &caller.0, query.after, limit).await?;
    Ok(web::Json(MemberPage {
        items: page.items,
        next: page.next,
    }))
}

/// Everybody who is not offline.
#[utoipa::path(get, path = "/v1/presence", tag = "members",
    responses((status = 200, body = PresenceList), (status = 401, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["chat:read"])))]
pub async fn list_presence(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<web::Json<PresenceList>, ApiError> {
    require(&caller.0, Scope::ChatRead)?;
    Ok(web::Json(PresenceList {
        items: state.ctx.fanout.presence(),
    }))
}

/// Choose what colleagues see.
#[utoipa::path(put, path = "/v1/me/presence", tag = "members", request_body = PresenceRequest,
    responses((status = 200, body = Presence), (status = 401, body = Problem)),
    security(("panel_token" = [])))]
pub async fn put_presence(
    state: web::Data<AppState>,
    user: PanelUser,
    body: web::Json<PresenceRequest>,
) -> Result<web::Json<Presence>, ApiError> {
    Ok(web::Json(
        presence::choose(&state.ctx, &user.who, body.state).await?,
    ))
}

/// The numbers the caller may text from.
#[utoipa::path(get, path = "/v1/numbers", tag = "sms",
    responses((status = 200, body = NumberList), (status = 401, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:read"])))]
pub async fn list_numbers(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<web::Json<NumberList>, ApiError> {
    require(&caller.0, Scope::SmsRead)?;
    let carriers = state.ctx.carriers();
    let mine = carriers.numbers.iter().filter(|number| match &caller.0 {
        Actor::Member(who) => number.is_for(&who.member_id),
        Actor::Key(key) => key.may_use(&number.own.id),
    });
    let item = |number: &crate::flows::Number| NumberItem {
        id: number.own.id.to_string(),
        e164: number.own.e164.clone(),
        label: number.own.label.clone(),
        max_chars: carriers.max_chars(number),
    };
    Ok(web::Json(NumberList {
        items: mine.map(item).collect(),
    }))
}
