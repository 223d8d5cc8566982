//! `/v1/sign-in`: a panel comes, stays, goes.

use super::AppState;
use super::auth::{Bearer, PanelUser, ProvenUser, address};
use super::problem::{ApiError, Problem};
use crate::domain::clock::Timestamp;
use crate::domain::ids::BrowserId;
use crate::domain::member::Member;
use crate::flows::{prove, sign_in};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

/// A panel's first words.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"browser_id": "b2c1f0a4"}))]
pub struct SignInRequest {
    /// 1 to 64 characters without blanks, the same in all tabs of one browser: logging out ends
    /// them together.
    browser_id: BrowserId,
}

/// The panel's token, shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "token": "rls_6d1f...", "expires_at": "2026-11-22T11:04:00.123Z", "admin": false,
    "member": {"id": "seed_sally_id", "name": "Sally Bronsen", "title": "Account Rep",
               "department": null, "picture": null, "active": true}
}))]
pub struct SignedInAnswer {
    /// Send it as `Authorization: Bearer`.
    token: String,
    /// When it ends unless renewed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Who signed in.
    member: Member,
    /// Sugar calls this user an admin.
    admin: bool,
}

/// The new end of a token.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"expires_at": "2026-11-22T12:04:00.123Z"}))]
pub struct Renewed {
    /// When it ends unless renewed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Sign a panel in.
///
/// The bearer token is the user's current **Sugar** access token. It is used once, to ask Sugar
/// who the user is, and forgotten. With `sugar.sign_in = "assertion"` it is what Sugar's own
/// `POST riverline/assertion` answered, here and wherever else a Sugar token is asked for.
///
/// As at a renewal, Sugar is also asked, as the user, for the records of his open SMS sessions.
#[utoipa::path(post, path = "/v1/sign-in", tag = "sign-in", request_body = SignInRequest,
    responses(
        (status = 201, body = SignedInAnswer),
        (status = 401, description = "`sugar_token_invalid`; `assertion_needed`, `assertion_invalid`, `sugar_token_needed`", body = Problem),
        (status = 403, description = "`not_a_member`", body = Problem),
        (status = 409, description = "`assertion_incomplete`, with `records`", body = Problem),
        (status = 503, description = "`sugar_unreachable`", body = Problem)),
    security(("sugar_token" = [])))]
pub async fn create_sign_in(
    state: web::Data<AppState>,
    request: HttpRequest,
    bearer: Bearer,
    body: web::Json<SignInRequest>,
) -> Result<HttpResponse, ApiError> {
    let from = address(&state, &request);
    state.check_address(from)?;
    let browser_id = body.into_inner().browser_id;
    let signing_in = async {
        let proof = prove::prove(&state.ctx, &bearer.0).await?;
        sign_in::sign_in(&state.ctx, &proof, browser_id).await
    };
    let new = signing_in
        .await
        .map_err(|error| state.refused(from, error))?;
    Ok(HttpResponse::Created().json(SignedInAnswer {
        token: new.token,
        expires_at: new.expires_at,
        member: new.member,
        admin: new.admin,
    }))
}

/// Give a panel's token more time.
///
/// Proves again, with the user's current Sugar token, who the panel is. Sugar is also asked, as
/// the user, for the records of his open SMS sessions: he leaves those whose record it refuses.
#[utoipa::path(put, path = "/v1/sign-in", tag = "sign-in",
    params(("Sugar-Token" = String, Header, description = "The user's current Sugar access token")),
    responses((status = 200, body = Renewed), (status = 401, body = Problem),
        (status = 409, description = "`assertion_incomplete`, with `records`", body = Problem)),
    security(("panel_token" = [])))]
pub async fn renew_sign_in(
    state: web::Data<AppState>,
    user: ProvenUser,
) -> Result<web::Json<Renewed>, ApiError> {
    let expires_at =
        sign_in::renew(&state.ctx, &user.panel.token, &user.panel.who, &user.proof).await?;
    Ok(web::Json(Renewed { expires_at }))
}

/// Sign out every tab of this browser.
#[utoipa::path(delete, path = "/v1/sign-in", tag = "sign-in",
    responses((status = 204), (status = 401, body = Problem)), security(("panel_token" = [])))]
pub async fn delete_sign_in(
    state: web::Data<AppState>,
    user: PanelUser,
) -> Result<HttpResponse, ApiError> {
    sign_in::sign_out(&state.ctx, &user.token).await?;
    Ok(HttpResponse::NoContent().finish())
}
