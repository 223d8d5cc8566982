//! The transaction that writes share, and the part of it that one write sees.
//!
//! What happens for every chat message goes the short way: it is looked up for the whole batch at
//! once and written for the whole batch at once. Anything else asks for the connection, which
//! first brings the database up to what the batch has done so far and sets a savepoint.

use super::conn::Db;
use super::{StoreError, chat_batch, conversations, log, messages};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Cursor, Logged, NewEvent};
use crate::domain::ids::{ConversationId, MemberId, MessageId};
use crate::domain::message::Message;
use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use std::collections::HashMap;
use std::sync::Arc;

/// What a write will look at, so that it is read for the whole batch at once.
#[derive(Debug, Clone)]
pub struct Touches {
    /// The message it stores.
    pub message: MessageId,
    /// The conversation it stores it in.
    pub conversation: ConversationId,
}

/// The rows that the writes of a batch said they would look at.
struct ReadAhead {
    messages: HashMap<MessageId, Message>,
    chats: HashMap<ConversationId, Arc<[MemberId]>>,
}

/// A transaction that several writes share.
pub(super) struct Batch<'c> {
    conn: &'c mut Db,
    now: Timestamp,
    touches: Vec<Touches>,
    ahead: Option<ReadAhead>,
    one_by_one: bool,
    /// Chat messages that are not in the database yet.
    unwritten: Vec<Message>,
    /// How many of them are of earlier writes.
    settled: usize,
    savepoint: bool,
    /// A statement failed outside a savepoint: PostgreSQL then rolls back at COMMIT, and calls
    /// that a success.
    broken: bool,
    /// Writes that have ended.
    ran: usize,
    first_id: i64,
    rows: Vec<Arc<Logged>>,
}

impl<'c> Batch<'c> {
    pub(super) fn new(conn: &'c mut Db, touches: Vec<Touches>, now: Timestamp, end: i64) -> Self {
        Self {
            conn,
            now,
            touches,
            ahead: None,
            one_by_one: false,
            unwritten: Vec::new(),
            settled: 0,
            savepoint: false,
            broken: false,
            ran: 0,
            first_id: end + 1,
            rows: Vec::new(),
        }
    }

    /// Before each write, with what it touches.
    pub(super) fn begin_one(&mut self, touches: Option<&Touches>) {
        self.settled = self.unwritten.len();
        self.savepoint = false;
        if self.ran > 0 && (self.ahead.is_none() || self.one_by_one) {
            // What was read for all is stale. From now on each write has its own read: what is
            // read for the others may be stale again by their turn.
            self.one_by_one = true;
            self.ahead = None;
            self.touches = touches.cloned().into_iter().collect();
        }
    }

    /// After each write: keeps what it did, or undoes it when it has no events to tell.
    pub(super) fn end_one(&mut self, events: Option<Vec<NewEvent>>) -> QueryResult<Option<Cursor>> {
        let Some(events) = events else {
            self.unwritten.truncate(self.settled);
            if self.savepoint {
                self.conn.batch_execute("ROLLBACK TO one; RELEASE one")?;
                self.ahead = None;
            }
            self.ran += 1;
            return Ok(None);
        };
        if self.savepoint {
            self.conn.batch_execute("RELEASE one")?;
        }
        self.ran += 1;
        let mut last = None;
        for event in events {
            let places_taken = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
            let row = log::row(self.first_id + places_taken, self.now, event)?;
            last = Some(row.cursor());
            self.rows.push(Arc::new(row));
        }
        Ok(last)
    }

    /// Writes what is left, the log last; the rows are told after the commit.
    pub(super) fn finish(mut self) -> QueryResult<Vec<Arc<Logged>>> {
        if self.broken {
            return Err(diesel::result::Error::RollbackTransaction);
        }
        self.write_messages(self.unwritten.len())?;
        if !self.rows.is_empty() {
            log::append(self.conn, &self.rows)?;
        }
        Ok(self.rows)
    }

    fn write_messages(&mut self, count: usize) -> QueryResult<()> {
        if count > 0 {
            chat_batch::insert(self.conn, &self.unwritten[..count])?;
            self.unwritten.drain(..count);
        }
        Ok(())
    }

    fn set_savepoint(&mut self) -> QueryResult<()> {
        self.write_messages(self.settled)?;
        self.settled = 0;
        self.conn.batch_execute("SAVEPOINT one")
    }

    fn conn(&mut self) -> QueryResult<&mut Db> {
        if !self.savepoint {
            let set = self.set_savepoint();
            self.broken |= set.is_err();
            set?;
            self.savepoint = true;
        }
        self.write_messages(self.unwritten.len())?;
        // Whoever has the connection may change what was read ahead.
        self.ahead = None;
        Ok(self.conn)
    }

    fn ahead(&mut self) -> QueryResult<&ReadAhead> {
        let ahead = match self.ahead.take() {
            Some(ahead) => ahead,
            None => {
                let read = self.read_ahead();
                self.broken |= read.is_err() && !self.savepoint;
                read?
            }
        };
        Ok(self.ahead.insert(ahead))
    }

    fn read_ahead(&mut self) -> QueryResult<ReadAhead> {
        let touches = &self.touches;
        Ok(ReadAhead {
            messages: messages::find_each(self.conn, touches.iter().map(|one| one.message))?,
            chats: conversations::chats(self.conn, touches.iter().map(|one| &one.conversation))?,
        })
    }
}

/// What one write works with: the open transaction, its time, and the events it tells.
pub struct Tx<'b, 'c> {
    batch: &'b mut Batch<'c>,
    /// One moment for the whole batch.
    pub now: Timestamp,
    events: Vec<NewEvent>,
}

impl<'b, 'c> Tx<'b, 'c> {
    pub(super) fn new(batch: &'b mut Batch<'c>) -> Self {
        let now = batch.now;
        Self {
            batch,
            now,
            events: Vec::new(),
        }
    }

    pub(super) fn into_events(self) -> Vec<NewEvent> {
        self.events
    }

    /// Puts an event into the log, in this transaction.
    pub fn emit(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// The connection inside the transaction.
    pub fn conn(&mut self) -> Result<&mut Db, StoreError> {
        Ok(self.batch.conn()?)
    }

    /// A message that this write said it touches, if it is stored already.
    pub fn known_message(&mut self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let unwritten = self.batch.unwritten.iter().find(|message| message.id == id);
        if let Some(message) = unwritten {
            return Ok(Some(message.clone()));
        }
        Ok(self.batch.ahead()?.messages.get(&id).cloned())
    }

    /// The members of a chat that this write said it touches; `None` when there is no such chat.
    pub fn chat_members(
        &mut self,
        id: &ConversationId,
    ) -> Result<Option<Arc<[MemberId]>>, StoreError> {
        Ok(self.batch.ahead()?.chats.get(id).cloned())
    }

    /// Stores a member's chat message, which he has read himself.
    pub fn add_chat_message(&mut self, message: Message) {
        self.batch.unwritten.push(message);
    }
}
