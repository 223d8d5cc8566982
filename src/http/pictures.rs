//! Pictures leave as files to keep, never as something that a browser would run or show by itself.

use super::AppState;
use super::auth::Caller;
use super::problem::{ApiError, Problem};
use crate::domain::ids::{ConversationId, MessageId};
use crate::flows::{FlowError, pictures};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};

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
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (conversation, message, id) = path.into_inner();
    let conversation =
        ConversationId::parse(&conversation).map_err(|_| FlowError::ConversationNotFound)?;
    let message = MessageId::parse_any(&message).map_err(|_| FlowError::MessageNotFound)?;
    let content = pictures::content(&state.ctx, &caller.0, conversation, message, id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"picture\""))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(content))
}
