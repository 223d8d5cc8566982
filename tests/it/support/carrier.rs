//! What stand-in carriers do alike: each keeps every text in a ledger, has pictures, and fails as told.

use super::wire::{self, Answer, Head};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The secret in the path of the carrier's calls.
pub const SECRET: &str = "89abcdef0123456789abcdef01234567";
/// What a picture is.
pub const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

/// What happens to the next send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429, to come back after so many seconds; not taken.
    Busy(u32),
    /// Refused with this code; not taken.
    Refuse(u32),
    /// Refused without a code; not taken.
    RefuseBarely,
    /// Our sign-in is refused; not taken.
    SignIn,
    /// 500; not taken.
    ErrorBefore,
    /// 500, and taken.
    ErrorAfter,
    /// Taken, and the answer does not come until [`StandIn::release`].
    HangAfter,
    /// Not read until [`StandIn::release`], and then cut.
    HangBefore,
    /// The connection is reset before the body was read.
    ResetBefore,
    /// The connection is reset after the text was taken.
    ResetAfter,
    /// The head of the answer is there, and then the connection is reset; taken.
    ResetAfterHead,
    /// Taken, and the answer is not JSON.
    BadJson,
    /// Taken, and the answer names no text.
    NoId,
    /// Taken, and a proxy in between says it in HTML.
    Html,
    /// All parts but the last are taken; that is refused with this code.
    RefuseLast(u32),
}

/// A text of ours in the ledger.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// Its ids, one for each part at a carrier that counts them.
    pub ids: Vec<String>,
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// The text.
    pub body: String,
    /// Where receipts go.
    pub callback: Option<String>,
}

/// When a call is signed, and by whom.
#[derive(Clone, Copy)]
pub struct Stamp {
    /// In seconds since 1970.
    pub at_s: i64,
    /// By somebody else.
    pub forged: bool,
}

impl Stamp {
    /// Now, or so many seconds from now.
    pub fn now(offset_s: i64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self {
            at_s: i64::try_from(now.as_secs()).unwrap() + offset_s,
            forged: false,
        }
    }
}

/// A signed call of a carrier.
#[derive(Clone)]
pub struct Call {
    /// Its content type and its signature, where that is in a header.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// How one carrier speaks.
pub trait Api: Send + Sync + 'static {
    /// The configuration of a gateway `there` at this carrier with one number of ours, `there`.
    fn settings(&self, url: &str, number: &str) -> String;

    /// Its words for a text that is on its way, was delivered, and was not.
    fn words(&self) -> [&'static str; 3];

    /// Whether a request hands a text over.
    fn is_send(&self, head: &Head) -> bool;

    /// The text of a request, the so-many-th; what the carrier says of its mistake otherwise.
    fn read(&self, head: &Head, body: &str, nth: usize) -> Result<Text, Answer>;

    /// What it says of a text that it has taken; without its id if so wished.
    fn taken(&self, text: &Text, with_id: bool) -> Answer;

    /// What it says of a text of which it has not taken the last part.
    fn taken_in_part(&self, _text: &Text, _code: u32) -> Answer {
        panic!("it takes texts whole");
    }

    /// What it says when it is asked to fail.
    fn no(&self, fault: Fault) -> Answer;

    /// A text came in.
    fn inbound(
        &self,
        id: &str,
        ends: [&str; 2],
        text: &str,
        picture: Option<&str>,
        stamp: Stamp,
    ) -> Call;

    /// What became of a text of ours, or of one part of it.
    fn receipt(
        &self,
        text: &Text,
        part: usize,
        status: &str,
        code: Option<&str>,
        stamp: Stamp,
    ) -> Call;
}

#[derive(Default)]
struct Account {
    texts: Vec<Text>,
    faults: VecDeque<Fault>,
    files: Vec<bool>,
}

struct Shared {
    api: Box<dyn Api>,
    account: Mutex<Account>,
    released: Notify,
}

/// A stand-in carrier; gone when dropped.
pub struct StandIn {
    /// The API's address.
    pub url: String,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
    http: reqwest::Client,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl StandIn {
    /// Starts one.
    pub async fn start(api: Box<dyn Api>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let shared = Arc::new(Shared {
            api,
            account: Mutex::default(),
            released: Notify::new(),
        });
        let serving = Arc::clone(&shared);
        let listener = tokio::spawn(async move {
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self {
            url,
            shared,
            listener,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.shared.account.lock().unwrap()
    }

    /// How it speaks.
    pub fn api(&self) -> &dyn Api {
        self.shared.api.as_ref()
    }

    /// What happens to the next sends, one after another.
    pub fn fail(&self, faults: &[Fault]) {
        self.account().faults.extend(faults);
    }

    /// Lets go of what hangs.
    pub fn release(&self) {
        self.shared.released.notify_waiters();
    }

    /// Every text that was taken, oldest first.
    pub fn ledger(&self) -> Vec<Text> {
        self.account().texts.clone()
    }

    /// For every request for a picture, whether a sign-in came along.
    pub fn picture_requests(&self) -> Vec<bool> {
        self.account().files.clone()
    }

    /// Makes a call; the HTTP status of the answer.
    pub async fn call(&self, url: &str, call: &Call) -> u16 {
        let mut request = self.http.post(url).body(call.body.clone());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        request.send().await.unwrap().status().as_u16()
    }

    /// A receipt for a text of ours; the HTTP status of the answer.
    pub async fn receipt(&self, text: &Text, part: usize, status: &str, code: Option<&str>) -> u16 {
        let call = self.api().receipt(text, part, status, code, Stamp::now(0));
        self.call(text.callback.as_deref().unwrap(), &call).await
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(head) = wire::read_head(&mut stream).await else {
        return;
    };
    if head.method == "GET" {
        return wire::write(&mut stream, &shared.file(&head)).await;
    }
    let is_send = shared.api.is_send(&head);
    let fault = match is_send {
        true => shared.account.lock().unwrap().faults.pop_front(),
        false => None,
    };
    match fault {
        Some(Fault::ResetBefore) => return wire::reset(stream),
        Some(Fault::HangBefore) => {
            shared.released.notified().await;
            return wire::reset(stream);
        }
        _ => {}
    }
    let Some(body) = wire::read_body(&mut stream, &head).await else {
        return;
    };
    let answer = match is_send {
        true => shared.send(&head, &body, fault),
        false => Answer::raw(404, "text/plain", b"nothing here"),
    };
    match fault {
        Some(Fault::ResetAfter) => wire::reset(stream),
        Some(Fault::ResetAfterHead) => {
            wire::write_head(&mut stream, &answer).await;
            wire::reset(stream);
        }
        Some(Fault::HangAfter) => {
            shared.released.notified().await;
            wire::reset(stream);
        }
        _ => wire::write(&mut stream, &answer).await,
    }
}

impl Shared {
    fn send(&self, head: &Head, body: &str, fault: Option<Fault>) -> Answer {
        if let Some(
            no @ (Fault::Busy(_)
            | Fault::Refuse(_)
            | Fault::RefuseBarely
            | Fault::SignIn
            | Fault::ErrorBefore),
        ) = fault
        {
            return self.api.no(no);
        }
        let mut account = self.account.lock().unwrap();
        let text = match self.api.read(head, body, account.texts.len() + 1) {
            Ok(text) => text,
            Err(mistake) => return mistake,
        };
        account.texts.push(text.clone());
        match fault {
            Some(Fault::ErrorAfter) => self.api.no(Fault::ErrorBefore),
            Some(Fault::BadJson) => {
                Answer::raw(200, "application/json", b"{\"data\": {\"id\": \"4")
            }
            Some(Fault::Html) => Answer::raw(200, "text/html", b"<html>hello</html>"),
            Some(Fault::RefuseLast(code)) => self.api.taken_in_part(&text, code),
            other => self.api.taken(&text, other != Some(Fault::NoId)),
        }
    }

    /// `moved` is elsewhere here, `away` at another's host, all else is a picture.
    fn file(&self, head: &Head) -> Answer {
        let signed_in = head.header("authorization").is_some();
        self.account.lock().unwrap().files.push(signed_in);
        let to = |to: &str| Answer {
            status: 302,
            headers: format!("Location: {to}\r\n"),
            body: Vec::new(),
        };
        match head.path.as_str() {
            "/files/moved" => to("/files/picture"),
            "/files/away" => to("https://example.com/picture"),
            _ => Answer::raw(200, "image/png", PICTURE),
        }
    }
}
