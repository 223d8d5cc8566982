//! Loads a WebSocket server on this machine and says how fast it was and what it cost.
//!
//! One result is one line of JSON on stdout; progress goes to stderr.

mod client;
mod connect;
mod frame;
mod mark;
mod net;
mod options;
mod protocol;
mod scenario;
mod stage;
mod template;
mod traffic;
mod usage;

use options::Options;
use std::process::ExitCode;

fn main() -> ExitCode {
    let result =
        Options::parse(std::env::args().skip(1)).and_then(|options| scenario::run(&options));
    match result {
        Ok(result) => {
            println!("{result}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("wsload: {error}");
            ExitCode::FAILURE
        }
    }
}
