//! What is said over the connections: the steps of a handshake, messages out and in.

use super::{Client, State, plain_values};
use crate::frame;
use crate::mark;
use crate::net::now_ns;
use crate::protocol::{Protocol, Step};
use crate::template::{Template, Values};
use crate::traffic::Pattern;
use std::rc::Rc;

impl Client {
    const fn message_opcode(protocol: &Protocol) -> u8 {
        if protocol.binary {
            frame::BINARY
        } else {
            frame::TEXT
        }
    }

    fn send_rendered(&mut self, index: usize, template: &Template, opcode: u8) {
        self.scratch.clear();
        let variables = &self.connections[index].variables;
        template.render(&plain_values(index, variables), &mut self.scratch);
        self.send_frame(index, opcode);
    }

    /// Sends what the handshake may send now; the connection is up when no step is left.
    pub(super) fn run_steps(&mut self, index: usize) {
        let protocol = Rc::clone(&self.protocol);
        while self.connections[index].state == State::Greeting {
            let connection = &mut self.connections[index];
            match protocol.step(connection.step, connection.returning, connection.subscriber) {
                Some(Step::Expect(_)) => return,
                Some(Step::Send(template)) => {
                    connection.step += 1;
                    self.send_rendered(index, template, Self::message_opcode(&protocol));
                }
                None => {
                    connection.state = State::Up;
                    connection.up_at = now_ns();
                    self.under_way -= 1;
                }
            }
        }
    }

    pub(super) fn take_message(&mut self, index: usize, payload: &[u8]) {
        let protocol = Rc::clone(&self.protocol);
        let replies = protocol.auto_reply.iter();
        if let Some((_, answer)) = replies
            .into_iter()
            .find(|(prefix, _)| payload.starts_with(prefix))
        {
            self.send_rendered(index, answer, Self::message_opcode(&protocol));
        }
        for capture in &protocol.captures {
            if let Some(value) = between(payload, &capture.after, &capture.until) {
                let variable = &mut self.connections[index].variables[capture.variable];
                variable.clear();
                variable.extend_from_slice(value);
            }
        }
        if self.connections[index].state == State::Greeting {
            self.greet(index, payload, &protocol);
        }
        self.count(index, payload, &protocol);
    }

    fn greet(&mut self, index: usize, payload: &[u8], protocol: &Protocol) {
        let connection = &self.connections[index];
        let returning = connection.returning;
        let refused = |list: &[Vec<u8>]| list.iter().any(|text| contains(payload, text));
        if refused(&protocol.reject) || (returning && refused(&protocol.resume_reject)) {
            let text = String::from_utf8_lossy(&payload[..payload.len().min(300)]).into_owned();
            self.fail(index, &format!("refused: {text}"));
            return;
        }
        let step = protocol.step(connection.step, returning, connection.subscriber);
        if let Some(Step::Expect(text)) = step
            && contains(payload, text)
        {
            self.connections[index].step += 1;
            self.run_steps(index);
        }
    }

    fn count(&mut self, index: usize, payload: &[u8], protocol: &Protocol) {
        if self.traffic.sent() == 0 {
            return;
        }
        if matches!(self.traffic.pattern(), Pattern::Signal(_)) {
            if let Some(slot) = number_after(payload, &protocol.signal_slot_after) {
                self.traffic.receive_signal(index, slot);
            }
            return;
        }
        if let Some(text) = &protocol.delivery
            && !contains(payload, text)
        {
            return;
        }
        let traffic = &mut self.traffic;
        let unfinished = &mut self.connections[index].unfinished;
        if !protocol.stream {
            mark::scan(payload, |marked| traffic.receive(index, marked));
        } else if unfinished.is_empty() {
            let rest = mark::scan(payload, |marked| traffic.receive(index, marked));
            unfinished.extend_from_slice(&payload[rest..]);
        } else {
            unfinished.extend_from_slice(payload);
            let rest = mark::scan(unfinished, |marked| traffic.receive(index, marked));
            unfinished.drain(..rest);
        }
    }

    /// Sends one message that was due at `due`; false when the connection is not up.
    pub fn send(&mut self, template: &Template, from: usize, to: usize, due: u64) -> bool {
        self.send_sized(template, from, to, due, None)
    }

    /// The same, the text filled up so that the frame's payload has exactly so many bytes.
    pub fn send_sized(
        &mut self,
        template: &Template,
        from: usize,
        to: usize,
        due: u64,
        frame_bytes: Option<usize>,
    ) -> bool {
        if self.connections[from].state != State::Up {
            return false;
        }
        let (sequence, slot) = self.traffic.send(due);
        let mut values = Values {
            own: from,
            to,
            sequence,
            slot,
            text: b"",
            variables: &self.connections[from].variables,
        };
        self.scratch.clear();
        let text_bytes = match frame_bytes {
            None => self.text_bytes,
            Some(bytes) => {
                template.render(&values, &mut self.scratch);
                bytes.saturating_sub(self.scratch.len())
            }
        };
        let marked = mark::Marked { to, sequence, due };
        mark::write(&mut self.text, marked, text_bytes);
        values.text = &self.text;
        self.scratch.clear();
        template.render(&values, &mut self.scratch);
        let opcode = Self::message_opcode(&self.protocol);
        self.send_frame(from, opcode);
        true
    }
}

fn contains(data: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(data, text).is_some()
}

fn between<'a>(data: &'a [u8], after: &[u8], until: &[u8]) -> Option<&'a [u8]> {
    let start = memchr::memmem::find(data, after)? + after.len();
    let length = memchr::memmem::find(&data[start..], until)?;
    Some(&data[start..start + length])
}

fn number_after(data: &[u8], text: &[u8]) -> Option<usize> {
    let start = memchr::memmem::find(data, text)? + text.len();
    let digits = data[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let mut number = None;
    for digit in digits {
        number = Some(number.unwrap_or(0) * 10 + usize::from(digit - b'0'));
    }
    number
}
