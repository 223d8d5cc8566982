//! The `riverline` command.

use clap::Parser as _;
use riverline::cli::Cli;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    riverline::telemetry::start();
    Cli::parse().run()
}
