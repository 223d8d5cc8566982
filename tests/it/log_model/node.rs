//! The service's side: the dispatcher, the ring, the hub, as in `src/fanout`.

use super::steps::LogModel;
use super::variants::Mutant;
use super::world::{Cursor, Node, NodeId, PanelId, Row, Socket, Sync, World, concerns};

impl LogModel {
    /// Hands committed rows to the panels they concern, strictly in order.
    ///
    /// Rows already seen are skipped. A row that does not continue the position is not handed on:
    /// the reader of the log brings what is missing.
    pub fn deliver(&self, world: &mut World, node: NodeId, rows: &[Row]) {
        for row in rows {
            let position = world.nodes[node].position.id;
            if row.cursor.id <= position && !self.is(Mutant::DuplicateHintDeliversTwice) {
                continue;
            }
            if row.cursor.id > position + 1 && !self.is(Mutant::SkipOnGap) {
                return;
            }
            self.push(&mut world.nodes[node], *row);
            for (member, panel) in world.panels.iter_mut().enumerate() {
                if let Some(socket) = &mut panel.socket
                    && socket.node == node
                    && socket.seated
                    && concerns(row.message, member)
                {
                    self.tell(socket, *row);
                }
            }
        }
    }

    /// Keeps a row in the ring. What it does not continue is not kept beside it.
    fn push(&self, node: &mut Node, row: Row) {
        if row.cursor.id != node.position.id + 1 && !self.is(Mutant::RingWithAHoleResumes) {
            node.ring.clear();
        }
        node.position = row.cursor;
        node.ring.push(row);
        if node.ring.len() > self.bounds.ring {
            node.ring.remove(0);
        }
    }

    /// Puts an event into a panel's queue, or ends the socket when it is full.
    fn tell(&self, socket: &mut Socket, row: Row) {
        if socket.too_slow {
            return;
        }
        if socket.queue.len() < self.bounds.queue {
            socket.queue.push(row);
        } else if !self.is(Mutant::FullQueueGoesOn) {
            socket.too_slow = true;
            socket.queue.clear();
        }
    }

    /// Hands on what was read from the database; a hole in the log lets the node start over.
    pub fn deliver_read(&self, world: &mut World, node: NodeId) {
        let rows = world.nodes[node].read.take().unwrap_or_default();
        self.deliver(world, node, &rows);
        let position = world.nodes[node].position.id;
        let goes_on_beyond = rows.iter().any(|row| row.cursor.id > position);
        if goes_on_beyond && !self.is(Mutant::HoleIsWaitedFor) {
            self.leave_all(world, node);
            self.fill(world, node);
        }
    }

    /// Starts at the end of the log, with the newest events already in the ring.
    pub fn fill(&self, world: &mut World, node: NodeId) {
        let filled = &mut world.nodes[node];
        filled.ring.clear();
        filled.position = Cursor::START;
        let log = world.database.log_after(0);
        let newest = log.len().saturating_sub(self.bounds.ring);
        for row in &log[newest..] {
            self.push(filled, *row);
        }
    }

    /// What a member missed after a place; `None` when the ring cannot tell.
    fn since(&self, node: &Node, after: Cursor, member: PanelId) -> Option<Vec<Row>> {
        let first = node
            .ring
            .first()
            .map_or(node.position.id + 1, |row| row.cursor.id);
        let next = if after == Cursor::START {
            (first == 1).then_some(0)?
        } else {
            let at = usize::from(after.id.checked_sub(first)?);
            let found = node.ring.get(at)?.cursor;
            let by_id_alone = self.is(Mutant::CursorOfAnotherDatabaseAccepted);
            (found == after || by_id_alone && found.id == after.id).then_some(at + 1)?
        };
        Some(
            node.ring[next..]
                .iter()
                .filter(|row| concerns(row.message, member))
                .copied()
                .collect(),
        )
    }

    /// Seats a panel between two events and finds what it missed since its cursor.
    pub fn join(&self, world: &mut World, panel: PanelId, node: NodeId) {
        let missed = self.since(&world.nodes[node], world.panels[panel].cursor, panel);
        let joined = &mut world.panels[panel];
        let sync = match missed {
            Some(_) => Sync::Live,
            None => Sync::Reading {
                held: Vec::new(),
                answer: joined.late.take(),
            },
        };
        joined.socket = Some(Socket {
            node,
            seated: !self.is(Mutant::JoinBesideAnEvent),
            missed: missed.unwrap_or_default(),
            queue: Vec::new(),
            too_slow: false,
            sync,
        });
    }

    /// Every socket of a node ends.
    pub fn leave_all(&self, world: &mut World, node: NodeId) {
        for panel in 0..world.panels.len() {
            let is_here = |socket: &Socket| socket.node == node;
            if world.panels[panel].socket.as_ref().is_some_and(is_here) {
                self.lose_connection(&mut world.panels[panel]);
            }
        }
    }
}
