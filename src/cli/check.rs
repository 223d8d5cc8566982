//! `riverline check`: what is wrong, where, and what to do.

use crate::app::{self, BuildError, SystemClock, SystemEntropy};
use crate::config::Config;
use crate::flows::checkup::{self, Checkup, Finding, Severity, Subject};
use crate::store::StoreError;
use clap::Args;
use serde_json::json;
use std::time::Duration;
use tokio::sync::watch;

/// A step that takes longer is named, so that nobody wonders.
const SLOW: Duration = Duration::from_secs(1);

/// How to check.
#[derive(Args)]
pub struct CheckCommand {
    /// Print every setting with its words and its default instead.
    #[arg(long)]
    pub print_defaults: bool,
    /// Also write a Note into Sugar, read it back and remove it.
    #[arg(long)]
    write: bool,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

impl CheckCommand {
    /// Looks at everything and prints one line per finding; returns how many are errors.
    pub async fn run(&self, config: &Config) -> Result<usize, BuildError> {
        let subject = Subject::of(config);
        let settings = subject.settings();
        let findings = match checkup::worst(&settings) {
            // Without these settings there is nothing to call.
            Severity::Error => settings,
            _ => self.look(config, &subject).await?,
        };
        if self.json {
            let status = checkup::worst(&findings);
            println!("{:#}", json!({"status": status, "findings": findings}));
        } else {
            findings.iter().for_each(|finding| println!("{finding}"));
        }
        let is_error = |finding: &&Finding| finding.severity == Severity::Error;
        Ok(findings.iter().filter(is_error).count())
    }

    async fn look(&self, config: &Config, subject: &Subject) -> Result<Vec<Finding>, BuildError> {
        let crm = match app::crm_beside_service(config) {
            Ok(crm) => crm,
            // The service's login is in there.
            Err(BuildError::Store(error)) => return Ok(without_database(subject, &error)),
            Err(other) => return Err(other),
        };
        let (step, steps) = watch::channel("");
        let checkup = Checkup {
            subject,
            crm: crm.as_ref(),
            clock: &SystemClock,
            entropy: &SystemEntropy,
            write: self.write,
            progress: &|next| {
                step.send_replace(next);
            },
        };
        tokio::select! {
            findings = checkup.run() => Ok(findings),
            never = name_slow_steps(steps) => match never {},
        }
    }
}

fn without_database(subject: &Subject, error: &StoreError) -> Vec<Finding> {
    let mut found = subject.settings();
    found.push(checkup::database_away(error.to_string()));
    found
}

async fn name_slow_steps(mut steps: watch::Receiver<&'static str>) -> std::convert::Infallible {
    loop {
        let step = *steps.borrow_and_update();
        if tokio::time::timeout(SLOW, steps.changed()).await.is_err() {
            eprintln!("still {step} ...");
            let _ = steps.changed().await;
        }
    }
}
