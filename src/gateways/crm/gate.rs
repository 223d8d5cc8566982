//! While Sugar is down, one call of the service's own per second finds out whether it is back.
//!
//! Hundreds of jobs may wait for it. Without this each would knock by itself, and a Sugar that
//! comes back would meet all of them at once. What people ask for in their browsers is not held.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::CrmError;
use crate::domain::clock::{Clock, Timestamp};

/// So many calls in a row without an answer of Sugar's mean that it is down: one alone may be
/// the fault of that call.
const FAILURES: u32 = 3;

/// One call in this time while it is down.
const PAUSE_MS: i64 = 1_000;

/// Lets the service's calls through as Sugar bears them.
pub(super) struct Gate {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    failures: u32,
    /// A call that finds out is under way.
    asking: bool,
    last_asked: Timestamp,
}

/// Leave to make one call.
pub(super) struct Pass<'g> {
    gate: &'g Gate,
    finds_out: bool,
}

impl Gate {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State {
            failures: 0,
            asking: false,
            last_asked: Timestamp(0),
        };
        Self {
            clock,
            state: Mutex::new(state),
        }
    }

    /// Leave to call; refused at once while Sugar is down and another call finds out.
    pub(super) fn pass(&self) -> Result<Pass<'_>, CrmError> {
        let now = self.clock.now();
        let mut state = self.state();
        let finds_out = state.failures >= FAILURES;
        if finds_out {
            let just_asked = (0..PAUSE_MS).contains(&(now.0 - state.last_asked.0));
            if state.asking || just_asked {
                return Err(CrmError::Unreachable {
                    sent: false,
                    reason: "it did not answer a moment ago",
                });
            }
            state.asking = true;
            state.last_asked = now;
        }
        drop(state);
        Ok(Pass {
            gate: self,
            finds_out,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Tells how the call ended: a refusal is an answer too.
    pub(super) fn ended<T>(self, result: &Result<T, CrmError>) {
        let mut state = self.gate.state();
        if !result.as_ref().is_err_and(CrmError::is_temporary) {
            state.failures = 0;
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures == FAILURES {
            state.last_asked = self.gate.clock.now();
            drop(state);
            log::warn!("Sugar does not answer; it is asked once a second until it does");
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.finds_out {
            self.gate.state().asking = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::StillClock;
    use super::*;

    const DOWN: Result<(), CrmError> = Err(CrmError::Busy {
        retry_after_s: None,
    });

    fn gate() -> (Gate, Arc<StillClock>) {
        let clock = Arc::new(StillClock::default());
        clock.advance_s(1_000);
        (Gate::new(Arc::<StillClock>::clone(&clock)), clock)
    }

    fn break_it(gate: &Gate) {
        for _ in 0..FAILURES {
            gate.pass().unwrap().ended(&DOWN);
        }
    }

    #[test]
    fn a_sugar_that_is_down_is_asked_once_a_second_whoever_asks() {
        let (gate, clock) = gate();
        break_it(&gate);
        let mut asked = 0;
        for _ in 0..60 {
            clock.advance_s(1);
            for _job in 0..500 {
                if let Ok(pass) = gate.pass() {
                    asked += 1;
                    pass.ended(&DOWN);
                }
            }
        }
        assert_eq!(asked, 60);
    }

    #[test]
    fn only_one_call_finds_out_at_a_time_and_its_success_opens_for_all() {
        let (gate, clock) = gate();
        break_it(&gate);
        clock.advance_s(1);
        let slow = gate.pass().unwrap();
        clock.advance_s(20);
        assert!(gate.pass().is_err());
        slow.ended(&Ok(()));
        assert!(gate.pass().is_ok() && gate.pass().is_ok());
        break_it(&gate);
        clock.advance_s(1);
        drop(gate.pass().unwrap());
        clock.advance_s(1);
        assert!(
            gate.pass().is_ok(),
            "a call that was given up is no reason to wait for ever"
        );
    }

    #[test]
    fn a_few_failures_and_refusals_close_nothing() {
        let (gate, _) = gate();
        for _ in 0..20 {
            gate.pass().unwrap().ended(&DOWN);
            gate.pass().unwrap().ended(&DOWN);
            let refused: Result<(), _> = Err(CrmError::Refused {
                status: 422,
                code: "invalid_parameter".to_owned(),
            });
            gate.pass().unwrap().ended(&refused);
        }
        assert!(gate.pass().is_ok());
    }
}
