//! What the service promises while things break around it.
//!
//! Panels send and read through the faults and note what they saw; afterwards the checker compares
//! that with the database. Sizes come from the environment: the short form runs everywhere, the
//! long one by `make soak`, which also keeps the results.

mod among_nodes;
mod bus;
mod checker;
mod dice;
mod fsync;
mod kills;
mod load;
mod nodes;
mod notes;
mod outcomes;
mod postgres;
mod rig;
mod scene;
mod shared_login;
mod trace;
mod truth;
mod webhook_calls;
mod webhooks;

use serde_json::Value;
use std::io::Write as _;
use std::str::FromStr;

/// A size from the environment.
fn from_env<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let size = text.parse().ok();
    assert!(size.is_some(), "{name}={text} is not what it should be");
    size
}

/// Prints a result, and adds it to the file that `RL_RESULTS` names, with the words of `RL_NOTE`.
fn keep(mut result: Value) {
    if let Some(note) = from_env::<String>("RL_NOTE") {
        result["note"] = note.into();
    }
    println!("{result}");
    if let Some(path) = from_env::<String>("RL_RESULTS") {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        writeln!(file, "{result}").unwrap();
    }
}
