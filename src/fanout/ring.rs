//! The newest events in memory, for panels that come back.

use crate::domain::event::{Audience, Cursor, Logged};
use crate::domain::ids::MemberId;
use bytestring::ByteString;
use std::collections::{HashMap, VecDeque};

/// What an entry takes beside its text, about: the entry itself and its allocations.
const ENTRY_BYTES: usize = 256;
/// What an entry takes for each member of its audience: his id, and its place in his list.
const MEMBER_BYTES: usize = 96;

struct Kept {
    cursor: Cursor,
    audience: Audience,
    frame: ByteString,
}

impl Kept {
    /// What it takes; a text to everybody at a number can have more audience than text.
    fn bytes(&self) -> usize {
        let members = match &self.audience {
            Audience::Everyone | Audience::Nodes => 0,
            Audience::Members(members) => members.len(),
        };
        ENTRY_BYTES + self.frame.len() + members * MEMBER_BYTES
    }
}

/// The last events of the log, consecutive, bounded in number and bytes.
pub struct Ring {
    events: VecDeque<Kept>,
    /// The places of each member's own events, so that a resume looks at these alone.
    of_member: HashMap<MemberId, VecDeque<i64>>,
    of_everyone: VecDeque<i64>,
    bytes: usize,
    max_events: usize,
    max_bytes: usize,
    end: Cursor,
}

impl Ring {
    pub fn new(max_events: usize, max_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            of_member: HashMap::new(),
            of_everyone: VecDeque::new(),
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
        if row.id != self.end.id + 1 {
            // What is between is not here: no cursor before it can be resumed from.
            *self = Self::new(self.max_events, self.max_bytes);
        }
        let cursor = row.cursor();
        let frame: ByteString = format!(
            "{{\"type\":\"event\",\"cursor\":\"{cursor}\",\"event\":{}}}",
            row.event
        )
        .into();
        self.end = cursor;
        let kept = Kept {
            cursor,
            audience: row.audience.clone(),
            frame: frame.clone(),
        };
        self.bytes += kept.bytes();
        self.enlist(&kept);
        self.events.push_back(kept);
        while self.events.len() > self.max_events || self.bytes > self.max_bytes {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.strike(&oldest);
        }
        frame
    }

    fn enlist(&mut self, kept: &Kept) {
        let place = kept.cursor.id;
        match &kept.audience {
            Audience::Nodes => {}
            Audience::Everyone => self.of_everyone.push_back(place),
            Audience::Members(members) => {
                for member in members.iter() {
                    match self.of_member.get_mut(member) {
                        Some(places) => places.push_back(place),
                        None => {
                            self.of_member.insert(member.clone(), [place].into());
                        }
                    }
                }
            }
        }
    }

    fn strike(&mut self, oldest: &Kept) {
        match &oldest.audience {
            Audience::Nodes => {}
            Audience::Everyone => {
                self.of_everyone.pop_front();
            }
            Audience::Members(members) => {
                for member in members.iter() {
                    let Some(places) = self.of_member.get_mut(member) else {
                        continue;
                    };
                    places.pop_front();
                    if places.is_empty() {
                        self.of_member.remove(member);
                    }
                }
            }
        }
    }

    /// What a member missed after a place; `None` when the ring cannot tell.
    ///
    /// The place itself must still be here and carry the same time: only then is it certain that
    /// it is a place of *this* log, and that nothing after it is gone.
    pub fn since(&self, after: Cursor, member: &MemberId) -> Option<Vec<ByteString>> {
        let first = self
            .events
            .front()
            .map_or(self.end.id + 1, |kept| kept.cursor.id);
        if after == Cursor::START {
            if first != 1 {
                return None;
            }
        } else {
            let at = usize::try_from(after.id.checked_sub(first)?).ok()?;
            if self.events.get(at)?.cursor != after {
                return None;
            }
        }
        let missed = |places: &VecDeque<i64>| {
            let from = places.partition_point(|place| *place <= after.id);
            places.range(from..).copied().collect::<Vec<_>>()
        };
        let mut places = missed(&self.of_everyone);
        if let Some(own) = self.of_member.get(member) {
            places.extend(missed(own));
            places.sort_unstable();
        }
        let frames = places.into_iter().filter_map(|place| {
            let at = usize::try_from(place - first).ok()?;
            Some(self.events.get(at)?.frame.clone())
        });
        Some(frames.collect())
    }
}
