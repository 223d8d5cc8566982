//! One measured stage: messages at a fixed rate, whatever the server does.

use crate::client::Client;
use crate::net::now_ns;
use crate::template::random;
use crate::traffic::Pattern;
use crate::usage::{Server, Spent};
use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// What to send in a stage.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Who gets each message; direct ones go between users 2k and 2k+1.
    pub pattern: Pattern,
    /// Users that send direct messages, or the number of the one connection that publishes.
    pub users: usize,
    /// Messages per second. Message k is due at k/rate, so a slow server is not spared.
    pub rate: f64,
    /// Seconds before the measured ones.
    pub warm: f64,
    /// Measured seconds.
    pub seconds: f64,
    /// Bytes of each frame's payload, where that is to be exact.
    pub frame_bytes: Option<usize>,
}

/// What came of a stage.
pub struct Outcome {
    rate: f64,
    sent: u64,
    unsent: u64,
    missing: u64,
    duplicates: u64,
    echoes: u64,
    lost_connections: usize,
    overloaded: bool,
    latency: Histogram<u64>,
    lag: Histogram<u64>,
    measured: u64,
    measured_seconds: f64,
    spent: Spent,
}

/// Rounds to three decimals, as numbers are written in the results.
pub fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

/// A quantile in milliseconds; `null` in the results when nothing arrived.
pub fn quantile_ms(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    if histogram.is_empty() {
        return f64::NAN;
    }
    rounded(histogram.value_at_quantile(quantile) as f64 / 1_000.0)
}

impl Outcome {
    fn received_per_second(&self) -> f64 {
        self.measured as f64 / self.measured_seconds
    }

    /// Whether the server keeps up: p99 under the limit, hardly anything missing, nothing twice.
    pub fn keeps_up(&self, p99_limit_ms: f64, receivers: u64) -> bool {
        let expected = self.sent * receivers;
        !self.overloaded
            && quantile_ms(&self.latency, 0.99) < p99_limit_ms
            && self.missing * 1_000 <= expected
            && self.lost_connections == 0
            && self.duplicates == 0
            && self.received_per_second() > 0.95 * self.rate * receivers as f64
    }

    /// The stage as it stands in the results.
    pub fn json(&self) -> Value {
        let per_1000 = |ms: f64| rounded(ms * 1_000.0 / self.measured as f64);
        json!({
            "rate": rounded(self.rate),
            "sent": self.sent,
            "unsent": self.unsent,
            "lost": self.missing,
            "dup": self.duplicates,
            "echo": self.echoes,
            "disconnects": self.lost_connections,
            "overloaded": self.overloaded,
            "received_per_s": rounded(self.received_per_second()),
            "p50_ms": quantile_ms(&self.latency, 0.5),
            "p99_ms": quantile_ms(&self.latency, 0.99),
            "p999_ms": quantile_ms(&self.latency, 0.999),
            "max_ms": quantile_ms(&self.latency, 1.0),
            "send_lag_p99_ms": quantile_ms(&self.lag, 0.99),
            "server_cpu_ms_per_1000": per_1000(self.spent.server_ms),
            "client_cpu_ms_per_1000": per_1000(self.spent.own_ms),
            "server_cores": rounded(self.spent.server_cores()),
            "client_cores": rounded(self.spent.own_cores()),
            "other_cores": rounded(self.spent.other_cores),
        })
    }
}

/// The users in an order of chance, so that neighbours do not send one after another.
fn shuffled(users: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..users).collect();
    for last in (1..users).rev() {
        order.swap(last, (random() % (last as u64 + 1)) as usize);
    }
    order
}

/// Runs a stage; `tick` is called all the time, to watch what it wants to watch.
pub fn run(
    client: &mut Client,
    server: &Server,
    load: &Load,
    deadline: u64,
    mut tick: impl FnMut(),
) -> Outcome {
    const SENDS_AT_ONCE: usize = 32;
    const SHORTEST_WAIT_NS: u64 = 100_000;
    let protocol = client.protocol();
    let template = match load.pattern {
        Pattern::Direct => protocol.send.clone(),
        Pattern::Everyone(_) => protocol.publish.clone(),
        Pattern::Signal(_) => protocol.signal.clone(),
    }
    .unwrap_or_default();
    let order = shuffled(load.users);
    let receivers = load.pattern.receivers();
    let lost_before = client.lost;
    let start = now_ns() + 1_000_000;
    let after = |seconds: f64| start + (seconds * 1e9) as u64;
    let measured_from = after(load.warm);
    let end = after(load.warm + load.seconds).min(deadline);
    client.traffic.begin(load.pattern, measured_from);
    let due_at = |message: u64| start + (message as f64 * 1e9 / load.rate) as u64;
    // Two seconds behind is overload; signals further behind than their slots could be confused.
    let mut behind = (2.0 * load.rate).max(500.0) as u64;
    if let Pattern::Signal(_) = load.pattern {
        behind = behind.min(client.traffic.slots() * 3 / 4);
    }
    let (mut message, mut unsent) = (0_u64, 0_u64);
    let mut before = None;
    let mut overloaded = false;
    while now_ns() < end {
        tick();
        if before.is_none() && now_ns() >= measured_from {
            before = Some((server.used(), client.traffic.delivered));
        }
        for _ in 0..SENDS_AT_ONCE {
            let due = due_at(message);
            if due > now_ns() {
                break;
            }
            let (from, to) = match load.pattern {
                Pattern::Direct => {
                    let from = order[(message % order.len() as u64) as usize];
                    (from, from ^ 1)
                }
                _ => (load.users, load.users),
            };
            unsent += u64::from(!client.send_sized(&template, from, to, due, load.frame_bytes));
            message += 1;
        }
        if client.traffic.missing() > behind * receivers {
            overloaded = true;
            break;
        }
        let (due, now) = (due_at(message), now_ns());
        client.poll(if due <= now {
            0
        } else {
            due.max(now + SHORTEST_WAIT_NS).min(end)
        });
    }
    let last = drain(client, deadline, &mut tick);
    let (before, delivered_before) =
        before.unwrap_or_else(|| (server.used(), client.traffic.delivered));
    let spent = server.spent_since(&before);
    let measured = client.traffic.delivered - delivered_before;
    // A little longer, for what may come twice.
    client.poll_for(0.1);
    Outcome {
        rate: load.rate,
        sent: client.traffic.sent(),
        unsent,
        missing: client.traffic.missing(),
        duplicates: client.traffic.duplicates,
        echoes: client.traffic.echoes,
        lost_connections: client.lost - lost_before,
        overloaded,
        latency: client.traffic.latency.clone(),
        lag: client.traffic.lag.clone(),
        measured,
        measured_seconds: last.saturating_sub(before.at).max(1) as f64 / 1e9,
        spent,
    }
}

/// Waits until everything has come, or nothing for two seconds, or eight seconds; returns when the last came.
pub fn drain(client: &mut Client, deadline: u64, tick: &mut impl FnMut()) -> u64 {
    const PATIENCE_NS: u64 = 2_000_000_000;
    let start = now_ns();
    let end = (start + 4 * PATIENCE_NS).min(deadline.max(start + PATIENCE_NS / 4));
    let (mut last, mut delivered) = (start, client.traffic.delivered);
    while client.traffic.missing() > 0 && now_ns() < end && now_ns() < last + PATIENCE_NS {
        tick();
        client.poll(now_ns() + 5_000_000);
        if client.traffic.delivered != delivered {
            delivered = client.traffic.delivered;
            last = now_ns();
        }
    }
    last
}
