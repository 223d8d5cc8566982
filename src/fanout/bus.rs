//! What nodes tell each other at once.
//!
//! It may be lost, doubled or out of order: the log and the presence of the nodes are in the
//! database, and each node looks there by itself as well (promise 9).

use crate::domain::event::Signal;
use crate::domain::ids::MemberId;

/// Why nothing reaches the other nodes at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BusError(pub String);

/// The way to the other nodes. No call waits.
pub trait Bus: Send + Sync {
    /// The log has reached a place.
    fn reached(&self, id: i64);
    /// The presence of this node's members has changed.
    fn presence_moved(&self);
    /// Something for the panels of some members, not kept.
    fn signal(&self, to: &[MemberId], signal: &Signal);
    /// Whether it is connected, in words for an admin.
    fn health(&self) -> Result<String, BusError>;
}
