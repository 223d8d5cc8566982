//! Counts wrong tokens per address; right ones are never slowed down.

use crate::domain::clock::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const WINDOW_MS: i64 = 60_000;
/// Addresses remembered at most; more, and all counts start anew.
const MOST_ADDRESSES: usize = 10_000;

/// Wrong tokens in the current minute.
pub struct Throttle {
    per_minute: usize,
    counts: Mutex<(Timestamp, HashMap<IpAddr, usize>)>,
}

impl Throttle {
    pub fn new(per_minute: usize) -> Self {
        Self {
            per_minute,
            counts: Mutex::new((Timestamp(0), HashMap::new())),
        }
    }

    /// Counts a wrong token; true when the address has had too many.
    pub fn failed(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_current(counts.0, now) || counts.1.len() >= MOST_ADDRESSES {
            *counts = (now, HashMap::new());
        }
        let count = counts.1.entry(address).or_insert(0);
        *count += 1;
        *count > self.per_minute
    }

    /// Whether the address has had too many already.
    pub fn is_over(&self, address: IpAddr, now: Timestamp) -> bool {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        is_current(counts.0, now)
            && counts
                .1
                .get(&address)
                .is_some_and(|count| *count > self.per_minute)
    }
}

/// Whether a window is still running; a clock that was set back ends it.
fn is_current(since: Timestamp, now: Timestamp) -> bool {
    (0..WINDOW_MS).contains(&(now.0 - since.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_to_wait_and_forgiven_after_a_minute() {
        let throttle = Throttle::new(2);
        let address: IpAddr = "127.0.0.1".parse().unwrap();
        let at = |ms| Timestamp(1_000_000 + ms);
        assert!(!throttle.failed(address, at(0)));
        assert!(!throttle.failed(address, at(1)));
        assert!(throttle.failed(address, at(2)));
        assert!(throttle.is_over(address, at(3)));
        assert!(!throttle.is_over(address, at(WINDOW_MS)));
        assert!(!throttle.failed(address, at(WINDOW_MS)));
        for _ in 0..3 {
            throttle.failed(address, at(WINDOW_MS + 1));
        }
        assert!(!throttle.is_over(address, at(0)), "the clock was set back");
    }
}
