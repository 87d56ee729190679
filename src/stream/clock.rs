//! The wall clock: the one place where time is read.
//!
//! It is its value at start plus the boot-time clock, which neither jumps nor stops while the machine
//! sleeps. A system clock that is set afterwards departs from it; while it does so by more
//! than a little, nothing that follows the wall clock may go on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::model::Timestamp;

/// Hands out the wall clock's time.
#[derive(Clone, Debug)]
pub struct Clock {
    started_wall: Timestamp,
    started_boot: Duration,
}

impl Clock {
    /// Starts from the system's present time.
    pub fn start() -> Clock {
        Clock { started_wall: system(), started_boot: boot() }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        self.started_wall + (boot() - self.started_boot)
    }

    /// How far the system's clock is from ours, in either direction.
    pub fn departure(&self) -> Duration {
        let (system, ours) = (system(), self.now());
        system.since(ours).max(ours.since(system))
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
