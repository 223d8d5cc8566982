//! Reads what `strace` saw of the service: was a message on the disk before it left on a socket?

use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The calls to trace.
const CALLS: &str = "trace=pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev";

/// The words before a program that write its calls into a file. The program stays the child, the
/// tracer is its grandchild, so that a signal to the child reaches the program.
pub fn strace(file: &Path) -> Vec<std::ffi::OsString> {
    let words = ["strace", "-D", "-f", "--seccomp-bpf", "-y", "-xx"];
    let sizes = ["-s", "100000", "-e", CALLS, "-o"];
    let words = words.into_iter().chain(sizes).map(Into::into);
    words.chain([file.into()]).collect()
}

/// What the trace shows about some messages.
#[derive(Debug, Default)]
pub struct Seen {
    /// Those whose acknowledgement was written to a socket.
    pub acknowledged: HashSet<String>,
    /// Those that were written to a socket before the disk had their commit.
    pub too_early: HashSet<String>,
    /// How often the write-ahead log was synchronised with something new in it.
    pub syncs: usize,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// In the write-ahead log, its transaction not complete.
    Written,
    /// Its transaction is complete in the write-ahead log.
    Committed,
    /// A synchronisation began after that.
    Syncing,
    /// That synchronisation succeeded.
    Durable,
}

/// Follows the messages through a trace that has ended.
pub fn follow(trace: &str, ids: &HashSet<String>) -> Seen {
    let mut seen = Seen::default();
    let mut stages: HashMap<&str, Stage> = HashMap::new();
    let mut commit_frame = false;
    let mut syncing: HashSet<&str> = HashSet::new();
    let advance = |stages: &mut HashMap<&str, Stage>, from, to| {
        let moved = stages.values_mut().filter(|stage| **stage == from);
        moved.map(|stage| *stage = to).count()
    };
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or((line, ""));
        let call = call.trim_start();
        let Some((name, rest)) = call.split_once('(') else {
            let resumed = call.contains("sync resumed>") && succeeded(call);
            if resumed && syncing.remove(thread) {
                advance(&mut stages, Stage::Syncing, Stage::Durable);
            }
            continue;
        };
        let path = String::from_utf8_lossy(&unhex(between(rest, '<', '>'))).into_owned();
        let in_log = path.ends_with("-wal");
        match name {
            "fdatasync" | "fsync" if in_log => {
                seen.syncs += advance(&mut stages, Stage::Committed, Stage::Syncing).min(1);
                if call.ends_with("<unfinished ...>") {
                    syncing.insert(thread);
                } else if succeeded(call) {
                    advance(&mut stages, Stage::Syncing, Stage::Durable);
                }
            }
            "pwrite64" | "write" if in_log => {
                let bytes = unhex(between(rest, '"', '"'));
                // SQLite writes a frame as its header of 24 bytes and its page; the header of a
                // transaction's last frame holds the size of the database.
                if bytes.len() == 24 {
                    commit_frame = bytes[4..8] != [0; 4];
                    continue;
                }
                for id in held(&bytes, ids) {
                    stages.entry(id).or_insert(Stage::Written);
                }
                if std::mem::take(&mut commit_frame) {
                    advance(&mut stages, Stage::Written, Stage::Committed);
                }
            }
            _ if path.starts_with("socket:") => {
                let bytes: Vec<u8> = rest.split('"').skip(1).step_by(2).flat_map(unhex).collect();
                for id in held(&bytes, ids) {
                    if stages.get(id) != Some(&Stage::Durable) {
                        seen.too_early.insert(id.to_owned());
                    }
                }
                for answer in String::from_utf8_lossy(&bytes)
                    .split("\"type\":\"ok\"")
                    .skip(1)
                {
                    let answer = answer.split('}').next().unwrap_or_default();
                    seen.acknowledged
                        .extend(held(answer.as_bytes(), ids).map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    seen
}

fn succeeded(call: &str) -> bool {
    call.ends_with("= 0")
}

fn between(text: &str, from: char, to: char) -> &str {
    let inner = text.split_once(from).map_or("", |(_, rest)| rest);
    inner.split_once(to).map_or("", |(inner, _)| inner)
}

/// The bytes of a string that strace wrote as `\x61\x62`.
fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.split("\\x").skip(1);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// The ids among the bytes; all of them are as long as a UUID.
fn held<'a>(bytes: &[u8], ids: &'a HashSet<String>) -> impl Iterator<Item = &'a str> {
    const LENGTH: usize = 36;
    let dashed = bytes
        .windows(LENGTH)
        .filter(|at| at[8] == b'-' && at[13] == b'-');
    let texts = dashed.filter_map(|at| std::str::from_utf8(at).ok());
    let found: Vec<&str> = texts
        .filter_map(|text| ids.get(text).map(String::as_str))
        .collect();
    found.into_iter()
}
