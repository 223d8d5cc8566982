//! The sockets of this node, each behind a bounded queue.

use super::Bounds;
use crate::domain::clock::Timestamp;
use crate::domain::event::Audience;
use crate::domain::ids::MemberId;
use crate::domain::token::TokenHash;
use bytestring::ByteString;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc};

/// Why the service ends a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// 4401: the token ended.
    Token,
    /// 4008: it does not read fast enough; it should resume.
    TooSlow,
    /// 1012: the service restarts; come back after so many milliseconds.
    Restarting {
        /// When to come back.
        retry_ms: u32,
    },
}

/// What a panel's task does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Send this frame.
    Frame(ByteString),
    /// Close the socket now, whatever still waits.
    Close(Close),
}

struct Shared {
    waiting_bytes: AtomicUsize,
    expires_at: AtomicI64,
    close: Mutex<Option<Close>>,
    closed: Notify,
}

/// The hub's end of a panel.
pub struct PanelHandle {
    frames: mpsc::Sender<ByteString>,
    shared: Arc<Shared>,
    token: TokenHash,
    max_bytes: usize,
}

/// The socket's end of a panel.
pub struct PanelQueue {
    frames: mpsc::Receiver<ByteString>,
    shared: Arc<Shared>,
}

impl PanelHandle {
    pub fn new(token: TokenHash, expires_at: Timestamp, bounds: &Bounds) -> (Self, PanelQueue) {
        let (frames, receiver) = mpsc::channel(bounds.queue_events);
        let shared = Arc::new(Shared {
            waiting_bytes: AtomicUsize::new(0),
            expires_at: AtomicI64::new(expires_at.0),
            close: Mutex::new(None),
            closed: Notify::new(),
        });
        let queue = PanelQueue {
            frames: receiver,
            shared: Arc::clone(&shared),
        };
        (
            Self {
                frames,
                shared,
                token,
                max_bytes: bounds.queue_bytes,
            },
            queue,
        )
    }

    fn push(&self, frame: &ByteString) {
        let waiting = self
            .shared
            .waiting_bytes
            .fetch_add(frame.len(), Ordering::Relaxed);
        if waiting + frame.len() > self.max_bytes || self.frames.try_send(frame.clone()).is_err() {
            self.close(Close::TooSlow);
        }
    }

    fn close(&self, close: Close) {
        let mut slot = self
            .shared
            .close
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(close);
        self.shared.closed.notify_one();
    }
}

impl PanelQueue {
    /// The next thing to do; `None` when the hub is gone.
    pub async fn next(&mut self) -> Option<Outgoing> {
        if let Some(close) = self.closing() {
            return Some(Outgoing::Close(close));
        }
        tokio::select! {
            biased;
            () = self.shared.closed.notified() => self.closing().map(Outgoing::Close),
            frame = self.frames.recv() => {
                let frame = frame?;
                self.shared.waiting_bytes.fetch_sub(frame.len(), Ordering::Relaxed);
                Some(Outgoing::Frame(frame))
            }
        }
    }

    fn closing(&self) -> Option<Close> {
        *self
            .shared
            .close
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// When the panel's token ends, renewals included.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp(self.shared.expires_at.load(Ordering::Relaxed))
    }
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
        self.by_member
            .entry(member)
            .or_default()
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

    pub fn tell(&self, audience: &Audience, frame: &ByteString) {
        match audience {
            Audience::Everyone => self.tell_all(frame),
            Audience::Members(members) => {
                for member in members {
                    self.tell_member(member, frame);
                }
            }
        }
    }

    pub fn tell_all(&self, frame: &ByteString) {
        for (_, panel) in self.by_member.values().flatten() {
            panel.push(frame);
        }
    }

    pub fn tell_member(&self, member: &MemberId, frame: &ByteString) {
        for (_, panel) in self.by_member.get(member).into_iter().flatten() {
            panel.push(frame);
        }
    }

    pub fn renewed(&self, member: &MemberId, token: &TokenHash, until: Timestamp) {
        for (_, panel) in self.by_member.get(member).into_iter().flatten() {
            if panel.token == *token {
                panel.shared.expires_at.store(until.0, Ordering::Relaxed);
            }
        }
    }

    pub fn close(&self, member: &MemberId, tokens: &[String], close: Close) {
        for (_, panel) in self.by_member.get(member).into_iter().flatten() {
            if tokens.iter().any(|token| token == panel.token.as_str()) {
                panel.close(close);
            }
        }
    }

    /// Spreads the return of all panels evenly over a time.
    pub fn close_all(&self, spread_ms: u32) {
        let step = spread_ms / u32::try_from(self.len().max(1)).unwrap_or(u32::MAX).max(1);
        let mut retry_ms = 0;
        for (_, panel) in self.by_member.values().flatten() {
            panel.close(Close::Restarting { retry_ms });
            retry_ms = (retry_ms + step.max(1)) % spread_ms.max(1);
        }
    }
}
