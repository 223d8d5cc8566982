//! `riverline secrets`: the key that seals what lies in the database.

use super::{Outcome, block_on};
use crate::app::{self, SystemEntropy};
use crate::config::Config;
use crate::domain::sealing::SealingKey;
use crate::flows::{settings, shared_login};
use clap::Subcommand;
use std::error::Error;

/// What to do with sealed secrets.
#[derive(Subcommand)]
pub enum SecretsCommand {
    /// Print a new key for `secrets.key`.
    NewKey,
    /// Forget what is sealed, because the key is lost or changed: logins at Sugar, and gateways
    /// set through the API that do not open with the key of now.
    Forget,
}

impl SecretsCommand {
    /// Runs the command; only one that touches the database asks for the configuration.
    pub fn run(&self, load: impl FnOnce() -> Result<Config, Box<dyn Error>>) -> Outcome {
        match self {
            Self::NewKey => {
                println!("{}", SealingKey::mint(&SystemEntropy));
                eprintln!("Keep the line above out of the database's backups.");
            }
            Self::Forget => {
                let config = load()?;
                let store = app::open_store(&config)?;
                let forgotten = block_on(shared_login::forget(&store))?;
                println!(
                    "{forgotten} logins at Sugar are forgotten; the service signs in with its password"
                );
                let key = config.secrets.key.as_ref();
                let forgotten = block_on(settings::forget(&store, key))?;
                println!(
                    "{forgotten} gateways that do not open are forgotten; set them anew with \
                     PUT /v1/admin/gateways/{{id}}"
                );
            }
        }
        Ok(())
    }
}
