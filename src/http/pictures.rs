//! Pictures leave as files to keep, never as something that a browser would run or show by itself.

use super::AppState;
use super::auth::{Caller, PanelUser};
use super::problem::{ApiError, Problem};
use crate::domain::access::Actor;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::picture::Picture;
use crate::flows::{FlowError, pictures};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};

type Named = web::Path<(String, String, String)>;

fn ids(path: Named) -> Result<(ConversationId, MessageId, String), FlowError> {
    let (conversation, message, id) = path.into_inner();
    let conversation =
        ConversationId::parse(&conversation).map_err(|_| FlowError::ConversationNotFound)?;
    let message = MessageId::parse_any(&message).map_err(|_| FlowError::MessageNotFound)?;
    Ok((conversation, message, id))
}

/// The bytes of a picture; what it is says the message's `content_type`.
#[utoipa::path(get, path = "/v1/conversations/{id}/messages/{message_id}/pictures/{picture_id}",
    tag = "conversations",
    params(("id" = String, Path), ("message_id" = String, Path), ("picture_id" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream",
            example = json!("the bytes")),
        (status = 404, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:read"])))]
pub async fn get_picture(
    state: web::Data<AppState>,
    caller: Caller,
    path: Named,
) -> Result<HttpResponse, ApiError> {
    let (conversation, message, id) = ids(path)?;
    let content = pictures::content(&state.ctx, &caller.0, conversation, message, id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"picture\""))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(content))
}

/// Have a picture fetched again that failed and `can_retry`; one that is here or on its way stays
/// as it is. What becomes of it tells the event `message.pictures`.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages/{message_id}/pictures/{picture_id}/fetch",
    tag = "conversations",
    params(("id" = String, Path), ("message_id" = String, Path), ("picture_id" = String, Path)),
    responses((status = 202, body = Picture), (status = 404, body = Problem),
        (status = 409, description = "`picture_lost`: it cannot come", body = Problem)),
    security(("panel_token" = [])))]
pub async fn fetch_picture(
    state: web::Data<AppState>,
    user: PanelUser,
    path: Named,
) -> Result<HttpResponse, ApiError> {
    let (conversation, message, id) = ids(path)?;
    let actor = Actor::Member(user.who);
    let picture = pictures::try_again(&state.ctx, &actor, conversation, message, id).await?;
    Ok(HttpResponse::Accepted().json(picture))
}
