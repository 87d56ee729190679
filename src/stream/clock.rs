//! The wall clock: the one place where time is read.
//!
//! It is its value at start plus the boot-time clock, which neither jumps nor stops while the machine
//! sleeps. A system clock that is set afterwards departs from it; while it does so by more
//! than a little, nothing that follows the wall clock may go on.
//!
//! The demonstration runs a day in minutes: its clock starts at an instant of its choice and goes faster by a rate. Whatever is
//! compared with it (lags, skews, deadlines) is scaled by the same rate, once, at start.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::model::Timestamp;

/// What the machine's clocks say.
pub trait Clocks: Send + Sync {
    /// Time since boot; only differences mean anything. Never goes back.
    fn boot(&self) -> Duration;
    /// The system's clock, which somebody may set.
    fn system(&self) -> Timestamp;
}

/// Those of this machine.
struct Machine;

impl Clocks for Machine {
    fn boot(&self) -> Duration {
        boot()
    }

    fn system(&self) -> Timestamp {
        system()
    }
}

/// Hands out the wall clock's time.
#[derive(Clone)]
pub struct Clock {
    clocks: Arc<dyn Clocks>,
    started: Timestamp,
    started_system: Timestamp,
    started_boot: Duration,
    rate: u32,
}

impl Clock {
    /// Starts from the system's present time.
    pub fn start() -> Clock {
        Clock::of(Arc::new(Machine))
    }

    /// Starts from the present time of other clocks, simulated ones say.
    pub fn of(clocks: Arc<dyn Clocks>) -> Clock {
        let (now, boot) = (clocks.system(), clocks.boot());
        Clock { clocks, started: now, started_system: now, started_boot: boot, rate: 1 }
    }

    /// Starts from `at`, and goes `rate` times as fast as the real one.
    pub fn fast(at: Timestamp, rate: u32) -> Clock {
        Clock { started: at, rate, ..Clock::start() }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        self.started + self.elapsed() * self.rate
    }

    /// Time since boot, as [`Clocks::boot`]: what is measured and waited for within an instance.
    pub fn boot(&self) -> Duration {
        self.clocks.boot()
    }

    /// How many of its seconds pass within a real one.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// How long it really takes until `at`; nothing where that has passed.
    pub fn until(&self, at: Timestamp) -> Duration {
        at.since(self.now()) / self.rate
    }

    /// How far the system's clock is from where ours says it should be, in either direction, in our time.
    pub fn departure(&self) -> Duration {
        let (system, expected) = (self.clocks.system(), self.started_system + self.elapsed());
        system.since(expected).max(expected.since(system)) * self.rate
    }

    fn elapsed(&self) -> Duration {
        self.boot().saturating_sub(self.started_boot)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).field("rate", &self.rate).finish()
    }
}

/// Time since boot; only differences mean anything.
pub fn boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

#[allow(clippy::disallowed_methods, reason = "this is the clock's home")]
fn system() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_departs_no_more_than_a_real_one() {
        let at = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
        let clock = Clock::fast(at, 1000);
        let begun = boot();
        while boot() - begun < Duration::from_millis(3) {}
        assert!(clock.now() >= at + Duration::from_secs(3));
        assert!(clock.until(clock.now() + Duration::from_secs(10)) <= Duration::from_millis(10));
        // Far from the real clock, and yet where it should be: within the millisecond of the system's clock, scaled.
        assert!(clock.departure() <= Duration::from_secs(60), "{:?}", clock.departure());
    }
}
