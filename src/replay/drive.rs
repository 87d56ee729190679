//! Hands records to the machine and lets time pass between them, as the runtime does.

use std::collections::BTreeMap;

use super::Error;
use super::hear::{Decisions, Hearing};
use super::sort::Record;
use super::write::Output;
use crate::model::{Change, ConditionKind, Count, Effect, ScanOutcome, Timestamp, World};
use crate::state::Machine;
use crate::track::Tracker;

/// Limits that pass in one call; the effects of a call are held in memory.
const TIMERS_PER_CALL: usize = 1024;

/// Records between two commits; what they change can be undone until then, which takes memory.
const RECORDS_PER_COMMIT: u64 = 1024;

/// What a replay came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records applied.
    pub records: u64,
    /// Records that could not be decoded, by file and reason.
    pub rejects: BTreeMap<(&'static str, &'static str), u64>,
    /// Scans that were repeats.
    pub repeats: u64,
    /// Changes of conditions.
    pub conditions: BTreeMap<(ConditionKind, &'static str), u64>,
    /// Notices issued or withdrawn.
    pub notices: u64,
    /// What the notifier would have done with them, had every attempt been delivered.
    pub decisions: Decisions,
    /// Up to when time passed.
    pub until: Option<Timestamp>,
}

/// A replay under way.
pub(super) struct Drive<'a> {
    world: &'a World,
    tracker: Tracker,
    hearing: Hearing,
    effects: Vec<Effect>,
    output: Output,
    summary: Summary,
}

impl<'a> Drive<'a> {
    pub fn new(world: &'a World, output: Output) -> Drive<'a> {
        let mut tracker = Tracker::default();
        tracker.restored(world);
        tracker.set_open(true);
        Drive { world, tracker, hearing: Hearing::new(world), effects: Vec::new(), output, summary: Summary::default() }
    }

    /// Lets time pass up to a record and applies it.
    pub fn apply(&mut self, record: Record) -> Result<(), Error> {
        // It was decoded once to find its place.
        let Ok(input) = record.key.source.decode(&record.line) else { return Ok(()) };
        let now = record.key.time;
        self.pass(now, Tracker::handle_timeout)?;
        self.output.begin(now, input.parcel_id());
        self.tracker.handle(now, input, self.world, &mut self.effects);
        self.perform()?;
        self.summary.records += 1;
        if self.summary.records.is_multiple_of(RECORDS_PER_COMMIT) {
            self.tracker.committed();
        }
        Ok(())
    }

    /// Lets time pass up to `until`. What the last records made pass takes effect; a limit at `until` has not passed.
    pub fn finish(mut self, until: Option<Timestamp>) -> Result<Summary, Error> {
        if let Some(until) = until {
            self.pass(until, Tracker::handle_timeout)?;
            self.pass(until, Tracker::finish_instant)?;
        }
        if let Some(until) = until {
            self.hearing.until(until, self.world);
        }
        self.summary.until = until;
        self.summary.decisions = self.hearing.decisions();
        self.output.finish()?;
        Ok(self.summary)
    }

    fn pass(
        &mut self,
        now: Timestamp,
        timeout: fn(&mut Tracker, Timestamp, usize, &World, &mut Vec<Effect>) -> usize,
    ) -> Result<(), Error> {
        while timeout(&mut self.tracker, now, TIMERS_PER_CALL, self.world, &mut self.effects) == TIMERS_PER_CALL {
            self.perform()?;
            self.tracker.committed();
        }
        self.perform()
    }

    /// Writes and counts what was asked for.
    fn perform(&mut self) -> Result<(), Error> {
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Condition(change) => {
                    let name = Change::name(change.change);
                    *self.summary.conditions.entry((change.condition, name)).or_default() += 1;
                    self.output.condition(*change)?;
                }
                Effect::Notice { key, notice } => {
                    self.summary.notices += 1;
                    self.hearing.notice(key, notice.clone(), self.world);
                    self.output.notice(notice)?;
                }
                Effect::Count(Count::Scan { outcome: ScanOutcome::Repeat, .. }) => self.summary.repeats += 1,
                _ => {}
            }
        }
        Ok(())
    }
}
