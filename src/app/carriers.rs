//! The table of carriers: which kind of gateway in the configuration is which code.

use super::{BuildError, named};
use crate::config::{Config, Gateway};
use crate::domain::clock::{Clock, Entropy};
use crate::domain::ids::GatewayId;
use crate::gateways::sms::kannel::Kannel;
use crate::gateways::sms::simulator::Simulator;
use crate::gateways::sms::telnyx::Telnyx;
use crate::gateways::sms::twilio::Twilio;
use crate::gateways::sms::vonage::Vonage;
use crate::gateways::sms::{SmsGateway, exchange};
use std::collections::HashMap;
use std::sync::Arc;

/// The accounts at carriers.
#[derive(Default)]
pub(super) struct Carriers {
    /// All of them.
    pub(super) by_id: HashMap<GatewayId, Arc<dyn SmsGateway>>,
    /// Those that are pages.
    pub(super) simulators: Vec<Arc<Simulator>>,
}

/// Makes every account that is configured.
pub(super) fn build(
    config: &Config,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Carriers, BuildError> {
    let http = exchange::client()?;
    let mut carriers = Carriers::default();
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
