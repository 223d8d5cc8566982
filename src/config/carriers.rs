//! What an account at a carrier needs before it can work.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::check::is_this_machine;
use super::finding::Finding;
use super::{Gateway, KannelGateway, TelnyxGateway, TwilioGateway, VonageGateway};

const ED25519_BYTES: usize = 32;
const MISSING: &str = "this is needed and not set";

/// What is wrong with one account.
pub(super) fn contradictions(index: usize, gateway: &Gateway, found: &mut Vec<Finding>) {
    let mut account = Account { index, found };
    match gateway {
        Gateway::Simulator(_) => {}
        Gateway::Kannel(settings) => kannel(settings, &mut account),
        Gateway::Telnyx(settings) => telnyx(settings, &mut account),
        Gateway::Twilio(settings) => twilio(settings, &mut account),
        Gateway::Vonage(settings) => vonage(settings, &mut account),
    }
}

/// One account, and what is found about it.
struct Account<'f> {
    index: usize,
    found: &'f mut Vec<Finding>,
}

impl Account<'_> {
    fn refuse(&mut self, when: bool, name: &str, problem: &str, advice: &str) {
        if when {
            let at = format!("gateways[{}].{name}", self.index);
            self.found.push(Finding::error(&at, problem, advice));
        }
    }

    fn path_secret(&mut self, secret: Option<&SecretString>) {
        let advice = "write at least 22 letters and digits at random: openssl rand -hex 16";
        self.refuse(secret.is_none(), "secret", MISSING, advice);
        let weak = "it is the address that only the carrier knows, and can be guessed";
        let is_weak = secret.is_some_and(|it| !is_path_secret(it.expose_secret()));
        self.refuse(is_weak, "secret", weak, advice);
    }

    fn tls(&mut self, name: &str, url: Option<&Url>) {
        let plain = |url: &Url| url.scheme() != "https" && !is_this_machine(url);
        let problem = "secrets and texts would travel readable over http";
        self.refuse(url.is_some_and(plain), name, problem, "write https");
    }

    /// An empty key would let anybody sign.
    fn not_empty(&mut self, name: &str, secret: Option<&SecretString>) {
        let empty = secret.is_some_and(|it| it.expose_secret().is_empty());
        let advice = "write the secret, or leave the line out";
        self.refuse(empty, name, "this is empty", advice);
    }
}

/// Whether a secret fits a path as it is and is long enough for 128 random bits.
fn is_path_secret(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() >= 22 && text.bytes().all(plain)
}

fn kannel(settings: &KannelGateway, account: &mut Account<'_>) {
    account.path_secret(settings.secret.as_ref());
    account.refuse(
        settings.send_url.is_none(),
        "send_url",
        MISSING,
        "write the address of Kannel's smsbox, like http://127.0.0.1:13013/cgi-bin/sendsms",
    );
    let plain = |url: &Url| url.scheme() != "https" && !is_this_machine(url);
    account.refuse(
        settings.send_url.as_ref().is_some_and(plain) && !settings.allow_http,
        "send_url",
        "the password and every text would travel readable over http",
        "write https, or set allow_http = true when the network is yours alone",
    );
    account.refuse(
        settings.username.is_empty() || settings.password.is_none(),
        "username",
        "username and password are needed and not set",
        "write those of the sendsms-user in Kannel's configuration",
    );
}

fn telnyx(settings: &TelnyxGateway, account: &mut Account<'_>) {
    account.path_secret(settings.secret.as_ref());
    account.tls("base_url", settings.base_url.as_ref());
    account.refuse(
        settings.api_key.is_none(),
        "api_key",
        MISSING,
        "make a key in Telnyx's portal, under Auth, and write it",
    );
    let key = STANDARD.decode(settings.public_key.trim());
    account.refuse(
        !key.is_ok_and(|key| key.len() == ED25519_BYTES),
        "public_key",
        "this is no public key",
        "copy it from Telnyx's portal, under Account, Keys & Credentials: 44 characters",
    );
}

fn twilio(settings: &TwilioGateway, account: &mut Account<'_>) {
    account.path_secret(settings.secret.as_ref());
    account.tls("base_url", settings.base_url.as_ref());
    account.refuse(
        settings.account_sid.is_empty(),
        "account_sid",
        MISSING,
        "write the AC.. of the account; it is on the first page of Twilio's console",
    );
    account.refuse(
        settings.auth_token.is_none()
            && (settings.api_key_sid.is_none() || settings.signing_key.is_none()),
        "auth_token",
        MISSING,
        "write the account's auth token: it signs the calls of Twilio, also when you send with a key",
    );
    account.refuse(
        settings.api_key_sid.is_some() != settings.api_key_secret.is_some(),
        "api_key_sid",
        "a key and its secret belong together",
        "set both api_key_sid and api_key_secret, or neither",
    );
    account.refuse(
        settings.shared_key_id.is_some() != settings.shared_key.is_some(),
        "shared_key",
        "a shared key and its id belong together",
        "set both shared_key_id and shared_key, or neither",
    );
    account.refuse(
        settings.signature_header.is_empty(),
        "signature_header",
        "this is empty",
        "write the name of the header, or leave the line out for X-Twilio-Signature",
    );
    account.not_empty("auth_token", settings.auth_token.as_ref());
    account.not_empty("second_auth_token", settings.second_auth_token.as_ref());
    account.not_empty("signing_key", settings.signing_key.as_ref());
    account.not_empty("shared_key", settings.shared_key.as_ref());
}

fn vonage(settings: &VonageGateway, account: &mut Account<'_>) {
    account.path_secret(settings.secret.as_ref());
    account.tls("base_url", settings.base_url.as_ref());
    account.refuse(
        !matches!(settings.api.as_str(), "sms" | "messages"),
        "api",
        "there is no such API",
        "write messages or sms, as the account's settings at Vonage say",
    );
    account.refuse(
        settings.api_key.is_none() || settings.api_secret.is_none(),
        "api_key",
        "api_key and api_secret are needed and not set",
        "write those of the account; they are on the first page of Vonage's dashboard",
    );
    account.refuse(
        settings.signature_secret.is_none(),
        "signature_secret",
        MISSING,
        "write the signature secret from the settings page of Vonage's dashboard",
    );
    account.not_empty("signature_secret", settings.signature_secret.as_ref());
    let methods = ["md5hash", "md5", "sha1", "sha256", "sha512"];
    account.refuse(
        !methods.contains(&settings.signature_method.as_str()),
        "signature_method",
        "there is no such method",
        "write md5hash, md5, sha1, sha256 or sha512, as Vonage's dashboard says",
    );
}
