//! The calls of three carriers, each signed as it signs, and calls that only look like theirs.

use crate::support::service::{GATEWAY_SECRET, OUR_NUMBER};
use crate::support::twilio::{ACCOUNT, SECRET, TOKEN, sign};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// Our numbers at Twilio and at Telnyx.
const AT_TWILIO: &str = "+14155550142";
const AT_TELNYX: &str = "+14155550144";
/// The seed of Telnyx's key.
const SEED: [u8; 32] = [7; 32];
const DAY_S: u64 = 24 * 3_600;

/// How a call comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The simulator's, which has only the secret in the path.
    Simulator,
    /// With Twilio's signature.
    Twilio,
    /// With Telnyx's signature and the time.
    Telnyx,
    /// With another secret.
    OtherSecret,
    /// With the signature of another account at Twilio.
    OtherAccount,
    /// With Twilio's signature of another text.
    OtherText,
    /// With Telnyx's signature of a day ago.
    DayOld,
}

/// What is taken.
pub const GOOD: [Kind; 3] = [Kind::Simulator, Kind::Twilio, Kind::Telnyx];
/// What is forged.
pub const FORGED: [Kind; 3] = [Kind::OtherSecret, Kind::OtherAccount, Kind::OtherText];

/// A call that a carrier repeats until it is answered.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What the carrier calls the text.
    pub id: String,
    /// How it comes.
    pub kind: Kind,
    /// Who texts.
    pub from: String,
}

fn telnyx_key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&SEED).unwrap()
}

/// The gateways and numbers beside the simulator's.
pub fn settings() -> String {
    let public_key = STANDARD.encode(telnyx_key().public_key());
    format!(
        "[[gateways]]\nid = \"tw\"\nkind = \"twilio\"\nsecret = \"{SECRET}\"\n\
         base_url = \"http://127.0.0.1:9\"\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\n\
         [[numbers]]\nid = \"twilio\"\nnumber = \"{AT_TWILIO}\"\ngateway = \"tw\"\n\
         [[gateways]]\nid = \"tx\"\nkind = \"telnyx\"\nsecret = \"{SECRET}\"\n\
         base_url = \"http://127.0.0.1:9\"\napi_key = \"KEY\"\npublic_key = \"{public_key}\"\n\
         [[numbers]]\nid = \"telnyx\"\nnumber = \"{AT_TELNYX}\"\ngateway = \"tx\"\n"
    )
}

impl Delivery {
    /// The call, signed now.
    pub fn request(&self, http: &reqwest::Client, url: &str) -> RequestBuilder {
        let at = |gateway: &str, secret: &str| format!("{url}/gateways/{gateway}/{secret}/inbound");
        match self.kind {
            Kind::Simulator => self.of_simulator(http.post(at("sim", GATEWAY_SECRET))),
            Kind::OtherSecret => self.of_simulator(http.post(at("sim", &"0".repeat(32)))),
            Kind::Twilio => self.of_twilio(http, &at("tw", SECRET), TOKEN, &self.text()),
            Kind::OtherAccount => self.of_twilio(http, &at("tw", SECRET), "other", &self.text()),
            Kind::OtherText => self.of_twilio(http, &at("tw", SECRET), TOKEN, "Another text"),
            Kind::Telnyx => self.of_telnyx(http.post(at("tx", SECRET)), 0),
            Kind::DayOld => self.of_telnyx(http.post(at("tx", SECRET)), DAY_S),
        }
    }

    fn text(&self) -> String {
        format!("the text of {}", self.id)
    }

    fn of_simulator(&self, request: RequestBuilder) -> RequestBuilder {
        let (id, from) = (&self.id, &self.from);
        request.json(&json!({"id": id, "from": from, "to": OUR_NUMBER, "text": self.text()}))
    }

    fn of_twilio(
        &self,
        http: &reqwest::Client,
        url: &str,
        token: &str,
        signed_text: &str,
    ) -> RequestBuilder {
        let form = |text: &str| {
            let pairs = [
                ("MessageSid", self.id.as_str()),
                ("AccountSid", ACCOUNT),
                ("From", &self.from),
                ("To", AT_TWILIO),
                ("Body", text),
                ("NumMedia", "0"),
            ];
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let signature = sign(token, url, &form(signed_text));
        let request = http.post(url).header("X-Twilio-Signature", signature);
        request.form(&form(&self.text()))
    }

    fn of_telnyx(&self, request: RequestBuilder, seconds_ago: u64) -> RequestBuilder {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let stamp = now.as_secs() - seconds_ago;
        let payload = json!({"id": self.id, "from": {"phone_number": self.from},
                             "to": [{"phone_number": AT_TELNYX}], "text": self.text()});
        let event = json!({"data": {"event_type": "message.received", "payload": payload}});
        let body = event.to_string();
        let signature = telnyx_key().sign(format!("{stamp}|{body}").as_bytes());
        request
            .header("telnyx-signature-ed25519", STANDARD.encode(signature))
            .header("telnyx-timestamp", stamp.to_string())
            .body(body)
    }
}
