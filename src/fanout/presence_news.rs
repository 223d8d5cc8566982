//! What panels are told of presence: everybody as they join, and then what has changed.

use super::roster::Roster;
use super::signal_frame;
use crate::domain::event::Signal;
use crate::domain::ids::MemberId;
use crate::domain::presence::Presence;
use bytestring::ByteString;
use std::collections::BTreeMap;

/// So many members' presence goes into one frame; the rest follows with the next.
pub const TOLD_AT_ONCE: usize = 200;
/// So many changes go out at once, over all panels: where thousands come back together, texts go
/// before the whole of who is there. About 40 MB.
const TOLD_TO_ALL: usize = 400_000;

/// Changes of presence on their way to the panels of this node.
#[derive(Default)]
pub struct PresenceNews {
    /// Everybody who is not offline, as a ready frame; gone when that has changed.
    everybody: Option<ByteString>,
    untold: BTreeMap<MemberId, Presence>,
}

impl PresenceNews {
    /// Keeps what has changed until it is told; of one member the last change counts.
    pub fn note(&mut self, changed: Vec<Presence>) {
        for one in changed {
            self.everybody = None;
            self.untold.insert(one.member_id.clone(), one);
        }
    }

    /// Made once for all panels that come between two changes, and shared by them.
    pub fn everybody(&mut self, roster: &Roster) -> ByteString {
        let frame = self.everybody.get_or_insert_with(|| {
            let members = roster.not_offline();
            signal_frame(&Signal::Presence { members })
        });
        frame.clone()
    }

    /// Some of what has changed, for so many panels; it fits into a panel's queue beside others.
    pub fn next(&mut self, panels: usize) -> Option<ByteString> {
        let most = (TOLD_TO_ALL / panels.max(1)).clamp(1, TOLD_AT_ONCE);
        let mut members = Vec::new();
        while members.len() < most
            && let Some((_, one)) = self.untold.pop_first()
        {
            members.push(one);
        }
        (!members.is_empty()).then(|| signal_frame(&Signal::Presence { members }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::presence::PresenceState;

    #[test]
    fn the_more_panels_the_less_at_once_and_all_in_the_end() {
        for (panels, most) in [(1, 200), (2_000, 200), (10_000, 40), (1_000_000, 1)] {
            let mut news = PresenceNews::default();
            let changed = (0..500).map(|n| Presence {
                member_id: MemberId::parse(&format!("member-{n}")).unwrap(),
                state: PresenceState::Away,
                since: Timestamp(0),
            });
            news.note(changed.collect());
            let frames = std::iter::from_fn(|| news.next(panels));
            let told: Vec<usize> = frames
                .map(|frame| frame.matches("member-").count())
                .collect();
            assert_eq!(told[0], most);
            assert_eq!(told.iter().sum::<usize>(), 500);
        }
    }
}
