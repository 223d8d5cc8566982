//! What the server's processes and the whole machine used, from `/proc`.

use crate::net::{now_ns, own_cpu_ms};
use std::collections::HashMap;
use std::path::Path;

/// The server: some processes and everything they started.
#[derive(Clone, Debug, Default)]
pub struct Server {
    roots: Vec<u32>,
}

/// Used until some moment.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// When, in nanoseconds of [`now_ns`].
    pub at: u64,
    /// By the server, in milliseconds of one processor.
    pub server_ms: f64,
    /// By this process.
    pub own_ms: f64,
    machine_ms: f64,
}

/// Used between two moments.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// How long, in seconds.
    pub seconds: f64,
    /// By the server, in milliseconds of one processor.
    pub server_ms: f64,
    /// By this process.
    pub own_ms: f64,
    /// By everything else on the machine, in processors.
    pub other_cores: f64,
}

impl Spent {
    /// By the server, in processors.
    pub fn server_cores(&self) -> f64 {
        self.server_ms / self.seconds / 1_000.0
    }

    /// By this process, in processors.
    pub fn own_cores(&self) -> f64 {
        self.own_ms / self.seconds / 1_000.0
    }
}

fn tick_ms() -> f64 {
    1_000.0 / rustix::param::clock_ticks_per_second() as f64
}

/// Parent and processor time, that of ended children included.
fn process(pid: u32) -> Option<(u32, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.get(stat.rfind(')')? + 2..)?;
    let fields: Vec<&str> = after_name.split(' ').collect();
    let parent = fields.get(1)?.parse().ok()?;
    let ticks: f64 = fields
        .get(11..15)?
        .iter()
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Some((parent, ticks * tick_ms()))
}

fn processes() -> HashMap<u32, (u32, f64)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, process(pid)?)))
        .collect()
}

/// Milliseconds in which a processor of this machine was busy; waiting for the disk is not.
fn machine_busy_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = first
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let [user, nice, system, _, _, irq, softirq, ..] = ticks[..] else {
        return 0.0;
    };
    (user + nice + system + irq + softirq) * tick_ms()
}

/// A number of KiB in a file of `Name:  123 kB` lines.
fn kib(path: &str, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

impl Server {
    /// The processes with these ids; an id that is none is an error.
    pub fn new(pids: &str) -> Result<Self, String> {
        let mut roots = Vec::new();
        for text in pids.split(',').filter(|text| !text.is_empty()) {
            let pid: u32 = text
                .trim()
                .parse()
                .map_err(|_| format!("{text} is no pid"))?;
            if !Path::new(&format!("/proc/{pid}")).exists() {
                return Err(format!("there is no process {pid}"));
            }
            roots.push(pid);
        }
        Ok(Self { roots })
    }

    fn pids(&self, all: &HashMap<u32, (u32, f64)>) -> Vec<u32> {
        let is_ours = |start: u32| {
            let mut pid = start;
            // Deeper than any tree of processes, so that a loop while they change ends too.
            for _ in 0..64 {
                if self.roots.contains(&pid) {
                    return true;
                }
                match all.get(&pid) {
                    Some((parent, _)) if *parent != 0 => pid = *parent,
                    _ => return false,
                }
            }
            false
        };
        all.keys().copied().filter(|pid| is_ours(*pid)).collect()
    }

    /// What was used until now.
    pub fn used(&self) -> Used {
        let all = processes();
        let pids = self.pids(&all);
        let server_ms = pids
            .iter()
            .filter_map(|pid| all.get(pid))
            .map(|(_, ms)| ms)
            .sum();
        Used {
            at: now_ns(),
            server_ms,
            own_ms: own_cpu_ms(),
            machine_ms: machine_busy_ms(),
        }
    }

    /// What was used since then.
    pub fn spent_since(&self, before: &Used) -> Spent {
        let now = self.used();
        let seconds = (now.at - before.at).max(1) as f64 / 1e9;
        let server_ms = now.server_ms - before.server_ms;
        let own_ms = now.own_ms - before.own_ms;
        let other_ms = now.machine_ms - before.machine_ms - server_ms - own_ms;
        Spent {
            seconds,
            server_ms,
            own_ms,
            other_cores: (other_ms / seconds / 1_000.0).max(0.0),
        }
    }

    /// Memory in KiB, pages shared by several processes counted once.
    pub fn memory_kib(&self) -> f64 {
        let pids = self.pids(&processes());
        let memory = |pid: &u32| {
            kib(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
                .or_else(|| kib(&format!("/proc/{pid}/status"), "VmRSS:"))
        };
        pids.iter().filter_map(memory).sum()
    }

    /// Resident memory in KiB and open sockets of the named processes alone: quick enough to watch.
    pub fn glance(&self) -> (f64, usize) {
        let mut memory = 0.0;
        let mut sockets = 0;
        for pid in &self.roots {
            memory += kib(&format!("/proc/{pid}/status"), "VmRSS:").unwrap_or(0.0);
            let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
            let links = files.into_iter().flatten().flatten();
            sockets += links
                .filter_map(|file| std::fs::read_link(file.path()).ok())
                .filter(|target| target.to_string_lossy().starts_with("socket:"))
                .count();
        }
        (memory, sockets)
    }
}
