//! The commands: serve, migrate, check, keys, secrets, openapi, package.

mod check;
mod keys;
mod phones;
mod secrets;

use crate::config::{Config, Severity};
use crate::domain::token;
use crate::http::openapi::openapi_json;
use crate::{app, package, server};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Live chat and texting for SugarCRM.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    /// The configuration file.
    #[arg(long, global = true, env = "RIVERLINE_CONFIG")]
    config: Option<PathBuf>,
    /// A setting over file and environment, for example `--set listen.public=0.0.0.0:8080`.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    Serve,
    /// Bring the database up to date and end.
    Migrate,
    /// Say what is wrong with the configuration, in Sugar and on the way of browsers, and what to do.
    ///
    /// Without secrets.key the login of a running service cannot be shared: it signs in again then.
    Check(check::CheckCommand),
    /// Make, list and revoke integrators' API keys.
    Keys {
        #[command(subcommand)]
        command: keys::KeysCommand,
    },
    /// Make the key that seals secrets in the database, or forget what a lost one sealed.
    Secrets {
        #[command(subcommand)]
        command: secrets::SecretsCommand,
    },
    /// Report the phones in Sugar that are unreadable, shared, doubled or foreign.
    Phones(phones::PhonesCommand),
    /// Print a new key for `sugar.assertion_key`.
    AssertionKey,
    /// Print the OpenAPI document.
    Openapi,
    /// Build the Sugar package.
    Package {
        /// Where to write it; `riverline-<version>.zip` here by default.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

impl Cli {
    /// Runs the command; what went wrong is printed once.
    pub fn run(self) -> ExitCode {
        match self.outcome() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("riverline: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn outcome(self) -> Outcome {
        match &self.command {
            Command::Serve => block_on(server::serve(self.servable()?, stop_on_signal()?))?,
            Command::Migrate => {
                let ran = crate::store::Store::migrate(&self.load()?.database.url)?;
                println!("{} migrations run, the database is up to date", ran.len());
            }
            Command::Check(check) if check.print_defaults => print!("{}", Config::documented()),
            Command::Check(check) => match block_on(check.run(&self.load()?))? {
                0 => {}
                1 => return Err("1 error".into()),
                errors => return Err(format!("{errors} errors").into()),
            },
            Command::Keys { command } => {
                let store = app::open_store(&self.load()?)?;
                block_on(command.run(&store))?;
            }
            Command::Secrets { command } => command.run(|| self.load())?,
            Command::Phones(phones) => block_on(phones.run(&self.load()?))?,
            Command::AssertionKey => println!("{}", token::mint("", &app::SystemEntropy)),
            Command::Openapi => print!("{}", openapi_json()),
            Command::Package { out } => {
                let path = out
                    .clone()
                    .unwrap_or_else(|| PathBuf::from(package::file_name()));
                std::fs::write(&path, package::build()?)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                println!("{}", path.display());
            }
        }
        Ok(())
    }

    fn load(&self) -> Result<Config, Box<dyn std::error::Error>> {
        Ok(Config::load(
            self.config.as_deref(),
            std::env::vars(),
            &self.set,
        )?)
    }

    /// A configuration that can serve; everything that keeps it from that is said at once.
    fn servable(&self) -> Result<Config, Box<dyn std::error::Error>> {
        let config = self.load()?;
        let mut errors = Vec::new();
        for finding in config.findings() {
            match finding.severity {
                Severity::Error => errors.push(finding.to_string()),
                // Said once it is known what admins set through the API.
                Severity::Warning => {}
            }
        }
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(errors.join("\n").into())
        }
    }
}

fn block_on<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, Box<dyn std::error::Error>>
where
    E: std::error::Error + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(work);
    // What still blocks a thread now must not keep the process.
    runtime.shutdown_background();
    Ok(done?)
}

/// A token that SIGTERM and Ctrl-C cancel; the second of them ends the process at once.
fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || match block_on(wait_for_signals(&signalled)) {
            Ok(()) => {
                log::warn!("a second signal: stopped without waiting for what is under way");
                std::process::exit(1);
            }
            Err(error) => {
                log::error!("signals cannot be heard: {error}");
                signalled.cancel();
            }
        })?;
    Ok(stop)
}

/// Cancels at the first signal and returns at the second.
async fn wait_for_signals(stop: &CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    for cancels in [true, false] {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if cancels {
            stop.cancel();
        }
    }
    Ok(())
}
