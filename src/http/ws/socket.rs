//! One panel: its hello, then one loop over its frames, its events and the clock.

use super::Handshake;
use super::close::{End, NOT_OURS, TOKEN, TOO_SLOW};
use super::frames::{ClientFrame, Referenced, ServerFrame};
use super::hello::{Welcomed, hello};
use super::inbound::{Heard, Inbound};
use super::outbound::Outbound;
use crate::domain::access::{Actor, SignedIn};
use crate::domain::ids::MessageId;
use crate::fanout::{Joined, Outgoing, PanelQueue, Seat};
use crate::flows::admit_text::When;
use crate::flows::{FlowError, authenticate, mark_read, presence, send_message};
use crate::http::AppState;
use crate::http::problem::ApiError;
use actix_web::web::{self, Bytes};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Frames of one panel that may be worked on at once; more, and it is not read on.
const MOST_AT_WORK: usize = 16;
/// How long a panel that is to go waits for the answers to what it asked.
const LAST_ANSWERS: Duration = Duration::from_secs(8);
/// The token could not be looked up: when to look again.
const LOOK_AGAIN_MS: u64 = 1_000;

/// How the socket ends; with nothing when the peer has gone.
type Ended = Option<End>;

/// What a frame asked for; the frame that answers it, if one does.
type Work = Pin<Box<dyn Future<Output = Option<String>>>>;

/// Serves one socket to its end.
pub(super) async fn serve(
    handshake: Handshake,
    address: IpAddr,
    mut inbound: Inbound,
    outbound: Outbound,
) {
    let state = handshake.state.clone();
    // In boxes, so that an idle panel does not carry the space that its hello took.
    let greeted = Box::pin(hello(&state, address, &mut inbound, &outbound)).await;
    drop(handshake);
    let end = match greeted {
        Ok(welcomed) => {
            inbound.allow(state.limits.frame_bytes);
            let ended = Box::pin(run(&state, welcomed, &mut inbound, &outbound)).await;
            ended.err().flatten()
        }
        Err(end) => end,
    };
    match end {
        Some(end) if end.code == TOO_SLOW => outbound.cut(end.code),
        Some(end) => outbound.close(end.code, end.reason.as_deref().unwrap_or_default()),
        None => {}
    }
}

/// Welcomes a panel and serves it.
async fn run(
    state: &web::Data<AppState>,
    welcomed: Welcomed,
    inbound: &mut Inbound,
    outbound: &Outbound,
) -> Result<(), Ended> {
    let Welcomed { who, token, joined } = welcomed;
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
        outbound,
        who,
        token: token.into_boxed_str(),
        seat,
        at_work: FuturesUnordered::new(),
    };
    let cursor = cursor.to_string();
    let welcome = ServerFrame::Welcome {
        member_id: &panel.who.member_id,
        cursor,
        resumed,
    };
    let welcome = welcome.text().into();
    let opening = [welcome].into_iter().chain(missed).chain([presence]);
    Box::pin(panel.tell_all(opening)).await?;
    let ended = panel.live(&mut queue, inbound).await;
    if let Err(Some(end)) = &ended
        && end.answers_first()
    {
        let _ = timeout(LAST_ANSWERS, Box::pin(panel.answer_the_rest())).await;
    }
    ended
}

/// A signed-in panel.
struct Panel<'a> {
    state: &'a web::Data<AppState>,
    outbound: &'a Outbound,
    who: SignedIn,
    token: Box<str>,
    seat: Seat,
    at_work: FuturesUnordered<Work>,
}

impl Panel<'_> {
    /// The loop: whatever comes first of events, answers, frames and the clock.
    async fn live(&mut self, queue: &mut PanelQueue, inbound: &mut Inbound) -> Result<(), Ended> {
        let ping_every = Duration::from_secs(self.state.limits.ping_s);
        let mut ping_at = Instant::now() + ping_every;
        let mut timer = pin!(tokio::time::sleep_until(self.next_look(queue, ping_at)));
        loop {
            tokio::select! {
                outgoing = queue.next() => {
                    // All that waits goes out in one turn of the loop.
                    let mut next = Some(outgoing);
                    while let Some(outgoing) = next {
                        match outgoing {
                            Outgoing::Frame(frame) => self.tell(frame.into_bytes()).await?,
                            Outgoing::Close(close) => return Err(Some(End::of(close))),
                        }
                        next = queue.take();
                    }
                }
                Some(answer) = self.at_work.next() => {
                    if let Some(answer) = answer {
                        self.tell(answer.into()).await?;
                    }
                }
                heard = inbound.next(), if self.at_work.len() < MOST_AT_WORK => {
                    self.heard(heard?)?;
                }
                () = timer.as_mut() => {
                    if Instant::now() >= ping_at {
                        self.check_on_peer(inbound)?;
                        ping_at = Instant::now() + ping_every;
                    }
                    let again = Box::pin(self.check_token(queue)).await?;
                    let next = again.unwrap_or_else(|| self.next_look(queue, ping_at));
                    timer.as_mut().reset(next);
                }
            }
        }
    }

    /// When to ping or to look at the token, whichever is earlier.
    fn next_look(&self, queue: &PanelQueue, ping_at: Instant) -> Instant {
        let left_ms = queue.expires_at().0 - self.state.ctx.clock.now().0;
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        ping_at.min(Instant::now() + left)
    }

    /// Ends sockets whose peer is silent, and pings the others.
    fn check_on_peer(&self, inbound: &Inbound) -> Result<(), Ended> {
        if inbound.last_heard().elapsed() > Duration::from_secs(self.state.limits.silence_s) {
            return Err(None);
        }
        if self.outbound.has_room() {
            self.outbound.ping().map_err(|_| None)?;
        }
        Ok(())
    }

    /// Ends sockets whose token has ended; the renewal may have gone to another node.
    ///
    /// Returns when to look again if that cannot be found out now.
    async fn check_token(&self, queue: &PanelQueue) -> Result<Option<Instant>, Ended> {
        let ctx = &self.state.ctx;
        if queue.expires_at() > ctx.clock.now() {
            return Ok(None);
        }
        match authenticate::panel(ctx, &self.token).await {
            Ok(found) => {
                let member = &found.who.member_id;
                ctx.fanout.renewed(member, &found.token, found.expires_at);
                Ok(None)
            }
            Err(FlowError::TokenInvalid) => Err(Some(End::of_code(TOKEN))),
            Err(_) => Ok(Some(Instant::now() + Duration::from_millis(LOOK_AGAIN_MS))),
        }
    }

    async fn tell_all(
        &self,
        frames: impl Iterator<Item = bytestring::ByteString>,
    ) -> Result<(), Ended> {
        for frame in frames {
            self.tell(frame.into_bytes()).await?;
        }
        Ok(())
    }

    async fn tell(&self, frame: Bytes) -> Result<(), Ended> {
        if !self.outbound.has_room() {
            Box::pin(self.wait_for_room()).await?;
        }
        self.outbound.text(frame).map_err(|_| None)
    }

    async fn wait_for_room(&self) -> Result<(), Ended> {
        let patience = Duration::from_secs(self.state.limits.send_timeout_s);
        match timeout(patience, self.outbound.room()).await {
            Ok(room) => room.map_err(|_| None),
            Err(_) => Err(Some(End::of_code(TOO_SLOW))),
        }
    }

    /// What was accepted is answered before the goodbye: it may have been committed.
    async fn answer_the_rest(&mut self) -> Result<(), Ended> {
        while let Some(answer) = self.at_work.next().await {
            if let Some(answer) = answer {
                self.tell(answer.into()).await?;
            }
        }
        Ok(())
    }

    fn heard(&mut self, heard: Heard) -> Result<(), Ended> {
        match heard {
            Heard::Text(text) => self.read(&text),
            Heard::Ping(bytes) if self.outbound.has_room() => {
                self.outbound.pong(bytes).map_err(|_| None)
            }
            // Whoever does not take what was sent gets no answers on top.
            Heard::Ping(_) | Heard::Pong => Ok(()),
            Heard::Binary => Err(Some(End::of_code(NOT_OURS))),
            Heard::Close(code) => Err(Some(End::goodbye(code))),
        }
    }

    fn read(&mut self, text: &str) -> Result<(), Ended> {
        let frame = match serde_json::from_str(text) {
            Ok(frame) => frame,
            Err(error) => return self.unreadable(text, &error),
        };
        let ctx = std::sync::Arc::clone(&self.state.ctx);
        let who = self.who.clone();
        match frame {
            ClientFrame::Hello { .. } => return Err(Some(End::of_code(NOT_OURS))),
            // Sends of one panel reach the writer in the order of their frames.
            ClientFrame::Send {
                reference,
                conversation_id,
                message_id,
                text,
                send_at,
                despite_quiet_hours,
            } => {
                let new = send_message::NewMessage {
                    conversation_id,
                    message_id,
                    text,
                    when: When {
                        send_at,
                        despite_quiet_hours,
                    },
                };
                self.work(async move {
                    let sent = send_message::send(&ctx, &Actor::Member(who), new).await;
                    Some(answer(&reference, sent))
                });
            }
            ClientFrame::Typing { conversation_id } => self.work(async move {
                let done = presence::typing(&ctx, &who, conversation_id).await;
                complaint(done)
            }),
            ClientFrame::Read {
                conversation_id,
                message_id,
            } => self.work(async move {
                let done = match MessageId::parse_any(&message_id) {
                    Ok(id) => mark_read::mark_read(&ctx, &who, conversation_id, id).await,
                    Err(_) => Err(FlowError::MessageNotFound),
                };
                complaint(done)
            }),
            ClientFrame::Presence { state } => self.seat.activity(state),
            ClientFrame::Ping {} => self.say(ServerFrame::Pong {}.text()),
        }
        Ok(())
    }

    fn work(&self, work: impl Future<Output = Option<String>> + 'static) {
        self.at_work.push(Box::pin(work));
    }

    /// Says something after the answers that are ready already.
    fn say(&self, text: String) {
        self.work(std::future::ready(Some(text)));
    }

    /// A frame that names a `ref` is answered; anything else is not our protocol.
    fn unreadable(&self, text: &str, error: &serde_json::Error) -> Result<(), Ended> {
        let Ok(referenced) = serde_json::from_str::<Referenced>(text) else {
            return Err(Some(End::of_code(NOT_OURS)));
        };
        self.say(refusal(
            Some(&referenced.reference),
            ApiError::from_serde(error),
        ));
        Ok(())
    }
}

fn answer(reference: &str, sent: Result<send_message::SentMessage, FlowError>) -> String {
    match sent {
        Ok(sent) => ServerFrame::Ok {
            reference,
            message_id: sent.message.id,
            cursor: sent.cursor.map(|cursor| cursor.to_string()),
        }
        .text(),
        Err(error) => refusal(Some(reference), error.into()),
    }
}

fn complaint(done: Result<(), FlowError>) -> Option<String> {
    done.err().map(|error| refusal(None, error.into()))
}

fn refusal(reference: Option<&str>, error: ApiError) -> String {
    ServerFrame::Error {
        reference,
        problem: error.problem(),
    }
    .text()
}
