//! Whether a call is Twilio's (sms-gateways 2.5): an HMAC over the address as Twilio was told it,
//! followed by the form's names and values, sorted and each once.

use crate::gateways::sms::form::Form;
use crate::gateways::sms::{Callback, CallbackError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Names the key and the algorithm, when it is not the account's token and SHA-1.
const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";
/// Carries the hash of a body that is not a form.
const BODY_HASH: &str = "bodySHA256";

/// The secrets of an account, and where its signatures are.
pub struct Signer {
    /// The header with the signature, in lower case.
    pub header: String,
    /// Any of these may have signed: two while the token is changed.
    pub tokens: Vec<SecretString>,
    /// The key that signs when the call names it.
    pub shared_key: Option<SharedKey>,
}

/// A key for signatures alone, shared by several accounts.
pub struct SharedKey {
    /// What calls name it.
    pub id: String,
    /// The key.
    pub secret: SecretString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

const fn forged(what: &'static str) -> CallbackError {
    CallbackError::Forged(what)
}

impl Signer {
    /// Checks the signature of a call.
    pub fn check(&self, call: &Callback) -> Result<(), CallbackError> {
        let signature = call.header(&self.header);
        let signature = signature.ok_or(forged("there is no signature"))?;
        let signature = STANDARD.decode(signature.trim());
        let signature = signature.map_err(|_| forged("the signature is not Base64"))?;
        let tail = signed_tail(call)?;
        let (keys, algorithm) = self.keys(call.header(SETTINGS_HEADER))?;
        let urls = with_and_without_port(&call.url);
        let signed = keys.iter().any(|key| {
            let key = key.expose_secret().as_bytes();
            urls.iter()
                .any(|url| matches(algorithm, key, &[url.as_bytes(), &tail], &signature))
        });
        if signed {
            Ok(())
        } else {
            Err(forged("the signature is another one"))
        }
    }

    /// Signs a form that is posted to an address, as the account's first token does.
    pub fn sign(&self, url: &str, form: &[u8]) -> Option<String> {
        let key = self.tokens.first()?.expose_secret().as_bytes();
        let mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
        let mac = mac
            .chain_update(url)
            .chain_update(concatenated(&Form::parse(form)));
        Some(STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// What may have signed. The call chooses between what is configured, nothing else.
    fn keys(&self, settings: Option<&str>) -> Result<(&[SecretString], Algorithm), CallbackError> {
        let Some(settings) = settings else {
            return Ok((&self.tokens, Algorithm::Sha1));
        };
        let (id, algorithm) = read_settings(settings).ok_or(forged("its key is not named"))?;
        let known = self.shared_key.as_ref().filter(|key| key.id == id);
        let key = known.ok_or(forged("its key is not known"))?;
        Ok((std::slice::from_ref(&key.secret), algorithm))
    }
}

/// `key=<id>,algorithm=<name>`, each once.
fn read_settings(settings: &str) -> Option<(&str, Algorithm)> {
    let (mut id, mut algorithm) = (None, None);
    for part in settings.split(',') {
        let (name, value) = part.trim().split_once('=')?;
        let earlier = match name {
            "key" => id.replace(value).is_some(),
            "algorithm" => algorithm.replace(value).is_some(),
            _ => false,
        };
        if earlier {
            return None;
        }
    }
    let algorithm = match algorithm? {
        "HMAC_SHA1" => Algorithm::Sha1,
        "HMAC_SHA256" => Algorithm::Sha256,
        _ => return None,
    };
    Some((id?, algorithm))
}

/// What is signed after the address; a body that is not a form must have its hash in the address.
fn signed_tail(call: &Callback) -> Result<Vec<u8>, CallbackError> {
    if call.method == "GET" {
        return Ok(Vec::new());
    }
    if is_form(call) {
        return Ok(concatenated(&Form::parse(&call.body)));
    }
    let query = Form::parse(call.raw_query.as_bytes());
    let hash = query.bytes(BODY_HASH)?;
    let hash = hash.ok_or(forged("the body is not covered by the signature"))?;
    // The hash is signed and no secret.
    if hash.eq_ignore_ascii_case(hex(&Sha256::digest(&call.body)).as_bytes()) {
        Ok(Vec::new())
    } else {
        Err(forged("the body is another one"))
    }
}

/// Whether the body is a form by its content type.
pub(super) fn is_form(call: &Callback) -> bool {
    let content_type = call.header("content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Names and values, sorted by bytes; a value that is repeated counts once.
fn concatenated(form: &Form) -> Vec<u8> {
    let distinct: BTreeSet<_> = form.pairs().iter().collect();
    let mut bytes = Vec::new();
    for (name, value) in distinct {
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(value);
    }
    bytes
}

/// The two forms of an address that Twilio signs: with its port, written or not, and without.
fn with_and_without_port(url: &str) -> [String; 2] {
    let Some((scheme, rest)) = url.split_once("://") else {
        return [url.to_owned(), url.to_owned()];
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host_at = authority.rfind('@').map_or(0, |at| at + 1);
    let host = &authority[host_at..];
    let port_at = host.find(']').map_or_else(
        || host.find(':'),
        |end| host[end..].find(':').map(|at| at + end),
    );
    let port = match port_at {
        Some(at) => &host[at..],
        None if scheme.eq_ignore_ascii_case("https") => ":443",
        None => ":80",
    };
    let bare = &authority[..host_at + port_at.unwrap_or(host.len())];
    [
        format!("{scheme}://{bare}{path}"),
        format!("{scheme}://{bare}{port}{path}"),
    ]
}

/// Compares in constant time.
fn matches(algorithm: Algorithm, key: &[u8], signed: &[&[u8]], signature: &[u8]) -> bool {
    macro_rules! verify {
        ($Digest:ty) => {
            // A key of any length is one.
            Hmac::<$Digest>::new_from_slice(key).is_ok_and(|mut mac| {
                signed.iter().for_each(|part| mac.update(part));
                mac.verify_slice(signature).is_ok()
            })
        };
    }
    match algorithm {
        Algorithm::Sha1 => verify!(Sha1),
        Algorithm::Sha256 => verify!(Sha256),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
