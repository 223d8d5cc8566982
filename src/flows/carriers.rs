//! What texts go through: accounts at carriers, our numbers, and what may be texted from them.

use super::admit_text::TextingRules;
use super::settings::InForce;
use crate::domain::conversation::OwnNumber;
use crate::domain::ids::{GatewayId, MemberId, NumberId};
use crate::gateways::sms::SmsGateway;
use crate::gateways::sms::simulator::Simulator;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The carriers and numbers of one moment: they change together, by another one in their place.
///
/// A journey takes them once, at its start, and ends with them.
pub struct Carriers {
    /// The carriers by their name in the configuration.
    pub by_id: HashMap<GatewayId, Arc<dyn SmsGateway>>,
    /// The simulated carriers among them, for their page.
    pub simulators: Vec<Arc<Simulator>>,
    /// Our numbers.
    pub numbers: Vec<Number>,
    /// What may be texted; the countries follow from the numbers.
    pub texting: Arc<TextingRules>,
    /// What all of it was made from.
    pub settings: InForce,
}

/// A number of ours and who may use it.
#[derive(Debug, Clone)]
pub struct Number {
    /// As shown on the wire.
    pub own: OwnNumber,
    /// The gateway it is at.
    pub gateway: GatewayId,
    /// Who may use it; `None` is everybody.
    pub members: Option<Vec<MemberId>>,
    /// How fast the carrier takes its texts; `None` is as fast as they come.
    pub parts_per_minute: Option<NonZeroU32>,
}

impl Number {
    /// Whether a member may use it.
    pub fn is_for(&self, member: &MemberId) -> bool {
        self.members
            .as_ref()
            .is_none_or(|members| members.contains(member))
    }
}

impl Carriers {
    /// One of our numbers by its name.
    pub fn number(&self, id: &NumberId) -> Option<&Number> {
        self.numbers.iter().find(|number| number.own.id == *id)
    }

    /// An account at a carrier.
    pub fn gateway(&self, id: &GatewayId) -> Option<&Arc<dyn SmsGateway>> {
        self.by_id.get(id)
    }

    /// The longest text that goes out from a number, in characters.
    pub fn max_chars(&self, number: &Number) -> usize {
        self.gateway(&number.gateway)
            .map_or(0, |gateway| gateway.capabilities().max_chars)
    }

    /// The most parts that a text goes out in from a number; `None` when its length says it all.
    pub fn max_parts(&self, number: &Number) -> Option<u32> {
        self.gateway(&number.gateway)
            .and_then(|gateway| gateway.capabilities().max_parts)
    }
}
