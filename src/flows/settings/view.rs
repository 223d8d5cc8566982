//! What an admin sees of gateways and numbers.

use super::{InForce, Kept, admins_only, follow};
use crate::config::{Gateway, Number, Settings, Shown};
use crate::domain::access::SignedIn;
use crate::flows::{Ctx, FlowError};
use crate::gateways::sms::{CallbackKind, callback_url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

/// Where settings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The configuration file, the environment or a flag: nothing that the API changes.
    File,
    /// The database: set through the API.
    Database,
}

/// A gateway or a number.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its name.
    pub id: String,
    /// Where it comes from.
    pub source: Source,
    /// The file has one of the same name, which is used.
    pub overridden: bool,
    /// Why it is not in force and what to do, if it is not.
    pub problem: Option<String>,
    /// Its settings; none when they cannot be read.
    pub settings: Settings,
    /// Its secrets, and whether each is set.
    pub secrets: Vec<(&'static str, bool)>,
    /// What to enter at the carrier for incoming texts; holds a secret, and is told of one
    /// gateway at a time.
    pub inbound_url: Option<SecretString>,
}

impl Seen {
    fn in_file(id: &str, shown: Shown) -> Self {
        Self {
            id: id.to_owned(),
            source: Source::File,
            overridden: false,
            problem: None,
            settings: without_id(shown.plain),
            secrets: shown.secrets,
            inbound_url: None,
        }
    }

    fn kept<T>(kept: &Kept<T>, shown: Option<Shown>) -> Self {
        let shown = shown.unwrap_or_default();
        let problem = kept.off.as_ref();
        let problem = problem.map(|off| format!("{}; {}", off.says(), off.advice()));
        Self {
            source: Source::Database,
            overridden: matches!(kept.off, Some(super::Off::InFile)),
            problem,
            ..Self::in_file(&kept.id, shown)
        }
    }
}

fn without_id(mut settings: Settings) -> Settings {
    settings.remove("id");
    settings
}

fn of_number(number: &Number) -> Shown {
    Shown {
        plain: number.shown(),
        secrets: Vec::new(),
    }
}

fn all_gateways(settings: &InForce) -> Vec<Seen> {
    let of_file = settings.gateways_of_file().iter();
    let of_file = of_file.map(|it| Seen::in_file(it.id(), it.shown()));
    let kept = settings.gateways.iter();
    let kept = kept.map(|it| Seen::kept(it, it.value.as_ref().map(Gateway::shown)));
    of_file.chain(kept).collect()
}

fn all_numbers(settings: &InForce) -> Vec<Seen> {
    let of_file = settings.numbers_of_file().iter();
    let of_file = of_file.map(|it| Seen::in_file(&it.id, of_number(it)));
    let kept = settings.numbers.iter();
    let kept = kept.map(|it| Seen::kept(it, it.value.as_ref().map(of_number)));
    of_file.chain(kept).collect()
}

/// All gateways, those of the file first.
pub async fn gateways(ctx: &Ctx, who: &SignedIn) -> Result<Vec<Seen>, FlowError> {
    admins_only(who)?;
    follow(ctx).await?;
    Ok(all_gateways(&ctx.carriers().settings))
}

/// The gateway of a name, with what to enter at the carrier; the one in use if there are two.
pub async fn gateway(ctx: &Ctx, who: &SignedIn, id: &str) -> Result<Seen, FlowError> {
    let found = gateways(ctx, who).await?;
    let mut found = named(found, id)?;
    let carriers = ctx.carriers();
    if let Some(carrier) = carriers.named(id) {
        let (public, inbound) = (ctx.public_address(), CallbackKind::Inbound);
        let url = callback_url(public, carrier.as_ref(), &inbound);
        let (url, tail) = (url.expose_secret(), carrier.inbound_address_tail());
        found.inbound_url = Some(format!("{url}{tail}").into());
        log::info!(
            "admin {} read the address of the gateway `{id}`",
            who.member_id
        );
    }
    Ok(found)
}

/// All numbers, those of the file first.
pub async fn numbers(ctx: &Ctx, who: &SignedIn) -> Result<Vec<Seen>, FlowError> {
    admins_only(who)?;
    follow(ctx).await?;
    Ok(all_numbers(&ctx.carriers().settings))
}

/// The number of a name; the one in use if there are two.
pub async fn number(ctx: &Ctx, who: &SignedIn, id: &str) -> Result<Seen, FlowError> {
    named(numbers(ctx, who).await?, id)
}

fn named(found: Vec<Seen>, id: &str) -> Result<Seen, FlowError> {
    let mut found = found.into_iter();
    found
        .find(|it| it.id == id)
        .ok_or(FlowError::GatewayNotFound)
}
