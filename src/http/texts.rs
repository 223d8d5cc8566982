//! What a person decides about one text.

use super::AppState;
use super::auth::Caller;
use super::conversations::{idempotency_key, keyed_id, message_id};
use super::problem::{ApiError, Problem};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::Message;
use crate::flows::admit_text::When;
use crate::flows::{FlowError, text_again};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

/// How to send it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ResendQuery {
    /// Although it is late where they are.
    #[serde(default)]
    despite_quiet_hours: bool,
}

fn ids(path: web::Path<(String, String)>) -> Result<(ConversationId, MessageId), ApiError> {
    let (conversation, message) = path.into_inner();
    let conversation =
        ConversationId::parse(&conversation).map_err(|_| FlowError::ConversationNotFound)?;
    Ok((conversation, message_id(&message)?))
}

/// Send a text again whose outcome is `failed` or `unknown`: a new text that names the old one.
/// After `unknown` it may arrive twice; nobody but a person decides that.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages/{message_id}/resend", tag = "texting",
    params(("id" = String, Path, description = "Conversation"),
           ("message_id" = String, Path, description = "The text to send again"), ResendQuery,
           ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same text")),
    responses((status = 202, body = Message),
        (status = 403, description = "`country_not_allowed`, `scope_missing`", body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "`not_to_be_resent`, `opted_out`, `do_not_text`, `quiet_hours`, `session_claimed`, `session_closed`", body = Problem),
        (status = 429, description = "`cap_reached`: with `Retry-After`", body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:send"])))]
pub async fn resend_text(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Caller,
    path: web::Path<(String, String)>,
    query: web::Query<ResendQuery>,
) -> Result<HttpResponse, ApiError> {
    let (conversation, old) = ids(path)?;
    let when = When {
        send_at: None,
        despite_quiet_hours: query.despite_quiet_hours,
    };
    let new_id = match idempotency_key(&request)? {
        Some(key) => keyed_id(&caller.0, &key),
        None => MessageId::from_uuid(state.ctx.new_id()),
    };
    let again =
        text_again::send_again(&state.ctx, &caller.0, conversation, old, new_id, when).await?;
    Ok(HttpResponse::Accepted().json(again))
}

/// Call off a text that is `scheduled` or `queued`.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages/{message_id}/cancel", tag = "texting",
    params(("id" = String, Path, description = "Conversation"),
           ("message_id" = String, Path, description = "The text")),
    responses((status = 200, body = Message), (status = 404, body = Problem),
        (status = 409, description = "`not_to_be_called_off`: the carrier has it", body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:send"])))]
pub async fn cancel_text(
    state: web::Data<AppState>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Message>, ApiError> {
    let (conversation, id) = ids(path)?;
    let text = text_again::call_off(&state.ctx, &caller.0, conversation, id).await?;
    Ok(web::Json(text))
}
