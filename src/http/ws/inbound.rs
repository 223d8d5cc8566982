//! What a panel sends: the frames of RFC 6455, refused by their head before their body is kept.
//!
//! The codec of actix judges a frame's length only when all of it has arrived, keeps every buffer
//! at its peak and hides fragments; a stranger could fill the memory with any of the three.

use super::close::End;
use super::rate::FrameRate;
use actix_web::dev::Payload;
use actix_web::web::{Buf as _, Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::StreamExt as _;
use std::time::Instant;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

const CONTROL: u8 = 0b1000;
const MOST_CONTROL_BYTES: usize = 125;

/// One thing that a panel said.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A whole text, put together from its fragments.
    Text(ByteString),
    /// A whole binary message; no panel of ours sends one.
    Binary,
    /// To be answered with the same bytes.
    Ping(Bytes),
    /// The answer to our ping.
    Pong,
    /// It says goodbye, with a code or without.
    Close(Option<u16>),
}

/// The panel's bytes as messages, within bounds.
pub struct Inbound {
    payload: Payload,
    unread: BytesMut,
    message: Option<Started>,
    most_bytes: usize,
    rate: FrameRate,
    last_heard: Instant,
}

/// A message whose last fragment has not come.
struct Started {
    is_text: bool,
    bytes: BytesMut,
}

struct Head {
    last: bool,
    opcode: u8,
    mask: [u8; 4],
    head_bytes: usize,
    body_bytes: usize,
}

impl Inbound {
    /// Messages of at most so many bytes, at the pace that `rate` allows.
    pub fn new(payload: Payload, most_bytes: usize, rate: FrameRate) -> Self {
        Self {
            payload,
            unread: BytesMut::new(),
            message: None,
            most_bytes,
            rate,
            last_heard: Instant::now(),
        }
    }

    /// From now on messages may have so many bytes.
    pub fn allow(&mut self, most_bytes: usize) {
        self.most_bytes = most_bytes;
    }

    /// When the last frame of any kind came.
    pub fn last_heard(&self) -> Instant {
        self.last_heard
    }

    /// The next message; safe to be dropped while it waits.
    ///
    /// Fails with how the socket has to end, or with nothing when the peer has gone. Every frame
    /// counts, fragments and control frames too.
    pub async fn next(&mut self) -> Result<Heard, Option<End>> {
        loop {
            if let Some(heard) = self.read()? {
                return Ok(heard);
            }
            self.let_go();
            match self.payload.next().await {
                Some(Ok(bytes)) if self.unread.is_empty() => self.unread = BytesMut::from(bytes),
                Some(Ok(bytes)) => self.unread.extend_from_slice(&bytes),
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// What is left of a read must not keep all of it in memory.
    fn let_go(&mut self) {
        self.unread = BytesMut::from(&self.unread[..]);
    }

    fn read(&mut self) -> Result<Option<Heard>, End> {
        while let Some(head) = head(&self.unread)? {
            let started = self.message.as_ref().map_or(0, |one| one.bytes.len());
            if head.opcode & CONTROL == 0
                && head.body_bytes > self.most_bytes.saturating_sub(started)
            {
                return Err(End::too_big());
            }
            if self.unread.len() < head.head_bytes + head.body_bytes {
                return Ok(None);
            }
            self.last_heard = Instant::now();
            if !self.rate.allows(self.last_heard) {
                return Err(End::too_many(10_000));
            }
            self.unread.advance(head.head_bytes);
            let mut body = self.unread.split_to(head.body_bytes);
            for (at, byte) in body.iter_mut().enumerate() {
                *byte ^= head.mask[at % head.mask.len()];
            }
            if let Some(heard) = self.take(&head, body)? {
                return Ok(Some(heard));
            }
        }
        Ok(None)
    }

    fn take(&mut self, head: &Head, body: BytesMut) -> Result<Option<Heard>, End> {
        match (head.opcode, self.message.take()) {
            (CONTINUATION, None) | (TEXT | BINARY, Some(_)) => Err(End::framing()),
            (CONTINUATION, Some(mut started)) => {
                started.bytes.extend_from_slice(&body);
                self.or_wait(head.last, started)
            }
            (opcode @ (TEXT | BINARY), None) => {
                let is_text = opcode == TEXT;
                // A fragment is copied, so that it does not keep what came with it.
                let bytes = if head.last {
                    body
                } else {
                    BytesMut::from(&body[..])
                };
                self.or_wait(head.last, Started { is_text, bytes })
            }
            (opcode, started) => {
                self.message = started;
                match opcode {
                    PING => Ok(Some(Heard::Ping(body.freeze()))),
                    PONG => Ok(Some(Heard::Pong)),
                    _ => closing(&body).map(|code| Some(Heard::Close(code))),
                }
            }
        }
    }

    fn or_wait(&mut self, last: bool, started: Started) -> Result<Option<Heard>, End> {
        if !last {
            self.message = Some(started);
            return Ok(None);
        }
        if !started.is_text {
            return Ok(Some(Heard::Binary));
        }
        match ByteString::try_from(started.bytes.freeze()) {
            Ok(text) => Ok(Some(Heard::Text(text))),
            Err(_) => Err(End::not_text()),
        }
    }
}

/// The head of the next frame, if all of it is there.
fn head(bytes: &[u8]) -> Result<Option<Head>, End> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let (last, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    let (masked, short) = (second & 0x80 != 0, usize::from(second & 0x7f));
    let known = matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
    let fit_for_control = last && short <= MOST_CONTROL_BYTES;
    if reserved != 0 || !masked || !known || (opcode & CONTROL != 0 && !fit_for_control) {
        return Err(End::framing());
    }
    let length_bytes = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some((length, rest)) = rest.split_at_checked(length_bytes) else {
        return Ok(None);
    };
    let body_bytes = if length.is_empty() {
        short
    } else {
        let long = length
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        usize::try_from(long).map_err(|_| End::too_big())?
    };
    let Some(mask) = rest.first_chunk() else {
        return Ok(None);
    };
    Ok(Some(Head {
        last,
        opcode,
        mask: *mask,
        head_bytes: 2 + length_bytes + mask.len(),
        body_bytes,
    }))
}

/// The code in a close frame, as RFC 6455, 7.4 allows it.
fn closing(body: &[u8]) -> Result<Option<u16>, End> {
    let [high, low, reason @ ..] = body else {
        return if body.is_empty() {
            Ok(None)
        } else {
            Err(End::framing())
        };
    };
    let code = u16::from_be_bytes([*high, *low]);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(End::framing());
    }
    match std::str::from_utf8(reason) {
        Ok(_) => Ok(Some(code)),
        Err(_) => Err(End::not_text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, stream};
    use proptest::prelude::*;

    const MOST: usize = 300;

    fn inbound(chunks: Vec<Bytes>, most_frames: usize) -> Inbound {
        let payload: Payload = Payload::Stream {
            payload: Box::pin(stream::iter(chunks.into_iter().map(Ok))),
        };
        Inbound::new(payload, MOST, FrameRate::new(most_frames))
    }

    /// What comes of bytes that arrive in these chunks: the messages, and how it ended.
    fn hear(chunks: Vec<Bytes>) -> (Vec<Heard>, Option<End>) {
        let mut inbound = inbound(chunks, usize::MAX);
        let mut heard = Vec::new();
        loop {
            match inbound.next().now_or_never().expect("all bytes are there") {
                Ok(one) => heard.push(one),
                Err(end) => return (heard, end),
            }
        }
    }

    /// The same bytes, cut where `cuts` says.
    fn split(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Bytes> {
        let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        at.windows(2)
            .map(|two| Bytes::copy_from_slice(&bytes[two[0]..two[1]]))
            .collect()
    }

    fn frame(first: u8, mask: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match u8::try_from(body.len()) {
            Ok(short @ ..=125) => bytes.push(0x80 | short),
            _ => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
            }
        }
        bytes.extend(mask);
        bytes.extend(body.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
        bytes
    }

    /// A message as its fragments, each followed by control frames.
    #[derive(Debug, Clone)]
    struct Said {
        is_text: bool,
        text: String,
        cuts: Vec<prop::sample::Index>,
        controls: Vec<(bool, Vec<u8>)>,
        mask: [u8; 4],
    }

    prop_compose! {
        fn said()(
            is_text in any::<bool>(),
            text in "\\PC{0,70}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            controls in prop::collection::vec(
                (any::<bool>(), prop::collection::vec(any::<u8>(), 0..=125)), 0..4),
            mask in any::<[u8; 4]>(),
        ) -> Said {
            Said { is_text, text, cuts, controls, mask }
        }
    }

    impl Said {
        /// Its bytes and what is to be heard of them.
        fn written(&self) -> (Vec<u8>, Vec<Heard>) {
            let (mut bytes, mut heard) = (Vec::new(), Vec::new());
            let parts = split(self.text.as_bytes(), &self.cuts);
            let mut controls = self.controls.iter();
            for (at, part) in parts.iter().enumerate() {
                let opcode = match (at, self.is_text) {
                    (0, true) => TEXT,
                    (0, false) => BINARY,
                    _ => CONTINUATION,
                };
                let is_last = at + 1 == parts.len();
                let last = if is_last { 0x80 } else { 0 };
                bytes.extend(frame(last | opcode, self.mask, part));
                if !is_last && let Some((is_ping, body)) = controls.next() {
                    let opcode = if *is_ping { PING } else { PONG };
                    bytes.extend(frame(0x80 | opcode, self.mask, body));
                    heard.push(if *is_ping {
                        Heard::Ping(Bytes::copy_from_slice(body))
                    } else {
                        Heard::Pong
                    });
                }
            }
            heard.push(if self.is_text {
                Heard::Text(self.text.as_str().into())
            } else {
                Heard::Binary
            });
            (bytes, heard)
        }
    }

    proptest! {
        #[test]
        fn messages_are_heard_however_they_are_cut(
            all in prop::collection::vec(said(), 0..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        ) {
            let (bytes, heard): (Vec<_>, Vec<_>) = all.iter().map(Said::written).unzip();
            let (bytes, heard) = (bytes.concat(), heard.into_iter().flatten().collect());
            prop_assert_eq!(hear(split(&bytes, &cuts)), (heard, None));
        }

        #[test]
        fn any_bytes_end_alike_however_they_are_cut(
            bytes in prop::collection::vec(
                prop_oneof![Just(0x81), Just(0x01), Just(0x80), Just(0x89), 0x80..0x8a_u8, any::<u8>()],
                0..200),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let whole = hear(vec![Bytes::copy_from_slice(&bytes)]);
            prop_assert_eq!(hear(split(&bytes, &cuts)), whole);
        }

        #[test]
        fn a_message_may_have_so_many_bytes_and_not_one_more(
            first in 0..=MOST,
            second in 0..=MOST,
        ) {
            let mut bytes = frame(TEXT, [7; 4], &vec![b'x'; first]);
            // The second body never comes whole: its head alone has to be refused.
            let last = frame(0x80 | CONTINUATION, [7; 4], &vec![b'x'; second]);
            let fits = first + second <= MOST;
            bytes.extend(&last[..if fits { last.len() } else { last.len() - second }]);
            let wanted = if fits {
                (vec![Heard::Text("x".repeat(first + second).into())], None)
            } else {
                (Vec::new(), Some(End::too_big()))
            };
            prop_assert_eq!(hear(vec![bytes.into()]), wanted);
        }
    }

    #[test]
    fn every_frame_counts() {
        for (what, first) in [
            ("fragments", CONTINUATION),
            ("pings", 0x80 | PING),
            ("pongs", 0x80 | PONG),
        ] {
            let mut bytes = frame(TEXT, [0; 4], b"");
            bytes.extend(frame(first, [0; 4], b"").repeat(10));
            let mut inbound = inbound(vec![bytes.into()], 10);
            let end = loop {
                if let Err(end) = inbound.next().now_or_never().unwrap() {
                    break end;
                }
            };
            assert_eq!(end, Some(End::too_many(10_000)), "{what}");
        }
    }
}
