//! What waits for one panel: bounded, and closed rather than grown.

use super::Bounds;
use crate::domain::clock::Timestamp;
use bytestring::ByteString;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

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

#[derive(Default)]
struct Waiting {
    frames: VecDeque<ByteString>,
    bytes: usize,
    close: Option<Close>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    changed: Notify,
    expires_at: AtomicI64,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hub's end: puts in.
pub(super) struct QueueIn {
    shared: Arc<Shared>,
    max_frames: usize,
    max_bytes: usize,
}

/// The socket's end: takes out.
pub struct PanelQueue {
    shared: Arc<Shared>,
}

/// A queue and its two ends; it takes no memory while nothing waits.
pub(super) fn queue(expires_at: Timestamp, bounds: &Bounds) -> (QueueIn, PanelQueue) {
    let shared = Arc::new(Shared {
        waiting: Mutex::default(),
        changed: Notify::new(),
        expires_at: AtomicI64::new(expires_at.0),
    });
    let hub = QueueIn {
        shared: Arc::clone(&shared),
        max_frames: bounds.queue_events,
        max_bytes: bounds.queue_bytes,
    };
    (hub, PanelQueue { shared })
}

impl QueueIn {
    /// Puts a frame in; a queue that is full is closed instead.
    pub(super) fn push(&self, frame: &ByteString) {
        let mut waiting = self.shared.waiting();
        if waiting.close.is_some() {
            return;
        }
        let bytes = waiting.bytes + frame.len();
        if bytes > self.max_bytes || waiting.frames.len() >= self.max_frames {
            *waiting = Waiting {
                close: Some(Close::TooSlow),
                ..Waiting::default()
            };
        } else {
            waiting.bytes = bytes;
            waiting.frames.push_back(frame.clone());
        }
        drop(waiting);
        self.shared.changed.notify_one();
    }

    /// Ends the socket; the first reason counts.
    pub(super) fn close(&self, close: Close) {
        self.shared.waiting().close.get_or_insert(close);
        self.shared.changed.notify_one();
    }

    pub(super) fn expires_at(&self, until: Timestamp) {
        self.shared.expires_at.store(until.0, Ordering::Relaxed);
    }
}

impl PanelQueue {
    /// The next thing to do.
    pub async fn next(&mut self) -> Outgoing {
        loop {
            if let Some(outgoing) = self.take() {
                return outgoing;
            }
            self.shared.changed.notified().await;
        }
    }

    /// The next thing to do, if there is one.
    pub fn take(&mut self) -> Option<Outgoing> {
        let mut waiting = self.shared.waiting();
        if let Some(close) = waiting.close {
            return Some(Outgoing::Close(close));
        }
        let frame = waiting.frames.pop_front()?;
        waiting.bytes -= frame.len();
        if waiting.frames.is_empty() {
            // An idle panel keeps nothing of its last burst.
            waiting.frames = VecDeque::new();
        }
        Some(Outgoing::Frame(frame))
    }

    /// When the panel's token ends, renewals included.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp(self.shared.expires_at.load(Ordering::Relaxed))
    }
}
