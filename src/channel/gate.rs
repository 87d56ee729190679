//! The last question before the first byte: is it still in time, is it still wanted?
//!
//! Between claim and first byte an attempt waits in a queue, resolves a name, opens a connection. The notifier
//! meanwhile may read that the reason has gone, or declare the attempt unknown because its deadline passed. Both
//! rest on this: *after a withdrawal or past the deadline nothing begins*. A withdrawal and the beginning race for
//! one atomic word, so exactly one of them wins.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::Outcome;
use crate::model::Timestamp;

/// Tells the wall clock's time; handed in, because only the runtime may read it.
pub type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

const WAITING: u8 = 0;
const PASSED: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Guards one attempt.
pub struct Gate {
    deadline: Timestamp,
    clock: WallClock,
    state: AtomicU8,
}

impl Gate {
    /// A gate that shuts once the clock is past `deadline`.
    pub fn new(deadline: Timestamp, clock: WallClock) -> Gate {
        Gate { deadline, clock, state: AtomicU8::new(WAITING) }
    }

    /// Whether to begin, now: the caller sends its first byte next. Asked again, it stays passed.
    ///
    /// # Errors
    /// The attempt's outcome where it must not begin.
    pub fn pass(&self) -> Result<(), Outcome> {
        self.look()?;
        match self.state.compare_exchange(WAITING, PASSED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) | Err(PASSED) => Ok(()),
            Err(_) => Err(withdrawn()),
        }
    }

    /// Whether it is worth preparing: as [`Gate::pass`], but nothing begins.
    ///
    /// # Errors
    /// The attempt's outcome where it must not begin.
    pub fn look(&self) -> Result<(), Outcome> {
        match self.state.load(Ordering::Acquire) {
            PASSED => Ok(()),
            WITHDRAWN => Err(withdrawn()),
            _ if (self.clock)() > self.deadline => Err(Outcome::retry("deadline passed before the first byte")),
            _ => Ok(()),
        }
    }

    /// Shuts it, unless the attempt has begun.
    pub fn withdraw(&self) {
        // Lost against the beginning: the message is on its way.
        let _ = self.state.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The outcome of an attempt that was broken off: unknown once its first byte may have gone out.
    pub(super) fn broken_off(&self, reason: &'static str) -> Outcome {
        match self.state.load(Ordering::Acquire) {
            PASSED => Outcome::unknown(reason),
            WITHDRAWN => withdrawn(),
            _ => Outcome::retry(reason),
        }
    }
}

fn withdrawn() -> Outcome {
    Outcome::refused("withdrawn")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(deadline: i64, now: i64) -> Gate {
        Gate::new(Timestamp::from_millis(deadline), Arc::new(move || Timestamp::from_millis(now)))
    }

    #[test]
    fn nothing_begins_past_the_deadline() {
        assert_eq!(gate(10, 10).pass(), Ok(()));
        assert_eq!(gate(10, 11).pass(), Err(Outcome::retry("deadline passed before the first byte")));
    }

    #[test]
    fn nothing_begins_after_a_withdrawal() {
        let gate = gate(10, 5);
        gate.withdraw();
        assert_eq!(gate.pass(), Err(Outcome::refused("withdrawn")));
        assert_eq!(gate.broken_off("x"), Outcome::refused("withdrawn"));
    }

    #[test]
    fn what_has_begun_cannot_be_withdrawn_and_ends_unknown_when_broken_off() {
        let gate = gate(10, 5);
        assert_eq!(gate.broken_off("x"), Outcome::retry("x"));
        assert_eq!(gate.pass(), Ok(()));
        gate.withdraw();
        assert_eq!(gate.pass(), Ok(()));
        assert_eq!(gate.broken_off("x"), Outcome::unknown("x"));
    }
}
