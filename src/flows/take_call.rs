//! A carrier calls: verified, applied in one transaction, answered after the commit.
//!
//! What cannot be believed or applied is kept for an admin before it is answered: a carrier that
//! hears 2xx forgets what it said.

use super::receive_sms::{self, Inbound};
use super::{Carriers, Ctx, FlowError, receipts};
use crate::domain::access::SignedIn;
use crate::domain::held_call::{Body, HeldCall, KeptCall, Why};
use crate::domain::ids::GatewayId;
use crate::domain::token::TokenHash;
use crate::gateways::sms::{
    Callback, CallbackKind, News, Receipt, Reply, SmsGateway, callback_url, loggable,
};
use crate::store::{Tx, held_calls};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Calls that wait at once, of all gateways; more are answered 503 and come again.
const MOST_HELD: i64 = 1_000;
const NOT_OURS: &str = "the text is for a number that is not at this gateway";

/// What a call says, with all that applying it takes; a closure may apply it twice.
enum Ready {
    Text(Box<Inbound>),
    Receipt(Receipt, String),
    NotOurs,
}

/// Verifies and stores what a carrier says; returns after the commit, so that 2xx is a promise.
pub async fn receive(
    ctx: &Ctx,
    gateway: &str,
    secret: &SecretString,
    call: Callback,
) -> Result<Reply, FlowError> {
    let carriers = ctx.carriers();
    let (gateway, carrier) = addressed(&carriers, gateway, secret)?;
    let reply = carrier.reply(&call.kind);
    let read = match carrier.verify(&call, ctx.clock.now()) {
        Ok(verified) => carrier.read(verified),
        Err(error) => {
            hold_until_proven(ctx, held(ctx, &gateway, call, Why::Signature, error)).await?;
            return Ok(reply);
        }
    };
    match read {
        Ok(news) => {
            let news = ready(ctx, &carriers, carrier.as_ref(), news);
            let stray = held(ctx, &gateway, call, Why::Number, NOT_OURS);
            apply(ctx, gateway, news, stray).await?;
        }
        Err(error) => hold(ctx, held(ctx, &gateway, call, Why::Form, error)).await?,
    }
    ctx.work.notify_one();
    Ok(reply)
}

/// The gateway that a path names, if it knows its secret.
pub(super) fn addressed<'c>(
    carriers: &'c Carriers,
    gateway: &str,
    secret: &SecretString,
) -> Result<(GatewayId, &'c Arc<dyn SmsGateway>), FlowError> {
    let gateway = GatewayId::parse(gateway).map_err(|_| FlowError::GatewayNotFound)?;
    let carrier = carriers
        .gateway(&gateway)
        .ok_or(FlowError::GatewayNotFound)?;
    // Comparing hashes takes the same time whatever differs.
    let expected = carrier.callback_secret().expose_secret();
    if TokenHash::of(secret.expose_secret()) == TokenHash::of(expected) {
        Ok((gateway, carrier))
    } else {
        Err(FlowError::CallbackForged)
    }
}

fn ready(ctx: &Ctx, carriers: &Carriers, carrier: &dyn SmsGateway, news: Vec<News>) -> Vec<Ready> {
    let one = |news| match news {
        News::Text(text) => match receive_sms::inbound(ctx, carriers, carrier, text) {
            Some(inbound) => Ready::Text(Box::new(inbound)),
            None => Ready::NotOurs,
        },
        News::Receipt(receipt) => {
            notice(ctx, carrier.id(), &receipt);
            Ready::Receipt(receipt, ctx.new_id().to_string())
        }
    };
    news.into_iter().map(one).collect()
}

/// What the panel has no place for: a status that nobody here knows, and a failure's code.
fn notice(ctx: &Ctx, gateway: &GatewayId, receipt: &Receipt) {
    let id = receipt.message_id.map(|id| id.to_string());
    let id = id.as_deref().unwrap_or("without our id");
    if let Some(status) = &receipt.unknown_status {
        ctx.unknown_statuses.fetch_add(1, Ordering::Relaxed);
        let status = loggable(status);
        log::warn!(
            "gateway {gateway} told an unknown status of text {id}, which stays as it was: {status}"
        );
    }
    if let Some(code) = &receipt.code {
        let code = loggable(code);
        log::info!("gateway {gateway} did not deliver text {id} (code {code})");
    }
}

/// Applies all that a verified call says; whatever is about no number of ours leaves it waiting.
async fn apply(
    ctx: &Ctx,
    gateway: GatewayId,
    news: Vec<Ready>,
    stray: HeldCall,
) -> Result<(), FlowError> {
    let first = !ctx.proven.contains(&gateway);
    let proven = gateway.clone();
    let committed = ctx
        .store
        .write(move |tx| -> Result<bool, FlowError> {
            if first {
                let now = tx.now;
                held_calls::prove(tx.conn()?, &gateway, now)?;
            }
            let all = apply_each(tx, &gateway, &news)?;
            if !all {
                keep(tx, &stray)?;
            }
            Ok(all)
        })
        .await?;
    ctx.proven.insert(&proven);
    if !committed.value {
        log::error!(
            "a text came at gateway {proven} for a number that is not there; see /v1/admin/quarantine"
        );
    }
    Ok(())
}

fn apply_each(tx: &mut Tx<'_, '_>, gateway: &GatewayId, news: &[Ready]) -> Result<bool, FlowError> {
    let mut all = true;
    for one in news {
        match one {
            Ready::Text(inbound) => receive_sms::take(tx, inbound)?,
            Ready::Receipt(receipt, id) => receipts::take(tx, gateway, receipt, id)?,
            Ready::NotOurs => all = false,
        }
    }
    Ok(all)
}

fn held(
    ctx: &Ctx,
    gateway: &GatewayId,
    call: Callback,
    why: Why,
    reason: impl ToString,
) -> HeldCall {
    let message_id = match call.kind {
        CallbackKind::Inbound => None,
        CallbackKind::Status(id) => Some(id),
    };
    HeldCall {
        id: ctx.new_id().to_string(),
        gateway_id: gateway.clone(),
        why,
        reason: reason.to_string(),
        call: KeptCall {
            message_id,
            method: call.method,
            raw_query: call.raw_query,
            headers: call.headers,
            body: Body::from(call.body),
        },
        times: 1,
        received_at: ctx.clock.now(),
    }
}

fn keep(tx: &mut Tx<'_, '_>, call: &HeldCall) -> Result<(), FlowError> {
    if held_calls::keep(tx.conn()?, call, MOST_HELD)? {
        Ok(())
    } else {
        Err(FlowError::QuarantineFull)
    }
}

async fn hold(ctx: &Ctx, call: HeldCall) -> Result<(), FlowError> {
    log::error!(
        "a call at gateway {} waits for an admin, see /v1/admin/quarantine: {}",
        call.gateway_id,
        call.reason
    );
    ctx.store.write(move |tx| keep(tx, &call)).await?;
    Ok(())
}

/// A signature that does not fit may be a proxy's doing, until one has fitted.
async fn hold_until_proven(ctx: &Ctx, call: HeldCall) -> Result<(), FlowError> {
    let gateway = call.gateway_id.clone();
    let proven = ctx.proven.contains(&gateway)
        || ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(held_calls::is_proven(conn, &gateway)?))
            .await?;
    if proven {
        log::warn!("gateway {}: {}", call.gateway_id, call.reason);
        return Err(FlowError::CallbackForged);
    }
    hold(ctx, call).await
}

fn admins_only(who: &SignedIn) -> Result<(), FlowError> {
    if who.admin {
        Ok(())
    } else {
        Err(FlowError::Forbidden("Only an administrator sees this."))
    }
}

/// The calls that wait, newest first.
pub async fn waiting(
    ctx: &Ctx,
    who: &SignedIn,
    after: Option<String>,
    limit: usize,
) -> Result<Vec<HeldCall>, FlowError> {
    admins_only(who)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    ctx.store
        .read(move |conn| Ok::<_, FlowError>(held_calls::page(conn, after.as_deref(), limit)?))
        .await
}

/// Applies a call that waits as if it were verified, and forgets it.
pub async fn release(ctx: &Ctx, who: &SignedIn, id: &str) -> Result<(), FlowError> {
    admins_only(who)?;
    let wanted = id.to_owned();
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(held_calls::find(conn, &wanted)?))
        .await?;
    let found = found.ok_or(FlowError::HeldCallNotFound)?;
    let gateway = found.gateway_id;
    let carriers = ctx.carriers();
    let carrier = carriers
        .gateway(&gateway)
        .ok_or(FlowError::GatewayNotFound)?;
    let call = as_it_came(ctx, carrier.as_ref(), found.call);
    let news = carrier
        .read(call.believed())
        .map_err(|_| FlowError::NotApplicable)?;
    let news = ready(ctx, &carriers, carrier.as_ref(), news);
    let id = id.to_owned();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            if !apply_each(tx, &gateway, &news)? {
                return Err(FlowError::NotApplicable);
            }
            held_calls::delete(tx.conn()?, &id)?;
            Ok(())
        })
        .await?;
    ctx.work.notify_one();
    Ok(())
}

fn as_it_came(ctx: &Ctx, carrier: &dyn SmsGateway, kept: KeptCall) -> Callback {
    let kind = match kept.message_id {
        None => CallbackKind::Inbound,
        Some(id) => CallbackKind::Status(id),
    };
    let url = callback_url(ctx.public_address(), carrier, &kind);
    Callback {
        kind,
        method: kept.method,
        url: format!("{}?{}", url.expose_secret(), kept.raw_query),
        raw_query: kept.raw_query,
        headers: kept.headers,
        body: kept.body.into_bytes(),
    }
}

/// Forgets a call that waits.
pub async fn discard(ctx: &Ctx, who: &SignedIn, id: &str) -> Result<(), FlowError> {
    admins_only(who)?;
    let id = id.to_owned();
    let committed = ctx
        .store
        .write(move |tx| Ok::<_, FlowError>(held_calls::delete(tx.conn()?, &id)?))
        .await?;
    if committed.value {
        Ok(())
    } else {
        Err(FlowError::HeldCallNotFound)
    }
}
