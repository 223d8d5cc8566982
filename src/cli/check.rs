//! `riverline check`: what is wrong, where, and what to do.

use crate::app::{self, BuildError, SystemClock, SystemEntropy};
use crate::config::{Config, Gateway};
use crate::flows::FlowError;
use crate::flows::checkup::{self, Checkup, Finding, Severity, Subject};
use crate::flows::settings::InForce;
use crate::gateways::web::Web;
use crate::store::StoreError;
use crate::store::settings::Rows;
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
    /// Call the service as carriers do, through its public address, and say what proxies change;
    /// of all gateways, or of one. Sugar is left alone.
    #[arg(long, value_name = "ID", conflicts_with = "write")]
    gateway: Option<Option<String>>,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

impl CheckCommand {
    /// Looks at everything and prints one line per finding; returns how many are errors.
    pub async fn run(&self, config: &Config) -> Result<usize, BuildError> {
        let (in_force, about_database) = match app::settings(config).await {
            Ok(in_force) => {
                let about = checkup::stored_settings(&in_force);
                (in_force, about)
            }
            // The rest can be looked at all the same.
            Err(BuildError::Store(error) | BuildError::Flow(FlowError::Store(error))) => {
                let file_alone = InForce::compose(config, &Rows::default());
                (file_alone, vec![checkup::database_away(error.to_string())])
            }
            Err(other) => return Err(other),
        };
        let subject = Subject::of(&in_force.config);
        let settings = subject.settings();
        let mut findings = match (checkup::worst(&settings), &self.gateway) {
            // Without these settings there is nothing to call.
            (Severity::Error, _) => settings,
            (_, Some(id)) => gateways(in_force, &subject, id.as_deref()).await?,
            (_, None) => self.look(config, &subject).await?,
        };
        for finding in about_database {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
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
        let look = async {
            let mut found = checkup.run().await;
            found.extend(checkup::of_running(&Web::new()?, subject).await);
            Ok(found)
        };
        tokio::select! {
            findings = look => findings,
            never = name_slow_steps(steps) => match never {},
        }
    }
}

/// The way of carriers to the service: of all gateways, or of one.
async fn gateways(
    in_force: InForce,
    subject: &Subject,
    only: Option<&str>,
) -> Result<Vec<Finding>, BuildError> {
    let mut found = subject.settings();
    let Some(public) = subject.public_url() else {
        let advice = "write public_url: the address that the carriers are told";
        let says = "nobody knows where carriers reach this service";
        found.push(Finding::error(
            "gateway",
            "gateway_no_address",
            says,
            advice,
        ));
        return Ok(found);
    };
    let known = in_force.config.gateways.iter().map(Gateway::id);
    let known = known.collect::<Vec<_>>().join(", ");
    let mut carriers = app::gateways(in_force)?;
    carriers.retain(|carrier| only.is_none_or(|id| carrier.id().as_str() == id));
    if carriers.is_empty() {
        let says = "there is no such gateway";
        let advice = format!("add it as [[gateways]], or name one of: {known}");
        found.push(Finding::error("gateway", "gateway_unknown", says, advice));
        return Ok(found);
    }
    let web = Web::new()?;
    for carrier in carriers {
        let (public, id) = (public.as_str(), carrier.id());
        let way = checkup::of_gateway(&web, public, carrier.as_ref(), &SystemClock).await;
        let inside = || {
            let says = format!("`{id}`: no carrier calls it from outside");
            vec![Finding::ok("gateway", says)]
        };
        found.extend(way.unwrap_or_else(inside));
    }
    Ok(found)
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
