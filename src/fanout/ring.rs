//! The newest events in memory, for panels that come back.

use crate::domain::event::{Audience, Cursor, Logged};
use crate::domain::ids::MemberId;
use bytestring::ByteString;
use std::collections::VecDeque;

struct Kept {
    cursor: Cursor,
    audience: Audience,
    frame: ByteString,
}

impl Kept {
    /// What it takes; a text to everybody at a number can have more audience than text.
    fn bytes(&self) -> usize {
        let audience = match &self.audience {
            Audience::Everyone | Audience::Nodes => 0,
            Audience::Members(members) => members
                .iter()
                .map(|member| size_of::<MemberId>() + member.as_str().len())
                .sum(),
        };
        self.frame.len() + audience
    }
}

/// The last events of the log, consecutive, bounded in number and bytes.
pub struct Ring {
    events: VecDeque<Kept>,
    bytes: usize,
    max_events: usize,
    max_bytes: usize,
    end: Cursor,
}

impl Ring {
    pub const fn new(max_events: usize, max_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            max_events,
            max_bytes,
            end: Cursor::START,
        }
    }

    /// A ring with the newest rows of a log.
    pub fn filled(newest: Vec<Logged>, max_events: usize, max_bytes: usize) -> Self {
        let mut ring = Self::new(max_events, max_bytes);
        for row in newest {
            ring.push(&row);
        }
        ring
    }

    /// The place of the newest event.
    pub const fn end(&self) -> Cursor {
        self.end
    }

    /// Keeps a row and returns its frame, ready to send.
    pub fn push(&mut self, row: &Logged) -> ByteString {
        let cursor = row.cursor();
        let frame: ByteString = format!(
            "{{\"type\":\"event\",\"cursor\":\"{cursor}\",\"event\":{}}}",
            row.event
        )
        .into();
        if row.id != self.end.id + 1 {
            // What is between is not here: no cursor before it can be resumed from.
            self.events.clear();
            self.bytes = 0;
        }
        self.end = cursor;
        let kept = Kept {
            cursor,
            audience: row.audience.clone(),
            frame: frame.clone(),
        };
        self.bytes += kept.bytes();
        self.events.push_back(kept);
        while self.events.len() > self.max_events || self.bytes > self.max_bytes {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
        }
        frame
    }

    /// What a member missed after a place; `None` when the ring cannot tell.
    ///
    /// The place itself must still be here and carry the same time: only then is it certain that
    /// it is a place of *this* log, and that nothing after it is gone.
    pub fn since(&self, after: Cursor, member: &MemberId) -> Option<Vec<ByteString>> {
        let next = if after == Cursor::START {
            let first = self
                .events
                .front()
                .map_or(self.end.id + 1, |kept| kept.cursor.id);
            (first == 1).then_some(0)?
        } else {
            let first = self.events.front()?.cursor.id;
            let at = usize::try_from(after.id.checked_sub(first)?).ok()?;
            (self.events.get(at)?.cursor == after).then_some(at + 1)?
        };
        Some(
            self.events
                .range(next..)
                .filter(|kept| kept.audience.includes(member))
                .map(|kept| kept.frame.clone())
                .collect(),
        )
    }
}
