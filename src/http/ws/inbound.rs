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
