//! The sockets of this node by member, each behind a bounded queue.

use super::queue::{Close, QueueIn};
use crate::domain::clock::Timestamp;
use crate::domain::event::Audience;
use crate::domain::ids::MemberId;
use crate::domain::token::TokenHash;
use bytestring::ByteString;
use std::collections::HashMap;

/// A socket as the hub sees it.
pub struct PanelHandle {
    /// The token it said hello with, hashed.
    pub token: TokenHash,
    /// What waits for it.
    pub queue: QueueIn,
}

/// All panels of this node by member.
#[derive(Default)]
pub struct Panels {
    by_member: HashMap<MemberId, Vec<(u64, PanelHandle)>>,
    last_id: u64,
}

impl Panels {
    pub fn add(&mut self, member: MemberId, handle: PanelHandle) -> u64 {
        self.last_id += 1;
        // Most members have one panel; room for four would be three of it wasted.
        self.by_member
            .entry(member)
            .or_insert_with(|| Vec::with_capacity(1))
            .push((self.last_id, handle));
        self.last_id
    }

    pub fn remove(&mut self, member: &MemberId, panel: u64) {
        if let Some(panels) = self.by_member.get_mut(member) {
            panels.retain(|(id, _)| *id != panel);
            if panels.is_empty() {
                self.by_member.remove(member);
            }
        }
    }

    pub fn count(&self, member: &MemberId) -> usize {
        self.by_member.get(member).map_or(0, Vec::len)
    }

    pub fn len(&self) -> usize {
        self.by_member.values().map(Vec::len).sum()
    }

    fn all(&self) -> impl Iterator<Item = &PanelHandle> {
        self.by_member.values().flatten().map(|(_, panel)| panel)
    }

    fn of(&self, member: &MemberId) -> impl Iterator<Item = &PanelHandle> {
        let panels = self.by_member.get(member);
        panels.into_iter().flatten().map(|(_, panel)| panel)
    }

    pub fn tell(&self, audience: &Audience, frame: &ByteString) {
        match audience {
            Audience::Everyone => self.tell_all(frame),
            Audience::Members(members) => self.tell_members(members, frame),
            Audience::Nodes => {}
        }
    }

    pub fn tell_all(&self, frame: &ByteString) {
        for panel in self.all() {
            panel.queue.push(frame);
        }
    }

    pub fn tell_members(&self, members: &[MemberId], frame: &ByteString) {
        for panel in members.iter().flat_map(|member| self.of(member)) {
            panel.queue.push(frame);
        }
    }

    pub fn renewed(&self, member: &MemberId, token: &TokenHash, until: Timestamp) {
        for panel in self.of(member).filter(|panel| panel.token == *token) {
            panel.queue.expires_at(until);
        }
    }

    pub fn close(&self, member: &MemberId, tokens: &[String], close: Close) {
        for panel in self.of(member) {
            if tokens.iter().any(|token| token == panel.token.as_str()) {
                panel.queue.close(close);
            }
        }
    }

    /// Spreads the return of all panels evenly over a time.
    pub fn close_all(&self, spread_ms: u32) {
        let step = spread_ms / u32::try_from(self.len().max(1)).unwrap_or(u32::MAX).max(1);
        let mut retry_ms = 0;
        for panel in self.all() {
            panel.queue.close(Close::Restarting { retry_ms });
            retry_ms = (retry_ms + step.max(1)) % spread_ms.max(1);
        }
    }
}
