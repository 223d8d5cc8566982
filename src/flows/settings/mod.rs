//! Gateways and numbers that an admin sets while the service runs.

mod in_force;
mod view;

pub use in_force::{InForce, Kept, Off};
pub use view::{Seen, Source, gateway, gateways, number, numbers};

use super::{Carriers, Ctx, FlowError};
use crate::config::{Config, Gateway, Number, Settings};
use crate::domain::access::SignedIn;
use crate::domain::ids::GatewayId;
use crate::domain::sealing::SealingKey;
use crate::domain::token;
use crate::store::settings::{self as kept, Rows};
use crate::store::{Db, Store, numbers as stored_numbers};
use std::sync::Arc;

/// Makes carriers from settings; which code a carrier is, is known where the service is put
/// together.
pub trait CarrierMaker: Send + Sync {
    /// Makes them; an account whose settings did not change stays the one it was `before`.
    fn make(&self, settings: InForce, before: Option<&Carriers>) -> Result<Carriers, FlowError>;
}

fn admins_only(who: &SignedIn) -> Result<(), FlowError> {
    if who.admin {
        Ok(())
    } else {
        Err(FlowError::Forbidden(
            "Only Sugar's administrators see and change gateways and numbers.",
        ))
    }
}

/// What the database has.
pub async fn read(store: &Store) -> Result<Rows, FlowError> {
    store.read(|conn| Ok(kept::rows(conn)?)).await
}

/// Takes over what was changed, here or at another node.
pub async fn follow(ctx: &Ctx) -> Result<(), FlowError> {
    // An older state must not come after a newer one.
    let _one_at_a_time = ctx.follows_settings.lock().await;
    let before = ctx.carriers();
    let known = before.settings.version;
    let changed = ctx
        .store
        .read(move |conn| -> Result<_, FlowError> {
            let is_known = kept::version(conn)? == known;
            Ok(if is_known {
                None
            } else {
                Some(kept::rows(conn)?)
            })
        })
        .await?;
    let Some(rows) = changed else { return Ok(()) };
    let settings = InForce::compose(&ctx.config, &rows);
    settings.log();
    let carriers = ctx.carrier_maker.make(settings, Some(&before))?;
    let (gateways, numbers) = (carriers.by_id.len(), carriers.numbers.len());
    carriers.call_back_to(ctx);
    ctx.current_carriers.store(Arc::new(carriers));
    log::info!("settings were changed: {gateways} gateways and {numbers} numbers are in force");
    Ok(())
}

/// Takes over at once what was changed; the log has what that fails of, and it is tried again soon.
pub(super) async fn follow_now(ctx: &Ctx) {
    if let Err(error) = follow(ctx).await {
        log::warn!("changed settings are not in force yet: {error}");
    }
}

/// Changes what the database has, if what is in force then can be used, and takes that over.
async fn change<F>(ctx: &Ctx, mut edit: F) -> Result<(), FlowError>
where
    F: FnMut(&mut Db, &Config, Rows) -> Result<(), FlowError> + Send + 'static,
{
    let (file, maker) = (Arc::clone(&ctx.config), Arc::clone(&ctx.carrier_maker));
    let changed = ctx.store.write(move |tx| -> Result<(), FlowError> {
        let conn = tx.conn()?;
        kept::note_change(conn)?;
        let before = kept::rows(conn)?;
        edit(conn, &file, before)?;
        let after = InForce::compose(&file, &kept::rows(conn)?);
        // Texts name their number: it has to be there before anybody uses it.
        for number in maker.make(after, None)?.numbers {
            stored_numbers::save(conn, &number.own, &number.gateway)?;
        }
        Ok(())
    });
    changed.await?;
    follow_now(ctx).await;
    Ok(())
}

/// Sets a gateway; secrets that are left out stay as they were.
pub async fn put_gateway(
    ctx: &Ctx,
    who: &SignedIn,
    id: &str,
    sent: Settings,
) -> Result<Seen, FlowError> {
    admins_only(who)?;
    Gateway::from_json(id, &sent)?;
    let key = ctx.config.secrets.key.clone();
    let key = key.ok_or(FlowError::SealingKeyMissing)?;
    if has_gateway(&ctx.config, id) {
        return Err(FlowError::SetInFile);
    }
    let path_secret = token::mint("", ctx.entropy.as_ref());
    let (entropy, name) = (Arc::clone(&ctx.entropy), id.to_owned());
    change(ctx, move |conn, file, mut rows| {
        let id = name.as_str();
        let sealed = take(&mut rows.gateways, id);
        // What does not open is replaced as if it were not there.
        let before = sealed.and_then(|sealed| in_force::open(file, id, &sealed).ok());
        let settings = Gateway::replace(id, before.as_ref(), sent.clone(), &path_secret)?;
        let gateway = Gateway::from_json(id, &settings)?;
        InForce::compose(file, &rows).config.with_gateway(gateway)?;
        let json = serde_json::Value::Object(settings).to_string();
        let sealed = key.seal(in_force::place(id), &json.into(), entropy.as_ref());
        let sealed = sealed.map_err(|error| FlowError::CarriersNotMade(error.to_string()))?;
        Ok(kept::put_gateway(conn, id, &sealed)?)
    })
    .await?;
    log::info!("admin {} set the gateway `{id}`", who.member_id);
    gateway(ctx, who, id).await
}

/// Removes a gateway that no number is at.
pub async fn delete_gateway(ctx: &Ctx, who: &SignedIn, id: &str) -> Result<(), FlowError> {
    admins_only(who)?;
    let name = id.to_owned();
    change(ctx, move |conn, file, rows| {
        let in_file = has_gateway(file, &name);
        if !kept::delete_gateway(conn, &name)? {
            return Err(gone(in_file));
        }
        // The numbers are at the gateway of the file then.
        let users = if in_file {
            Vec::new()
        } else {
            numbers_at(file, &rows, &name)
        };
        if users.is_empty() {
            return Ok(());
        }
        Err(FlowError::GatewayInUse(users.join(", ")))
    })
    .await?;
    log::info!("admin {} deleted the gateway `{id}`", who.member_id);
    Ok(())
}

/// Sets a number.
pub async fn put_number(
    ctx: &Ctx,
    who: &SignedIn,
    id: &str,
    sent: Settings,
) -> Result<Seen, FlowError> {
    admins_only(who)?;
    if has_number(&ctx.config, id) {
        return Err(FlowError::SetInFile);
    }
    let name = id.to_owned();
    change(ctx, move |conn, file, mut rows| {
        let id = name.as_str();
        let mut settings = sent.clone();
        settings.retain(|_, value| !value.is_null());
        let number = Number::from_json(id, &settings)?;
        settings.remove("id");
        take(&mut rows.numbers, id);
        let others = InForce::compose(file, &rows);
        let mut config = others.config;
        // A number that is off would collide on the day it comes back.
        let off = others.numbers.into_iter().filter(|it| it.off.is_some());
        config.numbers.extend(off.filter_map(|it| it.value));
        config.with_number(number)?;
        let json = serde_json::Value::Object(settings).to_string();
        Ok(kept::put_number(conn, id, &json)?)
    })
    .await?;
    log::info!("admin {} set the number `{id}`", who.member_id);
    number(ctx, who, id).await
}

/// Removes a number; its conversations stay.
pub async fn delete_number(ctx: &Ctx, who: &SignedIn, id: &str) -> Result<(), FlowError> {
    admins_only(who)?;
    let name = id.to_owned();
    change(ctx, move |conn, file, _| {
        if kept::delete_number(conn, &name)? {
            return Ok(());
        }
        Err(gone(has_number(file, &name)))
    })
    .await?;
    log::info!("admin {} deleted the number `{id}`", who.member_id);
    Ok(())
}

/// Forgets the gateways that do not open with the key; returns how many.
pub async fn forget(store: &Store, key: Option<&SealingKey>) -> Result<usize, FlowError> {
    let key = key.cloned();
    let opens = move |id: &str, sealed: &str| {
        let opened = key
            .as_ref()
            .map(|key| key.open(in_force::place(id), sealed));
        opened.is_some_and(|opened| opened.is_ok())
    };
    let forgotten = store.write(move |tx| -> Result<usize, FlowError> {
        let conn = tx.conn()?;
        kept::note_change(conn)?;
        let mut forgotten = 0;
        for (id, sealed) in kept::rows(conn)?.gateways {
            if !opens(&id, &sealed) {
                kept::delete_gateway(conn, &id)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    });
    Ok(forgotten.await?.value)
}

fn has_gateway(config: &Config, id: &str) -> bool {
    config.gateways.iter().any(|gateway| gateway.id() == id)
}

fn has_number(config: &Config, id: &str) -> bool {
    config.numbers.iter().any(|number| number.id == id)
}

/// What is not in the database is in the file, or nowhere.
const fn gone(in_file: bool) -> FlowError {
    if in_file {
        FlowError::SetInFile
    } else {
        FlowError::GatewayNotFound
    }
}

fn take(rows: &mut Vec<(String, String)>, id: &str) -> Option<String> {
    let index = rows.iter().position(|(name, _)| name == id)?;
    Some(rows.remove(index).1)
}

/// The numbers at a gateway, in force or not.
fn numbers_at(file: &Config, rows: &Rows, gateway: &str) -> Vec<String> {
    let all = InForce::compose(file, rows);
    let of_file = all.numbers_of_file().iter();
    let of_database = all.numbers.iter().filter_map(|it| it.value.as_ref());
    let at = of_file
        .chain(of_database)
        .filter(|it| it.gateway == gateway);
    at.map(|number| number.id.clone()).collect()
}

impl Carriers {
    /// Tells the simulators among them where this process listens, once it does.
    pub fn call_back_to(&self, ctx: &Ctx) {
        let Some(address) = ctx.own_address.get() else {
            return;
        };
        for simulator in &self.simulators {
            simulator.call_back_to(address);
        }
    }

    /// The account of a name as an admin writes it.
    fn named(&self, id: &str) -> Option<&Arc<dyn crate::gateways::sms::SmsGateway>> {
        self.gateway(&GatewayId::parse(id).ok()?)
    }
}
