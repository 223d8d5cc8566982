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
/// So many changes, counted once for each panel that is told, go out in a gathering. Where
/// thousands come back together the frames come further apart instead of getting smaller, since
/// each one costs a write to every panel: texts go before the whole of who is there.
const TOLD_PER_GATHERING: usize = 400_000;

/// Changes of presence on their way to the panels of this node.
#[derive(Default)]
pub struct PresenceNews {
    /// Everybody who is not offline, as a ready frame; gone when that has changed.
    everybody: Option<ByteString>,
    untold: BTreeMap<MemberId, Presence>,
    /// What was told beyond what a gathering may cost; the next ones wait for it.
    ahead: usize,
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

    /// What a gathering tells so many panels, if it tells them anything; it fits into a panel's
    /// queue beside others.
    pub fn gather(&mut self, panels: usize) -> Option<ByteString> {
        if self.ahead > 0 {
            self.ahead = self.ahead.saturating_sub(TOLD_PER_GATHERING);
            return None;
        }
        let mut members = Vec::new();
        while members.len() < TOLD_AT_ONCE
            && let Some((_, one)) = self.untold.pop_first()
        {
            members.push(one);
        }
        self.ahead = (members.len() * panels).saturating_sub(TOLD_PER_GATHERING);
        (!members.is_empty()).then(|| signal_frame(&Signal::Presence { members }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::presence::PresenceState;

    fn changes(count: usize) -> Vec<Presence> {
        let one = |n| Presence {
            member_id: MemberId::parse(&format!("member-{n}")).unwrap(),
            state: PresenceState::Away,
            since: Timestamp(0),
        };
        (0..count).map(one).collect()
    }

    /// How many members each of ten gatherings tells.
    fn told(count: usize, panels: usize) -> Vec<usize> {
        let mut news = PresenceNews::default();
        news.note(changes(count));
        let gathered = (0..10).map(|_| news.gather(panels));
        let members =
            |frame: Option<ByteString>| frame.map_or(0, |frame| frame.matches("member-").count());
        gathered.map(members).collect()
    }

    #[test]
    fn a_full_frame_for_very_many_panels_makes_the_next_ones_wait() {
        assert_eq!(told(500, 2_000)[..4], [200, 200, 100, 0]);
        assert_eq!(told(500, 10_000), [200, 0, 0, 0, 0, 200, 0, 0, 0, 0]);
        // One who comes or goes is told at once, however many look.
        assert_eq!(told(1, 300_000)[..2], [1, 0]);
    }
}
