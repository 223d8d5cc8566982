//! Bringing many connections up.

use crate::client::{Client, State};
use crate::net::now_ns;
use crate::stage::{quantile_ms, rounded};
use crate::usage::{Server, Used};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// How connecting went.
pub struct Connected {
    wanted: usize,
    /// How many are up.
    pub up: usize,
    /// Seconds from the start until the last was up.
    pub seconds: f64,
    retries: usize,
    latency: Histogram<u64>,
}

impl Connected {
    /// Whether all are up.
    pub const fn complete(&self) -> bool {
        self.up == self.wanted
    }

    /// As it stands in the results, with what it took since `before`.
    pub fn json(&self, client: &Client, server: &Server, before: &Used) -> Value {
        let spent = server.spent_since(before);
        json!({
            "wanted": self.wanted,
            "up": self.up,
            "seconds": rounded(self.seconds),
            "per_s": rounded(self.up as f64 / self.seconds.max(1e-9)),
            "retries": self.retries,
            "p50_ms": quantile_ms(&self.latency, 0.5),
            "p99_ms": quantile_ms(&self.latency, 0.99),
            "max_ms": quantile_ms(&self.latency, 1.0),
            "server_cpu_ms": rounded(spent.server_ms),
            "client_cpu_ms": rounded(spent.own_ms),
            "other_cores": rounded(spent.other_cores),
            "error": client.first_error,
        })
    }
}

/// Brings connections up, at most `at_once` under way at a time; those that fail are tried again every 100 ms.
pub fn connect(client: &mut Client, who: &[usize], at_once: usize, seconds: f64) -> Connected {
    const AGAIN_NS: u64 = 100_000_000;
    const PATIENCE_NS: u64 = 30_000_000_000;
    const BEFORE_A_LOOK: usize = 64;
    let start = now_ns();
    let end = start + (seconds * 1e9) as u64;
    let is_up = |client: &Client, index: usize| client.connections[index].state == State::Up;
    let absent: Vec<usize> = who
        .iter()
        .copied()
        .filter(|index| !is_up(client, *index))
        .collect();
    let mut waiting: VecDeque<usize> = absent.iter().copied().collect();
    let mut first_begun = vec![0; client.connections.len()];
    let mut retries = 0;
    let mut next_look = start + AGAIN_NS;
    loop {
        let mut begun = 0;
        while client.under_way < at_once
            && let Some(index) = waiting.pop_front()
        {
            if first_begun[index] == 0 {
                first_begun[index] = now_ns();
            }
            client.begin(index);
            begun += 1;
            if begun % BEFORE_A_LOOK == 0 {
                client.poll(0);
            }
        }
        client.poll((now_ns() + 5_000_000).min(end));
        let now = now_ns();
        if now >= next_look || (waiting.is_empty() && client.under_way == 0) {
            next_look = now + AGAIN_NS;
            for &index in who {
                let connection = &client.connections[index];
                match connection.state {
                    State::Dead => {
                        client.connections[index].state = State::Idle;
                        waiting.push_back(index);
                        retries += 1;
                    }
                    State::Idle | State::Up => {}
                    _ if now.saturating_sub(connection.begun_at) > PATIENCE_NS => {
                        client.fail(index, "not up within 30 s");
                    }
                    _ => {}
                }
            }
            let nobody_can = retries > who.len() * 5 + 20;
            if (waiting.is_empty() && client.under_way == 0) || nobody_can {
                break;
            }
        }
        if now >= end {
            break;
        }
    }
    let mut latency = client.traffic.latency.clone();
    latency.reset();
    let mut last = start;
    for index in absent.into_iter().filter(|index| is_up(client, *index)) {
        let up_at = client.connections[index].up_at;
        last = last.max(up_at);
        let took_us = up_at.saturating_sub(first_begun[index]) / 1_000;
        latency.saturating_record(took_us.max(1));
    }
    Connected {
        wanted: who.len(),
        up: who.iter().filter(|index| is_up(client, **index)).count(),
        seconds: last.saturating_sub(start) as f64 / 1e9,
        retries,
        latency,
    }
}
