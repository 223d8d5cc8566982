//! A carrier says what became of a text of ours, in any order and as often as it likes.

use super::receive_sms::advance;
use super::{FlowError, consent};
use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::message::MessageState;
use crate::gateways::sms::Receipt;
use crate::store::early_receipts::{self, EarlyReceipt};
use crate::store::{Tx, messages, outgoing, part_receipts};

/// Applies a receipt. One of a text that nobody knows is answered like any other, or it would be
/// repeated: it may be ahead of the answer to the send, so it is kept a while.
pub(super) fn take(
    tx: &mut Tx<'_, '_>,
    gateway: &GatewayId,
    receipt: &Receipt,
    consent_id: &str,
) -> Result<(), FlowError> {
    let state = match receipt.state {
        Some(state) => state,
        // What says nothing of the text may still say that they opted out.
        None if receipt.opted_out => MessageState::Failed,
        None => return Ok(()),
    };
    if is_of_another(tx, receipt)? {
        log::warn!("a receipt at gateway {gateway} names another text than its address");
        return Ok(());
    }
    let early = EarlyReceipt {
        state,
        reason: receipt.reason.clone(),
        opted_out: receipt.opted_out,
    };
    match (find(tx, gateway, receipt)?, &receipt.provider_id) {
        (Some(id), Some(part)) if receipt.of_part && state == MessageState::Delivered => {
            let now = tx.now;
            part_receipts::keep(tx.conn()?, id, part, now)?;
            settle_parts(tx, id)
        }
        (Some(id), _) => apply(tx, id, &early, consent_id),
        (None, Some(provider_id)) if !receipt.of_part => {
            let now = tx.now;
            early_receipts::keep(tx.conn()?, gateway, provider_id, &early, now)?;
            Ok(())
        }
        (None, _) => {
            log::warn!("a receipt at gateway {gateway} for what is no text of ours there");
            Ok(())
        }
    }
}

/// Whether a receipt came by the address of one text of ours and is, by its name, of another.
fn is_of_another(tx: &mut Tx<'_, '_>, receipt: &Receipt) -> Result<bool, FlowError> {
    let (Some(id), Some(named), false) =
        (receipt.message_id, &receipt.provider_id, receipt.of_part)
    else {
        return Ok(false);
    };
    let known = outgoing::provider_id(tx.conn()?, id)?;
    Ok(known.is_some_and(|known| known != *named))
}

/// The text that a receipt is about, only among those of the gateway that it came from.
fn find(
    tx: &mut Tx<'_, '_>,
    gateway: &GatewayId,
    receipt: &Receipt,
) -> Result<Option<MessageId>, FlowError> {
    let conn = tx.conn()?;
    Ok(match (receipt.message_id, &receipt.provider_id) {
        (Some(id), _) => outgoing::is_at(conn, id, gateway)?.then_some(id),
        (None, Some(provider_id)) => {
            let found = messages::find_by_provider(conn, gateway, provider_id)?;
            found.map(|placed| placed.message.id)
        }
        (None, None) => None,
    })
}

fn apply(
    tx: &mut Tx<'_, '_>,
    id: MessageId,
    news: &EarlyReceipt,
    consent_id: &str,
) -> Result<(), FlowError> {
    advance(tx, id, news.state, news.reason.as_deref())?;
    if news.opted_out {
        consent::told_by_carrier(tx, consent_id.to_owned(), id)?;
    }
    Ok(())
}

/// A text of which parts were delivered is when all of them were, and until then surely sent.
pub(super) fn settle_parts(tx: &mut Tx<'_, '_>, id: MessageId) -> Result<(), FlowError> {
    let delivered = part_receipts::delivered(tx.conn()?, id)?;
    if delivered == 0 {
        return Ok(());
    }
    let found = messages::find(tx.conn()?, id)?.ok_or(FlowError::MessageNotFound)?;
    let parts = usize::try_from(found.message.parts.unwrap_or(1)).unwrap_or(usize::MAX);
    let state = if delivered < parts {
        MessageState::Sent
    } else {
        MessageState::Delivered
    };
    advance(tx, id, state, None)
}

/// Applies the receipts that were here before the carrier's answer named the text.
pub(super) fn settle_early(
    tx: &mut Tx<'_, '_>,
    gateway: &GatewayId,
    provider_id: &str,
    id: MessageId,
    consent_id: &str,
) -> Result<(), FlowError> {
    for news in early_receipts::take(tx.conn()?, gateway, provider_id)? {
        apply(tx, id, &news, consent_id)?;
    }
    Ok(())
}
