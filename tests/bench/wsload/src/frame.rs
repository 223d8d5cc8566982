//! Frames of RFC 6455, as a client writes and reads them, and its upgrade request.

use crate::template::random;
use base64::Engine as _;

/// More of the same message.
pub const CONTINUATION: u8 = 0;
/// A text message.
pub const TEXT: u8 = 1;
/// A binary message.
pub const BINARY: u8 = 2;
/// The end.
pub const CLOSE: u8 = 8;
/// Are you there?
pub const PING: u8 = 9;
/// Yes.
pub const PONG: u8 = 10;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// A frame of the server, which is never masked.
pub struct Frame<'a> {
    /// The last one of its message.
    pub last: bool,
    /// What it is.
    pub opcode: u8,
    /// Its content.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first frame in `data` and its length there; `None` while it is not complete.
    pub fn read(data: &'a [u8]) -> Option<(Self, usize)> {
        let (first, second) = (*data.first()?, *data.get(1)?);
        let (length, header): (usize, usize) = match second & 0x7f {
            126 => (
                u16::from_be_bytes(data.get(2..4)?.try_into().ok()?) as usize,
                4,
            ),
            127 => (
                u64::from_be_bytes(data.get(2..10)?.try_into().ok()?) as usize,
                10,
            ),
            short => (short as usize, 2),
        };
        let payload = data.get(header..header.checked_add(length)?)?;
        let frame = Self {
            last: first & FINAL != 0,
            opcode: first & 0x0f,
            payload,
        };
        Some((frame, header + length))
    }
}

/// Appends one masked frame.
pub fn write(out: &mut Vec<u8>, opcode: u8, payload: &[u8], mask: u32) {
    out.push(FINAL | opcode);
    match payload.len() {
        length @ 0..126 => out.push(MASKED | length as u8),
        length @ 126..65_536 => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    let mask = mask.to_ne_bytes();
    out.extend_from_slice(&mask);
    let start = out.len();
    out.extend_from_slice(payload);
    for (byte, mask) in out[start..].iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// What follows the path in the upgrade request.
pub fn upgrade_headers(port: u16, subprotocol: Option<&str>) -> String {
    let key = [random().to_le_bytes(), random().to_le_bytes()].concat();
    let key = base64::engine::general_purpose::STANDARD.encode(key);
    let subprotocol = subprotocol.map_or_else(String::new, |name| {
        format!("Sec-WebSocket-Protocol: {name}\r\n")
    });
    format!(
        " HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{subprotocol}\r\n"
    )
}
