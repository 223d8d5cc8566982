//! A model of the log's protocol, and every order in which it can run.
//!
//! Promise 3 says that a panel which comes back gets every missed event once and in order, or is
//! told to reload. Promises 1 and 9 say that what was acknowledged stays, and that the bus between
//! nodes may do what it likes. Tests over real sockets try some orders of things; this tries all
//! that there are in a small world, and shows that it would notice: each rule of the protocol is
//! broken once, by a mutant, and the promise that rests on it must fall.
//!
//! # The protocol
//!
//! - **Database.** One log; ids are given in commit order. A cursor is a row's id and time. The
//!   operator may stop all nodes and put back a backup: what came after it is gone, and its ids
//!   are given again, at another time. A node with a wrong clock may delete rows too early.
//! - **Sender.** Sends until it is answered, always with the same message number; what is stored
//!   is not stored again. The answer follows the commit.
//! - **Node.** Its dispatcher has a position in the log. It hands on what its own writer has
//!   committed when that continues the position, skips what it has handed on, and reads everything
//!   else from the database: when a hint says that the log reached further, and by a poll. The bus
//!   loses hints, doubles them, lets them overtake each other. The newest events are in a ring,
//!   which has no holes: what a row does not continue is dropped. Where the log itself has one,
//!   the node ends its sockets and starts over at the log's end.
//! - **Joining.** Under one lock with the ring: either the panel's cursor is a place in the ring,
//!   then it gets what it missed and live events after that, or it is told to reload.
//! - **Panel.** Told to reload, it asks for the state, on whatever node, and holds events back until
//!   it is here. The state takes the place of all it showed, then what was held back follows. It
//!   drops events up to its cursor. A connection that is lost takes its frames and the state
//!   asked for with it. A queue that is full ends the socket, and the panel comes back.
//!
//! [`steps`] is what can happen, [`node`] and [`panel`] are what it does (the shape of `src/fanout`
//! and of `socket.js`), [`promises`] is what must hold.
//!
//! # What is left out
//!
//! Signals (they are not kept), tokens and hello's second look at them, the 7 days after which rows
//! go (a place older than the ring is refused in either case), bytes (bounds count events), several
//! writes in one commit, several writers in one node, a COMMIT whose answer is lost (it is a commit
//! whose node dies before it answers), time (a wait is a step that has not been taken yet), half-open
//! sockets (a panel never listens to the one it has left), and what a panel makes of events: it shows
//! rows. That ids are given in commit order is taken as given here; the stores' own tests show it.

mod node;
mod panel;
mod promises;
mod steps;
mod variants;
mod world;

use promises::{
    ACKNOWLEDGED_IS_STORED, EVERYTHING_ARRIVES, PLACE_OF_THIS_DATABASE, RELOADS, RESUMES,
    SENT_AGAIN, SENT_ONCE_AND_IN_ORDER, SHOWS_THE_DATABASE, STATE_OVERTAKES, TAKEN_BACK, TOO_SLOW,
};
use stateright::{Checker, Expectation, HasDiscoveries, Model};
use std::num::NonZero;
use std::thread::available_parallelism;
use steps::LogModel;
use variants::{Bounds, Mutant};

const NO_FAULTS: Bounds = Bounds {
    panels: 2,
    messages: 2,
    ring: 1,
    queue: 1,
    cuts: 0,
    crashes: 0,
    doubled: 0,
    restores: 0,
    pruned: 0,
};

/// A connection breaks, a hint comes twice.
const WIRE: Bounds = Bounds {
    cuts: 1,
    doubled: 1,
    ..NO_FAULTS
};

/// A node dies and starts again.
const NODES: Bounds = Bounds {
    crashes: 1,
    ..NO_FAULTS
};

/// More happens than rings and queues hold.
const CROWD: Bounds = Bounds {
    messages: 3,
    ring: 2,
    ..NO_FAULTS
};

/// One panel's connection breaks, and breaks again before it has caught up.
const AGAIN: Bounds = Bounds {
    panels: 1,
    cuts: 2,
    ..NO_FAULTS
};

/// A row of the log is deleted too early, and a node starts over from what is left.
const HOLES: Bounds = Bounds {
    panels: 1,
    messages: 3,
    ring: 3,
    pruned: 1,
    ..NO_FAULTS
};

/// The operator puts back a backup.
const RESTORE: Bounds = Bounds {
    panels: 1,
    ring: 2,
    cuts: 1,
    restores: 1,
    ..NO_FAULTS
};

/// Explores everything that can happen: within `short`, or within `long` where there is time.
///
/// What is named in `reached` must happen somewhere, or the promises would hold of too little.
fn holds(name: &str, short: Bounds, long: Bounds, reached: &[&str]) {
    let is_long = std::env::var_os("RL_MODEL_BIG").is_some();
    let model = LogModel {
        bounds: if is_long { long } else { short },
        mutant: None,
    };
    let threads = available_parallelism().map_or(1, NonZero::get);
    let checker = model.checker().threads(threads).spawn_bfs().join();
    for property in checker.model().properties() {
        let path = checker.discovery(property.name);
        if property.expectation == Expectation::Sometimes {
            let was_reached = path.is_some() || !reached.contains(&property.name);
            assert!(was_reached, "{name}: never reached: {}", property.name);
        } else if let Some(path) = path {
            panic!(
                "{name}: not so: {}: {:#?}",
                property.name,
                path.into_actions()
            );
        }
    }
    assert!(checker.is_done(), "{name}: not everything was explored");
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{name}: {states} states, at most {depth} steps away: every promise holds");
}

/// Looks for a way in which a mutant breaks a promise.
fn breaks(mutant: Mutant, bounds: Bounds, promise: &'static str) {
    let model = LogModel {
        bounds,
        mutant: Some(mutant),
    };
    let found = HasDiscoveries::AnyOf([promise].into());
    let checker = model.checker().finish_when(found).spawn_bfs().join();
    let Some(path) = checker.discovery(promise) else {
        panic!("{mutant:?} goes unnoticed: {promise}");
    };
    let steps = path.into_actions();
    println!("{mutant:?} breaks \"{promise}\": {steps:?}");
}

#[test]
fn holds_over_lost_connections_and_hints() {
    let long = Bounds {
        messages: 3,
        ring: 2,
        ..WIRE
    };
    let reached = [RESUMES, RELOADS, STATE_OVERTAKES, TOO_SLOW];
    holds("lost connections and hints", WIRE, long, &reached);
}

#[test]
fn holds_over_a_killed_node() {
    let long = Bounds {
        messages: 3,
        ring: 2,
        ..NODES
    };
    let reached = [RESUMES, RELOADS, STATE_OVERTAKES, TOO_SLOW, SENT_AGAIN];
    holds("a killed node", NODES, long, &reached);
}

#[test]
fn holds_when_more_happens_than_fits() {
    let long = Bounds {
        messages: 4,
        ..CROWD
    };
    let reached = [RESUMES, RELOADS, STATE_OVERTAKES, TOO_SLOW];
    holds("more than fits", CROWD, long, &reached);
}

#[test]
fn holds_for_a_connection_lost_again_and_again() {
    let long = Bounds {
        messages: 3,
        cuts: 3,
        ..AGAIN
    };
    holds("lost again and again", AGAIN, long, &[RESUMES, RELOADS]);
}

#[test]
fn holds_over_a_hole_in_the_log() {
    let long = Bounds {
        crashes: 1,
        ..HOLES
    };
    holds("a hole in the log", HOLES, long, &[RESUMES, RELOADS]);
}

#[test]
fn holds_over_a_restored_database() {
    let long = Bounds {
        panels: 2,
        cuts: 0,
        ..RESTORE
    };
    let reached = [RESUMES, RELOADS, TAKEN_BACK, SENT_AGAIN];
    holds("a restored database", RESTORE, long, &reached);
}

#[test]
fn ack_before_commit_is_found() {
    breaks(Mutant::AckBeforeCommit, NODES, ACKNOWLEDGED_IS_STORED);
}

#[test]
fn skip_on_gap_is_found() {
    breaks(Mutant::SkipOnGap, WIRE, SHOWS_THE_DATABASE);
}

#[test]
fn a_doubled_hint_that_delivers_twice_is_found() {
    // Panels drop what they have had, so this shows on the wire, where integrators read too.
    let mutant = Mutant::DuplicateHintDeliversTwice;
    let bounds = Bounds { queue: 2, ..WIRE };
    breaks(mutant, bounds, SENT_ONCE_AND_IN_ORDER);
}

#[test]
fn hints_without_a_poll_are_found() {
    breaks(Mutant::HintsWithoutAPoll, WIRE, EVERYTHING_ARRIVES);
}

#[test]
fn joining_live_before_the_replay_ends_is_found() {
    breaks(Mutant::JoinLiveBeforeReplayEnds, WIRE, SHOWS_THE_DATABASE);
}

#[test]
fn joining_beside_an_event_is_found() {
    breaks(Mutant::JoinBesideAnEvent, WIRE, SHOWS_THE_DATABASE);
}

#[test]
fn a_cursor_of_another_database_accepted_is_found() {
    let mutant = Mutant::CursorOfAnotherDatabaseAccepted;
    breaks(mutant, RESTORE, PLACE_OF_THIS_DATABASE);
}

#[test]
fn nodes_that_run_through_a_restore_are_found() {
    breaks(Mutant::NodesRunThroughARestore, RESTORE, EVERYTHING_ARRIVES);
}

#[test]
fn a_ring_with_a_hole_that_resumes_is_found() {
    breaks(Mutant::RingWithAHoleResumes, HOLES, SHOWS_THE_DATABASE);
}

#[test]
fn waiting_for_a_hole_is_found() {
    breaks(Mutant::HoleIsWaitedFor, HOLES, EVERYTHING_ARRIVES);
}

#[test]
fn a_full_queue_that_goes_on_is_found() {
    breaks(Mutant::FullQueueGoesOn, CROWD, SHOWS_THE_DATABASE);
}

#[test]
fn live_events_not_held_back_from_the_state_are_found() {
    let mutant = Mutant::LiveIsNotHeldBackFromTheState;
    breaks(mutant, AGAIN, EVERYTHING_ARRIVES);
}

#[test]
fn a_state_of_an_earlier_connection_is_found() {
    breaks(
        Mutant::StateOfAnEarlierConnection,
        AGAIN,
        EVERYTHING_ARRIVES,
    );
}

#[test]
fn a_state_read_in_two_transactions_is_found() {
    breaks(
        Mutant::StateReadInTwoTransactions,
        AGAIN,
        SHOWS_THE_DATABASE,
    );
}

#[test]
fn a_state_merged_into_what_was_shown_is_found() {
    breaks(Mutant::StateIsMerged, RESTORE, SHOWS_THE_DATABASE);
}
