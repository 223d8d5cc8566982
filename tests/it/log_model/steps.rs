//! What can happen next, and what it does.

use super::promises;
use super::variants::{Bounds, Mutant};
use super::world::{
    Cursor, Database, Message, Node, NodeId, Panel, PanelId, Row, Sending, Socket, Sync, World,
    Writer,
};
use stateright::{Model, Property};

const NODES: usize = 2;

/// The protocol, as it is or with one rule changed.
#[derive(Debug, Clone)]
pub struct LogModel {
    pub bounds: Bounds,
    pub mutant: Option<Mutant>,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A node takes a message and its writer commits it. Until the commit nobody can see that it
    /// was taken, so that is no step of its own.
    Commit(Message, NodeId),
    /// A node takes a message and answers; its writer commits later (only where a mutant lets it).
    AnswerFirst(Message, NodeId),
    /// What was committed goes to the dispatcher, the hint to the other nodes, the answer to the sender.
    Answer(NodeId),
    /// A hint arrives; one that says something new makes the node read the log.
    HintArrives(NodeId, u8),
    /// The dispatcher reads on in the log from its position: the poll.
    ReadLog(NodeId),
    /// What was read is handed on.
    DeliverRead(NodeId),
    /// A panel's hello reaches a node, and the welcome comes back.
    Connect(PanelId, NodeId),
    /// The hub hears of a panel that has its answer already (only where a mutant lets it).
    Seat(PanelId),
    /// The next frame reaches the panel, or the close of a socket that was too slow.
    Receive(PanelId),
    /// A live frame overtakes missed ones (only where a mutant lets it).
    ReceiveLiveFirst(PanelId),
    /// The service reads the state a panel asked for.
    ReadState(PanelId),
    /// The state reaches the panel.
    StateArrives(PanelId),
    /// A node starts.
    Start(NodeId),

    /// Fault: a hint is lost.
    LoseHint(NodeId, u8),
    /// Fault: a hint arrives and will arrive again.
    DoubleHint(NodeId, u8),
    /// Fault: a panel's connection is lost with all that is on it.
    Cut(PanelId),
    /// Fault: a node is killed.
    Kill(NodeId),
    /// Fault: a row of the log is deleted too early, by a node whose clock is wrong.
    Prune(u8),
    /// The operator stops all nodes and puts back a backup that ends here.
    Restore(u8),
}

impl LogModel {
    pub fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// What the protocol does by itself, without any fault.
    pub fn steps(&self, world: &World, steps: &mut Vec<Step>) {
        let waiting = (1..)
            .zip(&world.sendings)
            .find(|(_, sending)| **sending == Sending::Waiting)
            .map(|(message, _)| message);
        for (id, node) in world.nodes.iter().enumerate() {
            if !node.up {
                steps.push(Step::Start(id));
                continue;
            }
            match (&node.writer, waiting) {
                (Writer::Idle, Some(message)) if self.is(Mutant::AckBeforeCommit) => {
                    steps.push(Step::AnswerFirst(message, id));
                }
                (Writer::Idle, Some(message)) => steps.push(Step::Commit(message, id)),
                (Writer::Idle, None) => {}
                (Writer::Holds(message), _) => steps.push(Step::Commit(*message, id)),
                (Writer::Committed(..), _) => steps.push(Step::Answer(id)),
            }
            if node.read.is_some() {
                steps.push(Step::DeliverRead(id));
            } else {
                steps.extend(node.hints.iter().map(|hint| Step::HintArrives(id, *hint)));
                if self.would_read(world, node) {
                    steps.push(Step::ReadLog(id));
                }
            }
        }
        for (id, panel) in world.panels.iter().enumerate() {
            match &panel.socket {
                Some(socket) => self.steps_of_socket(id, socket, steps),
                None => steps.extend(
                    (0..NODES)
                        .filter(|node| world.nodes[*node].up)
                        .map(|node| Step::Connect(id, node)),
                ),
            }
        }
    }

    /// Whether a poll would find anything. One that changes nothing is no step: it would hide that
    /// a node is stuck.
    fn would_read(&self, world: &World, node: &Node) -> bool {
        let position = node.position.id;
        let log = world.database.log_after(position);
        let can_use =
            |row: &Row| row.cursor.id == position + 1 || !self.is(Mutant::HoleIsWaitedFor);
        log.first().is_some_and(can_use) && !self.is(Mutant::HintsWithoutAPoll)
    }

    fn steps_of_socket(&self, panel: PanelId, socket: &Socket, steps: &mut Vec<Step>) {
        if !socket.seated {
            steps.push(Step::Seat(panel));
        }
        if socket.too_slow || socket.on_its_way().next().is_some() {
            steps.push(Step::Receive(panel));
        }
        let could_overtake = !socket.missed.is_empty() && !socket.queue.is_empty();
        if could_overtake && self.is(Mutant::JoinLiveBeforeReplayEnds) {
            steps.push(Step::ReceiveLiveFirst(panel));
        }
        if let Sync::Reading { answer, .. } = &socket.sync {
            let is_whole = answer.as_ref().is_some_and(|state| state.cursor.is_some());
            steps.push(if is_whole {
                Step::StateArrives(panel)
            } else {
                Step::ReadState(panel)
            });
        }
    }

    /// What can go wrong now.
    fn faults(&self, world: &World, steps: &mut Vec<Step>) {
        let bounds = &self.bounds;
        for (id, node) in world.nodes.iter().enumerate() {
            for hint in &node.hints {
                steps.push(Step::LoseHint(id, *hint));
                if world.doubled < bounds.doubled && node.read.is_none() {
                    steps.push(Step::DoubleHint(id, *hint));
                }
            }
            if node.up && world.crashes < bounds.crashes {
                steps.push(Step::Kill(id));
            }
        }
        if world.cuts < bounds.cuts {
            let connected = |panel: &PanelId| world.panels[*panel].socket.is_some();
            steps.extend((0..world.panels.len()).filter(connected).map(Step::Cut));
        }
        let end = world.database.end().id;
        if world.database.pruned.len() < usize::from(bounds.pruned) {
            steps.extend((1..end).map(Step::Prune));
        }
        if world.database.restores < bounds.restores {
            steps.extend((0..end).map(Step::Restore));
        }
    }

    fn hint(&self, world: &mut World, node: NodeId, hint: u8) {
        let hinted = &mut world.nodes[node];
        let says_something_new = hint > hinted.position.id;
        if says_something_new || self.is(Mutant::DuplicateHintDeliversTwice) {
            let known = hinted.position.id.min(hint - 1);
            hinted.read = Some(world.database.log_after(known));
        }
    }

    /// A hint that says nothing new does nothing when it arrives: it need not be waited for.
    fn forget_old_hints(&self, world: &mut World) {
        if !self.is(Mutant::DuplicateHintDeliversTwice) {
            for node in &mut world.nodes {
                let position = node.position.id;
                node.hints.retain(|hint| *hint > position);
            }
        }
    }

    fn commit(world: &mut World, message: Message, node: NodeId) {
        let row = world.database.store(message);
        world.nodes[node].writer = Writer::Committed(message, row);
        let sending = &mut world.sendings[usize::from(message) - 1];
        if *sending == Sending::Waiting {
            *sending = Sending::Sent;
        }
    }

    fn answer(&self, world: &mut World, node: NodeId) {
        let Writer::Committed(message, row) = std::mem::take(&mut world.nodes[node].writer) else {
            return;
        };
        if let Some(row) = row {
            self.deliver(world, node, &[row]);
            for (other, hinted) in world.nodes.iter_mut().enumerate() {
                if other != node && hinted.up {
                    hinted.hints.insert(row.cursor.id);
                }
            }
        }
        world.sendings[usize::from(message) - 1] = Sending::Acknowledged;
    }

    /// All a node had in memory is gone, its sockets end, and so do its sends.
    fn kill(&self, world: &mut World, node: NodeId) {
        let killed = std::mem::take(&mut world.nodes[node]);
        self.leave_all(world, node);
        if let Writer::Holds(message) | Writer::Committed(message, _) = killed.writer {
            let sending = &mut world.sendings[usize::from(message) - 1];
            if *sending == Sending::Sent {
                *sending = Sending::Waiting;
            }
        }
    }

    /// What was stored after the backup is gone, and the ids are given again.
    fn restore(&self, world: &mut World, end: u8) {
        if !self.is(Mutant::NodesRunThroughARestore) {
            for node in 0..NODES {
                self.kill(world, node);
            }
        }
        world.database.restores += 1;
        for lost in world.database.messages.split_off(usize::from(end)) {
            let sending = &mut world.sendings[usize::from(lost.message) - 1];
            if *sending == Sending::Acknowledged {
                *sending = Sending::TakenBack;
            }
        }
        world.database.pruned.retain(|id| *id < end);
    }
}

impl Model for LogModel {
    type State = World;
    type Action = Step;

    /// Both nodes run, and a panel on each, or on the first, has read the state of an empty database.
    fn init_states(&self) -> Vec<World> {
        let node = Node {
            up: true,
            ..Node::default()
        };
        let panel = |id| Panel {
            socket: Some(Socket {
                node: id,
                seated: true,
                missed: Vec::new(),
                queue: Vec::new(),
                too_slow: false,
                sync: Sync::Live,
            }),
            cursor: Cursor::START,
            ..Panel::default()
        };
        vec![World {
            database: Database::default(),
            nodes: vec![node; NODES],
            panels: (0..self.bounds.panels).map(panel).collect(),
            sendings: vec![Sending::Waiting; usize::from(self.bounds.messages)],
            cuts: 0,
            crashes: 0,
            doubled: 0,
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        self.steps(world, steps);
        self.faults(world, steps);
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut world = before.clone();
        match step {
            Step::Commit(message, node) => Self::commit(&mut world, message, node),
            Step::AnswerFirst(message, node) => {
                world.nodes[node].writer = Writer::Holds(message);
                world.sendings[usize::from(message) - 1] = Sending::Acknowledged;
            }
            Step::Answer(node) => self.answer(&mut world, node),
            Step::HintArrives(node, hint) => {
                world.nodes[node].hints.remove(&hint);
                self.hint(&mut world, node, hint);
            }
            Step::ReadLog(node) => {
                let position = world.nodes[node].position.id;
                world.nodes[node].read = Some(world.database.log_after(position));
            }
            Step::DeliverRead(node) => self.deliver_read(&mut world, node),
            Step::Connect(panel, node) => self.join(&mut world, panel, node),
            Step::Seat(panel) => {
                if let Some(socket) = &mut world.panels[panel].socket {
                    socket.seated = true;
                }
            }
            Step::Receive(panel) => self.receive(&mut world.panels[panel], false),
            Step::ReceiveLiveFirst(panel) => self.receive(&mut world.panels[panel], true),
            Step::ReadState(panel) => self.read_state(&mut world, panel),
            Step::StateArrives(panel) => self.state_arrives(&mut world.panels[panel]),
            Step::Start(node) => {
                world.nodes[node].up = true;
                self.fill(&mut world, node);
            }
            Step::LoseHint(node, hint) => {
                world.nodes[node].hints.remove(&hint);
            }
            Step::DoubleHint(node, hint) => {
                world.doubled += 1;
                self.hint(&mut world, node, hint);
            }
            Step::Cut(panel) => {
                world.cuts += 1;
                self.lose_connection(&mut world.panels[panel]);
            }
            Step::Kill(node) => {
                world.crashes += 1;
                self.kill(&mut world, node);
            }
            Step::Prune(id) => {
                world.database.pruned.insert(id);
            }
            Step::Restore(end) => self.restore(&mut world, end),
        }
        self.forget_old_hints(&mut world);
        (world != *before).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }
}
