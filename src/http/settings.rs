//! Gateways and numbers that an admin sets while the service runs.

use super::AppState;
use super::auth::PanelUser;
use super::problem::{ApiError, Problem};
use crate::config::Settings;
use crate::flows::settings::{self, Seen, Source};
use actix_web::{HttpResponse, web};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use std::collections::BTreeMap;

/// A gateway: an account at a carrier.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "twilio", "source": "database", "overridden": false, "problem": null,
    "settings": {"kind": "twilio", "account_sid": "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "base_url": null,
        "api_key_sid": null, "signature_header": "X-Twilio-Signature", "shared_key_id": null,
        "messaging_service_sid": null, "opt_out_replies": "carrier"},
    "secrets": {"secret": true, "auth_token": true, "second_auth_token": false, "api_key_secret": false,
        "signing_key": false, "shared_key": false},
    "inbound_url": "https://riverline.example.com/gateways/twilio/SECRET/inbound#rc=5&rp=all"
}))]
pub struct GatewayItem {
    /// Its short name.
    id: String,
    source: Source,
    /// The file has a gateway of the same name, which is used in place of this one.
    overridden: bool,
    /// Why it is not in use and what to do; null when it is.
    problem: Option<String>,
    /// The settings but for the secrets, named as in the configuration file, with their defaults. They can be sent back
    /// as they are. Empty when they cannot be read.
    #[schema(value_type = Object)]
    settings: Settings,
    /// The secrets by their names, and whether each is set. Secrets are never told.
    #[schema(value_type = Object)]
    secrets: BTreeMap<&'static str, bool>,
    /// What to enter at the carrier as the address for incoming texts. Whoever knows it can pretend
    /// to be a carrier that signs nothing: it is told of one gateway at a time, and the log says who read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound_url: Option<String>,
}

/// A phone number.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "sales", "source": "database", "overridden": false, "problem": null,
    "settings": {"number": "+14155550100", "gateway": "twilio", "label": "Sales", "members": null, "parts_per_minute": 60}
}))]
pub struct NumberSettingsItem {
    /// Its short name.
    id: String,
    source: Source,
    /// The file has a number of the same name, which is used in place of this one.
    overridden: bool,
    /// Why it is not in use and what to do; null when it is.
    problem: Option<String>,
    /// The settings, named as in the configuration file, with their defaults. They can be sent back as they are.
    #[schema(value_type = Object)]
    settings: Settings,
}

/// All gateways, those of the configuration file first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [{
    "id": "sim", "source": "file", "overridden": false, "problem": null, "settings": {"kind": "simulator"},
    "secrets": {"secret": false}}]}))]
pub struct GatewayList {
    items: Vec<GatewayItem>,
}

/// All numbers, those of the configuration file first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [{
    "id": "main", "source": "file", "overridden": false, "problem": null,
    "settings": {"number": "+14155550100", "gateway": "sim", "label": "Support", "members": null, "parts_per_minute": 0}}]}))]
pub struct NumberSettingsList {
    items: Vec<NumberSettingsItem>,
}

impl From<Seen> for GatewayItem {
    fn from(seen: Seen) -> Self {
        Self {
            id: seen.id,
            source: seen.source,
            overridden: seen.overridden,
            problem: seen.problem,
            settings: seen.settings,
            secrets: seen.secrets.into_iter().collect(),
            inbound_url: seen.inbound_url.map(|url| url.expose_secret().to_owned()),
        }
    }
}

impl From<Seen> for NumberSettingsItem {
    fn from(seen: Seen) -> Self {
        Self {
            id: seen.id,
            source: seen.source,
            overridden: seen.overridden,
            problem: seen.problem,
            settings: seen.settings,
        }
    }
}

/// The gateways of the configuration file and of the database; administrators only.
#[utoipa::path(get, path = "/v1/admin/gateways", tag = "admin",
    responses((status = 200, body = GatewayList), (status = 403, body = Problem)),
    security(("panel_token" = [])))]
pub async fn list_gateways(
    state: web::Data<AppState>,
    user: PanelUser,
) -> Result<web::Json<GatewayList>, ApiError> {
    let found = settings::gateways(&state.ctx, &user.who).await?;
    let items = found.into_iter().map(GatewayItem::from).collect();
    Ok(web::Json(GatewayList { items }))
}

/// One gateway, with what to enter at the carrier; administrators only.
#[utoipa::path(get, path = "/v1/admin/gateways/{id}", tag = "admin",
    params(("id" = String, Path, description = "Its short name")),
    responses((status = 200, body = GatewayItem), (status = 403, body = Problem), (status = 404, body = Problem)),
    security(("panel_token" = [])))]
pub async fn get_gateway(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
) -> Result<web::Json<GatewayItem>, ApiError> {
    let found = settings::gateway(&state.ctx, &user.who, &id).await?;
    Ok(web::Json(found.into()))
}

/// Set a gateway: it is in use at once, and on all nodes within 5 s; administrators only.
///
/// The body is the whole of its settings, named as in the configuration file (`kind`, and what belongs to that). What is
/// left out has its default, but for secrets: one that is left out stays as it is, and null removes it. The `secret` of
/// its callbacks is made by the service when there is none; null makes a new one. When `kind` changes, the other
/// secrets go; when the address changes that they are sent to (`base_url`, `send_url`), they have to be sent again.
/// The same call twice is as good as once; of two calls at the same time, the last one wins.
#[utoipa::path(put, path = "/v1/admin/gateways/{id}", tag = "admin",
    params(("id" = String, Path, description = "Its short name: 1 to 64 letters, digits, - or _")),
    request_body(content = Object, example = json!({"kind": "twilio",
        "account_sid": "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "auth_token": "the account's auth token"})),
    responses((status = 200, body = GatewayItem, description = "With what to enter at the carrier."),
        (status = 403, body = Problem),
        (status = 409, body = Problem, description = "`set_in_file`: it is in the configuration file, and changed there. \
            `sealing_key_missing`: secrets are only kept sealed, and there is no `secrets.key`."),
        (status = 422, body = Problem, description = "`settings_refused`: `findings` name every setting that is wrong. Nothing \
            was changed.")),
    security(("panel_token" = [])))]
pub async fn put_gateway(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
    body: web::Json<Settings>,
) -> Result<web::Json<GatewayItem>, ApiError> {
    let sent = body.into_inner();
    let seen = settings::put_gateway(&state.ctx, &user.who, &id, sent).await?;
    Ok(web::Json(seen.into()))
}

/// Remove a gateway; its carrier's calls are answered 404 from then on; administrators only.
///
/// With one of the same name in the configuration file, it removes what is in the database and the file's stays.
#[utoipa::path(delete, path = "/v1/admin/gateways/{id}", tag = "admin",
    params(("id" = String, Path, description = "Its short name")),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`gateway_in_use`: there are numbers at it. `set_in_file`: it is in \
            the configuration file.")),
    security(("panel_token" = [])))]
pub async fn delete_gateway(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    settings::delete_gateway(&state.ctx, &user.who, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The numbers of the configuration file and of the database; administrators only.
#[utoipa::path(get, path = "/v1/admin/numbers", tag = "admin",
    responses((status = 200, body = NumberSettingsList), (status = 403, body = Problem)),
    security(("panel_token" = [])))]
pub async fn list_numbers(
    state: web::Data<AppState>,
    user: PanelUser,
) -> Result<web::Json<NumberSettingsList>, ApiError> {
    let found = settings::numbers(&state.ctx, &user.who).await?;
    let items = found.into_iter().map(NumberSettingsItem::from).collect();
    Ok(web::Json(NumberSettingsList { items }))
}

/// One number; administrators only.
#[utoipa::path(get, path = "/v1/admin/numbers/{id}", tag = "admin",
    params(("id" = String, Path, description = "Its short name")),
    responses((status = 200, body = NumberSettingsItem), (status = 403, body = Problem), (status = 404, body = Problem)),
    security(("panel_token" = [])))]
pub async fn get_number(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
) -> Result<web::Json<NumberSettingsItem>, ApiError> {
    let found = settings::number(&state.ctx, &user.who, &id).await?;
    Ok(web::Json(found.into()))
}

/// Set a number: it is in use at once, and on all nodes within 5 s; administrators only.
///
/// The body is the whole of its settings, named as in the configuration file; what is left out has its default. The
/// same call twice is as good as once; of two calls at the same time, the last one wins.
#[utoipa::path(put, path = "/v1/admin/numbers/{id}", tag = "admin",
    params(("id" = String, Path, description = "Its short name: 1 to 64 letters, digits, - or _")),
    request_body(content = Object, example = json!({"number": "+14155550100", "gateway": "twilio", "label": "Sales"})),
    responses((status = 200, body = NumberSettingsItem), (status = 403, body = Problem),
        (status = 409, body = Problem, description = "`set_in_file`: it is in the configuration file, and changed there."),
        (status = 422, body = Problem, description = "`settings_refused`: `findings` name every setting that is wrong. Nothing \
            was changed.")),
    security(("panel_token" = [])))]
pub async fn put_number(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
    body: web::Json<Settings>,
) -> Result<web::Json<NumberSettingsItem>, ApiError> {
    let sent = body.into_inner();
    let seen = settings::put_number(&state.ctx, &user.who, &id, sent).await?;
    Ok(web::Json(seen.into()))
}

/// Remove a number; its conversations can be read and not continued; administrators only.
///
/// With one of the same name in the configuration file, it removes what is in the database and the file's stays.
#[utoipa::path(delete, path = "/v1/admin/numbers/{id}", tag = "admin",
    params(("id" = String, Path, description = "Its short name")),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`set_in_file`: it is in the configuration file.")),
    security(("panel_token" = [])))]
pub async fn delete_number(
    state: web::Data<AppState>,
    user: PanelUser,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    settings::delete_number(&state.ctx, &user.who, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}
