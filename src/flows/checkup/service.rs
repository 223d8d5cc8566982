//! The running service's own state.

use super::{Finding, Subject};
use crate::flows::settings::{InForce, Off};
use crate::flows::sign_in_tally::SignIns;
use crate::flows::{Ctx, health};
use crate::gateways::crm::CrmError;
use crate::gateways::crm::vault::VaultError;
use crate::gateways::web::Web;

/// Database, bus, outbox, and how people's sign-ins go.
pub(super) async fn look(ctx: &Ctx) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(outbox(ctx).await);
    found.extend(bus(ctx));
    found.push(login(ctx).await);
    found.extend(sign_ins(ctx.sign_ins.count()));
    found.extend(stored_settings(&ctx.carriers().settings));
    found
}

/// Whether somebody else signs in as the service, again and again.
async fn login(ctx: &Ctx) -> Finding {
    let check = "login_kept";
    match ctx.crm.login_health().await {
        Ok(health) if health.is_contested() => Finding::warning(
            check,
            "login_contested",
            format!(
                "somebody else's login ended the service's session {} times in ten minutes ({})",
                health.evictions.len(),
                health.who
            ),
            "let nobody else use this user and platform; several nodes need one secrets.key and one database",
        ),
        Ok(_) => Finding::ok(check, "nobody else signs in as the service"),
        Err(CrmError::LoginNotAtHand { reason }) => not_at_hand(check, &reason),
        Err(other) => Finding::error(
            check,
            "login_unknown",
            format!("whether somebody else signs in as the service is not known: {other}"),
            "look in the log",
        ),
    }
}

/// The login that the nodes share cannot be used.
pub(super) fn not_at_hand(check: &'static str, why: &VaultError) -> Finding {
    match why {
        VaultError::Away(says) => Finding::error(
            check,
            "login_not_at_hand",
            format!("the service's login at Sugar cannot be read from the database ({says})"),
            "start the database, or correct database.url",
        ),
        VaultError::DoesNotOpen(says) => Finding::error(
            check,
            "login_does_not_open",
            format!("the service's login at Sugar cannot be opened: {says}"),
            "correct secrets.key: it must be the same on all nodes",
        ),
    }
}

/// Gateways and numbers in the database that are not in force.
pub fn stored_settings(settings: &InForce) -> Vec<Finding> {
    let finding = |(what, id, off): (&str, &str, &Off)| {
        let says = format!("the {what} `{id}` of the database is off: {}", off.says());
        match off {
            Off::InFile => Finding::warning("settings", "set_twice", says, off.advice()),
            Off::NoKey | Off::Sealed(_) => {
                Finding::error("settings", "not_opened", says, off.advice())
            }
            Off::Wrong(_) => Finding::error("settings", "not_in_force", says, off.advice()),
        }
    };
    settings.off().map(finding).collect()
}

/// The database does not answer.
pub fn database_away(says: impl Into<String>) -> Finding {
    let advice = "start the database, or correct database.url";
    Finding::error("database", "database_away", says, advice)
}

async fn outbox(ctx: &Ctx) -> Vec<Finding> {
    match health::outbox(ctx).await {
        Ok((waiting, 0)) => vec![
            Finding::ok("database", "it answers"),
            Finding::ok("outbox", format!("{waiting} jobs wait, none is set aside")),
        ],
        Ok((waiting, parked)) => {
            let says = format!("{waiting} jobs wait, {parked} are set aside");
            let advice = "look in the log why; what is set aside is not tried again by itself";
            vec![
                Finding::ok("database", "it answers"),
                Finding::warning("outbox", "jobs_set_aside", says, advice),
            ]
        }
        Err(error) => vec![database_away(error.to_string())],
    }
}

fn bus(ctx: &Ctx) -> Option<Finding> {
    Some(match ctx.fanout.bus()? {
        Ok(words) => Finding::ok("bus", words),
        Err(error) => {
            let advice = "start the NATS server, or correct bus.url; until then what happens on other nodes comes late";
            Finding::warning("bus", "bus_away", error.to_string(), advice)
        }
    })
}

/// Sugar refuses the tokens of all people and takes the service's own: it ties tokens to addresses.
fn sign_ins(counted: SignIns) -> Option<Finding> {
    if counted.are_all_refused() {
        let SignIns {
            refused, browsers, ..
        } = counted;
        let says = format!(
            "Sugar refused the last {refused} tokens that panels signed in with, in {browsers} browsers, and took none \
             in between"
        );
        let advice = "Validate user IP address is probably on: switch it off in Admin > System Settings, or let Sugar \
                      vouch for its users with sugar.sign_in = \"assertion\"";
        return Some(Finding::warning(
            "sign_ins",
            "ip_check_suspected",
            says,
            advice,
        ));
    }
    (counted.taken > 0).then(|| {
        let says = format!("{} panels signed in since the start", counted.taken);
        Finding::ok("sign_ins", says)
    })
}

/// How people's sign-ins go at the service that runs on this machine, which its internal listener
/// tells: with an IP check nobody signs in, and nobody could ask the service as an admin.
pub async fn of_running(web: &Web, subject: &Subject) -> Option<Finding> {
    let address = format!("http://{}/readyz", subject.internal);
    // Nothing there, or another program: the service does not run here.
    let seen = web.get(&address.parse().ok()?).await.ok()?;
    let counted = serde_json::from_value(seen.json?["sign_ins"].take()).ok()?;
    sign_ins(counted)
}
