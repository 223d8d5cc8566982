//! A carrier that is a page: the contact's phone for demos and tests.
//!
//! It behaves like a carrier: it calls back over HTTP, repeats until it hears 2xx, and can fail,
//! delay, double and reorder its receipts on demand.

use super::{
    Callback, CallbackError, CallbackKind, Capabilities, InboundText, ListError, Listed, News,
    Outbound, Outcome, Picture, Receipt, Rejection, RejectionClass, SmsGateway, Specimen, TextList,
    Verified, Wanted,
};
use crate::domain::clock::{Clock, Entropy, Timestamp};
use crate::domain::ids::{GatewayId, MessageId};
use crate::domain::message::MessageState;
use crate::domain::phone::{Peer, PhoneError};
use crate::domain::picture::PictureProblem;
use crate::domain::token;
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The longest text, in characters: ten parts of GSM-7.
const MAX_CHARS: usize = 1_600;
/// Texts the phone remembers.
const KEPT: usize = 500;
/// How often a callback is repeated before the simulator gives up, like Twilio's most.
const CALLBACK_TRIES: u32 = 60;
const CALLBACK_PAUSE: Duration = Duration::from_millis(500);

/// How the simulated network treats texts to the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Receipts `sent`, then `delivered`.
    Deliver,
    /// The receipt says that it could not be delivered; pictures from the phone are not given.
    Fail,
    /// The carrier refuses the text at once.
    Refuse,
    /// Receipts come after `delay_ms`.
    Delay,
    /// Every receipt comes twice.
    Double,
    /// `delivered` comes before `sent`.
    Reorder,
    /// The carrier takes the text and its answer is lost.
    Lose,
    /// The carrier never calls, not even for texts from the phone; its list has them all.
    Silent,
}

/// What the phone's page sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// How texts are treated.
    pub mode: Mode,
    /// For `delay`, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
}

/// One text on the phone.
#[derive(Debug, Clone, Serialize)]
pub struct PhoneText {
    /// The simulator's id of it.
    pub id: String,
    /// `to_phone` or `from_phone`.
    pub direction: &'static str,
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// The text.
    pub text: String,
    /// When.
    pub at: Timestamp,
    #[serde(skip)]
    ends: Option<MessageState>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InboundCall {
    id: String,
    from: String,
    to: String,
    text: String,
    /// Each is its own address: `hex:` and the bytes.
    #[serde(default)]
    pictures: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptCall {
    status: ReceiptStatus,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReceiptStatus {
    Sent,
    Delivered,
    Failed,
}

/// The simulated carrier and the phone behind it.
pub struct Simulator {
    id: GatewayId,
    secret: SecretString,
    base: OnceLock<String>,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    phone: Mutex<Phone>,
}

struct Phone {
    texts: Vec<PhoneText>,
    behaviour: Behaviour,
}

impl Simulator {
    /// A simulator, with a fresh secret unless one is given; it calls back once [`Self::call_back_to`] was called.
    pub fn new(
        id: GatewayId,
        secret: Option<SecretString>,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Arc<Self> {
        let behaviour = Behaviour {
            mode: Mode::Deliver,
            delay_ms: 0,
        };
        Arc::new(Self {
            id,
            secret: secret.unwrap_or_else(|| token::mint("", entropy.as_ref()).into()),
            base: OnceLock::new(),
            http,
            clock,
            entropy,
            phone: Mutex::new(Phone {
                texts: Vec::new(),
                behaviour,
            }),
        })
    }

    /// Where the service answers, for example `http://127.0.0.1:8080`.
    pub fn call_back_to(&self, base: &str) {
        // A second address would be a second service; the first one stays.
        let _ = self.base.set(base.trim_end_matches('/').to_owned());
    }

    fn phone(&self) -> MutexGuard<'_, Phone> {
        self.phone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, text: PhoneText) {
        let mut phone = self.phone();
        phone.texts.push(text);
        let surplus = phone.texts.len().saturating_sub(KEPT);
        phone.texts.drain(..surplus);
    }

    fn new_id(&self) -> String {
        format!("sim-{}", self.entropy.uuid_v7(self.clock.now()))
    }

    /// What the phone shows, oldest first.
    pub fn texts(&self) -> Vec<PhoneText> {
        self.phone().texts.clone()
    }

    /// How texts are treated now.
    pub fn behaviour(&self) -> Behaviour {
        self.phone().behaviour
    }

    /// Changes how texts are treated from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.phone().behaviour = behaviour;
    }

    /// The phone texts one of our numbers, with pictures by their addresses (`hex:` and the
    /// bytes); returns the simulator's id of the text.
    pub fn text_from_phone(
        &self,
        from: &str,
        to: &str,
        text: &str,
        pictures: Vec<String>,
    ) -> Result<String, PhoneError> {
        let from = Peer::parse(from)?.as_str().to_owned();
        let id = self.new_id();
        let (to, text) = (to.to_owned(), text.to_owned());
        self.keep(PhoneText {
            id: id.clone(),
            direction: "from_phone",
            from: from.clone(),
            to: to.clone(),
            text: text.clone(),
            at: self.clock.now(),
            ends: None,
        });
        if self.behaviour().mode == Mode::Silent {
            return Ok(id);
        }
        let Some(base) = self.base.get() else {
            return Ok(id);
        };
        let url = super::callback_url(base, self, &CallbackKind::Inbound);
        self.spawn_calls(
            url,
            vec![InboundCall {
                id: id.clone(),
                from,
                to,
                text,
                pictures,
            }],
        );
        Ok(id)
    }

    /// Makes calls one after another, each repeated until it is answered with 2xx.
    fn spawn_calls<T: Serialize + Send + Sync + 'static>(&self, url: SecretString, calls: Vec<T>) {
        let http = self.http.clone();
        let behaviour = self.behaviour();
        tokio::spawn(async move {
            if behaviour.mode == Mode::Delay {
                tokio::time::sleep(Duration::from_millis(behaviour.delay_ms)).await;
            }
            for call in calls {
                call_until_taken(&http, url.expose_secret(), &call).await;
            }
        });
    }

    fn receipts(mode: Mode) -> Vec<ReceiptCall> {
        use ReceiptStatus::{Delivered, Failed, Sent};
        let order: &[ReceiptStatus] = match mode {
            Mode::Fail => &[Sent, Failed],
            Mode::Double => &[Sent, Sent, Delivered, Delivered],
            Mode::Reorder => &[Delivered, Sent],
            Mode::Refuse | Mode::Lose | Mode::Silent => &[],
            Mode::Deliver | Mode::Delay => &[Sent, Delivered],
        };
        let reason =
            |status| matches!(status, Failed).then(|| "The phone could not be reached.".to_owned());
        order
            .iter()
            .map(|&status| ReceiptCall {
                status,
                reason: reason(status),
            })
            .collect()
    }
}

async fn call_until_taken<T: Serialize + Sync>(http: &reqwest::Client, url: &str, call: &T) {
    for _ in 0..CALLBACK_TRIES {
        match http.post(url).json(call).send().await {
            Ok(answer) if answer.status().is_success() => return,
            Ok(answer) if answer.status().is_client_error() => {
                log::warn!("the simulator's call was refused: {}", answer.status());
                return;
            }
            _ => tokio::time::sleep(CALLBACK_PAUSE).await,
        }
    }
    log::warn!("the simulator gave up a call that was never answered");
}

#[async_trait]
impl SmsGateway for Simulator {
    fn id(&self) -> &GatewayId {
        &self.id
    }

    fn callback_secret(&self) -> &SecretString {
        &self.secret
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_chars: MAX_CHARS,
            max_parts: None,
            lists: true,
            answers: &[],
        }
    }

    async fn send(&self, text: &Outbound) -> Outcome {
        let mode = self.behaviour().mode;
        if mode == Mode::Refuse {
            return Outcome::Rejected(Rejection {
                class: RejectionClass::Permanent,
                code: None,
                reason: "The carrier refused the text.".to_owned(),
            });
        }
        let id = self.new_id();
        self.keep(PhoneText {
            id: id.clone(),
            direction: "to_phone",
            from: text.from.clone(),
            to: text.to.as_str().to_owned(),
            text: text.text.clone(),
            at: self.clock.now(),
            ends: Some(match mode {
                Mode::Fail => MessageState::Failed,
                _ => MessageState::Delivered,
            }),
        });
        if let Some(base) = self.base.get() {
            // Not `text.status_url`: our public address may be one that this machine cannot reach.
            let url = super::callback_url(base, self, &CallbackKind::Status(text.message_id));
            self.spawn_calls(url, Self::receipts(mode));
        }
        if mode == Mode::Lose {
            let reason = "The carrier did not answer; the text may have been sent.";
            return Outcome::Unknown { reason };
        }
        Outcome::Accepted {
            provider_ids: vec![id],
            parts: None,
        }
    }

    /// The secret in the path is all that the simulator has.
    fn verify<'c>(
        &self,
        call: &'c Callback,
        _now: Timestamp,
    ) -> Result<Verified<'c>, CallbackError> {
        Ok(call.believed())
    }

    async fn list(
        &self,
        own_number: &str,
        since: Timestamp,
        wanted: Wanted,
    ) -> Result<TextList, ListError> {
        let texts = self.texts();
        let since = texts.into_iter().filter(|text| text.at >= since);
        let listed = since.filter_map(|text| listed(text, own_number));
        let is_wanted = |listed: &Listed| match wanted {
            Wanted::Everything => true,
            Wanted::Outbound => matches!(listed, Listed::Outbound { .. }),
        };
        Ok(TextList {
            texts: listed.filter(is_wanted).collect(),
            complete_until: None,
        })
    }

    async fn fetch(&self, picture: &Picture, max_bytes: usize) -> Result<Vec<u8>, PictureProblem> {
        if self.behaviour().mode == Mode::Fail {
            return Err(PictureProblem::NotGiven);
        }
        let hex = picture.url.strip_prefix("hex:");
        let hex = hex.ok_or(PictureProblem::Elsewhere)?;
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes = hex.as_bytes().chunks(2).take(max_bytes + 1).map(byte);
        bytes
            .collect::<Option<Vec<u8>>>()
            .ok_or(PictureProblem::Gone)
    }

    fn specimen(&self, _url: &str, _now: Timestamp) -> Option<Specimen> {
        None
    }

    fn read(&self, call: Verified<'_>) -> Result<Vec<News>, CallbackError> {
        let news = match &call.kind {
            CallbackKind::Inbound => News::Text(read_text(&call.body)?),
            CallbackKind::Status(id) => News::Receipt(read_receipt(*id, &call.body)?),
        };
        Ok(vec![news])
    }
}

/// A text as the list has it, if it is one of a number.
fn listed(text: PhoneText, own_number: &str) -> Option<Listed> {
    match text.ends {
        None if text.to == own_number => Some(Listed::Inbound(InboundText {
            provider_id: text.id,
            from: Peer::parse(&text.from).ok()?,
            to: text.to,
            text: text.text,
            sent_at: None,
            pictures: Vec::new(),
            part: None,
            keyword: None,
        })),
        Some(state) if text.from == own_number => Some(Listed::Outbound {
            from: text.from,
            to: Peer::parse(&text.to).ok()?,
            text: Some(text.text),
            created_at: text.at,
            receipt: Receipt {
                message_id: None,
                provider_id: Some(text.id.clone()),
                state: Some(state),
                of_part: false,
                unknown_status: None,
                code: None,
                reason: None,
                opted_out: false,
            },
            provider_id: text.id,
        }),
        _ => None,
    }
}

fn not_json(_: serde_json::Error) -> CallbackError {
    CallbackError::Malformed("not the simulator's JSON")
}

fn read_text(body: &[u8]) -> Result<InboundText, CallbackError> {
    let text: InboundCall = serde_json::from_slice(body).map_err(not_json)?;
    let from = Peer::parse(&text.from).map_err(|_| CallbackError::Malformed("no sender"))?;
    Ok(InboundText {
        provider_id: text.id,
        from,
        to: text.to,
        text: text.text,
        sent_at: None,
        pictures: text.pictures.into_iter().map(picture).collect(),
        part: None,
        keyword: None,
    })
}

fn picture(url: String) -> Picture {
    Picture {
        url,
        content_type: String::new(),
    }
}

fn read_receipt(message_id: MessageId, body: &[u8]) -> Result<Receipt, CallbackError> {
    let receipt: ReceiptCall = serde_json::from_slice(body).map_err(not_json)?;
    let state = match receipt.status {
        ReceiptStatus::Sent => MessageState::Sent,
        ReceiptStatus::Delivered => MessageState::Delivered,
        ReceiptStatus::Failed => MessageState::Failed,
    };
    Ok(Receipt {
        message_id: Some(message_id),
        provider_id: None,
        state: Some(state),
        of_part: false,
        unknown_status: None,
        code: None,
        reason: receipt.reason,
        opted_out: false,
    })
}
