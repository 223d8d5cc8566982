//! `riverline keys`: integrators' API keys.

use crate::app::{SystemClock, SystemEntropy};
use crate::domain::access::Scope;
use crate::domain::ids::NumberId;
use crate::flows::{FlowError, keys};
use crate::store::Store;
use clap::Subcommand;

/// What to do with keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a key; its secret is shown once.
    Add {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may do; all scopes by default.
        #[arg(long, value_delimiter = ',')]
        scopes: Vec<Scope>,
        /// The numbers it may use, by their `id`; all of them by default.
        #[arg(long, value_delimiter = ',', value_parser = parse_number)]
        numbers: Vec<NumberId>,
    },
    /// List all keys.
    List,
    /// Revoke a key at once.
    Revoke {
        /// Its id from the list.
        id: String,
    },
}

fn parse_number(text: &str) -> Result<NumberId, String> {
    NumberId::parse(text).map_err(|error| error.to_string())
}

impl KeysCommand {
    /// Runs the command against the database; the service may be running.
    pub async fn run(&self, store: &Store) -> Result<(), FlowError> {
        match self {
            Self::Add {
                name,
                scopes,
                numbers,
            } => {
                let scopes = if scopes.is_empty() {
                    Scope::ALL.to_vec()
                } else {
                    scopes.clone()
                };
                let (clock, entropy) = (SystemClock, SystemEntropy);
                let new = keys::add(store, &clock, &entropy, name, scopes, numbers.clone()).await?;
                println!("{}", new.secret);
                eprintln!(
                    "This is key {}. Keep the line above: it is not shown again.",
                    new.id
                );
            }
            Self::List => list(store).await?,
            Self::Revoke { id } => {
                if !keys::revoke(store, id).await? {
                    return Err(FlowError::BadRequest(
                        "There is no such key that is not revoked.",
                    ));
                }
                println!("{id} is revoked");
            }
        }
        Ok(())
    }
}

async fn list(store: &Store) -> Result<(), FlowError> {
    for listed in keys::list(store).await? {
        let scopes: Vec<&str> = listed
            .key
            .scopes
            .iter()
            .copied()
            .map(Scope::as_str)
            .collect();
        let numbers: Vec<&str> = listed.key.numbers.iter().map(NumberId::as_str).collect();
        let numbers = if numbers.is_empty() {
            "all numbers".to_owned()
        } else {
            numbers.join(",")
        };
        let used = listed
            .last_used_at
            .map_or("never used".to_owned(), |at| format!("used {at}"));
        let revoked = listed
            .revoked_at
            .map_or(String::new(), |at| format!("  REVOKED {at}"));
        println!(
            "{}  {}  {}  {numbers}  {used}{revoked}",
            listed.key.id,
            listed.name,
            scopes.join(",")
        );
    }
    Ok(())
}
