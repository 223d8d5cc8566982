//! What became of a text whose outcome nobody knew: the carrier's own record says, where it can
//! be read.

use super::receive_sms::fail_unsent;
use super::{Ctx, FlowError, Number, receipts};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::gateways::sms::{Listed, Receipt, SmsGateway, Wanted};
use crate::store::unknown_texts::{self, UnknownText};
use crate::store::{Tx, messages, outgoing};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How far the carrier's time of a text of ours may lie from that of our attempt.
const SAME_SEND_MS: i64 = 10 * 60_000;
/// What is older was lost otherwise: by a carrier without a list, or one that the number left.
const LONGEST_MS: i64 = 24 * 3_600_000;
const NOT_TAKEN: &str = "The carrier has no record of this text; it was not sent.";

/// A text is asked for again after this part of its age: what was not found at once is hardly ever
/// found.
const PART_OF_AGE: i64 = 8;

/// When texts of unknown outcome were last asked for.
#[derive(Debug, Default)]
pub struct Asked(Mutex<HashMap<MessageId, Timestamp>>);

impl Asked {
    /// Those of some texts whose turn has come; it counts as taken.
    fn due(&self, unknown: Vec<UnknownText>, now: Timestamp) -> Vec<UnknownText> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, at| at.0 > now.0 - LONGEST_MS);
        let is_due = |text: &UnknownText| {
            let pause = (now.0 - text.tried_at.0) / PART_OF_AGE;
            asked.get(&text.id).is_none_or(|at| now.0 - at.0 >= pause)
        };
        let due: Vec<_> = unknown.into_iter().filter(is_due).collect();
        asked.extend(due.iter().map(|text| (text.id, now)));
        due
    }
}

/// Looks for texts of unknown outcome in the lists of their carriers, the older the more rarely.
pub async fn look_up(ctx: &Ctx, asked: &Asked) -> Result<(), FlowError> {
    let carriers = ctx.carriers();
    for number in &carriers.numbers {
        let carrier = carriers.gateway(&number.gateway);
        if let Some(carrier) = carrier.filter(|carrier| carrier.capabilities().lists) {
            look_up_number(ctx, asked, carrier.as_ref(), number).await?;
        }
    }
    Ok(())
}

async fn look_up_number(
    ctx: &Ctx,
    asked: &Asked,
    carrier: &dyn SmsGateway,
    number: &Number,
) -> Result<(), FlowError> {
    let (id, asked_at) = (number.own.id.clone(), ctx.clock.now());
    let since = asked_at.plus_ms(-LONGEST_MS);
    let unknown = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(unknown_texts::of(conn, &id, since)?))
        .await?;
    let unknown = asked.due(unknown, asked_at);
    let Some(first) = unknown.iter().map(|text| text.tried_at).min() else {
        return Ok(());
    };
    let since = first.plus_ms(-SAME_SEND_MS);
    let own = &number.own.e164;
    let listed = match carrier.list(own, since, Wanted::Outbound).await {
        Ok(listed) => listed,
        Err(error) => {
            log::warn!("gateway {}: {error}; asked again later", number.gateway);
            return Ok(());
        }
    };
    let strange = settle_all(ctx, carrier.id(), listed.texts).await?;
    let may_be_there = |text: &UnknownText| strange.iter().any(|other| other.may_be(text));
    let mut settled = asked_at.plus_ms(-ctx.rules.look_up_ms);
    if let Some(until) = listed.complete_until {
        settled = settled.min(until.plus_ms(-SAME_SEND_MS));
    }
    let absent = unknown
        .into_iter()
        .filter(|text| text.tried_at <= settled && !may_be_there(text));
    for text in absent {
        let give_up = ctx.store.write(move |tx| not_taken(tx, text.id));
        give_up.await?;
    }
    Ok(())
}

fn not_taken(tx: &mut Tx<'_, '_>, id: MessageId) -> Result<(), FlowError> {
    let found = messages::find(tx.conn()?, id)?;
    match found.map(|placed| placed.message.state) {
        Some(MessageState::Unknown) => fail_unsent(tx, id, NOT_TAKEN),
        _ => Ok(()),
    }
}

/// A text on record that is none that we know, or that the carrier has changed beyond look-alikes:
/// while there is one nobody can say that a text of ours is not there.
struct Strange {
    to: Option<Peer>,
    at: Option<Timestamp>,
}

impl Strange {
    fn may_be(&self, text: &UnknownText) -> bool {
        let near = |at: Timestamp| at.0.abs_diff(text.tried_at.0) <= SAME_SEND_MS.unsigned_abs();
        self.to.as_ref().is_none_or(|to| *to == text.peer) && self.at.is_none_or(near)
    }
}

/// Finds the texts of a list that we do not know by name yet; those that are none of ours.
async fn settle_all(
    ctx: &Ctx,
    gateway: &GatewayId,
    listed: Vec<Listed>,
) -> Result<Vec<Strange>, FlowError> {
    let of = gateway.clone();
    let nameless = ctx
        .store
        .read(move |conn| -> Result<Vec<Listed>, FlowError> {
            let mut nameless = Vec::new();
            for item in listed {
                let is_known = match &item {
                    Listed::Outbound { provider_id, .. } => {
                        messages::find_by_provider(conn, &of, provider_id)?.is_some()
                    }
                    Listed::Inbound(_) => true,
                    Listed::Unreadable { .. } => false,
                };
                if !is_known {
                    nameless.push(item);
                }
            }
            Ok(nameless)
        })
        .await?;
    let mut strange = Vec::new();
    for item in nameless {
        let sent = match &item {
            Listed::Outbound { to, created_at, .. } => Strange {
                to: Some(to.clone()),
                at: Some(*created_at),
            },
            Listed::Unreadable { created_at } => Strange {
                to: None,
                at: *created_at,
            },
            Listed::Inbound(_) => continue,
        };
        if !settle(ctx, gateway, item).await? {
            strange.push(sent);
        }
    }
    Ok(strange)
}

/// Applies what a list says of a text of ours; whether it is one.
pub(super) async fn settle(
    ctx: &Ctx,
    gateway: &GatewayId,
    item: Listed,
) -> Result<bool, FlowError> {
    let (gateway, consent_id) = (gateway.clone(), ctx.new_id().to_string());
    let take = ctx
        .store
        .write(move |tx| take_outbound(tx, &gateway, &item, &consent_id));
    Ok(take.await?.value)
}

/// A text that the carrier never named to us is found by what it says, to whom and when.
fn take_outbound(
    tx: &mut Tx<'_, '_>,
    gateway: &GatewayId,
    item: &Listed,
    consent_id: &str,
) -> Result<bool, FlowError> {
    let Listed::Outbound {
        provider_id,
        from,
        to,
        text,
        created_at,
        receipt,
    } = item
    else {
        return Ok(false);
    };
    if messages::find_by_provider(tx.conn()?, gateway, provider_id)?.is_none() {
        let Some(text) = text else { return Ok(false) };
        let conn = tx.conn()?;
        match unknown_texts::nearest(conn, from, to, text, *created_at, SAME_SEND_MS)? {
            None => return Ok(false),
            // The carrier's answer is on its way and names it.
            Some((_, MessageState::Sending)) => return Ok(true),
            Some((id, _)) => outgoing::set_provider(conn, id, gateway, provider_id)?,
        }
    }
    let receipt = Receipt {
        message_id: None,
        provider_id: Some(provider_id.clone()),
        state: receipt.state.or(Some(MessageState::Sent)),
        ..receipt.clone()
    };
    receipts::take(tx, gateway, &receipt, consent_id)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_a_text_the_more_rarely_it_is_asked_for() {
        let asked = Asked::default();
        let text = UnknownText {
            id: MessageId::parse_any("0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa").unwrap(),
            peer: Peer::parse("+14155552671").unwrap(),
            tried_at: Timestamp(LONGEST_MS),
        };
        let half_minutes = (1..=24 * 120).map(|n| text.tried_at.plus_ms(n * 30_000));
        let times: Vec<_> = half_minutes
            .filter(|now| !asked.due(vec![text.clone()], *now).is_empty())
            .map(|now| (now.0 - text.tried_at.0) / 30_000)
            .collect();
        assert_eq!(times[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(times.len() < 80, "{} times in a day", times.len());
    }
}
