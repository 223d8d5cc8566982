//! The doctor: looks at Sugar, at the way to it and at the way of browsers to us, and says what
//! to do about each thing that is wrong.
//!
//! A cause is named once: what cannot work because of it is not asked any more. Run by
//! `riverline check` and by `GET /v1/admin/health`; without `write` it changes nothing anywhere.

mod access;
mod browser;
mod csp;
mod finding;
mod gateway;
mod reach;
mod service;
mod vouching;

use super::Ctx;
use super::settings::InForce;
use crate::config::{self, Config};
use crate::domain::clock::{Clock, Entropy};
use crate::gateways::crm::Crm;
use crate::gateways::web::Web;
use reqwest::Url;
use secrecy::SecretString;
use std::net::SocketAddr;

pub use finding::{Finding, Severity};
pub use gateway::of_gateway;
pub use service::{database_away, of_running, stored_settings};

/// What the checkup needs of the configuration.
#[derive(Debug, Clone)]
pub struct Subject {
    settings: Vec<config::Finding>,
    sugar: Option<Url>,
    rest_version: String,
    username: String,
    platform: String,
    origins: Vec<String>,
    /// Where browsers reach the service.
    service: Option<Url>,
    /// With what Sugar signs its assertions, when the service takes those.
    assertion_key: Option<SecretString>,
    /// Where the service that runs on this machine tells of itself.
    internal: SocketAddr,
}

impl Subject {
    /// Takes what is needed.
    pub fn of(config: &Config) -> Self {
        let listens = config.listen.public;
        let service = match &config.public_url {
            Some(url) => Some(url.clone()),
            // Port 0 is any free one, which only the running service knows.
            None if listens.port() == 0 => None,
            None => config.public_address(listens).parse().ok(),
        };
        Self {
            settings: config.findings(),
            sugar: config.sugar.url.clone(),
            rest_version: config.sugar.rest_version.clone(),
            username: config.sugar.username.clone().unwrap_or_default(),
            platform: config.sugar.platform.clone(),
            origins: config.allowed_origins(),
            service,
            assertion_key: config.sugar.key_of_assertions().cloned(),
            internal: config.listen.internal,
        }
    }

    /// Where others reach the service, if the configuration tells.
    pub fn public_url(&self) -> Option<&Url> {
        self.service.as_ref()
    }

    /// The same with other gateways and numbers in force.
    fn with(&self, settings: &InForce) -> Self {
        Self {
            settings: settings.config.findings(),
            ..self.clone()
        }
    }

    /// What is wrong with the configuration itself.
    pub fn settings(&self) -> Vec<Finding> {
        let mut found: Vec<_> = self.settings.iter().map(of_setting).collect();
        if found.is_empty() {
            found.push(Finding::ok("settings", "nothing is missing"));
        }
        found
    }
}

fn of_setting(finding: &config::Finding) -> Finding {
    let says = format!("{}: {}", finding.at, finding.problem);
    match finding.severity {
        config::Severity::Error => {
            Finding::error("settings", "setting", says, finding.advice.as_str())
        }
        config::Severity::Warning => {
            Finding::warning("settings", "setting", says, finding.advice.as_str())
        }
    }
}

/// One checkup.
pub struct Checkup<'a> {
    /// Of what.
    pub subject: &'a Subject,
    /// Sugar, with the service's own login.
    pub crm: &'a dyn Crm,
    /// Our clock, to compare Sugar's with.
    pub clock: &'a dyn Clock,
    /// For the id of the test Note.
    pub entropy: &'a dyn Entropy,
    /// Write a Note into Sugar and remove it.
    pub write: bool,
    /// Is told what comes next.
    pub progress: &'a (dyn Fn(&'static str) + Sync),
}

impl Checkup<'_> {
    /// Looks at everything that lies outside of the service, in the order of what needs what.
    pub async fn run(&self) -> Vec<Finding> {
        let mut found = self.subject.settings();
        let Some(sugar) = &self.subject.sugar else {
            return found;
        };
        let web = match Web::new() {
            Ok(web) => web,
            Err(error) => {
                let advice = "mend what it names on this machine";
                found.push(Finding::error(
                    "sugar",
                    "http_client",
                    error.to_string(),
                    advice,
                ));
                return found;
            }
        };
        let reached = self.reach(&web, sugar, &mut found).await;
        if reached && self.log_in(&mut found).await {
            self.modules(&mut found).await;
            self.notes(&mut found).await;
            self.package(&mut found).await;
        }
        if let Some(service) = &self.subject.service {
            let answers = self.answers(&web, service, &mut found).await;
            if reached {
                self.policy(&web, sugar, service, &mut found).await;
            }
            self.mixed_content(sugar, service, &mut found);
            if answers {
                self.cors(&web, service, &mut found).await;
                self.socket(&web, service, &mut found).await;
            }
        }
        found
    }
}

/// The worst of all findings.
pub fn worst(findings: &[Finding]) -> Severity {
    let severities = findings.iter().map(|finding| finding.severity);
    severities.max().unwrap_or(Severity::Ok)
}

/// A checkup of the running service: what lies outside, and its own state.
pub async fn of_service(ctx: &Ctx, subject: &Subject) -> Vec<Finding> {
    let checkup = Checkup {
        subject: &subject.with(&ctx.carriers().settings),
        crm: ctx.crm.as_ref(),
        clock: ctx.clock.as_ref(),
        entropy: ctx.entropy.as_ref(),
        write: false,
        progress: &|step| log::debug!("checkup: {step}"),
    };
    let mut found = checkup.run().await;
    let answers = |it: &Finding| it.check == "public_url" && it.severity == Severity::Ok;
    if found.iter().any(answers) {
        gateways(ctx, &mut found).await;
    }
    found.extend(service::look(ctx).await);
    found
}

/// The way of every carrier to this service.
async fn gateways(ctx: &Ctx, found: &mut Vec<Finding>) {
    // Without a client of its own the checkup has said so already.
    let Ok(web) = Web::new() else { return };
    let current = ctx.carriers();
    let mut carriers: Vec<_> = current.by_id.values().collect();
    carriers.sort_by(|one, other| one.id().as_str().cmp(other.id().as_str()));
    for carrier in carriers {
        let (public, clock) = (ctx.public_address(), ctx.clock.as_ref());
        let way = of_gateway(&web, public, carrier.as_ref(), clock).await;
        found.extend(way.into_iter().flatten());
    }
}
