//! How fast a panel may talk.

use std::time::{Duration, Instant};

/// How many frames of any kind a panel sent in the current ten seconds.
pub struct FrameRate {
    most: usize,
    since: Instant,
    count: usize,
}

impl FrameRate {
    const WINDOW: Duration = Duration::from_secs(10);

    /// At most so many in ten seconds.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            since: Instant::now(),
            count: 0,
        }
    }

    /// Counts a frame; false when it is one too many.
    pub fn allows(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= Self::WINDOW {
            self.since = now;
            self.count = 0;
        }
        self.count += 1;
        self.count <= self.most
    }
}
