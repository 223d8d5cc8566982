//! A protocol is a JSON file of templates: no code per server.

use crate::template::{Template, latin1, variable};
use serde_json::{Map, Value};

/// One step after the upgrade.
#[derive(Debug)]
pub enum Step {
    /// Send this.
    Send(Template),
    /// Wait for a frame that contains this.
    Expect(Vec<u8>),
}

/// Keeps what stands between two texts of a frame.
#[derive(Debug)]
pub struct Capture {
    /// The variable's number.
    pub variable: usize,
    /// What stands before it.
    pub after: Vec<u8>,
    /// What stands behind it.
    pub until: Vec<u8>,
}

/// How to talk to one kind of server; the keys of its file are the names of these fields.
#[derive(Debug, Default)]
pub struct Protocol {
    /// Name in the results.
    pub name: String,
    /// Path of the upgrade, with its query.
    pub path: Template,
    /// The path of subscribers in the fan-out scenarios, when it is another one.
    pub subscriber_path: Option<Template>,
    /// `Sec-WebSocket-Protocol`.
    pub subprotocol: Option<String>,
    /// Steps after the upgrade; a connection is up when all are done.
    pub handshake: Vec<Step>,
    /// Further steps of subscribers.
    pub subscribe: Vec<Step>,
    /// In place of `handshake` when a connection comes back.
    pub resume: Option<Vec<Step>>,
    /// A frame with one of these ends a handshake.
    pub reject: Vec<Vec<u8>>,
    /// A frame with one of these ends the handshake of a connection that comes back.
    pub resume_reject: Vec<Vec<u8>>,
    /// What is remembered of each frame.
    pub captures: Vec<Capture>,
    /// Frames that begin with the first are answered by the second.
    pub auto_reply: Vec<(Vec<u8>, Template)>,
    /// Binary frames.
    pub binary: bool,
    /// Messages may be cut anywhere by the borders of frames.
    pub stream: bool,
    /// Only frames with this are looked at as deliveries.
    pub delivery: Option<Vec<u8>>,
    /// A direct message.
    pub send: Option<Template>,
    /// A message to all subscribers.
    pub publish: Option<Template>,
    /// A message to somebody who is away (scenario `resume`).
    pub away: Option<Template>,
    /// A signal to all subscribers that is not kept and carries no text; without it `publish`.
    pub signal: Option<Template>,
    /// In a signal's frame, what stands before its slot.
    pub signal_slot_after: Vec<u8>,
    /// How many variables there are.
    pub variables: usize,
}

const KEYS: &[&str] = &[
    "name",
    "about",
    "path",
    "subscriber_path",
    "subprotocol",
    "handshake",
    "subscribe",
    "resume",
    "reject",
    "resume_reject",
    "capture",
    "auto_reply",
    "binary",
    "stream",
    "delivery",
    "send",
    "publish",
    "away",
    "signal",
    "signal_slot_after",
];

struct Reader<'a> {
    keys: &'a Map<String, Value>,
    variables: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.keys.get(key).and_then(Value::as_str)
    }

    fn flag(&self, key: &str) -> bool {
        self.keys
            .get(key)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    fn list(&self, key: &str) -> &[Value] {
        self.keys
            .get(key)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    fn byte_strings(&self, key: &str) -> Vec<Vec<u8>> {
        let texts = self.list(key).iter().filter_map(Value::as_str);
        texts.map(latin1).collect()
    }

    fn template(&mut self, key: &str) -> Option<Template> {
        let text = self.keys.get(key).and_then(Value::as_str)?;
        Some(Template::parse(text, &mut self.variables))
    }

    fn steps(&mut self, key: &str) -> Result<Option<Vec<Step>>, String> {
        let Some(list) = self.keys.get(key).and_then(Value::as_array) else {
            return Ok(None);
        };
        let mut steps = Vec::new();
        for step in list {
            let step = match (step["send"].as_str(), step["expect"].as_str()) {
                (Some(text), None) => Step::Send(Template::parse(text, &mut self.variables)),
                (None, Some(text)) => Step::Expect(latin1(text)),
                _ => return Err(format!("{key}: a step is either `send` or `expect`")),
            };
            steps.push(step);
        }
        Ok(Some(steps))
    }

    fn captures(&mut self) -> Result<Vec<Capture>, String> {
        let mut captures = Vec::new();
        let Some(list) = self.keys.get("capture").and_then(Value::as_array) else {
            return Ok(captures);
        };
        for one in list {
            let field = |name: &str| {
                one[name]
                    .as_str()
                    .ok_or_else(|| format!("capture: `{name}` is missing"))
            };
            captures.push(Capture {
                variable: variable(field("var")?, &mut self.variables),
                after: latin1(field("after")?),
                until: latin1(field("until")?),
            });
        }
        Ok(captures)
    }

    fn auto_replies(&mut self) -> Result<Vec<(Vec<u8>, Template)>, String> {
        let mut replies = Vec::new();
        let Some(list) = self.keys.get("auto_reply").and_then(Value::as_array) else {
            return Ok(replies);
        };
        for one in list {
            let (Some(prefix), Some(answer)) = (one["if_prefix"].as_str(), one["send"].as_str())
            else {
                return Err("auto_reply: needs `if_prefix` and `send`".to_owned());
            };
            replies.push((latin1(prefix), Template::parse(answer, &mut self.variables)));
        }
        Ok(replies)
    }
}

impl Protocol {
    /// Reads a protocol file; unknown keys are errors.
    pub fn load(file: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        Self::parse(&text).map_err(|error| format!("{file}: {error}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let keys = value.as_object().ok_or("this is no JSON object")?;
        if let Some(unknown) = keys.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(format!("unknown key `{unknown}`"));
        }
        let mut reader = Reader {
            keys,
            variables: Vec::new(),
        };
        let mut protocol = Self {
            name: reader.text("name").unwrap_or("?").to_owned(),
            path: reader.template("path").ok_or("`path` is missing")?,
            subscriber_path: reader.template("subscriber_path"),
            subprotocol: reader.text("subprotocol").map(str::to_owned),
            handshake: reader.steps("handshake")?.unwrap_or_default(),
            subscribe: reader.steps("subscribe")?.unwrap_or_default(),
            resume: reader.steps("resume")?,
            reject: reader.byte_strings("reject"),
            resume_reject: reader.byte_strings("resume_reject"),
            captures: reader.captures()?,
            auto_reply: reader.auto_replies()?,
            binary: reader.flag("binary"),
            stream: reader.flag("stream"),
            delivery: reader.text("delivery").map(latin1),
            send: reader.template("send"),
            publish: reader.template("publish"),
            away: reader.template("away"),
            signal: reader.template("signal"),
            signal_slot_after: reader
                .text("signal_slot_after")
                .map(latin1)
                .unwrap_or_default(),
            variables: 0,
        };
        if protocol.signal.is_some() == protocol.signal_slot_after.is_empty() {
            return Err("`signal` and `signal_slot_after` belong together".to_owned());
        }
        protocol.variables = reader.variables.len();
        Ok(protocol)
    }

    /// The steps of a connection, in order; the subscriber's own come last.
    pub fn step(&self, at: usize, returning: bool, subscriber: bool) -> Option<&Step> {
        let steps = match &self.resume {
            Some(resume) if returning => resume,
            _ => &self.handshake,
        };
        match at.checked_sub(steps.len()) {
            None => steps.get(at),
            Some(beyond) if subscriber => self.subscribe.get(beyond),
            Some(_) => None,
        }
    }
}
