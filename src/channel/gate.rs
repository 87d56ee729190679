//! The last question before the first byte: is it still in time, is it still wanted?
//!
//! Between claim and first byte an attempt waits in a queue, resolves a name, opens a connection. The notifier
//! meanwhile may read that the reason has gone, or declare the attempt unknown because its deadline passed. Both
//! rest on this: *after a withdrawal or past the deadline nothing begins*. A withdrawal and the beginning race for
//! one atomic word, so exactly one of them wins.
//!
//! Who asks something of the other side before it begins (was this sent already?) enters first: the deadline is checked then
//! and not again, since the asking may take longer than the gate stays open, but a withdrawal still wins until it
//! passes. The notifier waits for an attempt's outcome for the channel's whole timeout beyond the deadline, and the asking is
//! part of that timeout: what begins so has ended before it is declared unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::Outcome;
use crate::model::Timestamp;

/// Tells the wall clock's time; handed in, because only the runtime may read it.
pub type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

const WAITING: u8 = 0;
const PASSED: u8 = 1;
const WITHDRAWN: u8 = 2;
const ENTERED: u8 = 3;

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
        self.unless_withdrawn(PASSED)
    }

    /// Whether to begin with what comes before the first byte of the message: in time now, it is in time later.
    ///
    /// # Errors
    /// The attempt's outcome where it must not begin.
    pub fn enter(&self) -> Result<(), Outcome> {
        self.look()?;
        self.unless_withdrawn(ENTERED)
    }

    /// Whether it is worth preparing: as [`Gate::pass`], but nothing begins.
    ///
    /// # Errors
    /// The attempt's outcome where it must not begin.
    pub fn look(&self) -> Result<(), Outcome> {
        match self.state.load(Ordering::Acquire) {
            ENTERED | PASSED => Ok(()),
            WITHDRAWN => Err(Outcome::withdrawn()),
            _ if (self.clock)() > self.deadline => Err(Outcome::retry("deadline passed before the first byte")),
            _ => Ok(()),
        }
    }

    /// Shuts it, unless the attempt has begun.
    pub fn withdraw(&self) {
        // Lost against the beginning: the message is on its way.
        let _ = self.step(|state| (state != PASSED).then_some(WITHDRAWN));
    }

    /// Goes on to this state, or stays where it is further.
    fn unless_withdrawn(&self, next: u8) -> Result<(), Outcome> {
        let step = |state| match state {
            WITHDRAWN => None,
            PASSED => Some(PASSED),
            _ => Some(next),
        };
        self.step(step).map(|_| ()).map_err(|_| Outcome::withdrawn())
    }

    fn step(&self, next: impl FnMut(u8) -> Option<u8>) -> Result<u8, u8> {
        self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
    }

    /// The outcome of an attempt that was broken off: unknown once its first byte may have gone out.
    pub(super) fn broken_off(&self, reason: &'static str) -> Outcome {
        match self.state.load(Ordering::Acquire) {
            PASSED => Outcome::unknown(reason),
            WITHDRAWN => Outcome::withdrawn(),
            _ => Outcome::retry(reason),
        }
    }
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

    #[test]
    fn what_has_entered_in_time_stays_in_time_and_can_be_withdrawn_until_it_passes() {
        let now = Arc::new(std::sync::atomic::AtomicI64::new(5));
        let read = Arc::clone(&now);
        let clock: WallClock = Arc::new(move || Timestamp::from_millis(read.load(Ordering::Relaxed)));
        let gate = || Gate::new(Timestamp::from_millis(10), Arc::clone(&clock));
        let (passing, withdrawn, late) = (gate(), gate(), gate());
        assert_eq!((passing.enter(), withdrawn.enter()), (Ok(()), Ok(())));
        now.store(11, Ordering::Relaxed);
        assert_eq!(late.enter(), Err(Outcome::retry("deadline passed before the first byte")));
        // Nothing of the message has gone out yet.
        assert_eq!(passing.broken_off("x"), Outcome::retry("x"));
        assert_eq!((passing.pass(), passing.enter()), (Ok(()), Ok(())));
        assert_eq!(passing.broken_off("x"), Outcome::unknown("x"));
        withdrawn.withdraw();
        assert_eq!(withdrawn.pass(), Err(Outcome::refused("withdrawn")));
    }
}
