//! Who is there: at this node, and at the others.

use crate::domain::clock::Timestamp;
use crate::domain::ids::MemberId;
use crate::domain::presence::{Choice, MemberPresence, Presence, PresenceState, TabActivity};
use std::collections::{HashMap, HashSet};

/// What another node said of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePresence {
    /// The node.
    pub node: String,
    /// Who is not offline there.
    pub members: Vec<Presence>,
}

struct Elsewhere {
    members: HashMap<MemberId, Presence>,
    /// When the node fell silent; its panels are on their way to another.
    silent_since: Option<Timestamp>,
}

/// The presence of all members.
#[derive(Default)]
pub struct Roster {
    here: HashMap<MemberId, MemberPresence>,
    elsewhere: HashMap<String, Elsewhere>,
    unsettled: HashSet<MemberId>,
}

/// What has changed since it was settled last.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// As colleagues see it, over all nodes.
    pub shown: Vec<Presence>,
    /// Whether something changed as this node alone sees it.
    pub changed_here: bool,
}

impl Roster {
    pub fn tab_came(&mut self, member: &MemberId, tab: u64, choice: Choice, now: Timestamp) {
        let presence = self
            .here
            .entry(member.clone())
            .or_insert_with(|| MemberPresence::offline(choice, now));
        if presence.has_no_tab() {
            presence.chose(choice);
        }
        presence.tab_came(tab);
        self.unsettled.insert(member.clone());
    }

    pub fn tab_went(&mut self, member: &MemberId, tab: u64, now: Timestamp) {
        self.change(member, |presence| presence.tab_went(tab, now));
    }

    pub fn tab_is(&mut self, member: &MemberId, tab: u64, activity: TabActivity) {
        self.change(member, |presence| presence.tab_is(tab, activity));
    }

    pub fn chose(&mut self, member: &MemberId, choice: Choice) {
        self.change(member, |presence| presence.chose(choice));
    }

    fn change(&mut self, member: &MemberId, change: impl FnOnce(&mut MemberPresence)) {
        if let Some(presence) = self.here.get_mut(member) {
            change(presence);
            self.unsettled.insert(member.clone());
        }
    }

    /// How a member shows over all nodes: the most telling word counts.
    fn shown(&self, member: &MemberId) -> Option<Presence> {
        let here = self.here.get(member).map(|here| here.shown(member));
        let elsewhere = self.elsewhere.values();
        elsewhere
            .filter_map(|node| node.members.get(member).cloned())
            .chain(here)
            .max_by_key(|presence| presence.state)
    }

    /// Everybody who is not offline at this node.
    pub fn here(&self) -> HashMap<MemberId, Presence> {
        let here = self.here.iter().filter(|(_, here)| !here.is_offline());
        here.map(|(id, here)| (id.clone(), here.shown(id)))
            .collect()
    }

    /// Everybody who is not offline.
    ///
    /// Who came a moment ago is still offline to colleagues until that is settled.
    pub fn not_offline(&self) -> Vec<Presence> {
        let elsewhere = self.elsewhere.values().flat_map(|node| node.members.keys());
        let everybody: HashSet<&MemberId> = self.here.keys().chain(elsewhere).collect();
        everybody
            .into_iter()
            .filter_map(|member| self.shown(member))
            .filter(|presence| presence.state != PresenceState::Offline)
            .collect()
    }

    fn state(&self, member: &MemberId) -> PresenceState {
        self.shown(member)
            .map_or(PresenceState::Offline, |presence| presence.state)
    }

    /// Brings what is shown up to date and says what has changed.
    pub fn settle(&mut self, now: Timestamp, gone_after_ms: i64) -> Settled {
        let mut settled = Settled::default();
        for member in std::mem::take(&mut self.unsettled) {
            let before = self.state(&member);
            let Some(here) = self.here.get_mut(&member) else {
                continue;
            };
            settled.changed_here |= here.settle(now, gone_after_ms);
            let (offline, alone) = (here.is_offline(), here.has_no_tab());
            if offline && alone {
                self.here.remove(&member);
            } else if alone {
                // The grace period runs.
                self.unsettled.insert(member.clone());
            }
            settled.shown.extend(self.difference(&member, before, now));
        }
        let silent = self.silent_for(now, gone_after_ms);
        settled.shown.extend(self.forget(&silent, now));
        settled
    }

    fn difference(
        &self,
        member: &MemberId,
        before: PresenceState,
        now: Timestamp,
    ) -> Option<Presence> {
        let offline = || Presence {
            member_id: member.clone(),
            state: PresenceState::Offline,
            since: now,
        };
        let after = self.shown(member).unwrap_or_else(offline);
        (after.state != before).then_some(after)
    }

    fn silent_for(&self, now: Timestamp, gone_after_ms: i64) -> Vec<String> {
        let silent = self.elsewhere.iter().filter(|(_, node)| {
            node.silent_since
                .is_some_and(|since| since.plus_ms(gone_after_ms) <= now)
        });
        silent.map(|(node, _)| node.clone()).collect()
    }

    fn forget(&mut self, nodes: &[String], now: Timestamp) -> Vec<Presence> {
        let mut changed = Vec::new();
        for node in nodes {
            let members = self.elsewhere.get(node).map(|node| &node.members);
            let members: Vec<MemberId> = members
                .into_iter()
                .flatten()
                .map(|(id, _)| id.clone())
                .collect();
            let before: Vec<PresenceState> = members.iter().map(|id| self.state(id)).collect();
            self.elsewhere.remove(node);
            let pairs = members.iter().zip(before);
            changed.extend(pairs.filter_map(|(id, before)| self.difference(id, before, now)));
        }
        changed
    }

    /// Takes over what the living other nodes say; returns what changed for colleagues.
    ///
    /// A node that is missing has died: its members are shown for as long as a member without a
    /// tab is, since their panels go to another node.
    pub fn take_over(&mut self, nodes: Vec<NodePresence>, now: Timestamp) -> Vec<Presence> {
        let living: HashSet<&str> = nodes.iter().map(|node| node.node.as_str()).collect();
        for (id, node) in &mut self.elsewhere {
            if !living.contains(id.as_str()) {
                node.silent_since.get_or_insert(now);
            }
        }
        let mut changed = Vec::new();
        for node in nodes {
            let old = self.elsewhere.get(&node.node).map(|node| &node.members);
            let old = old.into_iter().flatten().map(|(id, _)| id);
            let new = node.members.iter().map(|presence| &presence.member_id);
            let touched: HashSet<MemberId> = old.chain(new).cloned().collect();
            let before: Vec<(MemberId, PresenceState)> = touched
                .into_iter()
                .map(|id| (id.clone(), self.state(&id)))
                .collect();
            let members = node.members.into_iter();
            let members = members.map(|presence| (presence.member_id.clone(), presence));
            let known = Elsewhere {
                members: members.collect(),
                silent_since: None,
            };
            self.elsewhere.insert(node.node, known);
            let differences = before
                .iter()
                .filter_map(|(id, before)| self.difference(id, *before, now));
            changed.extend(differences);
        }
        changed
    }
}
