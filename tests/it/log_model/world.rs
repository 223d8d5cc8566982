//! What there is: a database, nodes, panels, and the messages somebody sends.

use std::collections::BTreeSet;

/// A message by its number; the sender gives it, so the same message sent again is known.
pub type Message = u8;

/// A node by its place in the world.
pub type NodeId = usize;

/// A panel by its place in the world. Each belongs to a member of its own.
pub type PanelId = usize;

/// Whom a message concerns: the first and the third everybody, the second only the first member.
pub const fn concerns(message: Message, member: PanelId) -> bool {
    message != 2 || member == 0
}

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    pub id: u8,
    /// The row's time. All that counts of it: after a restore it is another one.
    pub created_at: u8,
}

impl Cursor {
    /// Before the first row.
    pub const START: Self = Self {
        id: 0,
        created_at: 0,
    };
}

impl Default for Cursor {
    fn default() -> Self {
        Self::START
    }
}

/// A row of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row {
    pub cursor: Cursor,
    pub message: Message,
}

/// The one database behind all nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Database {
    /// Every message that is stored, with the log row that told it: ids are 1, 2, 3 and so on.
    pub messages: Vec<Row>,
    /// Log rows that are gone although their messages are here.
    pub pruned: BTreeSet<u8>,
    /// Restores so far, which is all the time that passes here.
    pub restores: u8,
}

impl Database {
    /// One transaction: the message and its log row. A message that is here stays as it is.
    pub fn store(&mut self, message: Message) -> Option<Row> {
        if self.messages.iter().any(|row| row.message == message) {
            return None;
        }
        let id = self.end().id + 1;
        let cursor = Cursor {
            id,
            created_at: self.restores,
        };
        let row = Row { cursor, message };
        self.messages.push(row);
        Some(row)
    }

    /// The end of the log.
    pub fn end(&self) -> Cursor {
        self.messages.last().map_or(Cursor::START, |row| row.cursor)
    }

    /// The log from a place on.
    pub fn log_after(&self, id: u8) -> Vec<Row> {
        self.messages
            .iter()
            .filter(|row| row.cursor.id > id && !self.pruned.contains(&row.cursor.id))
            .copied()
            .collect()
    }

    /// Whether a cursor is a place in the life of this database.
    pub fn knows(&self, cursor: Cursor) -> bool {
        cursor == Cursor::START || self.messages.iter().any(|row| row.cursor == cursor)
    }

    /// What a member may see of it, up to a place.
    pub fn seen_by(&self, member: PanelId, up_to: u8) -> Vec<Row> {
        self.messages
            .iter()
            .filter(|row| row.cursor.id <= up_to && concerns(row.message, member))
            .copied()
            .collect()
    }
}

/// What a node's writer is doing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Writer {
    #[default]
    Idle,
    /// Taken from the sender and answered, not committed (only where a mutant lets it).
    Holds(Message),
    /// Committed; neither handed to the dispatcher nor answered. No row: it was stored before.
    Committed(Message, Option<Row>),
}

/// One process of the service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Node {
    pub up: bool,
    /// The newest events, consecutive; resume is served from here.
    pub ring: Vec<Row>,
    /// The end of the log as far as panels here were told.
    pub position: Cursor,
    pub writer: Writer,
    /// Rows the dispatcher has read from the database and not yet handed on.
    pub read: Option<Vec<Row>>,
    /// Hints on their way to this node: "the log reached N".
    pub hints: BTreeSet<u8>,
}

/// An answer of `GET /v1/state`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub content: Vec<Row>,
    /// The end of the log in the same transaction.
    pub cursor: Option<Cursor>,
}

/// How far a panel is on its connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sync {
    /// Welcomed with `resumed: true`, or the state was read: events are applied as they come.
    Live,
    /// Welcomed with `resumed: false`: events are held back until the state is here.
    Reading {
        held: Vec<Row>,
        /// The answer on its way, once the service has read it.
        answer: Option<State>,
    },
}

/// A panel's socket, both ends and what is between.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Socket {
    pub node: NodeId,
    /// Whether the hub knows the panel.
    pub seated: bool,
    /// What was missed, to be sent before anything live.
    pub missed: Vec<Row>,
    /// Live events, bounded.
    pub queue: Vec<Row>,
    /// The queue was full: nothing more is sent, the socket ends with 4008.
    pub too_slow: bool,
    pub sync: Sync,
}

/// Our JavaScript in one tab.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Panel {
    pub cursor: Cursor,
    /// What it shows, in the order in which it came.
    pub shows: Vec<Row>,
    pub socket: Option<Socket>,
    /// An answer that a lost connection left on its way; nobody waits for it.
    pub late: Option<State>,
}

/// Where the sender is with a message. It sends again, with the same number, until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sending {
    Waiting,
    Sent,
    Acknowledged,
    /// Acknowledged, and gone with what the operator's restore took back.
    TakenBack,
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub database: Database,
    pub nodes: Vec<Node>,
    pub panels: Vec<Panel>,
    /// By message, the first at 0.
    pub sendings: Vec<Sending>,
    pub cuts: u8,
    pub crashes: u8,
    pub doubled: u8,
}
