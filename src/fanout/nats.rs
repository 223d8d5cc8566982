//! The bus over NATS core: at most once, which is all that hints and signals need.
//!
//! Subjects under the configured prefix: `log` (a number), `presence` (nothing), `signal` (JSON).
//! Whoever may publish there can make nodes look into the database and can show a typing mark;
//! events and presence themselves never come from the bus (reliability TA6).

use super::bus::{Bus, BusError};
use super::{Fanout, Signal};
use crate::domain::ids::MemberId;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, ServerAddr, Subscriber};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};

/// Signals that may wait to go out; more are dropped, as the bus itself may do.
const SIGNALS_WAITING: usize = 1_024;
/// The longest pause between two tries to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(2);
/// A bus that hangs is noticed by its missing pong.
const PING: Duration = Duration::from_secs(5);

/// A signal on its way to the panels of other nodes.
#[derive(Serialize, Deserialize)]
struct Carried {
    to: Vec<MemberId>,
    signal: Signal,
}

/// A connection to NATS, or the tries to get one.
pub struct Nats {
    client: Client,
    log: watch::Sender<i64>,
    presence: Arc<Notify>,
    signals: mpsc::Sender<Vec<u8>>,
}

impl Nats {
    /// Starts to connect, and goes on for as long as it takes; the node serves alone meanwhile.
    pub async fn start(url: &str, prefix: &str, fanout: &Arc<Fanout>) -> Result<Self, BusError> {
        let wrong = |error: &dyn std::fmt::Display| BusError(error.to_string());
        let address: ServerAddr = url.parse().map_err(|error: std::io::Error| wrong(&error))?;
        let client = options()
            .connect(address)
            .await
            .map_err(|error| wrong(&error))?;
        let (log, reached) = watch::channel(0);
        let (signals, outgoing) = mpsc::channel(SIGNALS_WAITING);
        let presence = Arc::new(Notify::new());
        let subject = |name: &str| format!("{prefix}.{name}");
        let mut heard = Vec::new();
        for name in ["log", "presence", "signal"] {
            let subscriber = client.subscribe(subject(name)).await;
            heard.push(subscriber.map_err(|error| wrong(&error))?);
        }
        let sender = Sender {
            client: client.clone(),
            subjects: ["log", "presence", "signal"].map(subject),
            reached,
            presence: Arc::clone(&presence),
            outgoing,
        };
        // Both go on to the end of the process: what is committed while it stops is told too.
        tokio::spawn(sender.run());
        tokio::spawn(listen(heard, Arc::clone(fanout)));
        Ok(Self {
            client,
            log,
            presence,
            signals,
        })
    }
}

fn options() -> ConnectOptions {
    ConnectOptions::new()
        .name("riverline")
        .no_echo()
        .ping_interval(PING)
        .retry_on_initial_connect()
        .reconnect_delay_callback(|tries| {
            let doubled = Duration::from_millis(50 << tries.min(6));
            doubled.min(RECONNECT_MAX)
        })
        .event_callback(|event| async move {
            // Each try that fails is an event too; that it is away was said already.
            if matches!(event, Event::Connected | Event::Disconnected) {
                log::info!("the bus between the nodes: {event}");
            }
        })
}

impl Bus for Nats {
    fn reached(&self, id: i64) {
        // Only the newest place is worth a message.
        self.log.send_replace(id);
    }

    fn presence_moved(&self) {
        self.presence.notify_one();
    }

    fn signal(&self, to: &[MemberId], signal: &Signal) {
        // A typing mark that waited for the bus to come back would be a lie.
        if self.client.connection_state() != State::Connected {
            return;
        }
        let carried = Carried {
            to: to.to_vec(),
            signal: signal.clone(),
        };
        if let Ok(json) = serde_json::to_vec(&carried)
            && self.signals.try_send(json).is_err()
        {
            log::debug!("a signal to the other nodes was dropped");
        }
    }

    fn health(&self) -> Result<String, BusError> {
        match self.client.connection_state() {
            State::Connected => Ok("connected to the other nodes".to_owned()),
            State::Pending | State::Disconnected => Err(BusError(
                "the bus is away: what other nodes commit comes by a look into the database, \
                 up to 2 s late, and typing marks stay on their node"
                    .to_owned(),
            )),
        }
    }
}

/// Carries out what the node has to tell.
struct Sender {
    client: Client,
    subjects: [String; 3],
    reached: watch::Receiver<i64>,
    presence: Arc<Notify>,
    outgoing: mpsc::Receiver<Vec<u8>>,
}

impl Sender {
    async fn run(mut self) {
        let [log, presence, signal] = self.subjects;
        loop {
            let (subject, payload) = tokio::select! {
                changed = self.reached.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let id = *self.reached.borrow_and_update();
                    (log.clone(), id.to_string().into())
                }
                () = self.presence.notified() => (presence.clone(), Vec::new().into()),
                Some(json) = self.outgoing.recv() => (signal.clone(), json.into()),
            };
            if let Err(error) = self.client.publish(subject, payload).await {
                log::debug!("the bus took nothing: {error}");
            }
        }
    }
}

async fn listen(heard: Vec<Subscriber>, fanout: Arc<Fanout>) {
    let mut heard = futures_util::stream::select_all(heard);
    while let Some(message) = heard.next().await {
        let text = std::str::from_utf8(&message.payload).unwrap_or_default();
        match message.subject.rsplit('.').next() {
            Some("log") => {
                if let Ok(id) = text.parse() {
                    fanout.reached(id);
                }
            }
            Some("presence") => fanout.presence_moved(),
            Some("signal") => {
                if let Ok(carried) = serde_json::from_str::<Carried>(text)
                    && matches!(carried.signal, Signal::Typing { .. })
                {
                    fanout.signal_here(&carried.to, &carried.signal);
                }
            }
            _ => {}
        }
    }
}
