//! Texts with placeholders, rendered for one connection and one message.

use base64::Engine as _;
use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Clone, Debug)]
enum Part {
    Literal(Vec<u8>),
    Own,
    To,
    Text,
    TextLength,
    Sequence,
    Slot,
    Uuid,
    Variable(usize),
    Base64(Template),
}

/// A text with placeholders: `{i}` own number, `{to}` the receiver's, `{text}`, `{len}` of the text,
/// `{seq}`, `{slot}`, `{uuid}` (version 7), `{var:NAME}`, `{b64:...}` (Base64 of a template).
#[derive(Clone, Debug, Default)]
pub struct Template(Vec<Part>);

/// What placeholders stand for.
pub struct Values<'a> {
    /// The connection's own number.
    pub own: usize,
    /// The receiver's number.
    pub to: usize,
    /// The message's number in this run.
    pub sequence: u64,
    /// Its place among those that may be under way (signals carry no text).
    pub slot: u64,
    /// The message's text.
    pub text: &'a [u8],
    /// What was captured on this connection.
    pub variables: &'a [Vec<u8>],
}

thread_local! {
    static RANDOM: Cell<u64> = const { Cell::new(0x9E37_79B9_7F4A_7C15) };
}

/// The next number of a xorshift generator: for masks, ids and shuffling, not for secrets.
pub fn random() -> u64 {
    RANDOM.with(|state| {
        let mut x = state.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    })
}

/// Starts the random numbers somewhere else in every run: message ids must not repeat.
pub fn seed_random() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(1, |now| now.as_nanos() as u64);
    RANDOM.with(|state| state.set((nanos ^ (u64::from(std::process::id()) << 40)) | 1));
}

fn push_number(out: &mut Vec<u8>, number: u64) {
    push_padded(out, number, 1);
}

/// Appends a number with leading zeros.
pub fn push_padded(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    while number > 0 {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&digits[first.min(digits.len() - width)..]);
}

fn push_uuid_v7(out: &mut Vec<u8>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = now.map_or(0, |now| now.as_millis() as u64);
    let high = (millis << 16) | 0x7000 | (random() & 0xfff);
    let low = (random() & !(3 << 62)) | (2 << 62);
    let text = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    );
    out.extend_from_slice(text.as_bytes());
}

/// Characters below 256 are single bytes, so that templates can hold binary protocols.
pub fn latin1(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u8::try_from(u32::from(character)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

impl Template {
    /// Reads a template; names of new variables are added to `variables`.
    pub fn parse(text: &str, variables: &mut Vec<String>) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut literal = String::new();
        while let Some(start) = rest.find('{') {
            let (before, tail) = rest.split_at(start);
            literal.push_str(before);
            match placeholder(tail, variables) {
                Some((part, length)) => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(latin1(&std::mem::take(&mut literal))));
                    }
                    parts.push(part);
                    rest = &tail[length..];
                }
                None => {
                    literal.push('{');
                    rest = &tail[1..];
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(latin1(&literal)));
        }
        Self(parts)
    }

    /// Appends the text with its placeholders filled in.
    pub fn render(&self, values: &Values<'_>, out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::Own => push_number(out, values.own as u64),
                Part::To => push_number(out, values.to as u64),
                Part::Text => out.extend_from_slice(values.text),
                Part::TextLength => push_number(out, values.text.len() as u64),
                Part::Sequence => push_number(out, values.sequence),
                Part::Slot => push_number(out, values.slot),
                Part::Uuid => push_uuid_v7(out),
                Part::Variable(index) => {
                    out.extend_from_slice(values.variables.get(*index).map_or(b"", Vec::as_slice));
                }
                Part::Base64(inner) => {
                    let mut bytes = Vec::new();
                    inner.render(values, &mut bytes);
                    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
                    out.extend_from_slice(text.as_bytes());
                }
            }
        }
    }
}

/// The number of a variable; new ones get the next.
pub fn variable(name: &str, variables: &mut Vec<String>) -> usize {
    match variables.iter().position(|known| known == name) {
        Some(index) => index,
        None => {
            variables.push(name.to_owned());
            variables.len() - 1
        }
    }
}

/// The placeholder that `text` begins with, and its length; JSON's own braces are none.
fn placeholder(text: &str, variables: &mut Vec<String>) -> Option<(Part, usize)> {
    let mut depth = 0_usize;
    let end = text.char_indices().find_map(|(at, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let name = &text[1..end];
    let part = match name {
        "i" => Part::Own,
        "to" => Part::To,
        "text" => Part::Text,
        "len" => Part::TextLength,
        "seq" => Part::Sequence,
        "slot" => Part::Slot,
        "uuid" => Part::Uuid,
        _ => {
            if let Some(name) = name.strip_prefix("var:") {
                Part::Variable(variable(name, variables))
            } else {
                let inner = name.strip_prefix("b64:")?;
                Part::Base64(Template::parse(inner, variables))
            }
        }
    };
    Some((part, end + 1))
}
