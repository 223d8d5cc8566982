//! Which messages were sent, which arrived, and how late.

use crate::mark::Marked;
use crate::net::now_ns;
use hdrhistogram::Histogram;

/// Who should get each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The one receiver that its mark names.
    Direct,
    /// Connections 0 to n-1.
    Everyone(usize),
    /// Connections 0 to n-1; frames name only a slot.
    Signal(usize),
}

impl Pattern {
    /// Deliveries per message.
    pub const fn receivers(self) -> u64 {
        match self {
            Self::Direct => 1,
            Self::Everyone(all) | Self::Signal(all) => all as u64,
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    sequence: u64,
    due: u64,
}

/// What was sent in one stage and what of it arrived.
pub struct Traffic {
    pattern: Pattern,
    first: u64,
    next: u64,
    measured_from: u64,
    arrived: Vec<u64>,
    slots: Vec<Sent>,
    /// Arrived where it should, once.
    pub delivered: u64,
    /// Arrived there once more.
    pub duplicates: u64,
    /// Arrived at somebody else: the sender's own copy, for example.
    pub echoes: u64,
    /// Microseconds from when a message was due to its arrival, coordinated omission included.
    pub latency: Histogram<u64>,
    /// Microseconds from when a message was due until this program sent it.
    pub lag: Histogram<u64>,
}

fn histogram() -> Histogram<u64> {
    const TWO_MINUTES_US: u64 = 120_000_000;
    Histogram::new_with_max(TWO_MINUTES_US, 3).expect("three digits up to two minutes fit")
}

impl Traffic {
    /// Nothing sent yet; `slots` is how many signals can be told apart.
    pub fn new(slots: usize) -> Self {
        Self {
            pattern: Pattern::Direct,
            first: 0,
            next: 0,
            measured_from: u64::MAX,
            arrived: Vec::new(),
            slots: vec![Sent::default(); slots],
            delivered: 0,
            duplicates: 0,
            echoes: 0,
            latency: histogram(),
            lag: histogram(),
        }
    }

    /// Begins a stage: what was sent before no longer counts.
    pub fn begin(&mut self, pattern: Pattern, measured_from: u64) {
        self.pattern = pattern;
        self.first = self.next;
        self.measured_from = measured_from;
        self.arrived.clear();
        self.slots.fill(Sent::default());
        self.delivered = 0;
        self.duplicates = 0;
        self.echoes = 0;
        self.latency.reset();
        self.lag.reset();
    }

    /// The pattern of this stage.
    pub const fn pattern(&self) -> Pattern {
        self.pattern
    }

    /// Messages sent in this stage.
    pub const fn sent(&self) -> u64 {
        self.next - self.first
    }

    /// How many signals can be told apart.
    pub const fn slots(&self) -> u64 {
        self.slots.len() as u64
    }

    /// Counts a message as sent; returns its number and its slot.
    pub fn send(&mut self, due: u64) -> (u64, u64) {
        let sequence = self.next;
        self.next += 1;
        let slot = sequence % self.slots.len() as u64;
        self.slots[slot as usize] = Sent { sequence, due };
        let bits = (self.sent() * self.pattern.receivers()) as usize;
        self.arrived.resize(bits.div_ceil(64), 0);
        let _ = self
            .lag
            .record((now_ns().saturating_sub(due) / 1_000).max(1));
        (sequence, slot)
    }

    /// A message with a mark came in.
    pub fn receive(&mut self, connection: usize, marked: Marked) {
        let place = match self.pattern {
            Pattern::Direct => (marked.to == connection).then_some(0),
            Pattern::Everyone(all) => (connection < all).then_some(connection),
            Pattern::Signal(_) => None,
        };
        match place {
            Some(place) => self.count(place, marked.sequence, marked.due),
            None => self.echoes += 1,
        }
    }

    /// A signal came in.
    pub fn receive_signal(&mut self, connection: usize, slot: usize) {
        let Pattern::Signal(all) = self.pattern else {
            return;
        };
        match self.slots.get(slot) {
            Some(sent) if connection < all && sent.due > 0 => {
                let Sent { sequence, due } = *sent;
                self.count(connection, sequence, due);
            }
            _ => self.echoes += 1,
        }
    }

    fn count(&mut self, place: usize, sequence: u64, due: u64) {
        let Some(message) = sequence.checked_sub(self.first) else {
            return;
        };
        let bit = (message * self.pattern.receivers()) as usize + place;
        let Some(word) = self.arrived.get_mut(bit / 64) else {
            return;
        };
        let mask = 1 << (bit % 64);
        if *word & mask != 0 {
            self.duplicates += 1;
            return;
        }
        *word |= mask;
        self.delivered += 1;
        if due >= self.measured_from {
            let late_us = now_ns().saturating_sub(due) / 1_000;
            self.latency.saturating_record(late_us.max(1));
        }
    }

    /// Deliveries still missing of what was sent.
    pub fn missing(&self) -> u64 {
        (self.sent() * self.pattern.receivers()).saturating_sub(self.delivered)
    }
}
