//! What the Note of a session says: read from the store, written by `domain::transcript`.

use super::FlowError;
use crate::domain::conversation::{Conversation, Session, SessionState};
use crate::domain::habits::{Calendar, Habits};
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::message::{Message, Sender};
use crate::domain::transcript::{Facts, Line, marker};
use crate::store::notes::{self, NoteWork};
use crate::store::{Db, conversations, members, messages};
use std::collections::HashMap;

/// Namespace of Note ids: the UUIDv5 of a session in it is the id we offer to Sugar.
const NOTE_IDS: uuid::Uuid = uuid::uuid!("6f0c1a52-4d0b-5a1e-9f43-0d6f1f0f5a11");

/// A session with all that its Note says.
pub(super) struct Closed {
    pub(super) id: ConversationId,
    pub(super) session: Session,
    /// What was offered to Sugar so far.
    pub(super) work: Option<NoteWork>,
    messages: Vec<Message>,
    names: HashMap<MemberId, String>,
    calendar: Calendar,
}

/// The id that the Note of a session is offered with.
pub(super) fn note_id(id: &ConversationId) -> uuid::Uuid {
    uuid::Uuid::new_v5(&NOTE_IDS, id.as_str().as_bytes())
}

impl Closed {
    /// A closed session and its texts; `None` when it is open again.
    pub(super) fn load(conn: &mut Db, id: &ConversationId) -> Result<Option<Self>, FlowError> {
        let conversation = conversations::find(conn, id)?.ok_or(FlowError::ConversationNotFound)?;
        let session = conversation
            .session
            .clone()
            .ok_or(FlowError::ConversationNotFound)?;
        if session.state == SessionState::Open {
            return Ok(None);
        }
        let messages = messages::all(conn, id)?;
        let names = names(conn, &messages)?;
        let habits = reader_habits(conn, &conversation, &session)?;
        Ok(Some(Self {
            id: id.clone(),
            session,
            work: notes::find(conn, id)?,
            messages,
            names,
            calendar: Calendar::of(&habits),
        }))
    }

    /// What the transcript is made of; without the record's name the number stands for it.
    pub(super) fn facts(&self, record_name: Option<&str>) -> Facts {
        let own = &self.session.number;
        let peer = self.session.peer.as_str();
        let record_name = record_name.filter(|name| !name.is_empty());
        Facts {
            record_name: record_name.unwrap_or(peer).to_owned(),
            peer: peer.to_owned(),
            own_number: format!("{} ({})", own.label, own.e164),
            opened_at: self.session.opened_at,
            calendar: self.calendar.clone(),
            marker: marker(note_id(&self.id)),
            lines: self.messages.iter().map(|one| self.line(one)).collect(),
        }
    }

    fn line(&self, message: &Message) -> Line {
        let name = match &message.sender {
            Sender::Member(id) => self.names.get(id).cloned(),
            _ => None,
        };
        Line {
            sender: message.sender.clone(),
            name,
            text: with_pictures(message),
            state: message.state,
            reason: message.reason.clone(),
            at: message.send_at.unwrap_or(message.created_at),
        }
    }
}

/// The text, and that there were pictures: they stay here.
fn with_pictures(message: &Message) -> String {
    let text = &message.text;
    match message.pictures.len() {
        0 => text.clone(),
        1 => format!("{text} [a picture]").trim_start().to_owned(),
        many => format!("{text} [{many} pictures]").trim_start().to_owned(),
    }
}

fn names(conn: &mut Db, messages: &[Message]) -> Result<HashMap<MemberId, String>, FlowError> {
    let mut names = HashMap::new();
    for message in messages {
        if let Sender::Member(member) = &message.sender
            && !names.contains_key(member)
            && let Some(found) = members::find(conn, member)?
        {
            names.insert(member.clone(), found.name);
        }
    }
    Ok(names)
}

/// How whoever answered the session writes days and times.
fn reader_habits(
    conn: &mut Db,
    conversation: &Conversation,
    session: &Session,
) -> Result<Habits, FlowError> {
    let reader = session
        .owner_id
        .as_ref()
        .or_else(|| conversation.member_ids.first());
    Ok(match reader {
        Some(member) => members::habits(conn, member)?,
        None => Habits::default(),
    })
}
