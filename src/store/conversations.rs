//! Conversations and who is in them.

use super::conn::Db;
use super::schema::{
    conversation, message, number, opt_out, participant, record_reading, sms_session,
};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{
    Conversation, ConversationKind, NoteState, NoteStatus, OwnNumber, RecordMatch, Session,
    SessionState, TextingConsent,
};
use crate::domain::ids::{ConversationId, IdError, MemberId};
use crate::domain::phone::Peer;
use crate::domain::record::RecordRef;
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Queryable, Selectable)]
#[diesel(table_name = sms_session)]
struct SessionRow {
    peer: String,
    record_module: Option<String>,
    record_id: Option<String>,
    owner_id: Option<String>,
    state: String,
    opened_at: i64,
    closed_at: Option<i64>,
    note_state: String,
    note_id: Option<String>,
    note_reason: Option<String>,
    record_match: String,
}

type NumberRow = (String, String, String);
type Found = (
    String,
    String,
    i64,
    Option<SessionRow>,
    Option<NumberRow>,
    Option<i64>,
    Option<bool>,
);

impl SessionRow {
    fn view(
        self,
        (id, e164, label): NumberRow,
        consent: TextingConsent,
    ) -> Result<Session, IdError> {
        let record = match (self.record_module, self.record_id) {
            (Some(module), Some(id)) => module.parse().ok().map(|module| RecordRef { module, id }),
            _ => None,
        };
        Ok(Session {
            state: if self.state == "open" {
                SessionState::Open
            } else {
                SessionState::Closed
            },
            number: OwnNumber {
                id: id.try_into()?,
                e164,
                label,
            },
            peer: Peer::parse(&self.peer).map_err(|_| IdError::Character)?,
            record_match: match record {
                Some(_) => RecordMatch::Linked,
                None => RecordMatch::from_stored(&self.record_match),
            },
            record,
            owner_id: self.owner_id.map(TryInto::try_into).transpose()?,
            opened_at: Timestamp(self.opened_at),
            closed_at: self.closed_at.map(Timestamp),
            note: NoteStatus {
                state: NoteState::from_stored(&self.note_state),
                id: self.note_id,
                reason: self.note_reason,
            },
            consent,
        })
    }
}

fn view(found: Found, members: Vec<MemberId>) -> Result<Conversation, IdError> {
    let (id, kind, created_at, session, number, opted_out, do_not_text) = found;
    let consent = TextingConsent {
        opted_out_since: opted_out.map(Timestamp),
        do_not_text: do_not_text.unwrap_or_default(),
    };
    let session = match (session, number) {
        (Some(session), Some(number)) => Some(session.view(number, consent)?),
        _ => None,
    };
    Ok(Conversation {
        id: id.try_into()?,
        kind: if kind == "sms" {
            ConversationKind::Sms
        } else {
            ConversationKind::Chat
        },
        member_ids: members,
        created_at: Timestamp(created_at),
        session,
    })
}

/// The members of one conversation, in the order of their ids.
pub fn members(conn: &mut Db, id: &ConversationId) -> QueryResult<Vec<MemberId>> {
    let ids: Vec<String> = participant::table
        .filter(
            participant::conversation_id
                .eq(id.as_str())
                .and(participant::left_at.is_null()),
        )
        .order(participant::member_id)
        .select(participant::member_id)
        .load(conn)?;
    Ok(ids
        .iter()
        .filter_map(|id| MemberId::parse(id).ok())
        .collect())
}

/// Who is in those of some conversations that are chats.
pub(super) fn chats<'a>(
    conn: &mut Db,
    ids: impl Iterator<Item = &'a ConversationId>,
) -> QueryResult<HashMap<ConversationId, Arc<[MemberId]>>> {
    let mut ids: Vec<&str> = ids.map(ConversationId::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    let query = participant::table
        .inner_join(conversation::table)
        .filter(
            conversation::kind
                .eq(ConversationKind::Chat.as_str())
                .and(participant::left_at.is_null()),
        )
        .select((participant::conversation_id, participant::member_id))
        .order((participant::conversation_id, participant::member_id));
    let pairs: Vec<(String, String)> = match conn {
        Db::Sqlite(sqlite) => {
            let mut pairs = Vec::new();
            for id in ids {
                pairs.extend(
                    query
                        .filter(participant::conversation_id.eq(id))
                        .load(sqlite)?,
                );
            }
            pairs
        }
        Db::Postgres(postgres) => query
            .filter(participant::conversation_id.eq_any(ids))
            .load(postgres)?,
    };
    let mut members: HashMap<ConversationId, Vec<MemberId>> = HashMap::new();
    for (conversation, member) in pairs {
        if let (Ok(conversation), Ok(member)) = (
            ConversationId::try_from(conversation),
            MemberId::try_from(member),
        ) {
            members.entry(conversation).or_default().push(member);
        }
    }
    let shared = members
        .into_iter()
        .map(|(id, members)| (id, members.into()));
    Ok(shared.collect())
}

/// One conversation.
pub fn find(conn: &mut Db, id: &ConversationId) -> QueryResult<Option<Conversation>> {
    Ok(load(conn, vec![id.to_string()])?.pop())
}

/// Several conversations, in the order of the ids given.
pub fn load(conn: &mut Db, ids: Vec<String>) -> QueryResult<Vec<Conversation>> {
    let found: Vec<Found> = conversation::table
        .left_join(sms_session::table.on(sms_session::conversation_id.eq(conversation::id)))
        .left_join(number::table.on(number::id.eq(sms_session::number_id)))
        .left_join(
            opt_out::table.on(opt_out::number_id
                .eq(sms_session::number_id)
                .and(opt_out::peer.eq(sms_session::peer))),
        )
        .left_join(
            record_reading::table.on(record_reading::record_module
                .nullable()
                .eq(sms_session::record_module)
                .and(
                    record_reading::record_id
                        .nullable()
                        .eq(sms_session::record_id),
                )),
        )
        .filter(conversation::id.eq_any(&ids))
        .select((
            conversation::id,
            conversation::kind,
            conversation::created_at,
            Option::<SessionRow>::as_select(),
            (number::id, number::e164, number::label).nullable(),
            opt_out::since.nullable(),
            record_reading::do_not_text.nullable(),
        ))
        .load(conn)?;
    let pairs: Vec<(String, String)> = participant::table
        .filter(
            participant::conversation_id
                .eq_any(&ids)
                .and(participant::left_at.is_null()),
        )
        .order(participant::member_id)
        .select((participant::conversation_id, participant::member_id))
        .load(conn)?;
    let mut members: HashMap<String, Vec<MemberId>> = HashMap::new();
    for (conversation, member) in pairs {
        if let Ok(member) = MemberId::parse(&member) {
            members.entry(conversation).or_default().push(member);
        }
    }
    let mut views: HashMap<String, Conversation> = found
        .into_iter()
        .filter_map(|found| {
            let of_this = members.remove(&found.0).unwrap_or_default();
            Some((found.0.clone(), view(found, of_this).ok()?))
        })
        .collect();
    Ok(ids.iter().filter_map(|id| views.remove(id)).collect())
}

/// Makes a conversation with its members.
pub fn insert(
    conn: &mut Db,
    id: &ConversationId,
    kind: ConversationKind,
    chat_key: Option<&str>,
    members: &[MemberId],
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(conversation::table)
        .values((
            conversation::id.eq(id.as_str()),
            conversation::kind.eq(kind.as_str()),
            conversation::chat_key.eq(chat_key),
            conversation::created_at.eq(now.0),
        ))
        .execute(conn)?;
    for member in members {
        add_member(conn, id, member)?;
    }
    Ok(())
}

/// Puts a member into a conversation; false when he is in it already.
pub fn add_member(conn: &mut Db, id: &ConversationId, member: &MemberId) -> QueryResult<bool> {
    let row = participant::table.find((id.as_str(), member.as_str()));
    let known: Option<Option<i64>> = row.select(participant::left_at).first(conn).optional()?;
    match known {
        Some(None) => return Ok(false),
        Some(Some(_)) => {
            diesel::update(row)
                .set((
                    participant::left_at.eq(None::<i64>),
                    participant::refused.eq(false),
                ))
                .execute(conn)?;
        }
        None => {
            diesel::insert_into(participant::table)
                .values((
                    participant::conversation_id.eq(id.as_str()),
                    participant::member_id.eq(member.as_str()),
                    participant::read_seq.eq(0),
                ))
                .execute(conn)?;
        }
    }
    Ok(true)
}

/// Whether a session was offered to a member before somebody else claimed it.
pub fn was_offered(conn: &mut Db, id: &ConversationId, member: &MemberId) -> QueryResult<bool> {
    let left: Option<Option<i64>> = participant::table
        .find((id.as_str(), member.as_str()))
        .select(participant::left_at)
        .first(conn)
        .optional()?;
    Ok(left.flatten().is_some())
}

/// Leaves only one member in a conversation; the others are remembered as having lost it.
pub fn keep_only(
    conn: &mut Db,
    id: &ConversationId,
    member: &MemberId,
    now: Timestamp,
) -> QueryResult<()> {
    let others = participant::conversation_id
        .eq(id.as_str())
        .and(participant::member_id.ne(member.as_str()));
    diesel::update(participant::table.filter(others))
        .set(participant::left_at.eq(now.0))
        .execute(conn)?;
    Ok(())
}

/// The chat of exactly these members.
pub fn chat(conn: &mut Db, chat_key: &str) -> QueryResult<Option<Conversation>> {
    let id: Option<String> = conversation::table
        .filter(conversation::chat_key.eq(chat_key))
        .select(conversation::id)
        .first(conn)
        .optional()?;
    Ok(load(conn, id.into_iter().collect())?.pop())
}

/// Which conversations a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those this member is in.
    pub member: Option<MemberId>,
    /// Only chats or only sessions.
    pub kind: Option<ConversationKind>,
    /// Only sessions in this state.
    pub state: Option<SessionState>,
    /// Only closed sessions whose Note is not in Sugar yet.
    pub unsaved: bool,
    /// Only sessions of these numbers.
    pub numbers: Option<Vec<String>>,
    /// Only ids before this one (newest first).
    pub before: Option<String>,
}

/// A page of conversations, newest first (ids grow with time).
pub fn page(conn: &mut Db, filter: &Filter, limit: i64) -> QueryResult<Vec<Conversation>> {
    let mut query = conversation::table
        .left_join(sms_session::table.on(sms_session::conversation_id.eq(conversation::id)))
        .select(conversation::id)
        .order(conversation::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(member) = &filter.member {
        let mine = participant::table
            .filter(
                participant::member_id
                    .eq(member.as_str())
                    .and(participant::left_at.is_null()),
            )
            .select(participant::conversation_id);
        query = query.filter(conversation::id.eq_any(mine));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(conversation::kind.eq(kind.as_str()));
    }
    if let Some(state) = filter.state {
        query = query.filter(sms_session::state.eq(state.as_str()));
    }
    if filter.unsaved {
        query = query
            .filter(sms_session::state.eq(SessionState::Closed.as_str()))
            .filter(sms_session::note_state.eq_any(["waiting", "failed"]));
    }
    if let Some(numbers) = &filter.numbers {
        query = query.filter(sms_session::number_id.eq_any(numbers));
    }
    if let Some(before) = &filter.before {
        query = query.filter(conversation::id.lt(before));
    }
    let ids: Vec<String> = query.load(conn)?;
    load(conn, ids)
}

/// How far every member of some conversations has read: conversation, member, message id.
pub fn reads(conn: &mut Db, ids: &[String]) -> QueryResult<Vec<(String, String, String)>> {
    participant::table
        .inner_join(message::table.on(message::seq.eq(participant::read_seq)))
        .filter(
            participant::conversation_id
                .eq_any(ids)
                .and(participant::left_at.is_null()),
        )
        .select((
            participant::conversation_id,
            participant::member_id,
            message::id,
        ))
        .load(conn)
}

/// Moves a member's read mark forward; false when it was there or further already.
pub fn mark_read(
    conn: &mut Db,
    id: &ConversationId,
    member: &MemberId,
    seq: i64,
) -> QueryResult<bool> {
    let changed = diesel::update(
        participant::table
            .find((id.as_str(), member.as_str()))
            .filter(participant::read_seq.lt(seq)),
    )
    .set(participant::read_seq.eq(seq))
    .execute(conn)?;
    Ok(changed > 0)
}
