//! The table of carriers: which kind of gateway in the configuration is which code.

use super::BuildError;
use super::texting::texting;
use crate::config::{Config, Gateway, SimulatorGateway};
use crate::domain::clock::{Clock, Entropy};
use crate::domain::conversation::OwnNumber;
use crate::domain::ids::{GatewayId, IdError, MemberId, NumberId};
use crate::flows::settings::{CarrierMaker, InForce};
use crate::flows::{Carriers, FlowError, Number};
use crate::gateways::sms::kannel::Kannel;
use crate::gateways::sms::simulator::Simulator;
use crate::gateways::sms::telnyx::Telnyx;
use crate::gateways::sms::twilio::Twilio;
use crate::gateways::sms::vonage::Vonage;
use crate::gateways::sms::{SmsGateway, exchange};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Makes carriers of every kind.
pub(super) struct Maker {
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Maker {
    pub(super) fn new(
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, BuildError> {
        Ok(Self {
            http: exchange::client()?,
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
        })
    }

    /// Makes every account that is in force, but those that are the same as before.
    pub(super) fn build(
        &self,
        settings: InForce,
        before: Option<&Carriers>,
    ) -> Result<Carriers, BuildError> {
        let mut by_id = HashMap::new();
        let mut simulators = Vec::new();
        for gateway in &settings.config.gateways {
            let id = named(gateway.id(), GatewayId::parse)?;
            let same = |it: &&Carriers| settings.has_same_gateway(&it.settings, gateway.id());
            let known = before.filter(same);
            // One that is another now has other texts on its page.
            let known_page = || {
                let mut pages = known?.simulators.iter();
                pages.find(|page| *page.id() == id).cloned()
            };
            let carrier = match (gateway, known.and_then(|it| it.gateway(&id))) {
                (Gateway::Simulator(settings), _) => {
                    let page = known_page().unwrap_or_else(|| self.simulator(&id, settings));
                    simulators.push(Arc::clone(&page));
                    page
                }
                (_, Some(carrier)) => Arc::clone(carrier),
                (_, None) => self.account(&id, gateway)?,
            };
            by_id.insert(id, carrier);
        }
        Ok(Carriers {
            by_id,
            simulators,
            numbers: numbers(&settings.config)?,
            texting: Arc::new(texting(&settings.config)?),
            settings,
        })
    }

    fn simulator(&self, id: &GatewayId, settings: &SimulatorGateway) -> Arc<Simulator> {
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let secret = settings.secret.clone();
        Simulator::new(id.clone(), secret, self.http.clone(), clock, entropy)
    }

    fn account(
        &self,
        id: &GatewayId,
        gateway: &Gateway,
    ) -> Result<Arc<dyn SmsGateway>, BuildError> {
        let (id, http) = (id.clone(), self.http.clone());
        let missing = |setting| BuildError::Gateway {
            gateway: gateway.id().to_owned(),
            setting,
        };
        Ok(match gateway {
            Gateway::Simulator(settings) => self.simulator(&id, settings),
            Gateway::Kannel(it) => Arc::new(Kannel::new(id, it, http).map_err(missing)?),
            Gateway::Telnyx(it) => Arc::new(Telnyx::new(id, it, http).map_err(missing)?),
            Gateway::Twilio(it) => Arc::new(Twilio::new(id, it, http).map_err(missing)?),
            Gateway::Vonage(it) => Arc::new(Vonage::new(id, it, http).map_err(missing)?),
        })
    }
}

impl CarrierMaker for Maker {
    fn make(&self, settings: InForce, before: Option<&Carriers>) -> Result<Carriers, FlowError> {
        let made = self.build(settings, before);
        made.map_err(|error| FlowError::CarriersNotMade(error.to_string()))
    }
}

fn named<T>(name: &str, parse: impl Fn(&str) -> Result<T, IdError>) -> Result<T, BuildError> {
    parse(name).map_err(|error| BuildError::Name {
        name: name.to_owned(),
        error,
    })
}

fn numbers(config: &Config) -> Result<Vec<Number>, BuildError> {
    let mut numbers = Vec::new();
    for number in &config.numbers {
        let members = match &number.members {
            Some(ids) => {
                let parsed = ids.iter().map(|id| named(id, MemberId::parse));
                Some(parsed.collect::<Result<Vec<_>, _>>()?)
            }
            None => None,
        };
        let label = if number.label.is_empty() {
            &number.number
        } else {
            &number.label
        };
        let own = OwnNumber {
            id: named(&number.id, NumberId::parse)?,
            e164: number.number.clone(),
            label: label.clone(),
        };
        numbers.push(Number {
            own,
            gateway: named(&number.gateway, GatewayId::parse)?,
            members,
            parts_per_minute: NonZeroU32::new(number.parts_per_minute),
        });
    }
    Ok(numbers)
}
