//! Who is there: one member over all his tabs.

use super::clock::Timestamp;
use super::ids::MemberId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

// In this order: where two nodes differ, the greater one is shown.
/// What colleagues see.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// No tab for longer than the grace period.
    Offline,
    /// No input in any tab for a while, or chosen.
    Away,
    /// At a keyboard.
    Available,
    /// Chosen: rather not now.
    Busy,
    /// Chosen: not now.
    DoNotDisturb,
}

impl PresenceState {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Away => "away",
            Self::Available => "available",
            Self::Busy => "busy",
            Self::DoNotDisturb => "do_not_disturb",
        }
    }

    /// Reads what `as_str` wrote; anything else is offline.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "away" => Self::Away,
            "available" => Self::Available,
            "busy" => Self::Busy,
            "do_not_disturb" => Self::DoNotDisturb,
            _ => Self::Offline,
        }
    }
}

/// What a member may choose by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Automatic: available, away when idle.
    Available,
    /// Away whatever he does.
    Away,
    /// Rather not now.
    Busy,
    /// Not now.
    DoNotDisturb,
}

impl Choice {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::DoNotDisturb => "do_not_disturb",
        }
    }

    /// Reads what `as_str` wrote; anything else is automatic.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "away" => Self::Away,
            "busy" => Self::Busy,
            "do_not_disturb" => Self::DoNotDisturb,
            _ => Self::Available,
        }
    }
}

/// What one tab reports of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TabActivity {
    /// Input in the last minutes.
    Available,
    /// None for 5 minutes.
    Away,
}

/// One member's presence on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({"member_id": "seed_sally_id", "state": "busy", "since": "2026-11-22T10:04:00.123Z"}))]
pub struct Presence {
    /// Who.
    #[schema(value_type = String, example = "seed_sally_id")]
    pub member_id: MemberId,
    /// How he shows.
    pub state: PresenceState,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// One member: tabs, choice, and what colleagues were last told.
#[derive(Debug, Clone)]
pub struct MemberPresence {
    choice: Choice,
    tabs: HashMap<u64, TabActivity>,
    gone_at: Option<Timestamp>,
    shown: PresenceState,
    since: Timestamp,
}

impl MemberPresence {
    /// A member without a tab.
    pub fn offline(choice: Choice, now: Timestamp) -> Self {
        Self {
            choice,
            tabs: HashMap::new(),
            gone_at: None,
            shown: PresenceState::Offline,
            since: now,
        }
    }

    /// A tab said hello.
    pub fn tab_came(&mut self, tab: u64) {
        self.gone_at = None;
        self.tabs.insert(tab, TabActivity::Available);
    }

    /// A tab's socket ended; the last one starts the grace period.
    pub fn tab_went(&mut self, tab: u64, now: Timestamp) {
        if self.tabs.remove(&tab).is_some() && self.tabs.is_empty() {
            self.gone_at = Some(now);
        }
    }

    /// A tab reported input, or the lack of it.
    pub fn tab_is(&mut self, tab: u64, activity: TabActivity) {
        if let Some(known) = self.tabs.get_mut(&tab) {
            *known = activity;
        }
    }

    /// The member chose by hand; his choice wins until he chooses again.
    pub const fn chose(&mut self, choice: Choice) {
        self.choice = choice;
    }

    /// The choice by hand.
    pub const fn choice(&self) -> Choice {
        self.choice
    }

    fn effective(&self, now: Timestamp, gone_after_ms: i64) -> PresenceState {
        if self.tabs.is_empty() {
            match self.gone_at {
                Some(at) if now < at.plus_ms(gone_after_ms) => return self.shown,
                _ => return PresenceState::Offline,
            }
        }
        match self.choice {
            Choice::Busy => PresenceState::Busy,
            Choice::DoNotDisturb => PresenceState::DoNotDisturb,
            Choice::Away => PresenceState::Away,
            Choice::Available if self.tabs.values().all(|tab| *tab == TabActivity::Away) => {
                PresenceState::Away
            }
            Choice::Available => PresenceState::Available,
        }
    }

    /// Brings what is shown up to date; true when colleagues should be told.
    pub fn settle(&mut self, now: Timestamp, gone_after_ms: i64) -> bool {
        let state = self.effective(now, gone_after_ms);
        if state == self.shown {
            return false;
        }
        self.shown = state;
        self.since = now;
        true
    }

    /// Whether no tab is left.
    pub fn has_no_tab(&self) -> bool {
        self.tabs.is_empty()
    }

    /// Whether nothing is left to remember: gone, told, and no grace period running.
    pub const fn is_offline(&self) -> bool {
        matches!(self.shown, PresenceState::Offline)
    }

    /// What colleagues were last told.
    pub fn shown(&self, member_id: &MemberId) -> Presence {
        Presence {
            member_id: member_id.clone(),
            state: self.shown,
            since: self.since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GRACE: i64 = 20_000;

    fn shown(presence: &mut MemberPresence, at: i64) -> PresenceState {
        presence.settle(Timestamp(at), GRACE);
        presence.shown
    }

    #[test]
    fn gone_only_after_the_grace_period() {
        let mut presence = MemberPresence::offline(Choice::Available, Timestamp(0));
        presence.tab_came(1);
        assert_eq!(shown(&mut presence, 10), PresenceState::Available);
        presence.tab_went(1, Timestamp(1_000));
        assert_eq!(shown(&mut presence, 20_999), PresenceState::Available);
        assert_eq!(shown(&mut presence, 21_000), PresenceState::Offline);
    }

    #[test]
    fn a_reload_inside_the_grace_period_tells_nobody() {
        let mut presence = MemberPresence::offline(Choice::Available, Timestamp(0));
        presence.tab_came(1);
        assert!(presence.settle(Timestamp(10), GRACE));
        presence.tab_went(1, Timestamp(1_000));
        assert!(!presence.settle(Timestamp(2_000), GRACE));
        presence.tab_came(2);
        assert!(!presence.settle(Timestamp(30_000), GRACE));
    }

    #[test]
    fn away_only_when_every_tab_is_and_a_choice_wins() {
        let mut presence = MemberPresence::offline(Choice::Available, Timestamp(0));
        presence.tab_came(1);
        presence.tab_came(2);
        presence.tab_is(1, TabActivity::Away);
        assert_eq!(shown(&mut presence, 1), PresenceState::Available);
        presence.tab_is(2, TabActivity::Away);
        assert_eq!(shown(&mut presence, 2), PresenceState::Away);
        presence.chose(Choice::Busy);
        assert_eq!(shown(&mut presence, 3), PresenceState::Busy);
        presence.tab_is(2, TabActivity::Available);
        assert_eq!(shown(&mut presence, 4), PresenceState::Busy);
        presence.chose(Choice::Available);
        assert_eq!(shown(&mut presence, 5), PresenceState::Available);
    }

    proptest! {
        #[test]
        fn without_tabs_everybody_ends_offline(
            steps in prop::collection::vec((0_u8..4, 0_u64..4), 0..40)
        ) {
            let mut presence = MemberPresence::offline(Choice::Available, Timestamp(0));
            let mut now = 0;
            for (step, tab) in steps {
                now += 700;
                match step {
                    0 => presence.tab_came(tab),
                    1 => presence.tab_went(tab, Timestamp(now)),
                    2 => presence.tab_is(tab, TabActivity::Away),
                    _ => { presence.settle(Timestamp(now), GRACE); }
                }
            }
            for tab in 0..4 {
                presence.tab_went(tab, Timestamp(now));
            }
            presence.settle(Timestamp(now + GRACE), GRACE);
            prop_assert!(presence.is_offline());
        }
    }
}
