//! The panel's side, as in `socket.js` and `store.js` of the Sugar package.

use super::steps::LogModel;
use super::variants::Mutant;
use super::world::{Cursor, Panel, PanelId, Row, Socket, State, Sync, World};

impl Socket {
    /// What the panel will be sent, in order.
    pub fn on_its_way(&self) -> impl Iterator<Item = &Row> {
        self.missed.iter().chain(&self.queue)
    }
}

impl LogModel {
    /// The next frame arrives, or the end of a socket that was too slow.
    pub fn receive(&self, panel: &mut Panel, live_first: bool) {
        let Some(socket) = &mut panel.socket else {
            return;
        };
        let row = if !socket.missed.is_empty() && !live_first {
            socket.missed.remove(0)
        } else if socket.too_slow {
            return self.lose_connection(panel);
        } else {
            socket.queue.remove(0)
        };
        match &mut socket.sync {
            Sync::Reading { held, .. } if !self.is(Mutant::LiveIsNotHeldBackFromTheState) => {
                held.push(row);
            }
            _ => apply(panel, row),
        }
    }

    /// The connection is gone: what was on it is lost, and so is an answer nobody waits for.
    pub fn lose_connection(&self, panel: &mut Panel) {
        if let Some(Socket {
            sync: Sync::Reading { answer, .. },
            ..
        }) = panel.socket.take()
            && self.is(Mutant::StateOfAnEarlierConnection)
        {
            panel.late = answer;
        }
    }

    /// The service reads `GET /v1/state` in one transaction, on whatever node.
    pub fn read_state(&self, world: &mut World, panel: PanelId) {
        let cursor = world.database.end();
        let content = world.database.seen_by(panel, cursor.id);
        let Some(Socket {
            sync: Sync::Reading { answer, .. },
            ..
        }) = &mut world.panels[panel].socket
        else {
            return;
        };
        match answer {
            Some(half) => half.cursor = Some(cursor),
            None => {
                let together = !self.is(Mutant::StateReadInTwoTransactions);
                *answer = Some(State {
                    content,
                    cursor: together.then_some(cursor),
                });
            }
        }
    }

    /// The state is here: it takes the place of everything, then what was held back follows.
    pub fn state_arrives(&self, panel: &mut Panel) {
        let Some(socket) = &mut panel.socket else {
            return;
        };
        let Sync::Reading {
            held,
            answer: Some(state),
        } = std::mem::replace(&mut socket.sync, Sync::Live)
        else {
            return;
        };
        panel.cursor = state.cursor.unwrap_or(Cursor::START);
        if self.is(Mutant::StateIsMerged) {
            let new = |row: &Row| !panel.shows.contains(row);
            let new: Vec<Row> = state.content.into_iter().filter(new).collect();
            panel.shows.extend(new);
        } else {
            panel.shows = state.content;
        }
        for row in held {
            apply(panel, row);
        }
    }
}

/// Shows an event, unless the panel is already past it.
fn apply(panel: &mut Panel, row: Row) {
    if row.cursor.id > panel.cursor.id {
        panel.cursor = row.cursor;
        panel.shows.push(row);
    }
}
