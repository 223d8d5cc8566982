//! Who is connected here, and what reaches them: the log's events in order, signals at once.

mod panels;
mod ring;

pub use panels::{Close, Outgoing, PanelQueue};

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::event::{Cursor, Logged, Signal};
use crate::domain::ids::MemberId;
use crate::domain::presence::{Choice, MemberPresence, Presence, TabActivity};
use crate::domain::token::TokenHash;
use bytestring::ByteString;
use panels::{PanelHandle, Panels};
use ring::Ring;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Bounds of the fan-out.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Events a panel may have waiting.
    pub queue_events: usize,
    /// Bytes a panel may have waiting.
    pub queue_bytes: usize,
    /// Panels of one member.
    pub panels_per_member: usize,
    /// Events kept for resume.
    pub ring_events: usize,
    /// Bytes kept for resume.
    pub ring_bytes: usize,
    /// How long a member without tabs still shows as there, in milliseconds.
    pub gone_after_ms: i64,
}

/// Everything that reaches panels of this node.
///
/// One lock holds the place in the log, the ring and the panels, so that a panel joins between
/// two events and never beside one. The lock is std's and never held over an await.
pub struct Fanout {
    inner: Mutex<Inner>,
    gap: Notify,
    clock: Arc<dyn Clock>,
    bounds: Bounds,
}

struct Inner {
    ring: Ring,
    panels: Panels,
    presence: HashMap<MemberId, MemberPresence>,
    unsettled: HashSet<MemberId>,
    stopping: bool,
}

impl Inner {
    /// Who came a moment ago is still offline to colleagues until that is told.
    fn not_offline(&self) -> Vec<Presence> {
        self.presence
            .iter()
            .filter(|(_, presence)| !presence.is_offline())
            .map(|(id, presence)| presence.shown(id))
            .collect()
    }
}

/// A panel that has joined.
pub struct Joined {
    /// What comes next for it.
    pub queue: PanelQueue,
    /// Whether `missed` closes the gap since its cursor.
    pub resumed: bool,
    /// The end of the log as it joined.
    pub cursor: Cursor,
    /// What it missed, oldest first.
    pub missed: Vec<ByteString>,
    /// Everybody who is not offline, as a ready signal.
    pub presence: ByteString,
    /// Leaves when dropped.
    pub seat: Seat,
}

/// Why a panel may not join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The member has as many panels as allowed.
    TooManyPanels,
    /// The service is stopping.
    Stopping,
}

/// A panel's place in the hub; dropping it is leaving.
pub struct Seat {
    fanout: Arc<Fanout>,
    member: MemberId,
    panel: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.fanout.leave(&self.member, self.panel);
    }
}

impl Seat {
    /// Reports input, or the lack of it, in this tab.
    pub fn activity(&self, activity: TabActivity) {
        self.fanout.change_presence(&self.member, |presence| {
            presence.tab_is(self.panel, activity)
        });
    }
}

impl Fanout {
    /// Starts at the end of the log, with the newest events already in the ring.
    pub fn new(newest: Vec<Logged>, bounds: Bounds, clock: Arc<dyn Clock>) -> Arc<Self> {
        let mut ring = Ring::new(bounds.ring_events, bounds.ring_bytes);
        for row in newest {
            ring.push(&row);
        }
        let inner = Inner {
            ring,
            panels: Panels::default(),
            presence: HashMap::new(),
            unsettled: HashSet::new(),
            stopping: false,
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            gap: Notify::new(),
            clock,
            bounds,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of the log as far as panels here were told.
    pub fn position(&self) -> Cursor {
        self.lock().ring.end()
    }

    /// Waits until a gap in the log was noticed.
    pub async fn gap(&self) {
        self.gap.notified().await;
    }

    /// Hands committed rows to the panels they concern, strictly in order.
    ///
    /// Rows already seen are skipped. A row that does not continue the position is not delivered:
    /// the reader of the log is woken and brings what is missing.
    pub fn deliver<'a>(&self, rows: impl IntoIterator<Item = &'a Logged>) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        for row in rows {
            let position = inner.ring.end().id;
            if row.id <= position {
                continue;
            }
            if row.id != position + 1 {
                self.gap.notify_one();
                return;
            }
            let frame = inner.ring.push(row);
            inner.panels.tell(&row.audience, &frame);
        }
    }

    /// Sends something that is not kept, serialised once for all.
    pub fn signal(&self, to: &[MemberId], signal: &Signal) {
        let frame = signal_frame(signal);
        let inner = self.lock();
        for member in to {
            inner.panels.tell_member(member, &frame);
        }
    }

    /// Seats a panel between two events and finds what it missed since `after`.
    pub fn join(
        self: &Arc<Self>,
        member: &MemberId,
        token: &TokenHash,
        expires_at: Timestamp,
        choice: Choice,
        after: Option<Cursor>,
    ) -> Result<Joined, Refused> {
        let mut inner = self.lock();
        if inner.stopping {
            return Err(Refused::Stopping);
        }
        if inner.panels.count(member) >= self.bounds.panels_per_member {
            return Err(Refused::TooManyPanels);
        }
        let missed = after.and_then(|after| inner.ring.since(after, member));
        let (handle, queue) = PanelHandle::new(token.clone(), expires_at, &self.bounds);
        let panel = inner.panels.add(member.clone(), handle);
        let now = self.clock.now();
        let presence = inner
            .presence
            .entry(member.clone())
            .or_insert_with(|| MemberPresence::offline(choice, now));
        presence.tab_came(panel);
        presence.chose(choice);
        inner.unsettled.insert(member.clone());
        let snapshot = inner.not_offline();
        Ok(Joined {
            queue,
            resumed: missed.is_some(),
            cursor: inner.ring.end(),
            missed: missed.unwrap_or_default(),
            presence: signal_frame(&Signal::Presence { members: snapshot }),
            seat: Seat {
                fanout: Arc::clone(self),
                member: member.clone(),
                panel,
            },
        })
    }

    fn leave(&self, member: &MemberId, panel: u64) {
        let now = self.clock.now();
        self.lock().panels.remove(member, panel);
        self.change_presence(member, |presence| presence.tab_went(panel, now));
    }

    fn change_presence(&self, member: &MemberId, change: impl FnOnce(&mut MemberPresence)) {
        let mut inner = self.lock();
        if let Some(presence) = inner.presence.get_mut(member) {
            change(presence);
            inner.unsettled.insert(member.clone());
        }
    }

    /// A member chose by hand what to show.
    pub fn chose(&self, member: &MemberId, choice: Choice) {
        self.change_presence(member, |presence| presence.chose(choice));
    }

    /// Everybody who is not offline.
    pub fn presence(&self) -> Vec<Presence> {
        self.lock().not_offline()
    }

    /// Tells everybody what changed since the last call; to be called every `gather_ms`.
    pub fn settle_presence(&self) {
        let mut inner = self.lock();
        if inner.unsettled.is_empty() {
            return;
        }
        let now = self.clock.now();
        let mut changed = Vec::new();
        let mut still = HashSet::new();
        for member in std::mem::take(&mut inner.unsettled) {
            let Some(presence) = inner.presence.get_mut(&member) else {
                continue;
            };
            if presence.settle(now, self.bounds.gone_after_ms) {
                changed.push(presence.shown(&member));
            }
            let offline = presence.is_offline();
            let without_tab = inner.panels.count(&member) == 0;
            match (offline, without_tab) {
                (true, true) => {
                    inner.presence.remove(&member);
                }
                (false, true) => {
                    still.insert(member);
                }
                _ => {}
            }
        }
        inner.unsettled.extend(still);
        if !changed.is_empty() {
            inner
                .panels
                .tell_all(&signal_frame(&Signal::Presence { members: changed }));
        }
    }

    /// A token was renewed: its sockets may stay.
    pub fn renewed(&self, member: &MemberId, token: &TokenHash, until: Timestamp) {
        self.lock().panels.renewed(member, token, until);
    }

    /// Tokens ended: their sockets close with 4401.
    pub fn ended(&self, member: &MemberId, tokens: &[String]) {
        self.lock().panels.close(member, tokens, Close::Token);
    }

    /// Closes every socket with 1012 and a retry time spread over `spread_ms`.
    pub fn stop(&self, spread_ms: u32) {
        let mut inner = self.lock();
        inner.stopping = true;
        inner.panels.close_all(spread_ms);
    }

    /// How many panels are connected here.
    pub fn panels(&self) -> usize {
        self.lock().panels.len()
    }
}

/// A frame that carries a signal.
fn signal_frame(signal: &Signal) -> ByteString {
    // A signal is plain data: writing it as JSON cannot fail.
    let json = serde_json::to_string(signal).unwrap_or_default();
    format!("{{\"type\":\"signal\",\"signal\":{json}}}").into()
}

#[cfg(test)]
mod tests;
