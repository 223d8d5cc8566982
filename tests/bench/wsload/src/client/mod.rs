//! Many WebSocket connections (RFC 6455, no extensions) on one thread.

mod dialogue;

use crate::frame::{self, Frame};
use crate::net::{self, Interest, Poller, Ready, now_ns};
use crate::protocol::Protocol;
use crate::template::{Values, random};
use crate::traffic::Traffic;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::rc::Rc;

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not begun, or ended by us.
    Idle,
    /// TCP.
    Connecting,
    /// The HTTP upgrade is under way.
    Upgrading,
    /// The protocol's own steps.
    Greeting,
    /// Up.
    Up,
    /// Ended by the server or an error.
    Dead,
}

/// One connection and what it remembers.
pub struct Connection {
    stream: Option<TcpStream>,
    generation: u32,
    interest: Interest,
    input: Vec<u8>,
    output: Vec<u8>,
    written: usize,
    step: usize,
    variables: Vec<Vec<u8>>,
    unfinished: Vec<u8>,
    fragments: Vec<u8>,
    subscriber: bool,
    /// How far it is.
    pub state: State,
    /// It comes back: the protocol's `resume` in place of its `handshake`.
    pub returning: bool,
    /// When the last attempt began.
    pub begun_at: u64,
    /// When it was up.
    pub up_at: u64,
}

/// The client: its connections, and the traffic over them.
pub struct Client {
    protocol: Rc<Protocol>,
    port: u16,
    poller: Poller,
    ready: Vec<Ready>,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    text: Vec<u8>,
    /// All of them; a connection's number is its place.
    pub connections: Vec<Connection>,
    /// Begun and not up yet.
    pub under_way: usize,
    /// Ended by the server after they were up.
    pub lost: usize,
    /// The first thing that went wrong.
    pub first_error: Option<String>,
    /// What was sent and what arrived.
    pub traffic: Traffic,
    /// Bytes of a text.
    pub text_bytes: usize,
}

/// Connections from one loopback address; more would run out of ports.
const SOURCES: usize = 8;
const LARGEST_READ: usize = 256 * 1024;
const KEPT_OUTPUT: usize = 64 * 1024;

impl Client {
    /// A client for the server at a port of this machine: it cannot load any other.
    pub fn new(
        protocol: Protocol,
        port: u16,
        slots: usize,
        text_bytes: usize,
    ) -> std::io::Result<Self> {
        Ok(Self {
            protocol: Rc::new(protocol),
            port,
            poller: Poller::new()?,
            ready: Vec::new(),
            buffer: vec![0; LARGEST_READ],
            scratch: Vec::new(),
            text: Vec::new(),
            connections: Vec::new(),
            under_way: 0,
            lost: 0,
            first_error: None,
            traffic: Traffic::new(slots),
            text_bytes,
        })
    }

    /// How to talk to the server.
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// A connection that is not begun yet; returns its number.
    pub fn add(&mut self, subscriber: bool) -> usize {
        self.connections.push(Connection {
            stream: None,
            generation: 0,
            interest: Interest::Read,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
            step: 0,
            variables: vec![Vec::new(); self.protocol.variables],
            unfinished: Vec::new(),
            fragments: Vec::new(),
            subscriber,
            state: State::Idle,
            returning: false,
            begun_at: 0,
            up_at: 0,
        });
        self.connections.len() - 1
    }

    /// Begins to connect.
    pub fn begin(&mut self, index: usize) {
        let last_byte = u8::try_from(index % SOURCES + 1).unwrap_or(1);
        let connection = &mut self.connections[index];
        connection.generation = connection.generation.wrapping_add(1);
        connection.input.clear();
        connection.output.clear();
        connection.written = 0;
        connection.step = 0;
        connection.unfinished.clear();
        connection.fragments.clear();
        connection.interest = Interest::ReadWrite;
        connection.begun_at = now_ns();
        let generation = connection.generation;
        let begun =
            net::connect(Ipv4Addr::new(127, 0, 0, last_byte), self.port).and_then(|stream| {
                self.poller
                    .add(&stream, index, generation, Interest::ReadWrite)?;
                Ok(stream)
            });
        match begun {
            Ok(stream) => {
                connection.stream = Some(stream);
                connection.state = State::Connecting;
                self.under_way += 1;
            }
            Err(error) => {
                connection.state = State::Dead;
                self.first_error
                    .get_or_insert_with(|| format!("connect: {error}"));
            }
        }
    }

    /// Ends a connection without a word.
    pub fn drop_connection(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        connection.stream = None;
        connection.generation = connection.generation.wrapping_add(1);
        if matches!(
            connection.state,
            State::Connecting | State::Upgrading | State::Greeting
        ) {
            self.under_way -= 1;
        }
        connection.state = State::Idle;
    }

    /// Ends a connection that failed.
    pub fn fail(&mut self, index: usize, why: &str) {
        let state = self.connections[index].state;
        self.first_error
            .get_or_insert_with(|| format!("connection {index}, {state:?}: {why}"));
        self.lost += usize::from(state == State::Up);
        self.drop_connection(index);
        self.connections[index].state = State::Dead;
    }

    /// Stops reading a connection, as a browser that hangs does.
    pub fn stop_reading(&mut self, index: usize) {
        self.watch(index, Interest::Broken);
    }

    fn watch(&mut self, index: usize, interest: Interest) {
        let connection = &mut self.connections[index];
        let Some(stream) = &connection.stream else {
            return;
        };
        if connection.interest == interest || connection.interest == Interest::Broken {
            return;
        }
        connection.interest = interest;
        let changed = self
            .poller
            .change(stream, index, connection.generation, interest);
        if let Err(error) = changed {
            self.fail(index, &format!("epoll: {error}"));
        }
    }

    /// Waits at most until `until` and handles what came.
    pub fn poll(&mut self, until: u64) {
        const LONGEST_NS: u64 = 500_000_000;
        let nanos = until.saturating_sub(now_ns()).min(LONGEST_NS);
        let mut ready = std::mem::take(&mut self.ready);
        self.poller.wait(nanos, &mut ready);
        for event in ready.drain(..) {
            let connection = &self.connections[event.index];
            if connection.generation == event.generation && connection.stream.is_some() {
                self.handle(event);
            }
        }
        self.ready = ready;
    }

    /// Handles what comes for so many seconds.
    pub fn poll_for(&mut self, seconds: f64) {
        let until = now_ns() + (seconds * 1e9) as u64;
        while now_ns() < until {
            self.poll(until);
        }
    }

    fn handle(&mut self, event: Ready) {
        let index = event.index;
        if self.connections[index].state == State::Connecting {
            let failed = match &self.connections[index].stream {
                Some(stream) if event.writable => stream.take_error(),
                _ => return,
            };
            match failed {
                Ok(None) => self.upgrade(index),
                Ok(Some(error)) | Err(error) => {
                    self.fail(index, &error.to_string());
                    return;
                }
            }
        } else if event.writable {
            self.flush(index);
        }
        if event.readable {
            self.read(index);
        }
    }

    fn upgrade(&mut self, index: usize) {
        let protocol = Rc::clone(&self.protocol);
        let connection = &mut self.connections[index];
        connection.state = State::Upgrading;
        let path = match &protocol.subscriber_path {
            Some(path) if connection.subscriber => path,
            _ => &protocol.path,
        };
        let mut request = b"GET ".to_vec();
        path.render(&plain_values(index, &connection.variables), &mut request);
        let rest = frame::upgrade_headers(self.port, protocol.subprotocol.as_deref());
        request.extend_from_slice(rest.as_bytes());
        connection.output.extend_from_slice(&request);
        self.flush(index);
    }

    fn flush(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        while connection.written < connection.output.len() {
            let Some(stream) = &mut connection.stream else {
                return;
            };
            match stream.write(&connection.output[connection.written..]) {
                Ok(bytes) => connection.written += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.fail(index, &format!("write: {error}"));
                    return;
                }
            }
        }
        let done = connection.written == connection.output.len();
        if done {
            connection.output.clear();
            connection.output.shrink_to(KEPT_OUTPUT);
            connection.written = 0;
        }
        self.watch(
            index,
            if done {
                Interest::Read
            } else {
                Interest::ReadWrite
            },
        );
    }

    /// Sends `scratch` as one frame.
    fn send_frame(&mut self, index: usize, opcode: u8) {
        let connection = &mut self.connections[index];
        if connection.stream.is_none() {
            return;
        }
        let waits = !connection.output.is_empty();
        frame::write(
            &mut connection.output,
            opcode,
            &self.scratch,
            random() as u32,
        );
        if !waits {
            self.flush(index);
        }
    }

    fn read(&mut self, index: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = match &mut self.connections[index].stream {
            Some(stream) => stream.read(&mut buffer),
            None => Ok(0),
        };
        match result {
            Ok(0) => self.fail(index, "closed by the server"),
            Ok(bytes) => self.take_in(index, &buffer[..bytes]),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => self.fail(index, &format!("read: {error}")),
        }
        self.buffer = buffer;
    }

    fn take_in(&mut self, index: usize, new: &[u8]) {
        let mut input = std::mem::take(&mut self.connections[index].input);
        if input.is_empty() {
            let used = self.parse(index, new);
            input.extend_from_slice(&new[used..]);
        } else {
            input.extend_from_slice(new);
            let used = self.parse(index, &input);
            input.drain(..used);
            if input.is_empty() {
                input = Vec::new();
            }
        }
        if self.connections[index].stream.is_some() {
            self.connections[index].input = input;
        }
    }

    fn parse(&mut self, index: usize, data: &[u8]) -> usize {
        let mut at = 0;
        if self.connections[index].state == State::Upgrading {
            let Some(end) = memchr::memmem::find(data, b"\r\n\r\n") else {
                return 0;
            };
            if !data.starts_with(b"HTTP/1.1 101") {
                let answer = String::from_utf8_lossy(&data[..data.len().min(200)]).into_owned();
                self.fail(index, &format!("upgrade refused: {answer}"));
                return data.len();
            }
            at = end + 4;
            self.connections[index].state = State::Greeting;
            self.run_steps(index);
        }
        while self.connections[index].stream.is_some() {
            let Some((frame, length)) = Frame::read(&data[at..]) else {
                break;
            };
            at += length;
            self.take_frame(index, &frame);
        }
        at
    }

    fn take_frame(&mut self, index: usize, frame: &Frame<'_>) {
        match frame.opcode {
            frame::CLOSE => {
                let code = frame
                    .payload
                    .get(..2)
                    .map_or(0, |two| u16::from_be_bytes([two[0], two[1]]));
                self.fail(index, &format!("closed by the server with {code}"));
            }
            frame::PING => {
                self.scratch.clear();
                self.scratch.extend_from_slice(frame.payload);
                self.send_frame(index, frame::PONG);
            }
            frame::PONG => {}
            opcode if frame.last && opcode != frame::CONTINUATION => {
                self.take_message(index, frame.payload);
            }
            _ => {
                let fragments = &mut self.connections[index].fragments;
                fragments.extend_from_slice(frame.payload);
                if frame.last {
                    let whole = std::mem::take(fragments);
                    self.take_message(index, &whole);
                }
            }
        }
    }
}

const fn plain_values(own: usize, variables: &[Vec<u8>]) -> Values<'_> {
    Values {
        own,
        to: own ^ 1,
        sequence: 0,
        slot: 0,
        text: b"",
        variables,
    }
}
