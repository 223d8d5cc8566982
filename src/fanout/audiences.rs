//! Who is in the conversations in which somebody is writing, remembered between two changes.

use crate::domain::event::Logged;
use crate::domain::ids::{ConversationId, MemberId};
use std::collections::HashMap;
use std::sync::Arc;

/// More conversations than this are not remembered at once.
const MOST: usize = 10_000;

/// The members of conversations, as of the last change of any of them.
#[derive(Default)]
pub struct Audiences {
    members: HashMap<ConversationId, Arc<[MemberId]>>,
    changes: u64,
}

impl Audiences {
    pub fn get(&self, id: &ConversationId) -> Option<Arc<[MemberId]>> {
        self.members.get(id).cloned()
    }

    /// A moment that what is read after it belongs to.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Remembers what was read at a moment, unless something has changed since.
    pub fn remember(&mut self, id: ConversationId, members: Arc<[MemberId]>, read_at: u64) {
        if read_at != self.changes {
            return;
        }
        if self.members.len() >= MOST {
            self.members.clear();
        }
        self.members.insert(id, members);
    }

    /// Forgets everything when a row says that a conversation has changed.
    pub fn heed(&mut self, row: &Logged) {
        if row.event.starts_with("{\"kind\":\"conversation.updated\"") {
            self.forget();
        }
    }

    /// Forgets everything, and what is being read too.
    pub fn forget(&mut self) {
        self.members.clear();
        self.changes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::conversation::{Conversation, ConversationKind};
    use crate::domain::event::{Audience, Change, Event};

    #[test]
    fn a_change_while_it_was_read_is_not_overlooked() {
        let id = ConversationId::parse("c").unwrap();
        let event = Event::ConversationUpdated {
            conversation: Conversation {
                id: id.clone(),
                kind: ConversationKind::Chat,
                member_ids: Vec::new(),
                created_at: Timestamp(0),
                session: None,
            },
            change: Change::Claimed,
        };
        let row = Logged {
            id: 1,
            audience: Audience::Everyone,
            event: serde_json::to_string(&event).unwrap(),
            created_at: Timestamp(0),
        };
        let members: Arc<[MemberId]> = [MemberId::parse("sally").unwrap()].into();
        let mut audiences = Audiences::default();
        audiences.remember(id.clone(), Arc::clone(&members), audiences.changes());
        assert!(audiences.get(&id).is_some());
        let before = audiences.changes();
        audiences.heed(&row);
        assert!(audiences.get(&id).is_none());
        audiences.remember(id.clone(), members, before);
        assert!(audiences.get(&id).is_none());
    }
}
