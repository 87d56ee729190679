//! When something is wrong that may keep somebody from deciding or telling, and that everything goes on where nothing is.
//!
//! In come the state of instances and what the driver has brought about; out come spans of time without troubles, in which more is demanded
//! than in others.

use parcelwatch::stream::{NotifierStage, Stage, TrackerStage};

use super::Simulation;
use crate::settings::PARTITIONS;

/// What was wrong within so long of one another is one span.
const UNWELL_GAP_MS: i64 = 10 * 60_000;

/// Whether everything goes on is looked at so often at most.
const LOOKS_EVERY_MS: i64 = 20_000;

/// A partition stands still for so long at most while nothing is wrong: some tries of a commit that is refused, or a hand-over. Longer than
/// that hides a worker that never gets anywhere.
const STANDS_STILL_MS: i64 = 10 * 60_000;

/// A partition is without an owner that decides for so long at most while nothing is wrong: who owned it is killed, its session and its transaction time
/// out, somebody else comes and restores, some of it more than once. Longer than that hides a worker that never gets to its first commit.
const OWNERLESS_MOST_MS: i64 = 30 * 60_000;

impl Simulation {
    /// Notes whether anything is wrong now that may keep somebody from telling what is true.
    pub(super) fn look_after(&self) {
        let now = self.now();
        let untils = [&self.rough_until, &self.away_until, &self.hangs_until, &self.trickles_until];
        let stages = [TrackerStage::NAME, NotifierStage::NAME];
        let is_owned = stages.iter().all(|stage| self.active(stage) == PARTITIONS as usize);
        let is_troubled = untils.iter().any(|until| now < until.get())
            || !self.righted.borrow().is_empty()
            || self.upstream.borrow().is_some()
            || self
                .instances
                .borrow()
                .iter()
                .any(|instance| self.cluster.is_paused(&instance.name) || self.cluster.is_cut(&instance.name));
        if is_owned || is_troubled {
            self.owned.set(now);
        } else if now - self.owned.get() > OWNERLESS_MOST_MS {
            let what = format!("partitions are without an owner that decides for {} ms", now - self.owned.get());
            self.found.borrow_mut().add("goes_on", what);
        }
        if is_troubled || !is_owned {
            self.last_trouble.set(now);
            self.waits.borrow_mut().clear();
            let mut unwell = self.unwell.borrow_mut();
            match unwell.last_mut().filter(|last| now - last.1 <= UNWELL_GAP_MS) {
                Some(last) => last.1 = now,
                None => unwell.push((now, now)),
            }
        } else if now - self.looked.get() > LOOKS_EVERY_MS {
            self.looked.set(now);
            self.goes_on::<TrackerStage>(now);
            self.goes_on::<NotifierStage>(now);
        }
    }

    /// *goes_on*: while nothing is wrong, nobody's committed place stands still before records that wait.
    fn goes_on<S: Stage>(&self, now: i64) {
        let (topic, group) = (self.topic(S::INPUTS[S::MAIN]), self.options.group_of(S::NAME));
        for partition in 0..PARTITIONS {
            let mut waits = self.waits.borrow_mut();
            let Some(offset) = self.cluster.waits_at(&group, &topic, partition) else {
                waits.remove(&(S::NAME, partition));
                continue;
            };
            let since = waits.get(&(S::NAME, partition)).filter(|known| known.0 == offset).map_or(now, |known| known.1);
            waits.insert((S::NAME, partition), (offset, since));
            if now - since > STANDS_STILL_MS {
                let what =
                    format!("{topic} [{partition}] of the {} stands at {offset} for {} ms", S::NAME, now - since);
                self.found.borrow_mut().add("goes_on", what);
            }
        }
    }

    /// The spans up to `until` in which nothing was wrong, by the brokers' clock.
    pub(super) fn well(&self, until: i64) -> Vec<(i64, i64)> {
        let unwell = self.unwell.borrow();
        let starts = std::iter::once(0).chain(unwell.iter().map(|span| span.1));
        let ends = unwell.iter().map(|span| span.0).chain(std::iter::once(until));
        let start = self.history.start;
        starts.zip(ends).filter(|(from, to)| from < to).map(|(from, to)| (from + start, to + start)).collect()
    }
}
