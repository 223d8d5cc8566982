//! What is behind the service, and whether it answers.

use super::settings::Off;
use super::{Ctx, FlowError};
use crate::store::job_list;

/// What was found, in words for an admin.
#[derive(Debug)]
pub struct Report {
    /// The database and the outbox in it.
    pub database: Result<String, String>,
    /// The bus to the other nodes, if there is to be one.
    pub bus: Option<Result<String, String>>,
    /// Sugar, with the service's own login.
    pub sugar: Result<String, String>,
    /// Whether the service is alone with its login at Sugar.
    pub sugar_login: Result<String, String>,
    /// Whether all gateways and numbers of the database are in force.
    pub settings: Result<String, String>,
}

/// Asks the database and Sugar.
pub async fn check(ctx: &Ctx) -> Report {
    let depth = outbox(ctx).await;
    let database = depth
        .map(|(waiting, parked)| format!("{waiting} jobs wait, {parked} are set aside"))
        .map_err(|error| error.to_string());
    let info = ctx.crm.server_info().await;
    let sugar = info
        .map(|info| format!("Sugar {} {}", info.version, info.flavor))
        .map_err(|error| error.to_string());
    let bus = ctx.fanout.bus();
    let bus = bus.map(|state| state.map_err(|error| error.to_string()));
    Report {
        database,
        bus,
        sugar,
        sugar_login: sugar_login(ctx).await,
        settings: settings(ctx),
    }
}

/// Gateways and numbers of the database that are off; a file that has one as well is no fault.
fn settings(ctx: &Ctx) -> Result<String, String> {
    let carriers = ctx.carriers();
    let off = carriers.settings.off();
    let off = off.filter(|(_, _, off)| !matches!(off, Off::InFile));
    let one = |(what, id, off): (&str, &str, &Off)| {
        format!("{what} `{id}`: {}; {}", off.says(), off.advice())
    };
    let off: Vec<_> = off.map(one).collect();
    if off.is_empty() {
        let (gateways, numbers) = (carriers.by_id.len(), carriers.numbers.len());
        return Ok(format!("{gateways} gateways and {numbers} numbers"));
    }
    Err(off.join("; "))
}

/// Whether somebody else signs in to Sugar as the service, which ends its session every time.
pub async fn sugar_login(ctx: &Ctx) -> Result<String, String> {
    let health = ctx.crm.login_health().await;
    let health = health.map_err(|error| error.to_string())?;
    let Some(last) = health.evictions.last() else {
        return Ok("nobody ended the service's session in the last 10 minutes".to_owned());
    };
    let (who, times) = (&health.who, health.evictions.len());
    let words = format!(
        "the service's session at Sugar was ended from outside {times} times in the last 10 \
         minutes, last at {last}, as when somebody else signs in as {who}"
    );
    if health.is_contested() {
        let advice = "give the service a Sugar user of its own, or the other a platform of its own";
        Err(format!("{words}; {advice}"))
    } else {
        Ok(words)
    }
}

/// How many jobs wait, and how many are set aside.
pub async fn outbox(ctx: &Ctx) -> Result<(i64, i64), FlowError> {
    ctx.store
        .read(|conn| Ok::<_, FlowError>(job_list::depth(conn)?))
        .await
}
