//! How the stand-in fails, and where in an exchange.

use super::Shared;
use super::wire::{self, value};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// What happens to a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with Twilio's 20429; not taken.
    Busy,
    /// The same, with so many seconds to wait.
    BusyFor(u16),
    /// 400 with this code; not taken.
    Refuse(u32),
    /// 401; not taken.
    SignIn,
    /// 500; not taken.
    ErrorBefore,
    /// 500, and taken.
    ErrorAfter,
    /// Taken, and the answer does not come until [`Twilio::release`](super::Twilio::release).
    HangAfter,
    /// Not read until [`Twilio::release`](super::Twilio::release), and then cut.
    HangBefore,
    /// The connection is reset before the body was read.
    ResetBefore,
    /// The connection is reset after the text was taken.
    ResetAfter,
    /// Taken, and the answer is not JSON.
    BadJson,
    /// Taken, and the answer names no text.
    NoId,
    /// Taken, and the answer names the text before it.
    SameId,
    /// Taken, and a proxy in between says it in HTML.
    Html,
    /// 400 in JSON without a code; not taken.
    NoCode,
    /// Taken, and the answer comes at [`Twilio::release`](super::Twilio::release).
    AnswerLater,
    /// Not read until the caller is gone.
    HoldBefore,
    /// Taken, and no answer until the caller is gone.
    HoldAfter,
}

impl Fault {
    /// Whether the stand-in has not read what is to be sent.
    pub(super) fn is_before_the_body(self) -> bool {
        matches!(
            self,
            Self::ResetBefore | Self::HangBefore | Self::HoldBefore
        )
    }

    /// Whether the caller knows for sure that the text was not taken.
    pub fn is_sure(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::BusyFor(_) | Self::Refuse(_) | Self::SignIn | Self::NoCode
        )
    }
}

/// A send that came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Our id of the text, as the address for its receipts has it.
    pub message_id: String,
    /// Its words.
    pub body: String,
    /// What happened to it.
    pub fault: Option<Fault>,
}

impl Shared {
    /// Notes a send; what happens to it, unless that is known.
    pub(super) fn received(&self, form: &str, known: Option<Fault>) -> Option<Fault> {
        let form = wire::pairs(form);
        let field = |name| value(&form, name).unwrap_or_default();
        let (body, callback) = (field("Body").to_owned(), field("StatusCallback"));
        let message_id = callback.rsplit('/').next().unwrap_or_default().to_owned();
        let mut account = self.account.lock().unwrap();
        let script = account.scripts.get_mut(&body);
        let fault = known.or_else(|| script.and_then(|faults| faults.pop_front()));
        account.requests.push(Request {
            message_id,
            body,
            fault,
        });
        fault
    }
}

/// Ends an exchange of which nothing was read.
pub(super) async fn end_before(mut stream: TcpStream, fault: Option<Fault>, shared: &Shared) {
    match fault {
        Some(Fault::HangBefore) => shared.released.notified().await,
        Some(Fault::HoldBefore) => gone(&mut stream).await,
        _ => {}
    }
    wire::reset(stream);
}

/// Waits as a fault says once the text is taken; whether no answer follows.
pub(super) async fn end_after(
    stream: &mut TcpStream,
    fault: Option<Fault>,
    shared: &Shared,
) -> bool {
    match fault {
        Some(Fault::ResetAfter) => true,
        Some(Fault::HangAfter) => {
            shared.released.notified().await;
            true
        }
        Some(Fault::HoldAfter) => {
            gone(stream).await;
            true
        }
        Some(Fault::AnswerLater) => {
            shared.released.notified().await;
            false
        }
        _ => false,
    }
}

/// Waits until the caller has hung up.
async fn gone(stream: &mut TcpStream) {
    let mut rest = [0; 256];
    while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}
