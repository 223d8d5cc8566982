//! The scenarios.

use crate::client::{Client, State};
use crate::connect::connect;
use crate::net::{now_ns, raise_open_files};
use crate::options::{Options, USAGE};
use crate::protocol::Protocol;
use crate::stage::{self, Load, rounded};
use crate::template::seed_random;
use crate::traffic::Pattern;
use crate::usage::Server;
use serde_json::{Value, json};

/// A connected client, and what all scenarios share.
struct Run<'a> {
    options: &'a Options,
    client: Client,
    server: Server,
    /// The panels that count; their numbers are 0 to n-1.
    n: usize,
    /// Every connection.
    everyone: Vec<usize>,
    deadline: u64,
    result: Value,
}

/// Runs the scenario that the command line names.
pub fn run(options: &Options) -> Result<Value, String> {
    let mut run = Run::new(options)?;
    run.connect()?;
    match options.scenario.as_str() {
        "idle" => run.idle(),
        "peak" => run.peak(),
        "dm" => run.steady(Pattern::Direct),
        "fan" => run.steady(Pattern::Everyone(run.n)),
        "signal" => run.steady(run.signals()),
        "sat" => run.saturate(Pattern::Direct),
        "fansat" => run.saturate(Pattern::Everyone(run.n)),
        "sigsat" => run.saturate(run.signals()),
        "storm" => run.storm(),
        "resume" => run.resume(),
        "slow" => run.slow(),
        _ => Err(USAGE.to_owned()),
    }?;
    run.result["error"] = json!(run.client.first_error);
    Ok(run.result)
}

impl<'a> Run<'a> {
    fn new(options: &'a Options) -> Result<Self, String> {
        let protocol = Protocol::load(options.text("protocol"))?;
        let scenario = options.scenario.as_str();
        let missing = match scenario {
            "dm" | "sat" | "peak" => protocol.send.is_none(),
            "fan" | "fansat" | "signal" | "sigsat" | "slow" => protocol.publish.is_none(),
            "resume" => protocol.away.is_none() || protocol.resume.is_none(),
            _ => false,
        };
        if missing {
            return Err(format!(
                "the protocol of {} has no {scenario}",
                protocol.name
            ));
        }
        let n = options.count("n", 1_000)?;
        if matches!(scenario, "dm" | "sat" | "peak") && (n < 2 || n % 2 == 1) {
            return Err("direct messages need an even --n".to_owned());
        }
        seed_random();
        let name = protocol.name.clone();
        let port = u16::try_from(options.count("port", 0)?).map_err(|_| "--port is no port")?;
        let payload = options.count("payload", 120)?;
        let slots = options.count("slots", 512)?.max(1);
        let server = Server::new(options.text("server-pid"))?;
        let mut client =
            Client::new(protocol, port, slots, payload).map_err(|error| error.to_string())?;
        let (subscribers, others) = match scenario {
            "fan" | "fansat" | "signal" | "sigsat" => (n, 1),
            "slow" => (n, 1),
            "resume" => (0, n + options.count("writers", 8)?.max(1)),
            "dm" => (0, n + options.count("bystanders", 0)?),
            _ => (0, n),
        };
        let mut everyone: Vec<usize> = (0..subscribers).map(|_| client.add(true)).collect();
        everyone.extend((0..others).map(|_| client.add(false)));
        if scenario == "slow" {
            let dead = options.count("dead", 0)?;
            everyone.extend((0..dead).map(|_| client.add(true)));
        }
        let open_files = raise_open_files();
        if everyone.len() as u64 + 200 > open_files {
            return Err(format!(
                "{} connections, but only {open_files} open files",
                everyone.len()
            ));
        }
        let deadline = now_ns() + (options.number("max-secs", 280.0)? * 1e9) as u64;
        let result = json!({ "scenario": scenario, "protocol": name, "n": n, "payload": payload });
        Ok(Self {
            options,
            client,
            server,
            n,
            everyone,
            deadline,
            result,
        })
    }

    fn seconds_left(&self) -> f64 {
        self.deadline.saturating_sub(now_ns()) as f64 / 1e9
    }

    /// Brings everybody up; memory before that is part of the result.
    fn connect(&mut self) -> Result<(), String> {
        self.result["memory_before_kib"] = json!(self.server.memory_kib());
        let before = self.server.used();
        let at_once = self.options.count("at-once", 256)?;
        let seconds = self.seconds_left().min(150.0);
        let connected = connect(&mut self.client, &self.everyone, at_once, seconds);
        self.result["connect"] = connected.json(&self.client, &self.server, &before);
        if !connected.complete() {
            let (up, wanted) = (connected.up, self.everyone.len());
            let error = self.client.first_error.take().unwrap_or_default();
            return Err(format!(
                "only {up} of {wanted} connections came up: {error}"
            ));
        }
        self.client.first_error = None;
        self.client.poll_for(0.5);
        if self.options.count("bystanders", 0)? > 0 {
            self.settle();
        }
        Ok(())
    }

    /// Waits until the server has nothing more to do for those who have come, for two minutes at most.
    fn settle(&mut self) {
        const LOOKS: usize = 40;
        // Longer than a server may rest between two pieces of that work.
        const LOOK_SECONDS: f64 = 3.0;
        let begun = self.server.used();
        for _ in 0..LOOKS {
            let before = self.server.used();
            self.client.poll_for(LOOK_SECONDS);
            if self.server.spent_since(&before).server_cores() < 0.05 {
                break;
            }
        }
        let spent = self.server.spent_since(&begun);
        self.result["settled"] = json!({
            "seconds": rounded(spent.seconds),
            "server_cpu_ms": rounded(spent.server_ms),
        });
    }

    /// A signal where the protocol has one, a message where not.
    fn signals(&self) -> Pattern {
        if self.client.protocol().signal.is_some() {
            Pattern::Signal(self.n)
        } else {
            Pattern::Everyone(self.n)
        }
    }

    fn kib_per_panel(&self) -> f64 {
        let before = self.result["memory_before_kib"]
            .as_f64()
            .unwrap_or_default();
        rounded((self.server.memory_kib() - before) / self.n as f64)
    }

    fn up(&self) -> usize {
        let connections = self.client.connections.iter();
        connections.filter(|one| one.state == State::Up).count()
    }

    fn idle(&mut self) -> Result<(), String> {
        self.client.poll_for(self.options.number("hold", 5.0)?);
        let before = self.server.used();
        self.client.poll_for(3.0);
        let spent = self.server.spent_since(&before);
        self.result["idle"] = json!({
            "up": self.up(),
            "kib_per_panel": self.kib_per_panel(),
            "server_cores": rounded(spent.server_cores()),
        });
        Ok(())
    }

    fn load(&self, pattern: Pattern, rate: f64) -> Result<Load, String> {
        Ok(Load {
            pattern,
            users: self.n,
            rate,
            warm: self.options.number("warm", 2.0)?,
            seconds: self.options.number("secs", 10.0)?,
            frame_bytes: None,
        })
    }

    fn peak(&mut self) -> Result<(), String> {
        self.client.poll_for(self.options.number("hold", 5.0)?);
        let idle = self.kib_per_panel();
        let frame_bytes = self.options.count("frame-bytes", 8_192)?;
        let rate = self.options.number("rate", 1_000.0)?;
        // A hair less than n/rate, so that everybody sends exactly once.
        let load = Load {
            pattern: Pattern::Direct,
            users: self.n,
            rate,
            warm: 0.0,
            seconds: (self.n as f64 - 0.5) / rate,
            frame_bytes: Some(frame_bytes),
        };
        let outcome = stage::run(&mut self.client, &self.server, &load, self.deadline, || {});
        self.client.poll_for(3.0);
        self.result["peak"] = json!({
            "up": self.up(),
            "frame_bytes": frame_bytes,
            "idle_kib_per_panel": idle,
            "after_kib_per_panel": self.kib_per_panel(),
            "stage": outcome.json(),
        });
        Ok(())
    }

    fn steady(&mut self, pattern: Pattern) -> Result<(), String> {
        let load = self.load(pattern, self.options.number("rate", 1_000.0)?)?;
        let outcome = stage::run(&mut self.client, &self.server, &load, self.deadline, || {});
        self.result["steady"] = outcome.json();
        Ok(())
    }

    /// Raises the rate by 1.7 until the server no longer keeps up, then halves the gap some times.
    fn saturate(&mut self, pattern: Pattern) -> Result<(), String> {
        const FASTER: f64 = 1.7;
        let limit_ms = self.options.number("p99", 50.0)?;
        let stage_seconds = self.options.number("stage", 5.0)?;
        let most = self.options.number("max-rate", 1e6)?;
        let mut halvings = self.options.count("bisect", 3)?;
        let mut rate = self.options.number("rate", 1_000.0)?;
        let (mut good, mut bad) = (0.0_f64, f64::INFINITY);
        let mut best = Value::Null;
        let mut stages = Vec::new();
        while self.seconds_left() > stage_seconds + 4.0 {
            let load = Load {
                warm: stage_seconds * 0.3,
                seconds: stage_seconds * 0.7,
                ..self.load(pattern, rate)?
            };
            let outcome = stage::run(&mut self.client, &self.server, &load, self.deadline, || {});
            let keeps_up = outcome.keeps_up(limit_ms, pattern.receivers());
            let stage = outcome.json();
            eprintln!(
                "    {rate:.0}/s: {}, p99 {} ms",
                if keeps_up { "good" } else { "too much" },
                stage["p99_ms"]
            );
            stages.push(json!([
                rounded(rate),
                keeps_up,
                stage["p99_ms"],
                stage["lost"]
            ]));
            if keeps_up {
                good = rate;
                best = stage;
                if bad.is_infinite() && rate >= most {
                    break;
                }
            } else {
                bad = rate;
                if !self.recover() {
                    break;
                }
            }
            if bad.is_finite() {
                if halvings == 0 {
                    break;
                }
                halvings -= 1;
            }
            rate = if bad.is_infinite() {
                (rate * FASTER).min(most)
            } else if good > 0.0 {
                f64::midpoint(good, bad)
            } else {
                rate / 2.5
            };
            if rate < 0.5 {
                break;
            }
        }
        self.result["saturation"] = json!({
            "messages_per_s": rounded(good),
            "deliveries_per_s": rounded(good * pattern.receivers() as f64),
            "best": best,
            "stages": stages,
        });
        Ok(())
    }

    /// Lets the server work off what is left and brings back whom it cut; false when it cannot.
    fn recover(&mut self) -> bool {
        self.client.poll_for(1.5);
        let seconds = self.seconds_left().min(30.0);
        let connected = connect(&mut self.client, &self.everyone, 256, seconds);
        self.client.poll_for(0.3);
        connected.complete()
    }

    fn drop_panels(&mut self) -> Vec<usize> {
        let panels: Vec<usize> = (0..self.n).collect();
        for &index in &panels {
            self.client.drop_connection(index);
            self.client.connections[index].returning = true;
        }
        panels
    }

    fn storm(&mut self) -> Result<(), String> {
        self.client.poll_for(2.0);
        let before = self.server.used();
        let panels = self.drop_panels();
        let at_once = self.options.count("at-once", self.n)?;
        let seconds = self.seconds_left().min(60.0);
        let back = connect(&mut self.client, &panels, at_once, seconds);
        self.result["storm"] = back.json(&self.client, &self.server, &before);
        Ok(())
    }

    fn resume(&mut self) -> Result<(), String> {
        const SENDS_AT_ONCE: u64 = 256;
        self.client.poll_for(2.0);
        let panels = self.drop_panels();
        self.client.poll_for(0.5);
        let missed = self.options.count("missed", 20)?;
        let writers = self.everyone.len() - self.n;
        let away = self.client.protocol().away.clone().unwrap_or_default();
        self.client.traffic.begin(Pattern::Direct, u64::MAX);
        for message in 0..missed * self.n {
            let to = message % self.n;
            self.client.send(&away, self.n + to % writers, to, now_ns());
            // A writer sees its own message once it is kept: so many may be on their way at once.
            while self.client.traffic.sent() - self.client.traffic.echoes >= SENDS_AT_ONCE {
                if now_ns() >= self.deadline {
                    return Err(
                        "the messages for those who were away were not kept in time".to_owned()
                    );
                }
                self.client.poll(now_ns() + 1_000_000);
            }
        }
        self.client.poll_for(1.0);
        let kept = self.client.traffic.echoes;
        let before = self.server.used();
        let start = now_ns();
        let at_once = self.options.count("at-once", self.n)?;
        let seconds = self.seconds_left().min(60.0);
        let back = connect(&mut self.client, &panels, at_once, seconds);
        let last = stage::drain(&mut self.client, self.deadline, &mut || {});
        let complete = last.max(start + (back.seconds * 1e9) as u64);
        self.client.poll_for(0.2);
        let mut result = back.json(&self.client, &self.server, &before);
        let traffic = &self.client.traffic;
        result["missed_each"] = json!(missed);
        result["kept"] = json!(kept);
        result["events_lost"] = json!(traffic.missing());
        result["events_dup"] = json!(traffic.duplicates);
        result["seconds_all_events"] = json!(rounded((complete - start) as f64 / 1e9));
        self.result["resume"] = result;
        Ok(())
    }

    fn slow(&mut self) -> Result<(), String> {
        const SAMPLE_NS: u64 = 100_000_000;
        let dead = self.everyone.len() - self.n - 1;
        for index in self.n + 1..self.everyone.len() {
            self.client.stop_reading(index);
        }
        let load = self.load(
            Pattern::Everyone(self.n),
            self.options.number("rate", 1_000.0)?,
        )?;
        let server = self.server.clone();
        let (memory_before, sockets_before) = server.glance();
        let start = now_ns();
        let (mut next, mut most, mut cut_after) = (start, memory_before, None);
        let outcome = stage::run(&mut self.client, &self.server, &load, self.deadline, || {
            if now_ns() < next {
                return;
            }
            next = now_ns() + SAMPLE_NS;
            let (memory, sockets) = server.glance();
            most = most.max(memory);
            if dead > 0 && cut_after.is_none() && sockets + dead <= sockets_before {
                cut_after = Some(rounded((now_ns() - start) as f64 / 1e9));
            }
        });
        let (memory_after, sockets_after) = server.glance();
        self.result["slow"] = json!({
            "dead": dead,
            "seconds_until_cut": cut_after,
            "sockets_before": sockets_before,
            "sockets_after": sockets_after,
            "memory_grew_mib": rounded((most - memory_before) / 1_024.0),
            "memory_at_end_mib": rounded((memory_after - memory_before) / 1_024.0),
            "stage": outcome.json(),
        });
        Ok(())
    }
}
