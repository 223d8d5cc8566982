//! What goes to a panel: frames wait in one short line that the connection itself empties.
//!
//! The connection takes small pieces, so that its write buffer never grows; what is shared between
//! panels stays shared until its bytes are on their way.

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{BufMut as _, Bytes, BytesMut};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Bytes that may wait here before the panel's own queue has to hold what follows.
const ROOM: usize = 16 * 1024;
/// The connection is given at most so many bytes at once. Its buffer takes up to two of them and
/// keeps the memory that they once filled, so twice this stays with every idle panel.
pub const PIECE: usize = 2 * 1024;
/// The longest head of a frame.
const HEAD: usize = 10;
/// Room for so many frames is kept while none waits.
const KEPT_FRAMES: usize = 8;

/// The panel's end of the line.
pub struct Outbound {
    line: Rc<RefCell<Line>>,
}

/// The connection's end of the line: the body of the answer to the upgrade.
pub struct OutboundBody {
    line: Rc<RefCell<Line>>,
}

/// Nobody takes any more: the connection is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone;

#[derive(Default)]
struct Line {
    frames: VecDeque<(u8, Bytes)>,
    /// What is left of a frame whose head is on its way.
    rest: Bytes,
    waiting: usize,
    ended: bool,
    gone: bool,
    panel: Option<Waker>,
    connection: Option<Waker>,
}

/// A line of its own for one panel.
pub fn line() -> (Outbound, OutboundBody) {
    let line = Rc::new(RefCell::new(Line::default()));
    let body = OutboundBody {
        line: Rc::clone(&line),
    };
    (Outbound { line }, body)
}

impl Outbound {
    /// Whether a frame can be added without waiting.
    pub fn has_room(&self) -> bool {
        self.line.borrow().waiting < ROOM
    }

    /// Adds a text frame.
    pub fn text(&self, text: Bytes) -> Result<(), Gone> {
        self.add(TEXT, text)
    }

    /// Pings.
    pub fn ping(&self) -> Result<(), Gone> {
        self.add(PING, Bytes::new())
    }

    /// Answers a ping.
    pub fn pong(&self, bytes: Bytes) -> Result<(), Gone> {
        self.add(PONG, bytes)
    }

    fn add(&self, opcode: u8, body: Bytes) -> Result<(), Gone> {
        let mut line = self.line.borrow_mut();
        if line.gone {
            return Err(Gone);
        }
        line.push(opcode, body);
        Ok(())
    }

    /// Waits until a frame can be added.
    pub async fn room(&self) -> Result<(), Gone> {
        poll_fn(|cx| {
            let mut line = self.line.borrow_mut();
            if line.gone {
                return Poll::Ready(Err(Gone));
            }
            if line.waiting < ROOM {
                return Poll::Ready(Ok(()));
            }
            line.panel = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Ends the line with a close frame, after everything that waits in it.
    pub fn close(self, code: u16, reason: &str) {
        let mut body = BytesMut::with_capacity(2 + reason.len());
        body.put_u16(code);
        body.put_slice(reason.as_bytes());
        self.line.borrow_mut().push(CLOSE, body.freeze());
    }

    /// Ends the line with a close frame and drops what waits in it.
    pub fn cut(self, code: u16) {
        {
            let mut line = self.line.borrow_mut();
            // A frame whose head is out has to be finished, or the close could not be read.
            line.waiting = line.rest.len();
            line.frames.clear();
        }
        self.close(code, "");
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        let mut line = self.line.borrow_mut();
        line.ended = true;
        line.wake_connection();
    }
}

impl Line {
    fn push(&mut self, opcode: u8, body: Bytes) {
        self.waiting += HEAD + body.len();
        self.frames.push_back((opcode, body));
        self.wake_connection();
    }

    fn wake_connection(&mut self) {
        if let Some(waker) = self.connection.take() {
            waker.wake();
        }
    }

    /// The next bytes for the connection: several small frames, or a piece of a large one.
    fn piece(&mut self) -> Option<Bytes> {
        if !self.rest.is_empty() {
            let piece = self.rest.split_to(self.rest.len().min(PIECE));
            self.waiting -= piece.len();
            return Some(piece);
        }
        let mut piece = BytesMut::with_capacity(self.waiting.min(PIECE));
        while let Some((opcode, body)) = self.frames.pop_front() {
            self.waiting -= HEAD;
            head(&mut piece, opcode, body.len());
            if piece.len() + body.len() > PIECE {
                self.rest = body;
                break;
            }
            self.waiting -= body.len();
            piece.put_slice(&body);
            let next = self.frames.front().map_or(0, |(_, body)| HEAD + body.len());
            if piece.len() + next > PIECE {
                break;
            }
        }
        if self.frames.is_empty() && self.frames.capacity() > KEPT_FRAMES {
            self.frames = VecDeque::new();
        }
        (!piece.is_empty()).then(|| piece.freeze())
    }
}

/// The head of a frame from a server: whole, not masked.
fn head(piece: &mut BytesMut, opcode: u8, body_bytes: usize) {
    piece.put_u8(0x80 | opcode);
    match (u8::try_from(body_bytes), u16::try_from(body_bytes)) {
        (Ok(short @ ..=125), _) => piece.put_u8(short),
        (_, Ok(medium)) => {
            piece.put_u8(126);
            piece.put_u16(medium);
        }
        _ => {
            piece.put_u8(127);
            piece.put_u64(body_bytes as u64);
        }
    }
}

impl MessageBody for OutboundBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let mut line = self.line.borrow_mut();
        if let Some(piece) = line.piece() {
            if line.waiting < ROOM
                && let Some(panel) = line.panel.take()
            {
                panel.wake();
            }
            return Poll::Ready(Some(Ok(piece)));
        }
        if line.ended {
            return Poll::Ready(None);
        }
        line.connection = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for OutboundBody {
    fn drop(&mut self) {
        let mut line = self.line.borrow_mut();
        line.gone = true;
        line.frames = VecDeque::new();
        line.rest = Bytes::new();
        if let Some(panel) = line.panel.take() {
            panel.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame is added, or the connection takes a piece.
    #[derive(Debug, Clone)]
    enum Step {
        Add(u8, Vec<u8>),
        Take,
    }

    fn step() -> impl Strategy<Value = Step> {
        let short = prop::collection::vec(any::<u8>(), 0..130);
        let medium = (PIECE - 20..PIECE + 20).prop_map(|bytes| vec![b'm'; bytes]);
        let long = (0xfff0..0x1_0010_usize).prop_map(|bytes| vec![b'l'; bytes]);
        let body = prop_oneof![6 => short, 2 => medium, 1 => long];
        let opcode = prop_oneof![Just(TEXT), Just(PING), Just(PONG)];
        prop_oneof![3 => (opcode, body).prop_map(|(opcode, body)| Step::Add(opcode, body)),
                    2 => Just(Step::Take)]
    }

    /// The next piece; nothing while the line waits or when it has ended.
    fn take(body: &mut OutboundBody) -> Option<Bytes> {
        match Pin::new(body).poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Ok(piece))) => Some(piece),
            Poll::Ready(None) | Poll::Pending => None,
        }
    }

    fn parsed(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let mut frames = Vec::new();
        while let [first, short, rest @ ..] = bytes {
            assert_eq!(first & 0xf0, 0x80, "whole, nothing reserved");
            let (length, rest) = match short {
                126 => {
                    let (length, rest) = rest.split_first_chunk().unwrap();
                    (usize::from(u16::from_be_bytes(*length)), rest)
                }
                127 => {
                    let (length, rest) = rest.split_first_chunk().unwrap();
                    (u64::from_be_bytes(*length).try_into().unwrap(), rest)
                }
                short => (usize::from(*short), rest),
            };
            let (body, rest) = rest.split_at_checked(length).expect("all of the frame");
            frames.push((first & 0x0f, body.to_vec()));
            bytes = rest;
        }
        assert!(bytes.is_empty(), "half a head at the end");
        frames
    }

    /// Plays the steps and lets the line end; returns what was added and what came out.
    fn played(steps: Vec<Step>, end: impl FnOnce(Outbound)) -> [Vec<(u8, Vec<u8>)>; 2] {
        let (outbound, mut body) = line();
        let (mut added, mut out) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Add(opcode, bytes) => {
                    outbound.add(opcode, bytes.clone().into()).unwrap();
                    added.push((opcode, bytes));
                }
                Step::Take => out.extend(take(&mut body)),
            }
        }
        end(outbound);
        while let Some(piece) = take(&mut body) {
            out.push(piece);
        }
        assert!(out.iter().all(|piece| (1..=PIECE).contains(&piece.len())));
        assert_eq!(body.line.borrow().waiting, 0);
        [added, parsed(&out.concat())]
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(steps in prop::collection::vec(step(), 0..40)) {
            let [mut added, out] = played(steps, |outbound| outbound.close(1012, "why"));
            added.push((CLOSE, b"\x03\xf4why".to_vec()));
            prop_assert_eq!(out, added);
        }

        #[test]
        fn a_cut_breaks_no_frame(steps in prop::collection::vec(step(), 0..40)) {
            let [added, mut out] = played(steps, |outbound| outbound.cut(4008));
            prop_assert_eq!(out.pop(), Some((CLOSE, b"\x0f\xa8".to_vec())));
            prop_assert!(added.starts_with(&out));
        }
    }

    #[test]
    fn a_cut_drops_what_waits() {
        let many = vec![Step::Add(TEXT, vec![b'x'; PIECE]); 10];
        let taken = [many, vec![Step::Take; 2]].concat();
        let [_, out] = played(taken, |outbound| outbound.cut(4008));
        assert_eq!(out.len(), 2, "the one that has begun, and the close");
    }

    #[test]
    fn a_line_that_nobody_takes_from_is_gone() {
        let (outbound, body) = line();
        drop(body);
        assert_eq!(outbound.ping(), Err(Gone));
    }
}
