//! The doctor calls a gateway's path as its carrier does, and hears what arrived.
//!
//! Who knows the secret of the path learns nothing but what he sent. A probe with a signature that
//! fits proves the way as a carrier's call does, and ends the quarantine of those that do not.

use super::take_call::addressed;
use super::{Ctx, FlowError};
use crate::gateways::sms::Callback;
use crate::store::held_calls;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What stands in place of the secret.
pub(super) const MASK: &str = "...";

/// What arrived; bodies and headers as hashes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Arrival {
    /// The address that this service takes for its own.
    pub public_address: String,
    /// The method.
    pub method: String,
    /// The path, without its secret.
    pub path: String,
    /// The query, as it came.
    pub query: String,
    /// The host that was asked for.
    pub host: Option<String>,
    /// The type of the body.
    pub content_type: Option<String>,
    /// Header names in lower case, and the hashes of their values.
    pub headers: BTreeMap<String, String>,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// Their hash.
    pub body: String,
    /// Why the carrier's signature does not fit, if it does not.
    pub refused: Option<String>,
}

/// SHA-256, in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Says what arrived, and notes it when the signature fits.
pub async fn receive(
    ctx: &Ctx,
    gateway: &str,
    secret: &SecretString,
    path: &str,
    call: Callback,
) -> Result<Arrival, FlowError> {
    let carriers = ctx.carriers();
    let (gateway, carrier) = addressed(&carriers, gateway, secret)?;
    let refused = carrier.verify(&call, ctx.clock.now()).err();
    if refused.is_none() && !ctx.proven.contains(&gateway) {
        let proven = gateway.clone();
        ctx.store
            .write(move |tx| {
                let now = tx.now;
                Ok::<_, FlowError>(held_calls::prove(tx.conn()?, &proven, now)?)
            })
            .await?;
        ctx.proven.insert(&gateway);
    }
    let headers = call.headers.iter();
    Ok(Arrival {
        public_address: ctx.public_address().to_owned(),
        path: path.replace(secret.expose_secret(), MASK),
        host: call.header("host").map(str::to_owned),
        content_type: call.header("content-type").map(str::to_owned),
        headers: headers
            .map(|(name, value)| (name.clone(), hash(value.as_bytes())))
            .collect(),
        body_bytes: call.body.len(),
        body: hash(&call.body),
        refused: refused.map(|error| error.to_string()),
        method: call.method,
        query: call.raw_query,
    })
}
