//! The last question before the first byte: is it still in time, is it still wanted?
//!
//! Between claim and first byte an attempt waits in a queue, resolves a name, opens a connection, asks whether it was sent before. The notifier
//! meanwhile may read that the reason has gone, or declare the attempt unknown because its deadline passed. Both
//! rest on this: *after a withdrawal or past the deadline nothing begins*. A withdrawal, the beginning and whoever waits no longer race
//! for one atomic word, so exactly one of them wins.
//!
//! So it is asked twice: [`Gate::look`] before anything is prepared, that nothing is prepared in vain, and [`Gate::pass`] by
//! what is about to write the first byte, over a connection that stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::{Outcome, Reason};
use crate::model::Timestamp;

/// Tells the wall clock's time; handed in, because only the runtime may read it.
pub type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

const WAITING: u8 = 0;
const PASSED: u8 = 1;
const WITHDRAWN: u8 = 2;
const BROKEN_OFF: u8 = 3;

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

    /// Whether to begin, now: the caller writes the first byte next. Asked again, it stays passed.
    ///
    /// # Errors
    /// The attempt's outcome where it must not begin.
    pub fn pass(&self) -> Result<(), Outcome> {
        self.look()?;
        let step = |state| matches!(state, WAITING | PASSED).then_some(PASSED);
        self.step(step).map(|_| ()).map_err(refusal)
    }

    /// Whether it is worth preparing: as [`Gate::pass`], but nothing begins.
    ///
    /// # Errors
    /// The attempt's outcome where it must not begin.
    pub fn look(&self) -> Result<(), Outcome> {
        match self.state.load(Ordering::Acquire) {
            PASSED => Ok(()),
            state @ (WITHDRAWN | BROKEN_OFF) => Err(refusal(state)),
            _ if (self.clock)() > self.deadline => Err(Outcome::retry("deadline passed before the first byte")),
            _ => Ok(()),
        }
    }

    /// Whether the attempt has begun.
    pub(super) fn is_passed(&self) -> bool {
        self.state.load(Ordering::Acquire) == PASSED
    }

    /// Shuts it, unless the attempt has begun.
    pub fn withdraw(&self) {
        // Lost against the beginning: the message is on its way.
        let _ = self.step(|state| (state != PASSED).then_some(WITHDRAWN));
    }

    fn step(&self, next: impl FnMut(u8) -> Option<u8>) -> Result<u8, u8> {
        self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
    }

    /// Shuts it, since nobody waits for the attempt any more, and says its outcome: unknown once its first byte may have gone out.
    /// What is still at it in the background, as a connection is, sends nothing from now on.
    pub(super) fn broken_off(&self, reason: impl Into<Reason>) -> Outcome {
        match self.step(|state| (state == WAITING).then_some(BROKEN_OFF)) {
            Err(PASSED) => Outcome::unknown(reason),
            Err(WITHDRAWN) => Outcome::withdrawn(),
            _ => Outcome::retry(reason),
        }
    }
}

/// Why nothing begins in a state in which nothing ever will.
fn refusal(state: u8) -> Outcome {
    if state == WITHDRAWN { Outcome::withdrawn() } else { Outcome::retry("broken off before the first byte") }
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
        assert_eq!(gate.pass(), Ok(()));
        gate.withdraw();
        assert_eq!(gate.pass(), Ok(()));
        assert_eq!(gate.broken_off("x"), Outcome::unknown("x"));
    }

    #[test]
    fn what_was_worth_preparing_in_time_does_not_begin_past_the_deadline() {
        let now = Arc::new(std::sync::atomic::AtomicI64::new(5));
        let read = Arc::clone(&now);
        let gate = Gate::new(
            Timestamp::from_millis(10),
            Arc::new(move || Timestamp::from_millis(read.load(Ordering::Relaxed))),
        );
        assert_eq!(gate.look(), Ok(()));
        now.store(11, Ordering::Relaxed);
        assert_eq!(gate.pass(), Err(Outcome::retry("deadline passed before the first byte")));
        assert_eq!(gate.broken_off("x"), Outcome::retry("x"));
    }

    #[test]
    fn what_nobody_waits_for_any_more_does_not_begin_behind_his_back() {
        let gate = gate(10, 5);
        assert_eq!(gate.broken_off("x"), Outcome::retry("x"));
        assert_eq!(gate.pass(), Err(Outcome::retry("broken off before the first byte")));
        // A withdrawal is no news then: nothing has left, and that is on record.
        gate.withdraw();
        assert_eq!(gate.pass(), Err(Outcome::refused("withdrawn")));
    }
}
