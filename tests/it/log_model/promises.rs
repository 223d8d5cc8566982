//! What must hold in every state, and what must be reached lest the rest holds of nothing.

use super::steps::LogModel;
use super::world::{Panel, PanelId, Row, Sending, Socket, Sync, World};
use stateright::Property;

pub const ACKNOWLEDGED_IS_STORED: &str = "what was acknowledged is in the database";
pub const SHOWS_THE_DATABASE: &str = "a panel shows what the database has, up to its cursor";
pub const ONCE_AND_IN_ORDER: &str = "a panel applies events once and in order";
pub const SENT_ONCE_AND_IN_ORDER: &str = "a node sends events once and in order";
pub const PLACE_OF_THIS_DATABASE: &str = "a panel goes on only from a place of this database";
pub const EVERYTHING_ARRIVES: &str = "when nothing is left to do, every panel has everything";

pub const RESUMES: &str = "a panel resumes with what it missed";
pub const RELOADS: &str = "a panel is told to reload and holds events back";
pub const STATE_OVERTAKES: &str = "a state overtakes an event";
pub const TOO_SLOW: &str = "a panel is too slow";
pub const TAKEN_BACK: &str = "a restore takes back what a panel shows, and its id is given again";
pub const SENT_AGAIN: &str = "a message that will be sent again is stored";

type Properties = Vec<Property<LogModel>>;

/// All promises, and all that must be reached.
pub fn all() -> Properties {
    let mut all = promises();
    all.extend(reached());
    all
}

fn promises() -> Properties {
    vec![
        Property::always(ACKNOWLEDGED_IS_STORED, |_, world: &World| {
            (1..).zip(&world.sendings).all(|(message, sending)| {
                let mut stored = world.database.messages.iter();
                *sending != Sending::Acknowledged || stored.any(|row| row.message == message)
            })
        }),
        Property::always(SHOWS_THE_DATABASE, |_, world: &World| {
            each_panel(world, |member, panel| {
                // Who has not heard of a restore yet shows a database that is no more.
                let is_told = world.database.knows(panel.cursor);
                !is_told || panel.shows == world.database.seen_by(member, panel.cursor.id)
            })
        }),
        Property::always(ONCE_AND_IN_ORDER, |_, world: &World| {
            each_panel(world, |_, panel| rise(panel.shows.iter()))
        }),
        Property::always(SENT_ONCE_AND_IN_ORDER, |_, world: &World| {
            each_panel(world, |_, panel| {
                let mut socket = panel.socket.iter();
                socket.all(|socket| rise(socket.on_its_way()))
            })
        }),
        Property::always(PLACE_OF_THIS_DATABASE, |_, world: &World| {
            each_panel(world, |_, panel| {
                !is_live(panel) || world.database.knows(panel.cursor)
            })
        }),
        // Steps that are no faults only lead forward, so they come to an end, and this says where.
        // It asks more than `eventually`, which looks only where no fault is possible any more.
        Property::always(EVERYTHING_ARRIVES, |model: &LogModel, world: &World| {
            let mut left_to_do = Vec::new();
            model.steps(world, &mut left_to_do);
            let end = world.database.end().id;
            let has_everything = |member, panel: &Panel| {
                is_live(panel) && panel.shows == world.database.seen_by(member, end)
            };
            !left_to_do.is_empty() || each_panel(world, has_everything)
        }),
    ]
}

fn reached() -> Properties {
    vec![
        Property::sometimes(RESUMES, |_, world: &World| {
            any_socket(world, |_, socket| !socket.missed.is_empty())
        }),
        Property::sometimes(RELOADS, |_, world: &World| {
            any_socket(world, |_, socket| match &socket.sync {
                Sync::Live => false,
                Sync::Reading { held, .. } => !held.is_empty(),
            })
        }),
        Property::sometimes(STATE_OVERTAKES, |_, world: &World| {
            any_socket(world, |panel, socket| {
                let is_old = |row: &Row| row.cursor.id <= panel.cursor.id;
                is_live(panel) && socket.on_its_way().any(is_old)
            })
        }),
        Property::sometimes(TOO_SLOW, |_, world: &World| {
            any_socket(world, |_, socket| socket.too_slow)
        }),
        Property::sometimes(TAKEN_BACK, |_, world: &World| {
            let end = world.database.end();
            let shows = |panel: &Panel| panel.cursor.id == end.id && panel.cursor != end;
            world.panels.iter().any(shows)
        }),
        Property::sometimes(SENT_AGAIN, |_, world: &World| {
            let sending = |row: &Row| world.sendings[usize::from(row.message) - 1];
            let mut stored = world.database.messages.iter();
            stored.any(|row| sending(row) == Sending::Waiting)
        }),
    ]
}

fn is_live(panel: &Panel) -> bool {
    let mut socket = panel.socket.iter();
    socket.any(|socket| socket.sync == Sync::Live)
}

fn any_socket(world: &World, is: impl Fn(&Panel, &Socket) -> bool) -> bool {
    let mut panels = world.panels.iter();
    panels.any(|panel| panel.socket.iter().any(|socket| is(panel, socket)))
}

fn each_panel(world: &World, is: impl Fn(PanelId, &Panel) -> bool) -> bool {
    let mut panels = world.panels.iter().enumerate();
    panels.all(|(member, panel)| is(member, panel))
}

fn rise<'a>(rows: impl Iterator<Item = &'a Row>) -> bool {
    let ids: Vec<u8> = rows.map(|row| row.cursor.id).collect();
    ids.is_sorted_by(|before, after| before < after)
}
