//! A stand-in Twilio: it keeps every text in a ledger, signs its calls, and fails as told.

pub mod api;
mod faults;

pub use faults::{Fault, Request};

use super::wire::{self, Answer, Head, value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha1::Sha1;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The account.
pub const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Its auth token.
pub const TOKEN: &str = "tw-token-5f1c0c8b";
/// The secret in the path of its calls.
pub const SECRET: &str = "fedcba9876543210fedcba9876543210";
/// What a picture is.
pub const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

/// A text in the ledger.
#[derive(Clone, Debug)]
pub struct Text {
    /// Its id.
    pub sid: String,
    /// `inbound` or `outbound-api`.
    pub direction: &'static str,
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// The text.
    pub body: String,
    /// As Twilio says.
    pub status: String,
    /// Why it failed.
    pub error_code: Option<u32>,
    /// Where receipts go.
    pub callback: Option<String>,
    /// The messaging service it was sent through.
    pub service: Option<String>,
    /// Ids of its pictures.
    pub pictures: Vec<String>,
    /// When, in milliseconds since 1970.
    pub created_ms: i64,
}

#[derive(Default)]
struct Account {
    texts: Vec<Text>,
    faults: VecDeque<Fault>,
    /// What happens to the sends of a text, by its words.
    scripts: HashMap<String, VecDeque<Fault>>,
    requests: Vec<Request>,
    /// How a text is in the list, where it is otherwise than Twilio has it.
    row: Option<fn(&Text) -> Value>,
    /// Every request for a file, and whether the account's sign-in came along.
    files: Vec<bool>,
}

struct Shared {
    account: Mutex<Account>,
    released: Notify,
    files_url: String,
}

/// A stand-in Twilio; gone when dropped.
pub struct Twilio {
    /// The API's address.
    pub url: String,
    shared: Arc<Shared>,
    api: Mutex<Option<JoinHandle<()>>>,
    files: JoinHandle<()>,
    http: reqwest::Client,
}

impl Drop for Twilio {
    fn drop(&mut self) {
        self.api.lock().unwrap().iter().for_each(JoinHandle::abort);
        self.files.abort();
    }
}

/// Answers every connection, one task for each.
async fn serve_all(api: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = api.accept().await.unwrap();
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

impl Twilio {
    /// Starts one, and the host of its files.
    pub async fn start() -> Self {
        let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let files = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", api.local_addr().unwrap());
        let shared = Arc::new(Shared {
            account: Mutex::default(),
            released: Notify::new(),
            files_url: format!("http://{}", files.local_addr().unwrap()),
        });
        let for_files = Arc::clone(&shared);
        let serve_files = async move {
            loop {
                let (stream, _) = files.accept().await.unwrap();
                serve_file(stream, &for_files).await;
            }
        };
        Self {
            url,
            api: Mutex::new(Some(tokio::spawn(serve_all(api, Arc::clone(&shared))))),
            files: tokio::spawn(serve_files),
            shared,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.shared.account.lock().unwrap()
    }

    /// The configuration of a gateway `tw` at this Twilio with one number of ours.
    pub fn settings(&self, number: &str) -> String {
        format!(
            "[[gateways]]\nid = \"tw\"\nkind = \"twilio\"\nsecret = \"{SECRET}\"\n\
             base_url = \"{}\"\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\n\
             [[numbers]]\nid = \"twilio\"\nnumber = \"{number}\"\ngateway = \"tw\"\n",
            self.url
        )
    }

    /// What happens to the next sends, one after another.
    pub fn fail(&self, faults: &[Fault]) {
        self.account().faults.extend(faults);
    }

    /// What happens to the sends of the text with these words, one after another.
    pub fn script(&self, body: &str, faults: &[Fault]) {
        let faults = faults.iter().copied().collect();
        self.account().scripts.insert(body.to_owned(), faults);
    }

    /// Every send that came, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.account().requests.clone()
    }

    /// Whether the text with these words has come, taken or not.
    pub fn has_seen(&self, body: &str) -> bool {
        let account = self.account();
        account.requests.iter().any(|request| request.body == body)
    }

    /// Nobody listens at its address any more.
    pub async fn leave(&self) {
        let api = self.api.lock().unwrap().take().unwrap();
        api.abort();
        let _ = api.await;
    }

    /// Listens again at the address that it left.
    pub async fn come_back(&self) {
        let address = self.url.strip_prefix("http://").unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let api = tokio::spawn(serve_all(listener, Arc::clone(&self.shared)));
        *self.api.lock().unwrap() = Some(api);
    }

    /// The list has its texts in a form of its own.
    pub fn list_as(&self, row: fn(&Text) -> Value) {
        self.account().row = Some(row);
    }

    /// Lets go of what hangs.
    pub fn release(&self) {
        self.shared.released.notify_waiters();
    }

    /// What became of the text with these words, as the list has it.
    pub fn settle(&self, body: &str, status: &str) {
        let mut account = self.account();
        let texts = account.texts.iter_mut().filter(|text| text.body == body);
        texts.for_each(|text| status.clone_into(&mut text.status));
    }

    /// Every text that was taken or came in, oldest first.
    pub fn ledger(&self) -> Vec<Text> {
        self.account().texts.clone()
    }

    /// The texts of the ledger from a place on.
    pub fn ledger_from(&self, place: usize) -> Vec<Text> {
        self.account().texts[place..].to_vec()
    }

    /// For every request for a file, whether the account's sign-in came along.
    pub fn file_requests(&self) -> Vec<bool> {
        self.account().files.clone()
    }

    /// A text comes in and is kept; nobody is called.
    pub fn take_in(&self, from: &str, to: &str, body: &str, pictures: usize) -> Text {
        let mut account = self.account();
        let mut text = new_text(&account, "inbound", from, to, body);
        text.status = "received".to_owned();
        text.pictures = (0..pictures).map(|n| format!("ME{n:032x}")).collect();
        account.texts.push(text.clone());
        text
    }

    /// The parameters of the call for a text that came in.
    pub fn inbound(&self, text: &Text) -> Vec<(String, String)> {
        let mut pairs = vec![
            ("ToCountry", "US".to_owned()),
            ("SmsMessageSid", text.sid.clone()),
            ("NumMedia", text.pictures.len().to_string()),
            ("SmsSid", text.sid.clone()),
            ("SmsStatus", "received".to_owned()),
            ("Body", text.body.clone()),
            ("FromCity", String::new()),
            ("To", text.to.clone()),
            ("NumSegments", "1".to_owned()),
            ("MessageSid", text.sid.clone()),
            ("AccountSid", ACCOUNT.to_owned()),
            ("From", text.from.clone()),
            ("ApiVersion", "2010-04-01".to_owned()),
        ];
        let names: Vec<_> = (0..text.pictures.len())
            .map(|n| (format!("MediaUrl{n}"), format!("MediaContentType{n}")))
            .collect();
        for ((url, content_type), sid) in names.iter().zip(&text.pictures) {
            let messages = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages", self.url);
            pairs.push((url, format!("{messages}/{}/Media/{sid}", text.sid)));
            pairs.push((content_type, "image/png".to_owned()));
        }
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// A call with the account's signature.
    pub fn call(&self, url: &str, pairs: &[(String, String)]) -> reqwest::RequestBuilder {
        let signature = sign(TOKEN, url, pairs);
        let request = self.http.post(url).form(pairs);
        request.header("X-Twilio-Signature", signature)
    }

    /// A receipt for a text of ours; the HTTP status of the answer.
    pub async fn receipt(&self, text: &Text, status: &str, code: Option<u32>) -> u16 {
        let answer = self.receipt_call(text, status, code).send().await;
        answer.unwrap().status().as_u16()
    }

    /// The call with a receipt for a text of ours.
    pub fn receipt_call(
        &self,
        text: &Text,
        status: &str,
        code: Option<u32>,
    ) -> reqwest::RequestBuilder {
        let mut pairs = vec![
            ("ApiVersion", "2010-04-01"),
            ("MessageStatus", status),
            ("SmsStatus", status),
            ("SmsSid", &text.sid),
            ("MessageSid", &text.sid),
            ("AccountSid", ACCOUNT),
            ("From", &text.from),
            ("To", &text.to),
        ];
        let code = code.map(|code| code.to_string());
        pairs.extend(code.as_deref().map(|code| ("ErrorCode", code)));
        let pairs: Vec<_> = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        self.call(text.callback.as_deref().unwrap(), &pairs)
    }
}

/// Signs as Twilio's documentation says.
pub fn sign(token: &str, url: &str, pairs: &[(String, String)]) -> String {
    let distinct: BTreeSet<_> = pairs.iter().collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    for (name, value) in distinct {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

fn new_text(account: &Account, direction: &'static str, from: &str, to: &str, body: &str) -> Text {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Text {
        sid: format!("SM{:032x}", account.texts.len() + 1),
        direction,
        from: from.to_owned(),
        to: to.to_owned(),
        body: body.to_owned(),
        status: "queued".to_owned(),
        error_code: None,
        callback: None,
        service: None,
        pictures: Vec::new(),
        created_ms: i64::try_from(now.as_millis()).unwrap(),
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(head) = wire::read_head(&mut stream).await else {
        return;
    };
    let is_send = head.method == "POST" && head.path.ends_with("/Messages.json");
    let next = match is_send {
        true => shared.account.lock().unwrap().faults.pop_front(),
        false => None,
    };
    if next.is_some_and(Fault::is_before_the_body) {
        return faults::end_before(stream, next, &shared).await;
    }
    let Some(body) = wire::read_body(&mut stream, &head).await else {
        return;
    };
    let fault = match is_send {
        true => shared.received(&body, next),
        false => None,
    };
    if fault.is_some_and(Fault::is_before_the_body) {
        return faults::end_before(stream, fault, &shared).await;
    }
    let answer = shared.answer(&head, &body, fault);
    if faults::end_after(&mut stream, fault, &shared).await {
        return wire::reset(stream);
    }
    wire::write(&mut stream, &answer).await;
}

async fn serve_file(mut stream: TcpStream, shared: &Shared) {
    if let Some(head) = wire::read_head(&mut stream).await {
        let signed_in = head.header("authorization").is_some();
        shared.account.lock().unwrap().files.push(signed_in);
        wire::write(&mut stream, &Answer::raw(200, "image/png", PICTURE)).await;
    }
}

impl Shared {
    fn answer(&self, head: &Head, body: &str, fault: Option<Fault>) -> Answer {
        if head.sign_in() != Some((ACCOUNT.to_owned(), TOKEN.to_owned())) {
            return api::refusal(401, 20003, "Authenticate");
        }
        let Some(path) = head
            .path
            .strip_prefix(&format!("/2010-04-01/Accounts/{ACCOUNT}/"))
        else {
            return api::refusal(404, 20404, "The requested resource was not found");
        };
        if head.method == "POST" && path == "Messages.json" {
            return self.send(&wire::pairs(body), fault);
        }
        let account = self.account.lock().unwrap();
        let find = |sid: &str| account.texts.iter().find(|text| text.sid == sid);
        let parts: Vec<_> = path.split('/').collect();
        let found = match (head.method.as_str(), parts.as_slice()) {
            ("GET", ["Messages.json"]) => {
                let row = account.row.unwrap_or(api::message);
                Some(api::page(&account.texts, row, &head.path, &head.query))
            }
            ("GET", ["Messages", sid, "Media.json"]) => find(sid).map(api::media),
            ("GET", ["Messages", sid, "Media", medium]) => find(sid).map(|_| Answer {
                status: 307,
                headers: format!("Location: {}/{medium}\r\n", self.files_url),
                body: Vec::new(),
            }),
            ("GET", ["Messages", name]) => {
                let sid = name.strip_suffix(".json").unwrap_or(name);
                find(sid).map(|text| Answer::json(200, &api::message(text)))
            }
            _ => None,
        };
        found.unwrap_or_else(|| api::refusal(404, 20404, "The requested resource was not found"))
    }

    fn send(&self, form: &[(String, String)], fault: Option<Fault>) -> Answer {
        match fault {
            Some(Fault::Busy) => return api::busy(0),
            Some(Fault::BusyFor(seconds)) => return api::busy(seconds),
            Some(Fault::Refuse(code)) => return api::refusal(400, code, "Refused"),
            Some(Fault::NoCode) => {
                return Answer::json(400, &serde_json::json!({"message": "Bad Request"}));
            }
            Some(Fault::SignIn) => return api::refusal(401, 20003, "Authenticate"),
            Some(Fault::ErrorBefore) => return api::refusal(500, 20500, "An internal error"),
            _ => {}
        }
        if let Some(mistake) = api::mistake(form) {
            return mistake;
        }
        let mut account = self.account.lock().unwrap();
        let field = |name: &str| value(form, name).map(str::to_owned);
        let [from, to, body] = ["From", "To", "Body"].map(|name| field(name).unwrap_or_default());
        let mut text = new_text(&account, "outbound-api", &from, &to, &body);
        text.callback = field("StatusCallback");
        text.service = field("MessagingServiceSid");
        if text.service.is_some() {
            text.status = "accepted".to_owned();
        }
        account.texts.push(text.clone());
        let mut message = api::message(&text);
        match fault {
            Some(Fault::ErrorAfter) => api::refusal(500, 20500, "An internal error"),
            Some(Fault::BadJson) => Answer::raw(201, "application/json", b"{\"sid\": \"SM"),
            Some(Fault::Html) => Answer::raw(200, "text/html", b"<html>hello</html>"),
            Some(Fault::NoId) => Answer::json(201, &serde_json::json!({"status": "queued"})),
            Some(Fault::SameId) => {
                let first = account.texts.first();
                message["sid"] = first.map(|first| first.sid.clone()).into();
                Answer::json(201, &message)
            }
            _ => Answer::json(201, &message),
        }
    }
}
