//! What carriers have on record and did not tell us: after the start, and again and again.

use super::{Carriers, Ctx, FlowError, Number, look_up, receive_sms};
use crate::gateways::sms::{Listed, SmsGateway, Wanted};
use crate::store::numbers;

/// Carriers list a text some time after they took it.
const OVERLAP_MS: i64 = 15 * 60_000;
/// Nobody waits for what is older.
const LONGEST_MS: i64 = 7 * 24 * 3_600_000;

/// Reads the lists of all carriers that have one, each number from where it was read last.
pub async fn catch_up(ctx: &Ctx) -> Result<(), FlowError> {
    let carriers = ctx.carriers();
    for number in &carriers.numbers {
        let Some(carrier) = carriers.gateway(&number.gateway) else {
            continue;
        };
        if carrier.capabilities().lists {
            catch_up_number(ctx, &carriers, carrier.as_ref(), number).await?;
        }
    }
    Ok(())
}

async fn catch_up_number(
    ctx: &Ctx,
    carriers: &Carriers,
    carrier: &dyn SmsGateway,
    number: &Number,
) -> Result<(), FlowError> {
    let (id, now) = (number.own.id.clone(), ctx.clock.now());
    let until = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(numbers::fetched_until(conn, &id)?))
        .await?;
    let since = until.unwrap_or(now).plus_ms(-OVERLAP_MS);
    let since = since.max(now.plus_ms(-LONGEST_MS));
    let listed = match carrier
        .list(&number.own.e164, since, Wanted::Everything)
        .await
    {
        Ok(listed) => listed,
        Err(error) => {
            log::warn!("gateway {}: {error}; asked again later", number.gateway);
            return Ok(());
        }
    };
    for item in listed.texts {
        take(ctx, carriers, carrier, item).await?;
    }
    let id = number.own.id.clone();
    let until = listed.complete_until.unwrap_or(now);
    ctx.store
        .write(move |tx| Ok::<_, FlowError>(numbers::set_fetched_until(tx.conn()?, &id, until)?))
        .await?;
    ctx.work.notify_one();
    Ok(())
}

async fn take(
    ctx: &Ctx,
    carriers: &Carriers,
    carrier: &dyn SmsGateway,
    item: Listed,
) -> Result<(), FlowError> {
    match item {
        Listed::Inbound(text) => {
            // A list of one number holds no other numbers' texts.
            let Some(inbound) = receive_sms::inbound(ctx, carriers, carrier, text) else {
                return Ok(());
            };
            let take = ctx.store.write(move |tx| receive_sms::take(tx, &inbound));
            take.await?;
        }
        Listed::Outbound { .. } => {
            look_up::settle(ctx, carrier.id(), item).await?;
        }
        Listed::Unreadable { .. } => {}
    }
    Ok(())
}
