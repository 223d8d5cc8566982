//! One panel: its hello, then one loop over its frames, its events and the clock.

use super::Handshake;
use super::close::{End, NO_HELLO, NOT_OURS, TOKEN, TOO_MANY, TOO_SLOW};
use super::frames::{ClientFrame, Referenced, ServerFrame, cursor};
use super::rate::FrameRate;
use crate::domain::access::{Actor, SignedIn};
use crate::domain::ids::MessageId;
use crate::fanout::{Joined, Outgoing, PanelQueue, Refused, Seat};
use crate::flows::{FlowError, authenticate, follow_log, mark_read, presence, send_message};
use crate::http::AppState;
use crate::http::problem::ApiError;
use actix_web::http::StatusCode;
use actix_web::{ResponseError as _, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, MessageStream};
use actix_ws::{ProtocolError, Session};
use bytestring::ByteString;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// Sends of one panel that may wait for their commit at once; more, and it is not read on.
const SENDS_IN_FLIGHT: usize = 16;

/// The peer has gone or the socket broke: nothing more can be said.
type Gone = Option<End>;

type SendResult = (String, Result<send_message::SentMessage, FlowError>);
type Sending = Pin<Box<dyn Future<Output = SendResult>>>;

/// Serves one socket to its end.
pub(super) async fn serve(
    handshake: Handshake,
    address: IpAddr,
    mut session: Session,
    stream: MessageStream,
) {
    let state = handshake.state.clone();
    let frame_bytes = state.limits.frame_bytes;
    let mut stream = stream
        .max_frame_size(frame_bytes)
        .aggregate_continuations()
        .max_continuation_size(frame_bytes);
    let end = match hello(&state, address, &mut stream).await {
        Ok((who, joined)) => {
            drop(handshake);
            run(&state, who, joined, &mut session, &mut stream).await
        }
        Err(end) => end,
    };
    if let Some(end) = end {
        let reason = CloseReason {
            code: end.code,
            description: end.reason,
        };
        // Whoever does not read its close either is cut by dropping the session.
        let _ = tokio::time::timeout(send_timeout(&state), session.close(Some(reason))).await;
    }
}

fn send_timeout(state: &AppState) -> Duration {
    Duration::from_secs(state.limits.send_timeout_s)
}

/// Waits for the first frame and seats the panel.
async fn hello(
    state: &web::Data<AppState>,
    address: IpAddr,
    stream: &mut AggregatedMessageStream,
) -> Result<(SignedIn, Joined), Gone> {
    let patience = Duration::from_secs(state.limits.hello_timeout_s);
    let text = match tokio::time::timeout(patience, first_text(stream)).await {
        Err(_) => return Err(Some(End::own(NO_HELLO))),
        Ok(first) => first?,
    };
    if text.len() > state.limits.hello_frame_bytes {
        return Err(Some(End {
            code: CloseCode::Size,
            reason: None,
        }));
    }
    let Ok(ClientFrame::Hello { token, after }) = serde_json::from_str(&text) else {
        return Err(Some(End::own(NOT_OURS)));
    };
    let found = sign_in(state, address, &token).await?;
    let after = cursor(after.as_deref());
    // It may have been told more elsewhere than this node has read so far.
    let position = state.ctx.fanout.position().id;
    if after.is_some_and(|after| after.id > position)
        && let Err(error) = follow_log::catch_up(&state.ctx).await
    {
        log::warn!("the log cannot be read: {error}");
    }
    let member = &found.who.member_id;
    let joined = state
        .ctx
        .fanout
        .join(member, &found.token, found.expires_at, found.choice, after);
    match joined {
        Ok(joined) => Ok((found.who, joined)),
        Err(Refused::TokenEnded) => Err(Some(End::own(TOKEN))),
        Err(Refused::TooManyPanels) => Err(Some(End::retry(CloseCode::Other(TOO_MANY), 30_000))),
        Err(Refused::Stopping) => Err(Some(End::retry(CloseCode::Restart, 1_000))),
    }
}

/// Reads the token of a hello; only wrong ones count against their address.
async fn sign_in(
    state: &AppState,
    address: IpAddr,
    token: &str,
) -> Result<authenticate::PanelSignIn, Gone> {
    match authenticate::panel(&state.ctx, token).await {
        Ok(found) => Ok(found),
        Err(FlowError::TokenInvalid) => {
            let refusal = state.refused(address, FlowError::TokenInvalid);
            Err(Some(match refusal.status_code() {
                StatusCode::TOO_MANY_REQUESTS => End::retry(CloseCode::Other(TOO_MANY), 60_000),
                _ => End::own(TOKEN),
            }))
        }
        Err(_) => Err(Some(End::retry(CloseCode::Restart, 1_000))),
    }
}

async fn first_text(stream: &mut AggregatedMessageStream) -> Result<ByteString, Gone> {
    loop {
        match stream.recv().await {
            Some(Ok(AggregatedMessage::Text(text))) => return Ok(text),
            Some(Ok(AggregatedMessage::Ping(_) | AggregatedMessage::Pong(_))) => {}
            Some(Ok(AggregatedMessage::Binary(_))) => return Err(Some(End::own(NOT_OURS))),
            Some(Ok(AggregatedMessage::Close(_))) | None => return Err(None),
            Some(Err(error)) => return Err(Some(End::protocol(&error))),
        }
    }
}

/// A signed-in panel.
struct Panel<'a> {
    state: &'a web::Data<AppState>,
    who: SignedIn,
    seat: Seat,
    session: &'a mut Session,
    sending: FuturesUnordered<Sending>,
    frames: FrameRate,
    last_heard: Instant,
}

async fn run(
    state: &web::Data<AppState>,
    who: SignedIn,
    joined: Joined,
    session: &mut Session,
    stream: &mut AggregatedMessageStream,
) -> Gone {
    let Joined {
        mut queue,
        resumed,
        cursor,
        missed,
        presence,
        seat,
    } = joined;
    let mut panel = Panel {
        state,
        who,
        seat,
        session,
        sending: FuturesUnordered::new(),
        frames: FrameRate::new(state.limits.frames_per_10s),
        last_heard: Instant::now(),
    };
    let cursor = cursor.to_string();
    let welcome = ServerFrame::Welcome {
        member_id: &panel.who.member_id,
        cursor,
        resumed,
    }
    .text();
    let opening = std::iter::once(welcome.into())
        .chain(missed)
        .chain(std::iter::once(presence));
    for frame in opening {
        if let Err(end) = panel.tell(frame).await {
            return end;
        }
    }
    match panel.live(&mut queue, stream).await {
        Err(end) => end,
        Ok(()) => None,
    }
}

impl Panel<'_> {
    /// The loop: whatever comes first of events, answers, frames and the clock.
    async fn live(
        &mut self,
        queue: &mut PanelQueue,
        stream: &mut AggregatedMessageStream,
    ) -> Result<(), Gone> {
        let mut ping = tokio::time::interval(Duration::from_secs(self.state.limits.ping_s));
        ping.reset();
        loop {
            tokio::select! {
                outgoing = queue.next() => match outgoing {
                    Outgoing::Frame(frame) => self.tell(frame).await?,
                    Outgoing::Close(close) => return Err(Some(End::of(close))),
                },
                Some((reference, result)) = self.sending.next() => {
                    self.answer(&reference, result).await?;
                }
                message = stream.recv(), if self.sending.len() < SENDS_IN_FLIGHT => {
                    self.heard(message).await?;
                }
                _ = ping.tick() => self.check_on_peer(queue).await?,
            }
        }
    }

    async fn tell(&mut self, frame: ByteString) -> Result<(), Gone> {
        match tokio::time::timeout(send_timeout(self.state), self.session.text(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some(End::own(TOO_SLOW))),
        }
    }

    async fn answer(
        &mut self,
        reference: &str,
        result: Result<send_message::SentMessage, FlowError>,
    ) -> Result<(), Gone> {
        let text = match result {
            Ok(sent) => {
                let cursor = sent.cursor.map(|cursor| cursor.to_string());
                ServerFrame::Ok {
                    reference,
                    message_id: sent.message.id,
                    cursor,
                }
                .text()
            }
            Err(error) => refusal(Some(reference), error.into()),
        };
        self.tell(text.into()).await
    }

    /// Pings, and ends sockets whose peer is silent or whose token has ended.
    async fn check_on_peer(&mut self, queue: &PanelQueue) -> Result<(), Gone> {
        if self.last_heard.elapsed() > Duration::from_secs(self.state.limits.silence_s) {
            return Err(None);
        }
        if queue.expires_at() <= self.state.ctx.clock.now() {
            return Err(Some(End::own(TOKEN)));
        }
        match tokio::time::timeout(send_timeout(self.state), self.session.ping(b"")).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some(End::own(TOO_SLOW))),
        }
    }

    async fn heard(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
    ) -> Result<(), Gone> {
        self.last_heard = Instant::now();
        if !self.frames.allows(self.last_heard) {
            return Err(Some(End::retry(CloseCode::Other(TOO_MANY), 10_000)));
        }
        match message {
            Some(Ok(AggregatedMessage::Text(text))) => self.read(&text).await,
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                self.session.pong(&bytes).await.map_err(|_| None)
            }
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
            Some(Ok(AggregatedMessage::Binary(_))) => Err(Some(End::own(NOT_OURS))),
            Some(Ok(AggregatedMessage::Close(_))) | None => Err(None),
            Some(Err(error)) => Err(Some(End::protocol(&error))),
        }
    }

    async fn read(&mut self, text: &str) -> Result<(), Gone> {
        let frame = match serde_json::from_str(text) {
            Ok(frame) => frame,
            Err(error) => return self.unreadable(text, &error).await,
        };
        match frame {
            ClientFrame::Hello { .. } => Err(Some(End::own(NOT_OURS))),
            ClientFrame::Send {
                reference,
                conversation_id,
                message_id,
                text,
            } => {
                let new = send_message::NewMessage {
                    conversation_id,
                    message_id,
                    text,
                };
                self.send(reference, new);
                Ok(())
            }
            ClientFrame::Typing { conversation_id } => {
                let done = presence::typing(&self.state.ctx, &self.who, conversation_id).await;
                self.complain(done).await
            }
            ClientFrame::Read {
                conversation_id,
                message_id,
            } => {
                let done = match MessageId::parse_any(&message_id) {
                    Ok(id) => {
                        mark_read::mark_read(&self.state.ctx, &self.who, conversation_id, id).await
                    }
                    Err(_) => Err(FlowError::MessageNotFound),
                };
                self.complain(done).await
            }
            ClientFrame::Presence { state } => {
                self.seat.activity(state);
                Ok(())
            }
            ClientFrame::Ping {} => self.tell(ServerFrame::Pong {}.text().into()).await,
        }
    }

    /// Starts a send; sends of one panel reach the writer in the order of their frames.
    fn send(&mut self, reference: String, new: send_message::NewMessage) {
        let ctx = std::sync::Arc::clone(&self.state.ctx);
        let actor = Actor::Member(self.who.clone());
        self.sending.push(Box::pin(async move {
            let result = send_message::send(&ctx, &actor, new).await;
            (reference, result)
        }));
    }

    /// A frame that names a `ref` is answered; anything else is not our protocol.
    async fn unreadable(&mut self, text: &str, error: &serde_json::Error) -> Result<(), Gone> {
        let Ok(referenced) = serde_json::from_str::<Referenced>(text) else {
            return Err(Some(End::own(NOT_OURS)));
        };
        let frame = refusal(Some(&referenced.reference), ApiError::from_serde(error));
        self.tell(frame.into()).await
    }

    async fn complain(&mut self, result: Result<(), FlowError>) -> Result<(), Gone> {
        match result {
            Ok(()) => Ok(()),
            Err(error) => self.tell(refusal(None, error.into()).into()).await,
        }
    }
}

fn refusal(reference: Option<&str>, error: ApiError) -> String {
    ServerFrame::Error {
        reference,
        problem: error.problem(),
    }
    .text()
}
