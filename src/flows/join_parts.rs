//! Parts of longer texts: kept until all are here, or for long enough.

use super::receive_sms::{self, Inbound};
use super::{Carriers, Ctx, FlowError};
use crate::gateways::sms::{InboundText, Part};
use crate::store::text_parts::{self, TextPart, Whole};
use crate::store::{Tx, messages};

/// In the place of parts that never came.
const GAP: &str = " [...] ";

fn whole(inbound: &Inbound, part: &Part) -> Whole {
    Whole {
        gateway: inbound.gateway.clone(),
        own_number: inbound.number.own.e164.clone(),
        peer: inbound.peer.clone(),
        reference: part.reference.clone(),
        total: i32::from(part.total),
    }
}

/// Keeps a part; with the last one all of them become a message.
pub(super) fn take_part(
    tx: &mut Tx<'_, '_>,
    inbound: &Inbound,
    part: &Part,
) -> Result<(), FlowError> {
    if text_parts::is_known(tx.conn()?, &inbound.gateway, &inbound.provider_id)? {
        return Ok(());
    }
    let (whole, number) = (whole(inbound, part), i32::from(part.number));
    let mut parts = text_parts::waiting(tx.conn()?, &whole)?;
    if parts.iter().any(|known| known.number == number) {
        // The reference came round again: the parts that are here are of an older text.
        join(tx, inbound, &whole, &parts)?;
        parts.clear();
    }
    let now = tx.now;
    let new = TextPart {
        provider_id: inbound.provider_id.clone(),
        number,
        text: inbound.text.clone(),
        sent_at: inbound.sent_at,
    };
    text_parts::insert(tx.conn()?, &whole, &new, now)?;
    let place = parts.partition_point(|known| known.number < number);
    parts.insert(place, new);
    if parts.len() == usize::from(part.total) {
        join(tx, inbound, &whole, &parts)?;
    }
    Ok(())
}

/// Makes a message of the parts that are here.
fn join(
    tx: &mut Tx<'_, '_>,
    inbound: &Inbound,
    whole: &Whole,
    parts: &[TextPart],
) -> Result<(), FlowError> {
    let Some(first) = parts.first() else {
        return Ok(());
    };
    let mut joined = inbound.clone();
    joined.provider_id.clone_from(&first.provider_id);
    joined.text = text_of(whole.total, parts);
    joined.sent_at = first.sent_at;
    let message = match receive_sms::store(tx, &joined)? {
        Some(message) => Some(message),
        None => {
            let known = messages::find_by_provider(tx.conn()?, &joined.gateway, &first.provider_id);
            known?.map(|known| known.message.id)
        }
    };
    if let Some(message) = message {
        text_parts::joined(tx.conn()?, whole, parts, message)?;
    }
    Ok(())
}

fn text_of(total: i32, parts: &[TextPart]) -> String {
    let mut text = String::new();
    for number in 1..=total {
        match parts.iter().find(|part| part.number == number) {
            Some(part) => text.push_str(&part.text),
            None if text.ends_with(GAP) => {}
            None => text.push_str(GAP),
        }
    }
    match i32::try_from(parts.len()) {
        Ok(here) if here < total => text.trim().to_owned(),
        _ => text,
    }
}

/// Shows the texts whose missing parts have been waited for long enough. Those to a number that is
/// gone from the configuration wait on: it may come back.
pub async fn join_late(ctx: &Ctx) -> Result<(), FlowError> {
    let before = ctx.clock.now().plus_ms(-ctx.rules.parts_wait_ms);
    let carriers = ctx.carriers();
    for number in &carriers.numbers {
        let (gateway, e164) = (number.gateway.clone(), number.own.e164.clone());
        let late = ctx.store.read(move |conn| {
            let late = text_parts::waiting_since(conn, &gateway, &e164, before)?;
            Ok::<_, FlowError>(late)
        });
        for whole in late.await? {
            join_whole(ctx, &carriers, whole).await?;
        }
    }
    Ok(())
}

async fn join_whole(ctx: &Ctx, carriers: &Carriers, whole: Whole) -> Result<(), FlowError> {
    let text = InboundText {
        provider_id: String::new(),
        from: whole.peer.clone(),
        to: whole.own_number.clone(),
        text: String::new(),
        sent_at: None,
        pictures: Vec::new(),
        part: None,
        keyword: None,
    };
    let carrier = carriers.gateway(&whole.gateway);
    let inbound =
        carrier.and_then(|carrier| receive_sms::inbound(ctx, carriers, carrier.as_ref(), text));
    let Some(inbound) = inbound else {
        return Ok(());
    };
    ctx.store
        .write(move |tx| {
            let parts = text_parts::waiting(tx.conn()?, &whole)?;
            join(tx, &inbound, &whole, &parts)
        })
        .await?;
    ctx.work.notify_one();
    Ok(())
}
