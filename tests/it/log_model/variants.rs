//! How large the world is, and the ways in which the protocol can be built wrong.

/// How much may happen. Faults are counted, so that no run goes round in a circle.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Panels, each of another member.
    pub panels: usize,
    /// Messages that are sent.
    pub messages: u8,
    /// Events in a node's ring.
    pub ring: usize,
    /// Live events that may wait for a panel.
    pub queue: usize,
    /// Connections lost, in all.
    pub cuts: u8,
    /// Nodes killed, in all.
    pub crashes: u8,
    /// Hints doubled, in all. Losing and overtaking are not counted.
    pub doubled: u8,
    /// Restores from an older backup.
    pub restores: u8,
    /// Log rows deleted too early, because a clock was wrong.
    pub pruned: u8,
}

/// One rule of the protocol left out or turned round. Each must be found by the promise it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// The sender is answered when the node has taken the message, before the commit.
    AckBeforeCommit,
    /// The dispatcher hands on a row that does not continue its position.
    SkipOnGap,
    /// The dispatcher hands on rows it has already handed on.
    DuplicateHintDeliversTwice,
    /// Nobody polls: only hints make a node read the log.
    HintsWithoutAPoll,
    /// Live events leave while missed ones still wait.
    JoinLiveBeforeReplayEnds,
    /// What was missed is looked up before the panel is seated, and not under the same lock.
    JoinBesideAnEvent,
    /// A cursor is taken by its id alone.
    CursorOfAnotherDatabaseAccepted,
    /// The database is restored under nodes that go on.
    NodesRunThroughARestore,
    /// The ring is filled at start from a log in which a row is missing, as if it were whole.
    RingWithAHoleResumes,
    /// A node that is behind a hole in the log waits for rows that never come.
    HoleIsWaitedFor,
    /// A full queue loses its event and goes on.
    FullQueueGoesOn,
    /// Events are applied while the state is on its way.
    LiveIsNotHeldBackFromTheState,
    /// The state asked for over an earlier connection is taken when it comes at last.
    StateOfAnEarlierConnection,
    /// The state's content and its cursor are read in two transactions.
    StateReadInTwoTransactions,
    /// A state adds to what the panel showed, and takes nothing away.
    StateIsMerged,
}
