//! Panels that send and read through whatever happens, and note what they saw.

use super::dice::Dice;
use crate::support::history::{Applied, History, Phase};
use crate::support::panel::message_id;
use crate::support::{PATIENCE, Panel, at};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The longest text that these services take; one client in a while sends a longer one.
pub const MOST_CHARS: usize = 300;

/// Between two tries to connect or to send again.
const BREATH: Duration = Duration::from_millis(20);

/// What the clients should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Send new messages.
    Sending,
    /// Only finish what was begun.
    Settling,
    /// Go.
    Over,
}

/// A client to be.
#[derive(Clone, Debug)]
pub struct Role {
    /// For the report.
    pub name: String,
    /// The member.
    pub member: String,
    /// The member's token.
    pub token: String,
    /// Where it may send.
    pub conversations: Vec<String>,
    /// How many sends it has under way at once; 0 only reads.
    pub window: usize,
    /// Sends again, with the same id, what was not answered; otherwise forgets it.
    pub repeats: bool,
    /// Drops its socket once in so many events.
    pub restless: Option<usize>,
    /// The node it connects to first.
    pub node: usize,
}

/// Clients at work.
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<(Arc<Mutex<Applied>>, JoinHandle<()>)>,
}

struct Shared {
    history: History,
    doors: Mutex<Vec<String>>,
    stage: watch::Sender<Stage>,
    sockets: AtomicU64,
    unfinished: AtomicUsize,
}

impl Load {
    /// Connects the clients and lets them work; `doors` are the nodes' addresses.
    pub fn start(doors: Vec<String>, roles: Vec<Role>, dice: &mut Dice) -> Self {
        let shared = Arc::new(Shared {
            history: History::default(),
            doors: Mutex::new(doors),
            stage: watch::Sender::new(Stage::Sending),
            sockets: AtomicU64::new(0),
            unfinished: AtomicUsize::new(0),
        });
        let clients = roles.into_iter().map(|role| {
            let applied = Arc::new(Mutex::new(Applied {
                reader: role.name.clone(),
                member: role.member.clone(),
                ..Applied::default()
            }));
            let client = Client {
                door: role.node,
                role,
                shared: Arc::clone(&shared),
                applied: Arc::clone(&applied),
                cursor: None,
                dice: dice.split(),
                count: 0,
                waiting: VecDeque::new(),
                under_way: VecDeque::new(),
                again_at: Instant::now(),
            };
            (applied, tokio::spawn(client.run()))
        });
        let clients = clients.collect();
        Self { shared, clients }
    }

    /// What the senders noted.
    pub fn history(&self) -> &History {
        &self.shared.history
    }

    /// A node has another address now.
    pub fn moved(&self, node: usize, url: &str) {
        url.clone_into(&mut self.shared.doors.lock().unwrap()[node]);
    }

    /// Waits until so many more messages were acknowledged.
    pub async fn acknowledges(&self, more: usize) {
        let ok = || self.history().ends().ok;
        let wanted = ok() + more;
        crate::support::eventually("messages are acknowledged", || {
            let reached = ok() >= wanted;
            async move { reached.then_some(()) }
        })
        .await;
    }

    /// Waits until so many more sends ended without anybody knowing how.
    pub async fn is_unanswered(&self, more: usize) {
        let info = || self.history().ends().info;
        let wanted = info() + more;
        crate::support::eventually("sends are answered with errors", || {
            let reached = info() >= wanted;
            async move { reached.then_some(()) }
        })
        .await;
    }

    /// Stops new messages and waits until every one that is repeated has its end.
    pub async fn settle(&self) {
        self.shared.stage.send_replace(Stage::Settling);
        crate::support::eventually("every send has its end", || {
            let finished = self.shared.unfinished.load(Ordering::SeqCst) == 0;
            async move { finished.then_some(()) }
        })
        .await;
    }

    /// Whether every client has applied everything up to what concerns its member last.
    pub fn has_read(&self, last_of: impl Fn(&str) -> i64) -> bool {
        self.clients.iter().all(|(applied, _)| {
            let applied = applied.lock().unwrap();
            let last = applied.events.last().map_or(applied.since, |(id, _)| *id);
            last >= last_of(&applied.member)
        })
    }

    /// Waits for [`Load::has_read`]; when it never comes the checker says who missed what.
    pub async fn read_up(&self, last_of: impl Fn(&str) -> i64) {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_read(&last_of) && Instant::now() < deadline {
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Ends the clients and returns what each of them applied.
    pub async fn end(&mut self) -> Vec<Applied> {
        self.shared.stage.send_replace(Stage::Over);
        let mut all = Vec::new();
        for (applied, client) in self.clients.drain(..) {
            client.await.unwrap();
            all.push(applied.lock().unwrap().clone());
        }
        all
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for (_, client) in &self.clients {
            client.abort();
        }
    }
}

#[derive(Clone, Debug)]
struct Unsent {
    id: String,
    conversation: String,
    text: String,
}

struct Client {
    role: Role,
    shared: Arc<Shared>,
    applied: Arc<Mutex<Applied>>,
    cursor: Option<String>,
    dice: Dice,
    door: usize,
    count: usize,
    /// To be sent again, oldest first.
    waiting: VecDeque<Unsent>,
    /// Sent and not answered.
    under_way: VecDeque<Unsent>,
    /// Not before this is anything sent again.
    again_at: Instant,
}

impl Client {
    async fn run(mut self) {
        let mut stage = self.shared.stage.subscribe();
        while *stage.borrow_and_update() != Stage::Over {
            match self.connect().await {
                Some(panel) => self.talk(panel, &mut stage).await,
                None => tokio::time::sleep(BREATH).await,
            }
            self.lost_the_socket();
        }
    }

    /// Opens a socket and is welcomed; the next time at any of the nodes.
    async fn connect(&mut self) -> Option<Panel> {
        let url = {
            let doors = self.shared.doors.lock().unwrap();
            let url = doors[self.door].clone();
            self.door = self.dice.below(doors.len());
            url
        };
        let welcomed = tokio::time::timeout(PATIENCE, self.hello(&url)).await;
        welcomed.ok().flatten()
    }

    async fn hello(&mut self, url: &str) -> Option<Panel> {
        let mut panel = Panel::open(url, None).await.ok()?;
        let mut hello = json!({"type": "hello", "token": self.role.token});
        if let Some(cursor) = &self.cursor {
            hello["after"] = json!(cursor);
        }
        panel.send(&hello).await;
        let welcome = panel.next().await?;
        if welcome["type"] != "welcome" {
            return None;
        }
        let mut applied = self.applied.lock().unwrap();
        match &self.cursor {
            None => {
                let cursor = at(&welcome, "cursor").to_owned();
                applied.since = place(&cursor);
                self.cursor = Some(cursor);
            }
            Some(_) if welcome["resumed"] == true => {}
            Some(_) => {
                applied.reloads += 1;
                self.cursor = Some(at(&welcome, "cursor").to_owned());
            }
        }
        drop(applied);
        Some(panel)
    }

    /// Sends and reads until the socket ends, by chance too.
    async fn talk(&mut self, mut panel: Panel, stage: &mut watch::Receiver<Stage>) {
        let socket = self.shared.sockets.fetch_add(1, Ordering::SeqCst);
        loop {
            let now = *stage.borrow_and_update();
            if now == Stage::Over {
                return;
            }
            self.fill(&mut panel, socket, now == Stage::Sending).await;
            tokio::select! {
                frame = panel.next() => match frame {
                    Some(frame) => self.hear(&frame),
                    None => return,
                },
                _ = stage.changed() => {}
                () = tokio::time::sleep_until(self.again_at), if !self.waiting.is_empty() => {}
            }
            if self
                .role
                .restless
                .is_some_and(|times| self.dice.one_in(times))
            {
                return;
            }
        }
    }

    /// Keeps as many sends under way as its window allows, those to be repeated first.
    async fn fill(&mut self, panel: &mut Panel, socket: u64, new: bool) {
        while self.under_way.len() < self.role.window {
            let next = match self.waiting.is_empty() {
                false if self.again_at > Instant::now() => return,
                false => self.waiting.pop_front(),
                true if new => Some(self.write()),
                true => None,
            };
            let Some(unsent) = next else { return };
            let phase = Phase::Invoke {
                socket,
                conversation: unsent.conversation.clone(),
                text: unsent.text.clone(),
            };
            self.shared.history.note(&unsent.id, phase);
            let frame = json!({"type": "send", "ref": unsent.id, "message_id": unsent.id,
                               "conversation_id": unsent.conversation, "text": unsent.text});
            self.under_way.push_back(unsent);
            panel.send(&frame).await;
        }
    }

    /// A new message; once in a while one that must be refused.
    fn write(&mut self) -> Unsent {
        self.count += 1;
        self.shared.unfinished.fetch_add(1, Ordering::SeqCst);
        let place = self.dice.below(self.role.conversations.len());
        let mut text = format!("{} {} ", self.role.name, self.count);
        let length = match self.dice.one_in(50) {
            true => MOST_CHARS + 1,
            false => 120,
        };
        text.extend(std::iter::repeat_n('.', length - text.len()));
        Unsent {
            id: message_id(),
            conversation: self.role.conversations[place].clone(),
            text,
        }
    }

    fn hear(&mut self, frame: &Value) {
        match at(frame, "type") {
            "event" => {
                let cursor = at(frame, "cursor").to_owned();
                let event = &frame["event"];
                let message = (event["kind"] == "message.created")
                    .then(|| at(event, "message.id").to_owned());
                let mut applied = self.applied.lock().unwrap();
                applied.events.push((place(&cursor), message));
                drop(applied);
                self.cursor = Some(cursor);
            }
            "ok" => self.answered(at(frame, "ref"), Phase::Ok),
            "error" => {
                let status = frame["problem"]["status"].as_u64().unwrap();
                assert!(!at(frame, "problem.code").is_empty());
                // What is no refusal says that it may be sent again.
                let phase = match status {
                    400..500 => Phase::Fail,
                    503 => Phase::Info,
                    _ => panic!("neither refused nor to be repeated: {frame}"),
                };
                self.answered(at(frame, "ref"), phase);
            }
            _ => {}
        }
    }

    fn answered(&mut self, id: &str, phase: Phase) {
        let known = self.under_way.iter().position(|unsent| unsent.id == id);
        let known = known.and_then(|place| self.under_way.remove(place));
        let unsent = known.unwrap_or_else(|| panic!("an answer to {id}, which was not asked"));
        let open = phase == Phase::Info;
        self.shared.history.note(id, phase);
        if open {
            self.again_at = Instant::now() + BREATH;
            self.unanswered(unsent);
        } else {
            self.shared.unfinished.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn unanswered(&mut self, unsent: Unsent) {
        if self.role.repeats {
            self.waiting.push_back(unsent);
        } else {
            self.shared.unfinished.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Nobody knows about what was under way.
    fn lost_the_socket(&mut self) {
        for unsent in &self.under_way {
            self.shared.history.note(&unsent.id, Phase::Info);
        }
        let mut lost = std::mem::take(&mut self.under_way);
        if self.role.repeats {
            // In the order of their first sending: these are older than what waits already.
            lost.append(&mut self.waiting);
            self.waiting = lost;
        } else {
            self.shared
                .unfinished
                .fetch_sub(lost.len(), Ordering::SeqCst);
        }
    }
}

/// The place in the log that a cursor names.
fn place(cursor: &str) -> i64 {
    let (id, _) = cursor.split_once('.').unwrap();
    id.parse().unwrap()
}
