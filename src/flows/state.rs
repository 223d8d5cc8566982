//! Everything a panel starts from, in one read transaction.

use super::{Ctx, FlowError};
use crate::domain::access::SignedIn;
use crate::domain::conversation::{Conversation, ConversationKind, SessionState};
use crate::domain::event::Cursor;
use crate::domain::ids::{MemberId, MessageId};
use crate::domain::member::Member;
use crate::domain::message::Message;
use crate::domain::presence::{Choice, Presence};
use crate::store::conversations::Filter;
use crate::store::{Db, conversations, log, members, messages};
use std::collections::BTreeMap;

/// Conversations of each kind in one state answer.
const MOST: i64 = 500;

/// A conversation as one member finds it.
#[derive(Debug)]
pub struct Entry {
    /// The conversation.
    pub conversation: Conversation,
    /// Messages of others he has not read.
    pub unread: i64,
    /// The newest message.
    pub last_message: Option<Message>,
    /// How far each member has read.
    pub read: BTreeMap<MemberId, MessageId>,
}

/// Where a panel starts; later events follow the cursor.
#[derive(Debug)]
pub struct State {
    /// The end of the log in the same transaction.
    pub cursor: Cursor,
    /// The member himself.
    pub me: Member,
    /// What he chose to show.
    pub choice: Choice,
    /// Everybody.
    pub members: Vec<Member>,
    /// Everybody who is not offline.
    pub presence: Vec<Presence>,
    /// Chats with messages, open sessions, and closed ones whose Note is not saved yet.
    pub conversations: Vec<Entry>,
}

/// Reads the state of a member.
pub async fn state(ctx: &Ctx, who: &SignedIn) -> Result<State, FlowError> {
    let me = who.member_id.clone();
    let mut state = ctx.store.read(move |conn| load(conn, &me)).await?;
    state.presence = ctx.fanout.presence();
    Ok(state)
}

fn load(conn: &mut Db, me: &MemberId) -> Result<State, FlowError> {
    let of = |kind, state, unsaved| Filter {
        member: Some(me.clone()),
        kind: Some(kind),
        state,
        unsaved,
        ..Filter::default()
    };
    let mut found = conversations::page(conn, &of(ConversationKind::Chat, None, false), MOST)?;
    let open = of(ConversationKind::Sms, Some(SessionState::Open), false);
    found.extend(conversations::page(conn, &open, MOST)?);
    found.extend(conversations::page(
        conn,
        &of(ConversationKind::Sms, None, true),
        MOST,
    )?);
    Ok(State {
        cursor: log::end(conn)?,
        me: members::find(conn, me)?.ok_or(FlowError::TokenInvalid)?,
        choice: members::choice(conn, me)?,
        members: members::active(conn)?,
        presence: Vec::new(),
        conversations: entries(conn, me, found)?,
    })
}

fn entries(
    conn: &mut Db,
    me: &MemberId,
    found: Vec<Conversation>,
) -> Result<Vec<Entry>, FlowError> {
    let ids: Vec<String> = found.iter().map(|found| found.id.to_string()).collect();
    let mut reads: BTreeMap<String, BTreeMap<MemberId, MessageId>> = BTreeMap::new();
    for (conversation, member, message) in conversations::reads(conn, &ids)? {
        if let Ok(member) = MemberId::parse(&member) {
            let message = MessageId::from_stored(&message);
            reads
                .entry(conversation)
                .or_default()
                .insert(member, message);
        }
    }
    let mut entries = Vec::with_capacity(found.len());
    for conversation in found {
        let last_message = messages::last(conn, &conversation.id)?;
        if last_message.is_none() && conversation.kind == ConversationKind::Chat {
            continue;
        }
        let unread = messages::unread(conn, &conversation.id, me)?;
        let read = reads.remove(conversation.id.as_str()).unwrap_or_default();
        entries.push(Entry {
            conversation,
            unread,
            last_message,
            read,
        });
    }
    Ok(entries)
}
