//! `/v1/state`: what a panel starts from.

use super::AppState;
use super::auth::PanelUser;
use super::problem::{ApiError, Problem};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{MemberId, MessageId};
use crate::domain::member::Member;
use crate::domain::message::Message;
use crate::domain::presence::{Choice, Presence};
use crate::flows::state;
use actix_web::web;
use serde::Serialize;
use std::collections::BTreeMap;

/// A conversation as its reader finds it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConversationEntry {
    /// The conversation.
    conversation: Conversation,
    /// Messages of others not read yet.
    unread: i64,
    /// The newest message.
    last_message: Option<Message>,
    /// How far each member has read: member id to message id.
    #[schema(value_type = std::collections::HashMap<String, String>)]
    read: BTreeMap<MemberId, MessageId>,
}

/// Everything a panel starts from.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "cursor": "1042.1795341843007", "presence_choice": null,
    "me": {"id": "seed_sally_id", "name": "Sally Bronsen", "title": "Account Rep", "department": null, "active": true},
    "members": [], "presence": [], "conversations": []
}))]
pub struct StateAnswer {
    /// Events after this place are not in the answer.
    cursor: String,
    /// The caller.
    me: Member,
    /// What the caller chose to show; null is automatic.
    presence_choice: Option<Choice>,
    /// Everybody who is active.
    members: Vec<Member>,
    /// Everybody who is not offline.
    presence: Vec<Presence>,
    /// Chats with messages, open sessions, and closed ones whose Note is not in Sugar yet.
    conversations: Vec<ConversationEntry>,
}

/// Everything a panel starts from, at one moment.
#[utoipa::path(get, path = "/v1/state", tag = "state",
    responses((status = 200, body = StateAnswer), (status = 401, body = Problem)),
    security(("panel_token" = [])))]
pub async fn get_state(
    app: web::Data<AppState>,
    user: PanelUser,
) -> Result<web::Json<StateAnswer>, ApiError> {
    let found = state::state(&app.ctx, &user.who).await?;
    let entry = |entry: state::Entry| ConversationEntry {
        conversation: entry.conversation,
        unread: entry.unread,
        last_message: entry.last_message,
        read: entry.read,
    };
    Ok(web::Json(StateAnswer {
        cursor: found.cursor.to_string(),
        me: found.me,
        presence_choice: Some(found.choice).filter(|choice| *choice != Choice::Available),
        members: found.members,
        presence: found.presence,
        conversations: found.conversations.into_iter().map(entry).collect(),
    }))
}
