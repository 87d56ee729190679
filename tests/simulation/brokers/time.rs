//! Simulated time: one true time that only the driver and waiting calls advance, clocks that depart from it, and what is due when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// A machine's two clocks, by the true time since the simulation began.
#[derive(Clone, Debug)]
pub struct Departing {
    /// The true time and the boot clock's when the drift was last set.
    anchor: (Duration, Duration),
    /// Millionths that the clock goes too fast (or too slow).
    ppm: i64,
    /// What the system's clock shows at boot, in milliseconds since 1970.
    base_ms: i64,
    /// Stands still from when until when.
    still: (Duration, Duration),
}

impl Departing {
    /// Starts true.
    pub fn new(base_ms: i64) -> Departing {
        Departing { anchor: (Duration::ZERO, Duration::ZERO), ppm: 0, base_ms, still: (Duration::ZERO, Duration::ZERO) }
    }

    /// The boot clock.
    pub fn boot(&self, now: Duration) -> Duration {
        let (from, until) = self.still;
        let stood = now.min(until).saturating_sub(from.max(self.anchor.0));
        let elapsed = now.saturating_sub(self.anchor.0).saturating_sub(stood).as_nanos() as i128;
        let elapsed = elapsed + elapsed * i128::from(self.ppm) / 1_000_000;
        self.anchor.1 + Duration::from_nanos(elapsed.max(0) as u64)
    }

    /// The system's clock, in milliseconds since 1970.
    pub fn system_ms(&self, now: Duration) -> i64 {
        self.base_ms + self.boot(now).as_millis() as i64
    }

    /// From now on it goes wrong by so many millionths.
    pub fn drift(&mut self, now: Duration, ppm: i64) {
        self.anchor = (now, self.boot(now));
        self.ppm = ppm.max(-1_000_000);
    }

    /// Somebody sets the system's clock.
    pub fn step(&mut self, by_ms: i64) {
        self.base_ms += by_ms;
    }

    /// Both stand still until then (a virtual machine that is frozen), and go on from where they stood.
    pub fn stand_still(&mut self, now: Duration, until: Duration) {
        self.drift(now, self.ppm);
        self.still = (now, until);
    }

    /// The end of standing still, should that have been longer.
    pub fn go_on(&mut self, now: Duration) {
        self.still.1 = self.still.1.min(now);
    }
}

/// What is due when; equal instants in the order in which they were noted, so that a seed replays.
#[derive(Default)]
pub struct Agenda {
    due: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    noted: u64,
}

/// What happens by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A marker of this transaction arrives at a partition.
    Marker { id: String, topic: String, partition: i32 },
    /// Its pending offsets are decided at the group's coordinator.
    OffsetsDecided { id: String, group: String },
    /// A transaction has been open for too long, if it is still this one.
    TransactionExpires { id: String, began: Duration, epoch: i16 },
    /// A client's background thread looks after its membership.
    Beat { client: u64 },
    /// The answer to a client's JoinGroup and SyncGroup arrives; `stands` as [`super::state::State::synced`] has it.
    Synced { client: u64, member: String, generation: i32, partitions: Vec<i32>, stands: Option<bool> },
    /// Whether a member was silent for too long.
    SessionCheck { group: String, member: String },
    /// Those who have not joined a rebalance by now are left out; or a new group has waited for more members long enough.
    JoinDeadline { group: String, generation: i32 },
}

impl Agenda {
    #[allow(missing_docs)]
    pub fn note(&mut self, at: Duration, event: Event) {
        self.noted += 1;
        self.due.push(Reverse((at, self.noted, event)));
    }

    /// The next event that is due by then, and when.
    pub fn take(&mut self, until: Duration) -> Option<(Duration, Event)> {
        if self.due.peek()?.0.0 > until {
            return None;
        }
        self.due.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
