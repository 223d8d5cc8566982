//! What carriers have on record and did not tell us: after the start, and again and again.

use super::{Ctx, FlowError, Number, receipts, receive_sms};
use crate::domain::clock::Timestamp;
use crate::domain::ids::GatewayId;
use crate::domain::message::MessageState;
use crate::gateways::sms::{Listed, Receipt, SmsGateway};
use crate::store::{Tx, messages, numbers};

/// Carriers list a text some time after they took it.
const OVERLAP_MS: i64 = 15 * 60_000;
/// Nobody waits for what is older.
const LONGEST_MS: i64 = 7 * 24 * 3_600_000;
/// How far the carrier's time of a text of ours may lie from that of our attempt.
const SAME_SEND_MS: i64 = 10 * 60_000;

/// Reads the lists of all carriers that have one, each number from where it was read last.
pub async fn catch_up(ctx: &Ctx) -> Result<(), FlowError> {
    for number in &ctx.numbers {
        let Some(carrier) = ctx.gateway(&number.gateway) else {
            continue;
        };
        if carrier.capabilities().lists {
            catch_up_number(ctx, carrier.as_ref(), number).await?;
        }
    }
    Ok(())
}

async fn catch_up_number(
    ctx: &Ctx,
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
    let listed = match carrier.list(&number.own.e164, since).await {
        Ok(listed) => listed,
        Err(error) => {
            log::warn!("gateway {}: {error}; asked again later", number.gateway);
            return Ok(());
        }
    };
    for item in listed {
        take(ctx, carrier, item).await?;
    }
    let id = number.own.id.clone();
    ctx.store
        .write(move |tx| Ok::<_, FlowError>(numbers::set_fetched_until(tx.conn()?, &id, now)?))
        .await?;
    ctx.work.notify_one();
    Ok(())
}

async fn take(ctx: &Ctx, carrier: &dyn SmsGateway, item: Listed) -> Result<(), FlowError> {
    let gateway = carrier.id().clone();
    match item {
        Listed::Inbound(text) => {
            // A list of one number holds no other numbers' texts.
            let Some(inbound) = receive_sms::inbound(ctx, carrier, text) else {
                return Ok(());
            };
            let take = ctx.store.write(move |tx| receive_sms::take(tx, &inbound));
            take.await?;
        }
        Listed::Outbound { .. } => {
            let consent_id = ctx.new_id().to_string();
            let take = ctx
                .store
                .write(move |tx| take_outbound(tx, &gateway, &item, &consent_id));
            take.await?;
        }
    }
    Ok(())
}

/// What became of a text of ours, as the list says; a text whose outcome nobody knew is found by
/// what it says, to whom and when, if only one is like that.
fn take_outbound(
    tx: &mut Tx<'_, '_>,
    gateway: &GatewayId,
    item: &Listed,
    consent_id: &str,
) -> Result<(), FlowError> {
    let Listed::Outbound {
        provider_id,
        from,
        to,
        text,
        created_at,
        receipt,
    } = item
    else {
        return Ok(());
    };
    if messages::find_by_provider(tx.conn()?, gateway, provider_id)?.is_none() {
        let Some(text) = text else { return Ok(()) };
        let window = (
            created_at.plus_ms(-SAME_SEND_MS),
            Timestamp(created_at.0.saturating_add(SAME_SEND_MS)),
        );
        let unknown = messages::unknown_like(tx.conn()?, from, to, text, window)?;
        let [only] = unknown[..] else { return Ok(()) };
        messages::set_provider(tx.conn()?, only, gateway, provider_id)?;
    }
    let receipt = Receipt {
        message_id: None,
        provider_id: Some(provider_id.clone()),
        state: receipt.state.or(Some(MessageState::Sent)),
        ..receipt.clone()
    };
    receipts::take(tx, gateway, &receipt, consent_id)
}
