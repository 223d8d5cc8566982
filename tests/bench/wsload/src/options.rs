//! The command line: a scenario, then `--name value` pairs.

use std::collections::HashMap;

/// What `wsload` alone prints.
pub const USAGE: &str = "\
wsload SCENARIO --protocol FILE --port PORT --server-pid PID[,PID] [options]

scenarios
  idle    open --n connections and hold them
  peak    the same, then each sends one frame of --frame-bytes; memory before and after
  dm      direct messages between pairs at --rate; --bystanders more connections that only listen
  sat     the highest rate of direct messages with p99 under --p99
  fan     one publisher at --rate to --n subscribers
  fansat  the highest rate of that
  signal, sigsat   the same with signals that are not kept, where the protocol has any
  storm   drop --n connections at once and bring all back at once
  resume  the same, --missed messages sent to each meanwhile by --writers connections
  slow    one publisher at --rate to --n subscribers, beside --dead ones that never read

options (default)
  --n 1000  --rate 1000  --secs 10  --warm 2  --payload 120  --hold 5 (idle)  --at-once 256 (connecting)
  --p99 50 (ms)  --stage 5 (s)  --bisect 3  --max-rate 1000000  --slots 512 (signals under way)
  --frame-bytes 8192  --bystanders 0  --missed 20  --writers 8  --dead 0  --max-secs 280 (all together)";

/// The parsed command line.
pub struct Options {
    /// The scenario.
    pub scenario: String,
    values: HashMap<String, String>,
}

const NAMES: &[&str] = &[
    "protocol",
    "port",
    "server-pid",
    "n",
    "rate",
    "secs",
    "warm",
    "payload",
    "hold",
    "at-once",
    "p99",
    "stage",
    "bisect",
    "max-rate",
    "slots",
    "frame-bytes",
    "bystanders",
    "missed",
    "writers",
    "dead",
    "max-secs",
];

impl Options {
    /// Reads the arguments after the program's name.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let scenario = arguments.next().ok_or(USAGE)?;
        let mut values = HashMap::new();
        while let Some(argument) = arguments.next() {
            let name = argument.strip_prefix("--").unwrap_or(&argument).to_owned();
            if !NAMES.contains(&name.as_str()) {
                return Err(format!("{argument} is no option\n{USAGE}"));
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("--{name} needs a value"))?;
            values.insert(name, value);
        }
        Ok(Self { scenario, values })
    }

    /// An option that is text.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// An option that is a number.
    pub fn number(&self, name: &str, default: f64) -> Result<f64, String> {
        self.values.get(name).map_or(Ok(default), |text| {
            text.parse()
                .map_err(|_| format!("--{name} {text} is no number"))
        })
    }

    /// An option that is a count.
    pub fn count(&self, name: &str, default: usize) -> Result<usize, String> {
        self.values.get(name).map_or(Ok(default), |text| {
            text.parse()
                .map_err(|_| format!("--{name} {text} is no count"))
        })
    }
}
