//! Conversations, their messages and read marks.

use super::AppState;
use super::auth::{Caller, PanelUser};
use super::members::{PageQuery, limit};
use super::problem::{ApiError, Problem};
use crate::domain::access::Actor;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Conversation, ConversationKind, SessionState};
use crate::domain::ids::{ConversationId, MemberId, MessageId};
use crate::domain::message::Message;
use crate::flows::admit_text::When;
use crate::flows::{browse, chat, mark_read as reading, send_message as sending};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

/// Namespace of message ids made from an `Idempotency-Key`.
const KEYED_IDS: uuid::Uuid = uuid::uuid!("5b2c7f0e-1f9d-5c55-8a52-6f1f64c2b9aa");

/// Whom to chat with.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member_ids": ["seed_sarah_id"]}))]
pub struct ChatRequest {
    /// The others.
    #[schema(value_type = Vec<String>)]
    member_ids: Vec<MemberId>,
}

/// Which conversations.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConversationQuery {
    /// Only `chat` or only `sms`.
    kind: Option<ConversationKind>,
    /// Only sessions that are `open` or `closed`.
    state: Option<SessionState>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<usize>,
}

/// A page of conversations, newest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [], "next": null}))]
pub struct ConversationPage {
    items: Vec<Conversation>,
    /// Send it as `after` for the next page.
    next: Option<String>,
}

/// A page of messages, newest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [{
    "id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa", "conversation_id": "0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9aa",
    "sender": {"kind": "member", "id": "seed_sally_id"}, "text": "It left this morning.",
    "state": "queued", "reason": null, "created_at": "2026-11-22T10:04:00.123Z"
}], "next": null}))]
pub struct MessagePage {
    items: Vec<Message>,
    /// Send it as `after` for the page of older ones.
    next: Option<String>,
}

/// A message to send.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "It left this morning.", "message_id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa"}))]
pub struct MessageRequest {
    /// The text.
    text: String,
    /// A UUIDv7 of yours: sending it again gives the same message. Without it the
    /// `Idempotency-Key` header stands in; without both, every call is a new message.
    message_id: Option<MessageId>,
    /// Only for texts: not before this time, at most 7 days from now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<Timestamp>,
    /// Only for texts: send it although it is late where they are.
    #[serde(default)]
    despite_quiet_hours: bool,
}

/// Up to where.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"message_id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa"}))]
pub struct ReadRequest {
    /// The newest message that was read.
    message_id: String,
}

/// An id from a path; one that cannot be an id is simply not found.
pub fn conversation_id(path: web::Path<String>) -> Result<ConversationId, ApiError> {
    ConversationId::parse(&path).map_err(|_| crate::flows::FlowError::ConversationNotFound.into())
}

/// A message's id from a path or a body.
pub fn message_id(text: &str) -> Result<MessageId, ApiError> {
    MessageId::parse_any(text).map_err(|error| ApiError::bad_request(format!("{error}.")))
}

/// The chat with somebody: the same one every time.
#[utoipa::path(post, path = "/v1/chats", tag = "chat", request_body = ChatRequest,
    responses((status = 200, body = Conversation), (status = 404, body = Problem)),
    security(("panel_token" = [])))]
pub async fn open_chat(
    state: web::Data<AppState>,
    user: PanelUser,
    body: web::Json<ChatRequest>,
) -> Result<web::Json<Conversation>, ApiError> {
    let others = body.into_inner().member_ids;
    Ok(web::Json(
        chat::open_chat(&state.ctx, &user.who, others).await?,
    ))
}

/// The caller's conversations, newest first.
#[utoipa::path(get, path = "/v1/conversations", tag = "conversations", params(ConversationQuery),
    responses((status = 200, body = ConversationPage), (status = 401, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:read"])))]
pub async fn list_conversations(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<ConversationQuery>,
) -> Result<web::Json<ConversationPage>, ApiError> {
    let query = query.into_inner();
    let wanted = browse::Wanted {
        kind: query.kind,
        state: query.state,
        after: query.after,
        limit: limit(query.limit)?,
    };
    let page = browse::list_conversations(&state.ctx, &caller.0, wanted).await?;
    Ok(web::Json(ConversationPage {
        items: page.items,
        next: page.next,
    }))
}

/// One conversation.
#[utoipa::path(get, path = "/v1/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "Conversation")),
    responses((status = 200, body = Conversation), (status = 404, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:read"])))]
pub async fn get_conversation(
    state: web::Data<AppState>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<Conversation>, ApiError> {
    let id = conversation_id(path)?;
    Ok(web::Json(
        browse::conversation(&state.ctx, &caller.0, id).await?,
    ))
}

/// The messages of a conversation, newest first.
#[utoipa::path(get, path = "/v1/conversations/{id}/messages", tag = "conversations",
    params(("id" = String, Path, description = "Conversation"), PageQuery),
    responses((status = 200, body = MessagePage), (status = 404, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:read"])))]
pub async fn list_messages(
    state: web::Data<AppState>,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<PageQuery>,
) -> Result<web::Json<MessagePage>, ApiError> {
    let id = conversation_id(path)?;
    let limit = limit(query.limit)?;
    let after = query.after.as_deref().map(message_id).transpose()?;
    let page = browse::list_messages(&state.ctx, &caller.0, id, after, limit).await?;
    Ok(web::Json(MessagePage {
        items: page.items,
        next: page.next,
    }))
}

/// Send a message: a chat message is stored, a text is queued for the carrier.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages", tag = "conversations",
    params(("id" = String, Path, description = "Conversation"),
           ("Idempotency-Key" = Option<String>, Header, description = "Stands in for `message_id`")),
    request_body = MessageRequest,
    responses(
        (status = 202, body = Message),
        (status = 403, description = "`country_not_allowed`, `scope_missing`", body = Problem),
        (status = 404, description = "`conversation_not_found`", body = Problem),
        (status = 409, description = "`message_id_conflict`, `session_claimed`, `session_closed`, `opted_out`, `do_not_text`, `quiet_hours`", body = Problem),
        (status = 422, description = "`text_empty`, `text_too_long`", body = Problem),
        (status = 429, description = "`cap_reached`: with `Retry-After`", body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:send"])))]
pub async fn send_message(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<MessageRequest>,
) -> Result<HttpResponse, ApiError> {
    let conversation_id = conversation_id(path)?;
    let body = body.into_inner();
    let message_id = match (body.message_id, idempotency_key(&request)?) {
        (Some(id), _) => id,
        (None, Some(key)) => keyed_id(&caller.0, &key),
        (None, None) => MessageId::from_uuid(state.ctx.new_id()),
    };
    let new = sending::NewMessage {
        conversation_id,
        message_id,
        text: body.text,
        when: When {
            send_at: body.send_at,
            despite_quiet_hours: body.despite_quiet_hours,
        },
    };
    let sent = sending::send(&state.ctx, &caller.0, new).await?;
    Ok(HttpResponse::Accepted().json(sent.message))
}

/// The caller's name for what he asks, if he gave one.
pub fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, ApiError> {
    let Some(value) = request.headers().get("Idempotency-Key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=255).contains(&key.len()));
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| ApiError::bad_request("`Idempotency-Key` has 1 to 255 characters."))
}

/// The same key of the same caller is the same message.
pub fn keyed_id(actor: &Actor, key: &str) -> MessageId {
    let caller = match actor {
        Actor::Member(member) => format!("member {}", member.member_id),
        Actor::Key(key) => format!("key {}", key.id),
    };
    let name = format!("{caller} {key}");
    MessageId::from_uuid(uuid::Uuid::new_v5(&KEYED_IDS, name.as_bytes()))
}

/// Move the caller's read mark forward.
#[utoipa::path(put, path = "/v1/conversations/{id}/read", tag = "conversations",
    params(("id" = String, Path, description = "Conversation")), request_body = ReadRequest,
    responses((status = 204), (status = 404, body = Problem)), security(("panel_token" = [])))]
pub async fn mark_read(
    state: web::Data<AppState>,
    user: PanelUser,
    path: web::Path<String>,
    body: web::Json<ReadRequest>,
) -> Result<HttpResponse, ApiError> {
    let id = conversation_id(path)?;
    let message = message_id(&body.message_id)?;
    reading::mark_read(&state.ctx, &user.who, id, message).await?;
    Ok(HttpResponse::NoContent().finish())
}
