//! Who is connected here, and what reaches them: the log's events in order, signals at once.

mod audiences;
mod bus;
mod nats;
mod panels;
mod presence_news;
mod queue;
mod ring;
mod roster;

pub use bus::{Bus, BusError};
pub use nats::Nats;
pub use queue::{Close, Outgoing, PanelQueue};
pub use roster::NodePresence;

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::event::{Audience, Cursor, Event, Logged, Signal};
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::presence::{Choice, Presence, TabActivity};
use crate::domain::token::TokenHash;
use audiences::Audiences;
use bytestring::ByteString;
use panels::{PanelHandle, Panels};
use presence_news::PresenceNews;
use ring::Ring;
use roster::Roster;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::Notify;

/// A token that ended is remembered for longer than a hello can take.
const ENDED_KEPT_MS: i64 = 120_000;
/// Panels that must reload come back within this time.
const START_OVER_SPREAD_MS: u32 = 2_000;

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
    behind: Notify,
    elsewhere: Notify,
    bus: OnceLock<Box<dyn Bus>>,
    reading: tokio::sync::Mutex<()>,
    clock: Arc<dyn Clock>,
    bounds: Bounds,
}

struct Inner {
    ring: Ring,
    panels: Panels,
    roster: Roster,
    audiences: Audiences,
    news: PresenceNews,
    ended: HashMap<String, Timestamp>,
    chosen: HashMap<MemberId, (Choice, Timestamp)>,
    stopping: bool,
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
    /// The token ended while its hello was read.
    TokenEnded,
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
        let mut inner = self.fanout.lock();
        inner.roster.tab_is(&self.member, self.panel, activity);
    }
}

impl Fanout {
    /// Starts at the end of the log, with the newest events already in the ring.
    pub fn new(newest: Vec<Logged>, bounds: Bounds, clock: Arc<dyn Clock>) -> Arc<Self> {
        let inner = Inner {
            ring: Ring::filled(newest, bounds.ring_events, bounds.ring_bytes),
            panels: Panels::default(),
            roster: Roster::default(),
            audiences: Audiences::default(),
            news: PresenceNews::default(),
            ended: HashMap::new(),
            chosen: HashMap::new(),
            stopping: false,
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            behind: Notify::new(),
            elsewhere: Notify::new(),
            bus: OnceLock::new(),
            reading: tokio::sync::Mutex::new(()),
            clock,
            bounds,
        })
    }

    /// Tells the other nodes from now on what happens here; once.
    pub fn connect(&self, bus: Box<dyn Bus>) {
        // A second bus would be a second life of the same node, which `app` does not build.
        let _ = self.bus.set(bus);
    }

    /// How the bus to the other nodes is; `None` when there is none.
    pub fn bus(&self) -> Option<Result<String, BusError>> {
        self.bus.get().map(|bus| bus.health())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of the log as far as panels here were told.
    pub fn position(&self) -> Cursor {
        self.lock().ring.end()
    }

    /// Waits until the log is known to go on after this node's position.
    pub async fn behind(&self) {
        self.behind.notified().await;
    }

    /// One at a time reads on in the log.
    pub async fn reading(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.reading.lock().await
    }

    /// Waits until another node's presence is known to have changed.
    pub async fn elsewhere(&self) {
        self.elsewhere.notified().await;
    }

    /// Another node says that the log has reached a place.
    pub fn reached(&self, id: i64) {
        if id > self.position().id {
            self.behind.notify_one();
        }
    }

    /// Another node says that its presence has changed.
    pub fn presence_moved(&self) {
        self.elsewhere.notify_one();
    }

    /// This node committed rows: tells its panels, and the other nodes that there is more.
    pub fn committed(&self, rows: &[Arc<Logged>]) {
        self.deliver(rows.iter().map(AsRef::as_ref));
        if let (Some(bus), Some(last)) = (self.bus.get(), rows.last()) {
            bus.reached(last.id);
        }
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
                self.behind.notify_one();
                return;
            }
            let frame = inner.ring.push(row);
            inner.panels.tell(&row.audience, &frame);
            inner.audiences.heed(row);
            if row.audience == Audience::Nodes {
                inner.heed(row);
            }
        }
    }

    /// How many events, and how many bytes of them, are kept for panels that come back.
    pub const fn ring_size(&self) -> (usize, usize) {
        (self.bounds.ring_events, self.bounds.ring_bytes)
    }

    /// Begins anew at the end of another log; every panel is sent away, to reload.
    ///
    /// Nothing happens when somebody was faster: the position is not the given one any more.
    pub fn start_over(&self, from: Cursor, newest: Vec<Logged>) {
        let mut inner = self.lock();
        if inner.ring.end() != from {
            return;
        }
        inner.audiences.forget();
        inner.ring = Ring::filled(newest, self.bounds.ring_events, self.bounds.ring_bytes);
        inner.panels.close_all(START_OVER_SPREAD_MS);
    }

    /// Sends something that is not kept, serialised once for all, here and at the other nodes.
    pub fn signal(&self, to: &[MemberId], signal: &Signal) {
        self.signal_here(to, signal);
        if let Some(bus) = self.bus.get() {
            bus.signal(to, signal);
        }
    }

    /// Sends something that is not kept to the panels of this node.
    pub fn signal_here(&self, to: &[MemberId], signal: &Signal) {
        let frame = signal_frame(signal);
        self.lock().panels.tell_members(to, &frame);
    }

    /// Who is in a conversation, if that was read since anything about it has changed; else the
    /// moment to hand to [`Fanout::remember`] with what is read now.
    pub fn members_of(&self, id: &ConversationId) -> Result<Arc<[MemberId]>, u64> {
        let inner = self.lock();
        let changes = inner.audiences.changes();
        inner.audiences.get(id).ok_or(changes)
    }

    /// Remembers who is in a conversation.
    pub fn remember(&self, id: ConversationId, members: Arc<[MemberId]>, read_at: u64) {
        self.lock().audiences.remember(id, members, read_at);
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
        // A logout between the look at the token and this moment found no socket to close.
        if inner.ended.contains_key(token.as_str()) {
            return Err(Refused::TokenEnded);
        }
        if inner.panels.count(member) >= self.bounds.panels_per_member {
            return Err(Refused::TooManyPanels);
        }
        let missed = after.and_then(|after| inner.ring.since(after, member));
        let (hub, queue) = queue::queue(expires_at, &self.bounds);
        let handle = PanelHandle {
            token: token.clone(),
            queue: hub,
        };
        let panel = inner.panels.add(member.clone(), handle);
        let now = self.clock.now();
        // A choice between the look at it and this moment counts more.
        let choice = inner.chosen.get(member).map_or(choice, |(later, _)| *later);
        inner.roster.tab_came(member, panel, choice, now);
        Ok(Joined {
            queue,
            resumed: missed.is_some(),
            cursor: inner.ring.end(),
            missed: missed.unwrap_or_default(),
            presence: inner.everybody(),
            seat: Seat {
                fanout: Arc::clone(self),
                member: member.clone(),
                panel,
            },
        })
    }

    fn leave(&self, member: &MemberId, panel: u64) {
        let now = self.clock.now();
        let mut inner = self.lock();
        inner.panels.remove(member, panel);
        inner.roster.tab_went(member, panel, now);
    }

    /// Everybody who is not offline.
    pub fn presence(&self) -> Vec<Presence> {
        self.lock().roster.not_offline()
    }

    /// Everybody who is not offline at this node.
    pub fn presence_here(&self) -> HashMap<MemberId, Presence> {
        self.lock().roster.here()
    }

    /// Tells the panels here what changed since the last call, to be called every `gather_ms`;
    /// returns whether something changed at this node, for the others to know.
    pub fn settle_presence(&self) -> bool {
        let now = self.clock.now();
        let mut inner = self.lock();
        let forgotten = now.plus_ms(-ENDED_KEPT_MS);
        inner.ended.retain(|_, at| *at > forgotten);
        inner.chosen.retain(|_, (_, at)| *at > forgotten);
        let settled = inner.roster.settle(now, self.bounds.gone_after_ms);
        inner.news.note(settled.shown);
        inner.tell_presence();
        settled.changed_here
    }

    /// Takes over what the living other nodes say of their members.
    pub fn take_over_presence(&self, nodes: Vec<NodePresence>) {
        let now = self.clock.now();
        let mut inner = self.lock();
        let changed = inner.roster.take_over(nodes, now);
        inner.news.note(changed);
    }

    /// Tells the other nodes that this one's presence can be read.
    pub fn announce_presence(&self) {
        if let Some(bus) = self.bus.get() {
            bus.presence_moved();
        }
    }

    /// A token was renewed: its sockets may stay.
    pub fn renewed(&self, member: &MemberId, token: &TokenHash, until: Timestamp) {
        self.lock().panels.renewed(member, token, until);
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

impl Inner {
    /// What the log tells the nodes themselves.
    fn heed(&mut self, row: &Logged) {
        match serde_json::from_str(&row.event) {
            Ok(Event::SignInsEnded { member_id, tokens }) => {
                self.panels.close(&member_id, &tokens, Close::Token);
                let ended = tokens.into_iter().map(|token| (token, row.created_at));
                self.ended.extend(ended);
            }
            Ok(Event::PresenceChosen { member_id, choice }) => {
                self.roster.chose(&member_id, choice);
                self.chosen.insert(member_id, (choice, row.created_at));
            }
            // A later version's: nothing that this one could do.
            Ok(_) | Err(_) => {}
        }
    }

    fn everybody(&mut self) -> ByteString {
        self.news.everybody(&self.roster)
    }

    fn tell_presence(&mut self) {
        if let Some(frame) = self.news.gather(self.panels.len()) {
            self.panels.tell_all(&frame);
        }
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
