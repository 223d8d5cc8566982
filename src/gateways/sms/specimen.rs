//! A call to us in a carrier's own form, made by ourselves: what proxies do to it they do to the
//! carrier's.

use super::SmsGateway;
use secrecy::{ExposeSecret as _, SecretString};

/// Parameters that a proxy which reads and rewrites addresses does not leave as they are: not in
/// order, with a blank as `+` and a `+` escaped.
pub(super) const FRAGILE: &str = "zeta=1&alpha=two+words%2Bplus&text=caf%C3%A9";

/// A call that a carrier could have made.
pub struct Specimen {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// What follows `?` in its address, escaped; may be empty.
    pub query: String,
    /// Header names in lower case, and their values.
    pub headers: Vec<(String, String)>,
    /// Its body; empty for `GET`.
    pub body: Vec<u8>,
    /// It carries a signature that we could make: the service must believe it.
    pub signed: bool,
}

/// The path of calls that are specimens, below our public address.
pub fn probe_path(gateway: &dyn SmsGateway) -> SecretString {
    let (id, secret) = (gateway.id(), gateway.callback_secret().expose_secret());
    format!("/gateways/{id}/{secret}/probe").into()
}
