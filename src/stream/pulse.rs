//! Whether every worker still takes turns.
//!
//! A call of the client that never returns (seen after a coordinator's broker died) is the worst an instance can do: its heartbeats go on
//! in the background, so nobody else gets its partitions before `max.poll.interval.ms` is over, and the state that the call holds up says
//! nothing to anybody. Such a process has to end.
//!
//! No clock is asked: a worker stands still when it took no turn while the watch itself ticked so often. So a process that was
//! paused, or a machine that slept, has nothing to explain afterwards.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Between two looks of the watch.
pub const TICK: Duration = Duration::from_secs(1);

/// A worker, by its stage and slot.
pub type Who = (&'static str, usize);

/// How many ticks without a turn mean that a worker stands still. Fewer: one that repeats its calls through an outage, which it may do for
/// some timeouts of a transaction each, is ended for nothing. More: so long nobody watches its parcels.
pub fn patience(transaction_timeout: Duration) -> u32 {
    let repeated = 12 * transaction_timeout.as_secs();
    60 + u32::try_from(repeated).unwrap_or(u32::MAX / 2)
}

/// The turns of every worker.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<BTreeMap<Who, Arc<AtomicU64>>>);

impl Pulse {
    /// What a worker counts its turns with.
    pub fn of(&self, who: Who) -> Arc<AtomicU64> {
        Arc::clone(self.0.lock().expect("no holder of this lock panics").entry(who).or_default())
    }

    /// The worker has ended.
    pub fn ended(&self, who: Who) {
        self.0.lock().expect("no holder of this lock panics").remove(&who);
    }

    fn turns(&self) -> BTreeMap<Who, u64> {
        let all = self.0.lock().expect("no holder of this lock panics");
        all.iter().map(|(who, turns)| (*who, turns.load(Ordering::Relaxed))).collect()
    }
}

/// Looks at the pulse, tick by tick.
#[derive(Debug)]
pub struct Watch {
    patience: u32,
    /// For each worker, its turns at the last tick, and for how many ticks it has had no more.
    seen: BTreeMap<Who, (u64, u32)>,
}

impl Watch {
    /// Nobody has been looked at.
    pub fn new(patience: u32) -> Watch {
        Watch { patience, seen: BTreeMap::new() }
    }

    /// A tick has passed. Returns who stands still.
    pub fn tick(&mut self, pulse: &Pulse) -> Option<Who> {
        let turns = pulse.turns();
        self.seen.retain(|who, _| turns.contains_key(who));
        for (who, now) in turns {
            let (before, ticks) = self.seen.entry(who).or_insert((now, 0));
            *ticks = if *before == now { *ticks + 1 } else { 0 };
            *before = now;
        }
        self.seen.iter().find(|(_, (_, ticks))| *ticks > self.patience).map(|(who, _)| *who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACKER: Who = ("tracker", 0);
    const NOTIFIER: Who = ("notifier", 0);

    #[test]
    fn a_worker_without_a_turn_for_too_many_ticks_stands_still() {
        let (pulse, mut watch) = (Pulse::default(), Watch::new(3));
        let (tracker, notifier) = (pulse.of(TRACKER), pulse.of(NOTIFIER));
        for _ in 0..10 {
            tracker.fetch_add(1, Ordering::Relaxed);
            notifier.fetch_add(1, Ordering::Relaxed);
            assert_eq!(watch.tick(&pulse), None);
        }
        for _ in 0..3 {
            tracker.fetch_add(1, Ordering::Relaxed);
            assert_eq!(watch.tick(&pulse), None, "not yet");
        }
        tracker.fetch_add(1, Ordering::Relaxed);
        assert_eq!(watch.tick(&pulse), Some(NOTIFIER));
        notifier.fetch_add(1, Ordering::Relaxed);
        assert_eq!(watch.tick(&pulse), None, "it goes on");
    }

    #[test]
    fn a_worker_that_has_ended_need_not_take_turns() {
        let (pulse, mut watch) = (Pulse::default(), Watch::new(2));
        pulse.of(TRACKER);
        assert_eq!((watch.tick(&pulse), watch.tick(&pulse)), (None, None));
        pulse.ended(TRACKER);
        assert_eq!(watch.tick(&pulse), None);
    }

    #[test]
    fn patience_outlasts_the_calls_that_a_worker_repeats() {
        // Flush, offsets, commit and abort of one turn, each up to three timeouts, the first up to one.
        assert!(patience(Duration::from_secs(10)) > 10 * 10);
        assert!(patience(Duration::from_secs(60)) > 10 * 60);
    }
}
