//! SMS sessions: open, link to a record, claim, transfer, close.

use super::AppState;
use super::auth::{AsUser, Caller, PanelUser, ProvenUser};
use super::conversations::conversation_id;
use super::problem::{ApiError, Problem};
use crate::domain::access::{Actor, Scope};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{MemberId, NumberId};
use crate::domain::record::{Module, RecordRef};
use crate::flows::link_session::{Voucher, candidates, link};
use crate::flows::open_session::{FromRecord, open_for_key, open_for_member};
use crate::flows::transfer_session as giving;
use crate::flows::{claim_session as claiming, close_session as closing, require};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::{Deserialize, Serialize};

/// Whom to text: a record (panels), or a bare number (integrators).
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"module": "Contacts", "record_id": "e689173e-c953-11e6-9d1e-0050569a1d4f"}))]
pub struct SessionRequest {
    /// Panels: the record's module.
    module: Option<Module>,
    /// Panels: the record's id.
    record_id: Option<String>,
    /// Panels: the field that holds the number, `phone_mobile` by default.
    phone_field: Option<String>,
    /// Integrators: the number to text, for example `+14155552671`.
    peer: Option<String>,
    /// The number to text from; the first one allowed by default.
    #[schema(value_type = Option<String>)]
    number_id: Option<NumberId>,
}

/// Who is to have a session.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member_id": "seed_jim_id"}))]
pub struct TransferRequest {
    /// An active member who may use the number.
    member_id: MemberId,
}

/// Nothing to say.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct Empty {}

/// Start texting, or get the open session with that number.
///
/// A panel names a record and sends `Sugar-Token`: Sugar decides, as that user, whether he may. A
/// key names a bare number.
#[utoipa::path(post, path = "/v1/sms-sessions", tag = "sms", request_body = SessionRequest,
    params(("Sugar-Token" = Option<String>, Header, description = "Panels: the user's current Sugar access token")),
    responses(
        (status = 200, body = Conversation),
        (status = 401, description = "`sugar_token_missing`, `sugar_token_invalid`; `token_invalid`, also when the Sugar token is another user's", body = Problem),
        (status = 403, description = "`number_not_allowed`, `scope_missing`", body = Problem),
        (status = 404, description = "`record_not_found`", body = Problem),
        (status = 409, description = "`no_number_configured`", body = Problem),
        (status = 422, description = "`no_usable_number`", body = Problem),
        (status = 503, description = "`sugar_unreachable`", body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:send"])))]
pub async fn open_session(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Caller,
    body: web::Json<SessionRequest>,
) -> Result<web::Json<Conversation>, ApiError> {
    let body = body.into_inner();
    let conversation = match &caller.0 {
        Actor::Member(who) => {
            let (Some(module), Some(id), None) = (body.module, body.record_id, body.peer) else {
                return Err(ApiError::bad_request("Send `module` and `record_id`."));
            };
            let sugar = AsUser::from_request(&request, &mut Payload::None).await?;
            let wanted = FromRecord {
                record: RecordRef { module, id },
                phone_field: body.phone_field,
                number_id: body.number_id,
            };
            open_for_member(&state.ctx, who, &sugar.0, wanted).await?
        }
        Actor::Key(key) => {
            require(&caller.0, Scope::SmsSend)?;
            let (Some(peer), None, None) = (body.peer, body.module, body.record_id) else {
                return Err(ApiError::bad_request("Send `peer`: the number to text."));
            };
            open_for_key(&state.ctx, key, &peer, body.number_id.as_ref()).await?
        }
    };
    Ok(web::Json(conversation))
}

/// The records that a session may be about. Their names come from Sugar, asked as the user.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "matches": [{"module": "Contacts", "id": "e689173e-c953-11e6-9d1e-0050569a1d4f"}],
    "suggestions": [{"module": "Leads", "id": "f1a2b3c4-c953-11e6-9d1e-0050569a1d4f"}]
}))]
pub struct CandidateList {
    /// Those that have exactly the peer's number.
    matches: Vec<RecordRef>,
    /// Those with a number that merely ends alike; it has to be corrected in Sugar before linking.
    suggestions: Vec<RecordRef>,
}

/// Which record a session is about.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"module": "Contacts", "record_id": "e689173e-c953-11e6-9d1e-0050569a1d4f"}))]
pub struct LinkRequest {
    /// The record's module.
    module: Module,
    /// The record's id.
    record_id: String,
}

/// The records that have the number of a session's peer; a minute old at most.
#[utoipa::path(get, path = "/v1/sms-sessions/{id}/candidates", tag = "sms",
    params(("id" = String, Path, description = "Session")),
    responses(
        (status = 200, body = CandidateList),
        (status = 404, description = "`conversation_not_found`", body = Problem),
        (status = 503, description = "`sugar_unreachable`", body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:read"])))]
pub async fn list_candidates(
    state: web::Data<AppState>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<CandidateList>, ApiError> {
    let id = conversation_id(path)?;
    let found = candidates(&state.ctx, &caller.0, id).await?;
    Ok(web::Json(CandidateList {
        matches: found.matches,
        suggestions: found.suggestions,
    }))
}

/// Say which record a session is about; remembered for the next session with that number.
///
/// A panel sends `Sugar-Token`: the record is read in Sugar as that user. A key may link the records
/// in `matches` of the candidates. The record must have the peer's number. A closed session that
/// waits for its record is saved then; the Note of one that is saved moves there.
#[utoipa::path(post, path = "/v1/sms-sessions/{id}/link", tag = "sms", request_body = LinkRequest,
    params(
        ("id" = String, Path, description = "Session"),
        ("Sugar-Token" = Option<String>, Header, description = "Panels: the user's current Sugar access token")),
    responses(
        (status = 200, body = Conversation),
        (status = 401, description = "`sugar_token_missing`, `sugar_token_invalid`; `token_invalid`, also when the Sugar token is another user's", body = Problem),
        (status = 403, description = "`scope_missing`", body = Problem),
        (status = 404, description = "`conversation_not_found`, `record_not_found`", body = Problem),
        (status = 409, description = "`number_not_on_record`", body = Problem),
        (status = 503, description = "`sugar_unreachable`", body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:send"])))]
pub async fn link_session(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<LinkRequest>,
) -> Result<web::Json<Conversation>, ApiError> {
    let id = conversation_id(path)?;
    let LinkRequest { module, record_id } = body.into_inner();
    let record = RecordRef {
        module,
        id: record_id,
    };
    let voucher = match &caller.0 {
        Actor::Member(who) => {
            let sugar = AsUser::from_request(&request, &mut Payload::None).await?;
            Voucher::Member(who.member_id.clone(), sugar.0)
        }
        Actor::Key(_) => Voucher::Service,
    };
    let linked = link(&state.ctx, &caller.0, voucher, id, record).await?;
    Ok(web::Json(linked))
}

/// Close a session; it becomes one Note on its record.
#[utoipa::path(post, path = "/v1/sms-sessions/{id}/close", tag = "sms", request_body = Empty,
    params(("id" = String, Path, description = "Session")),
    responses((status = 200, body = Conversation), (status = 404, body = Problem)),
    security(("panel_token" = []), ("api_key" = ["sms:send"])))]
pub async fn close_session(
    state: web::Data<AppState>,
    caller: Caller,
    path: web::Path<String>,
    _body: web::Json<Empty>,
) -> Result<web::Json<Conversation>, ApiError> {
    let id = conversation_id(path)?;
    Ok(web::Json(closing::close(&state.ctx, &caller.0, id).await?))
}

/// Take a session that went to several; the first one gets it.
#[utoipa::path(post, path = "/v1/sms-sessions/{id}/claim", tag = "sms", request_body = Empty,
    params(("id" = String, Path, description = "Session")),
    responses(
        (status = 200, body = Conversation),
        (status = 409, description = "`session_claimed`, with `owner_id`", body = Problem)),
    security(("panel_token" = [])))]
pub async fn claim_session(
    state: web::Data<AppState>,
    user: PanelUser,
    path: web::Path<String>,
    _body: web::Json<Empty>,
) -> Result<web::Json<Conversation>, ApiError> {
    let id = conversation_id(path)?;
    Ok(web::Json(claiming::claim(&state.ctx, &user.who, id).await?))
}

/// Give a session to a colleague.
///
/// The one who answers it gives it, or anybody it is offered to while nobody answers it. Sugar has
/// to show the record to him; whether it shows it to the receiver is seen when his panel asks
/// Sugar for the record's name, and at the next renewal of his sign-in, where he leaves the
/// session if not. He gets `conversation.created` and the texts; those who were in it get
/// `conversation.updated` with `change: "transferred"`.
#[utoipa::path(post, path = "/v1/sms-sessions/{id}/transfer", tag = "sms",
    request_body = TransferRequest,
    params(("id" = String, Path, description = "Session"),
        ("Sugar-Token" = String, Header, description = "The user's current Sugar access token")),
    responses(
        (status = 200, body = Conversation),
        (status = 401, description = "`sugar_token_missing`, `sugar_token_invalid`; `token_invalid`, also when the Sugar token is another user's", body = Problem),
        (status = 403, description = "`forbidden`: the receiver may not use the number", body = Problem),
        (status = 404, description = "`conversation_not_found`, `record_not_found`, `not_found`: no such colleague", body = Problem),
        (status = 409, description = "`session_closed`; `session_claimed`, with `owner_id`", body = Problem),
        (status = 503, description = "`sugar_unreachable`", body = Problem)),
    security(("panel_token" = [])))]
pub async fn transfer_session(
    state: web::Data<AppState>,
    user: ProvenUser,
    path: web::Path<String>,
    body: web::Json<TransferRequest>,
) -> Result<web::Json<Conversation>, ApiError> {
    let (id, to) = (conversation_id(path)?, body.into_inner().member_id);
    let given = giving::transfer(&state.ctx, &user.panel.who, &user.proof, id, to).await?;
    Ok(web::Json(given))
}
