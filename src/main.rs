//! The `riverline` command.

use clap::Parser as _;
use riverline::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    riverline::telemetry::start();
    Cli::parse().run()
}
