//! Reading: conversations and their messages, in pages.

use super::{Ctx, FlowError, require, scope_for, visible};
use crate::domain::access::{Actor, Scope};
use crate::domain::conversation::{Conversation, ConversationKind, SessionState};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::member::Member;
use crate::domain::message::Message;
use crate::store::conversations::Filter;
use crate::store::{conversations, members, messages};

/// A page of something, and where the next one starts.
#[derive(Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What `after` should be for the next page; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    fn of(items: Vec<T>, limit: usize, id: impl Fn(&T) -> String) -> Self {
        let full = items.len() == limit;
        let next = items.last().filter(|_| full).map(id);
        Self { items, next }
    }
}

/// Which conversations to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only chats or only sessions.
    pub kind: Option<ConversationKind>,
    /// Only sessions in this state.
    pub state: Option<SessionState>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Items at most.
    pub limit: usize,
}

/// A place in a list; PostgreSQL cannot even compare with U+0000.
fn place(after: String) -> Result<String, FlowError> {
    if after.contains('\0') {
        return Err(FlowError::BadRequest(
            "`after` is not one that was given out.",
        ));
    }
    Ok(after)
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The caller's conversations, newest first.
pub async fn list_conversations(
    ctx: &Ctx,
    actor: &Actor,
    wanted: Wanted,
) -> Result<Page<Conversation>, FlowError> {
    let mut filter = Filter {
        kind: wanted.kind,
        state: wanted.state,
        before: wanted.after.map(place).transpose()?,
        ..Filter::default()
    };
    match actor {
        Actor::Member(member) => filter.member = Some(member.member_id.clone()),
        Actor::Key(key) => {
            // A key sees the sessions of its numbers; chats belong to their members.
            require(actor, Scope::SmsRead)?;
            filter.kind = Some(ConversationKind::Sms);
            let carriers = ctx.carriers();
            let numbers = carriers
                .numbers
                .iter()
                .filter(|number| key.may_use(&number.own.id));
            filter.numbers = Some(numbers.map(|number| number.own.id.to_string()).collect());
        }
    }
    let limit = wanted.limit;
    let items = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(conversations::page(conn, &filter, limit_of(limit))?))
        .await?;
    Ok(Page::of(items, limit, |conversation| {
        conversation.id.to_string()
    }))
}

/// One conversation of the caller's.
pub async fn conversation(
    ctx: &Ctx,
    actor: &Actor,
    id: ConversationId,
) -> Result<Conversation, FlowError> {
    let actor = actor.clone();
    ctx.store
        .read(move |conn| {
            let found = visible(conn, &actor, &id)?;
            require(&actor, scope_for(found.kind, false))?;
            Ok(found)
        })
        .await
}

/// The messages of a conversation, newest first.
pub async fn list_messages(
    ctx: &Ctx,
    actor: &Actor,
    id: ConversationId,
    after: Option<MessageId>,
    limit: usize,
) -> Result<Page<Message>, FlowError> {
    let actor = actor.clone();
    let items = ctx
        .store
        .read(move |conn| -> Result<_, FlowError> {
            let found = visible(conn, &actor, &id)?;
            require(&actor, scope_for(found.kind, false))?;
            let before = match after {
                Some(after) => Some(
                    messages::find(conn, after)?
                        .filter(|placed| placed.message.conversation_id == id)
                        .ok_or(FlowError::MessageNotFound)?
                        .seq,
                ),
                None => None,
            };
            Ok(messages::page(conn, &id, before, limit_of(limit))?)
        })
        .await?;
    let items = items.into_iter().map(|placed| placed.message).collect();
    Ok(Page::of(items, limit, |message: &Message| {
        message.id.to_string()
    }))
}

/// Active members in the order of their ids.
pub async fn list_members(
    ctx: &Ctx,
    actor: &Actor,
    after: Option<String>,
    limit: usize,
) -> Result<Page<Member>, FlowError> {
    require(actor, Scope::ChatRead)?;
    let after = place(after.unwrap_or_default())?;
    let items = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(members::page(conn, &after, limit_of(limit))?))
        .await?;
    Ok(Page::of(items, limit, |member| member.id.to_string()))
}
