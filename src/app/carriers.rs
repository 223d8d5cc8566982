//! The table of carriers: which kind of gateway in the configuration is which code.

use super::BuildError;
use super::texting::texting;
use crate::config::{Config, Gateway};
use crate::domain::clock::{Clock, Entropy};
use crate::domain::conversation::OwnNumber;
use crate::domain::ids::{GatewayId, IdError, MemberId, NumberId};
use crate::flows::{Carriers, Number};
use crate::gateways::sms::kannel::Kannel;
use crate::gateways::sms::simulator::Simulator;
use crate::gateways::sms::telnyx::Telnyx;
use crate::gateways::sms::twilio::Twilio;
use crate::gateways::sms::vonage::Vonage;
use crate::gateways::sms::{SmsGateway, exchange};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Makes every account that is configured.
pub(super) fn build(
    config: &Config,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Carriers, BuildError> {
    let http = exchange::client()?;
    let mut carriers = Carriers {
        by_id: HashMap::new(),
        simulators: Vec::new(),
        numbers: numbers(config)?,
        texting: Arc::new(texting(config)?),
    };
    for gateway in &config.gateways {
        let id = named(gateway.id(), GatewayId::parse)?;
        let http = http.clone();
        let missing = |setting| BuildError::Gateway {
            gateway: gateway.id().to_owned(),
            setting,
        };
        let carrier: Arc<dyn SmsGateway> = match gateway {
            Gateway::Simulator(settings) => {
                let (clock, entropy) = (Arc::clone(clock), Arc::clone(entropy));
                let secret = settings.secret.clone();
                let simulator = Simulator::new(id.clone(), secret, http, clock, entropy);
                carriers.simulators.push(Arc::clone(&simulator));
                simulator
            }
            Gateway::Kannel(settings) => {
                Arc::new(Kannel::new(id.clone(), settings, http).map_err(missing)?)
            }
            Gateway::Telnyx(settings) => {
                Arc::new(Telnyx::new(id.clone(), settings, http).map_err(missing)?)
            }
            Gateway::Twilio(settings) => {
                Arc::new(Twilio::new(id.clone(), settings, http).map_err(missing)?)
            }
            Gateway::Vonage(settings) => {
                Arc::new(Vonage::new(id.clone(), settings, http).map_err(missing)?)
            }
        };
        carriers.by_id.insert(id, carrier);
    }
    Ok(carriers)
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
