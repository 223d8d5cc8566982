//! Accounts at carriers: the `kind` decides which settings an account has.

use reqwest::Url;
use secrecy::SecretString;

use super::finding::Problems;
use super::setting::{Field, Setting, Shape, Told, settings};
use super::tree::{Entry, Node};
use super::value::OptOutReplies;

/// Declares the kinds of accounts: the word in the file, its variant, its settings.
macro_rules! gateways {
    ($( $(#[doc = $doc:literal])* $kind:literal => $Variant:ident($Settings:ident), )*) => {
        /// An account at a carrier; the `kind` decides which settings it has.
        #[derive(Clone, Debug)]
        pub enum Gateway {
            $( $(#[doc = $doc])* $Variant($Settings), )*
        }

        impl Gateway {
            /// The admin's short name for it.
            pub fn id(&self) -> &str {
                match self {
                    $( Self::$Variant(settings) => &settings.id, )*
                }
            }
        }

        const KINDS: &[&str] = &[$($kind),*];

        impl Setting for Gateway {
            fn shape() -> Shape {
                let mut fields = vec![Field {
                    name: "kind",
                    docs: &[concat!(" The carrier: one of", $(" `", $kind, "`",)* ".")],
                    shape: Shape::Text,
                    default: None,
                    range: None,
                }];
                $( add_missing(&mut fields, $Settings::shape()); )*
                Shape::Table(fields)
            }

            fn read(entry: &Entry, problems: &mut Problems) -> Option<Self> {
                let (kind, settings) = entry.without("kind", problems)?;
                match kind.as_ref().map(|kind| &kind.node) {
                    $(
                        Some(Node::Text(kind)) if kind == $kind => {
                            Setting::read(&settings, problems).map(Self::$Variant)
                        }
                    )*
                    _ => {
                        let kinds = KINDS.iter().map(|kind| format!("kind = \"{kind}\""));
                        let kinds: Vec<_> = kinds.collect();
                        problems.refuse(
                            kind.as_ref().unwrap_or(entry),
                            "the kind of this gateway is missing or unknown".to_owned(),
                            format!("write {}", kinds.join(" or ")),
                        );
                        None
                    }
                }
            }

            fn show(&self) -> Option<String> {
                None
            }

            fn tell(&self) -> Told {
                let (kind, settings) = match self {
                    $( Self::$Variant(settings) => ($kind, settings.tell()), )*
                };
                let mut told = vec![("kind", Told::Plain(kind.into()))];
                if let Told::Table(settings) = settings {
                    told.extend(settings);
                }
                Told::Table(told)
            }
        }
    };
}

gateways! {
    /// A pretended carrier with a web page that is the contact's phone.
    "simulator" => Simulator(SimulatorGateway),
    /// A Kannel of yours: SMPP and whatever else it speaks to carriers.
    "kannel" => Kannel(KannelGateway),
    /// An account at Twilio, SignalWire or another host that speaks Twilio's API.
    "twilio" => Twilio(TwilioGateway),
    /// An account at Telnyx.
    "telnyx" => Telnyx(TelnyxGateway),
    /// An account at Vonage, formerly Nexmo.
    "vonage" => Vonage(VonageGateway),
}

settings! {
    /// A pretended carrier with a web page that is the contact's phone.
    pub struct SimulatorGateway {
        /// Your short name for it, for example `simulator`. Needed, and never changed later.
        id: String = String::new(),
        /// The secret in the path of its calls; a simulator without one makes a new one at every start.
        secret: Option<SecretString> = None,
    }
}

settings! {
    /// A Kannel of yours: SMPP and whatever else it speaks to carriers.
    pub struct KannelGateway {
        /// Your short name for it, for example `kannel`. Needed, and never changed later.
        id: String = String::new(),
        /// The secret in the path of its calls, as in the `get-url` of Kannel's configuration;
        /// make one with `openssl rand -hex 16`. Needed.
        secret: Option<SecretString> = None,
        /// Where its smsbox takes texts: `http://127.0.0.1:13013/cgi-bin/sendsms`. Needed.
        send_url: Option<Url> = None,
        /// Allow http to another machine. The password and every text then travel readable.
        allow_http: bool = false,
        /// The `username` of a `sendsms-user` in Kannel's configuration. Needed.
        username: String = String::new(),
        /// The password of that user. Needed.
        password: Option<SecretString> = None,
        /// The `smsc-id` to send through; when not set, Kannel chooses.
        smsc: Option<String> = None,
        /// The most parts of one text, as `max-messages` of that user; Kannel cuts what is longer.
        max_parts: u64 = 10; 1..=255,
        /// Who answers STOP, START and HELP: `us` (Riverline), or `carrier` when the carrier behind
        /// your Kannel does.
        opt_out_replies: OptOutReplies = OptOutReplies::Us,
    }
}

settings! {
    /// An account at Telnyx.
    pub struct TelnyxGateway {
        /// Your short name for it, for example `telnyx`. Needed, and never changed later.
        id: String = String::new(),
        /// The secret in the path of its calls; make one with `openssl rand -hex 16`. Needed.
        secret: Option<SecretString> = None,
        /// The API's address; when not set, the carrier's.
        base_url: Option<Url> = None,
        /// The account's API key. Needed.
        api_key: Option<SecretString> = None,
        /// The public key that its calls are checked with, from the carrier's portal. Needed.
        public_key: String = String::new(),
        /// The messaging profile to send through; when not set, the number's.
        messaging_profile_id: Option<String> = None,
        /// Who answers STOP, START and HELP: `carrier`, or `us` (Riverline) when you had that
        /// switched off there.
        opt_out_replies: OptOutReplies = OptOutReplies::Carrier,
    }
}

settings! {
    /// An account at Twilio, SignalWire or another host that speaks Twilio's API.
    pub struct TwilioGateway {
        /// Your short name for it, for example `twilio`. Needed, and never changed later.
        id: String = String::new(),
        /// The secret in the path of its calls; make one with `openssl rand -hex 16`. Needed.
        secret: Option<SecretString> = None,
        /// The API's address; when not set, the carrier's own. SignalWire's is
        /// `https://<space>.signalwire.com/api/laml`.
        base_url: Option<Url> = None,
        /// The `AC..` of the account; at SignalWire the project's id. Needed.
        account_sid: String = String::new(),
        /// The account's auth token: it signs the calls, and texts are sent with it when there is
        /// no `api_key_sid`. Needed, except with that and `signing_key`.
        auth_token: Option<SecretString> = None,
        /// The account's other auth token while you change it: calls may be signed with either.
        second_auth_token: Option<SecretString> = None,
        /// An API key, `SK..`, to send with in place of the auth token.
        api_key_sid: Option<String> = None,
        /// The secret of that key.
        api_key_secret: Option<SecretString> = None,
        /// What signs the calls at a host that has a key of its own for it, as SignalWire.
        signing_key: Option<SecretString> = None,
        /// The header with the signature; at SignalWire `X-SignalWire-Signature`.
        signature_header: String = "X-Twilio-Signature".to_owned(),
        /// The id of a shared key for signatures, when you gave one to Twilio.
        shared_key_id: Option<String> = None,
        /// That shared key.
        shared_key: Option<SecretString> = None,
        /// The `MG..` of the messaging service to send through, if your numbers belong to one.
        messaging_service_sid: Option<String> = None,
        /// Who answers STOP, START and HELP: `carrier`, or `us` (Riverline) when you had that
        /// switched off there.
        opt_out_replies: OptOutReplies = OptOutReplies::Carrier,
    }
}

settings! {
    /// An account at Vonage, formerly Nexmo.
    pub struct VonageGateway {
        /// Your short name for it, for example `vonage`. Needed, and never changed later.
        id: String = String::new(),
        /// The secret in the path of its calls; make one with `openssl rand -hex 16`. Needed.
        secret: Option<SecretString> = None,
        /// Which of the carrier's APIs the account uses for texts: `messages` or `sms`.
        api: String = "messages".to_owned(),
        /// The API's address; when not set, the carrier's.
        base_url: Option<Url> = None,
        /// The account's API key. Needed.
        api_key: Option<SecretString> = None,
        /// The secret of that key. Needed.
        api_secret: Option<SecretString> = None,
        /// What its calls are signed with, from the carrier's dashboard; for the `sms` API its
        /// support switches signatures on. Needed.
        signature_secret: Option<SecretString> = None,
        /// How calls of the `sms` API are signed, as the dashboard says: `md5hash`, `md5`, `sha1`,
        /// `sha256` or `sha512`.
        signature_method: String = "sha256".to_owned(),
        /// Who answers STOP, START and HELP: `us` (Riverline), or `carrier` when you let Vonage
        /// do it.
        opt_out_replies: OptOutReplies = OptOutReplies::Us,
    }
}

/// The documented file lists every setting once, whichever kinds have it.
fn add_missing(fields: &mut Vec<Field>, shape: Shape) {
    let Shape::Table(own) = shape else { return };
    for field in own {
        if fields.iter().all(|known| known.name != field.name) {
            fields.push(field);
        }
    }
}
