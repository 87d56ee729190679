//! What else scans say of a parcel, beside its stage: a saved entry of its own, since the shape of a saved entry never changes
//! (`state`), written with the scans that change it and gone with the parcel.
//!
//! What always holds: no judgement stands here, only facts and which of them were judged already. A version that does not know this
//! table carries its entries as they are while their parcels go on, or end; so an entry says what it was derived from, and whoever
//! restores one that does not fit its parcel any more drops it (`mark`). What is missing is derived when the next scan comes (`judged`):
//! nothing of what another version read is judged then.

mod mark;

pub(super) use self::mark::Mark;

use serde::{Deserialize, Serialize};

use super::history::{Accepted, History};
use super::input::{Milestone, Scan};
use super::parcel::Parcel;
use super::route::{Matched, Progress};
use crate::model::{Code, Timestamp};

/// Facts of one parcel in its present journey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signs {
    /// What they were derived from.
    pub mark: Mark,
    /// When the scans that the history remembers were read, in its order. Fewer: the first ones were accepted by a version that
    /// did not write it down.
    read: Vec<Timestamp>,
    /// Milestones of the present route that were passed by, by index.
    missing: Vec<Missing>,
    /// Where the parcel waits to be collected: `place_kind` of the last scan.
    pub place_kind: Option<Box<str>>,
    /// The `delivered` that is to be explained.
    pub delivered: Option<Delivered>,
    /// The earliest `event_time` of a scan that explains a `delivered`.
    pub explained: Option<Timestamp>,
    /// What the recipient says of that `delivered`, if they said something.
    pub answer: Option<Answer>,
}

/// Whether a recipient has what is said to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// Of the record.
    pub id: String,
    pub has_it: bool,
    /// When it was read.
    pub at: Timestamp,
    /// Counts their answers, from 1.
    pub count: u32,
}

/// A milestone without a scan, though a later one has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Missing {
    pub milestone: u16,
    /// When the first scan of a later one was read.
    pub since: Timestamp,
    /// `skipped_scan` was opened for it: once on a route.
    pub judged: bool,
}

/// A scan that says that the parcel was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delivered {
    pub event_time: Timestamp,
    pub read: Timestamp,
    /// `suspect_signature` was opened for it.
    pub judged: bool,
}

/// Whether a scan of this code explains a `delivered` that is not older.
pub(super) const fn explains(code: Code) -> bool {
    matches!(code, Code::OutForDelivery | Code::AwaitingCollection)
}

impl Signs {
    /// Of a parcel whose scans another version accepted, with the route along which they were matched: as if all that they make was
    /// judged already.
    pub fn judged(parcel: &Parcel, route: &[Milestone]) -> Signs {
        let (stage, at) = (&parcel.stage, parcel.record);
        let missing = parcel.progress.passed_by(route);
        let missing = missing.map(|milestone| Missing { milestone, since: at, judged: true }).collect();
        let delivered = stage.newest(Code::Delivered);
        let delivered = delivered.map(|event_time| Delivered { event_time, read: event_time, judged: true });
        // What the history has forgotten is older than what it remembers; of that the newest is known.
        let newest = [Code::OutForDelivery, Code::AwaitingCollection].into_iter().filter_map(|code| stage.newest(code));
        let scanned = parcel.history.all().filter(|(code, _)| explains(*code)).map(|(_, event_time)| event_time);
        Signs { missing, delivered, explained: newest.chain(scanned).min(), ..Signs::default() }
    }

    /// A scan was accepted, which was read at `now`: of as many that the history remembers now, `forgotten` not among them.
    pub fn accept(&mut self, now: Timestamp, remembered: usize, forgotten: Option<usize>) {
        self.read.push(now);
        let unknown = (remembered + usize::from(forgotten.is_some())).saturating_sub(self.read.len());
        if let Some(known) = forgotten.and_then(|forgotten| forgotten.checked_sub(unknown)) {
            self.read.remove(known);
        }
    }

    /// When the scan that stands there in the history was read; none where nobody wrote that down.
    fn read_at(&self, index: usize, history: &History) -> Option<Timestamp> {
        let unknown = history.accepted().len().saturating_sub(self.read.len());
        index.checked_sub(unknown).and_then(|known| self.read.get(known)).copied()
    }

    /// A scan read at `read` was matched to the route.
    pub fn matched(&mut self, route: &[Milestone], progress: &Progress, matched: Matched, read: Timestamp) {
        self.passed(route, progress, matched, |milestone| Missing { milestone, since: read, judged: false });
    }

    /// A scan was matched to the route, and passes by what `missing` makes of an index.
    fn passed(&mut self, route: &[Milestone], progress: &Progress, matched: Matched, missing: impl Fn(u16) -> Missing) {
        let stood_for = if matched.stands { Progress::stood_for(route) } else { 0 };
        if let Some(index) = matched.milestone {
            self.missing.retain(|missing| usize::from(missing.milestone) != index);
        }
        for milestone in progress.missing(matched.milestone.unwrap_or_default().max(stood_for)) {
            let missing = missing(milestone);
            match self.missing.iter_mut().find(|known| known.milestone == milestone) {
                Some(known) => {
                    known.since = known.since.min(missing.since);
                    known.judged |= missing.judged;
                }
                None => self.missing.push(missing),
            }
        }
    }

    /// The route was changed: the accepted scans are matched to it, in the order of their `event_time`.
    pub fn along(&mut self, route: &[Milestone], history: &History) -> Progress {
        self.missing.clear();
        let mut scans: Vec<(usize, &Accepted)> = history.accepted().iter().enumerate().collect();
        scans.sort_by_key(|(_, scan)| scan.rank());
        let mut progress = Progress::default();
        for (index, scan) in scans {
            let matched = progress.apply(route, scan.code, scan.hub.as_deref(), scan.event_time);
            let (read, event_time) = (self.read_at(index, history), scan.event_time);
            // What was passed by before this version looked is not judged.
            let missing = |milestone| Missing { milestone, since: read.unwrap_or(event_time), judged: read.is_none() };
            self.passed(route, &progress, matched, missing);
        }
        progress
    }

    /// The milestone that has been missing for longest, of those that were not judged yet.
    pub fn first_missing(&self) -> Option<Missing> {
        self.missing
            .iter()
            .filter(|missing| !missing.judged)
            .min_by_key(|missing| (missing.since, missing.milestone))
            .copied()
    }

    /// `skipped_scan` was opened for a milestone.
    pub fn judged_missing(&mut self, milestone: u16) {
        self.missing
            .iter_mut()
            .filter(|missing| missing.milestone == milestone)
            .for_each(|missing| missing.judged = true);
    }

    /// Takes in a scan that may explain a `delivered`.
    pub fn explain(&mut self, scan: &Scan) {
        if explains(scan.code()) {
            self.explained = Some(self.explained.map_or(scan.event_time, |known| known.min(scan.event_time)));
        }
    }

    /// The `delivered` that nothing explains.
    pub fn unexplained(&self) -> Option<Delivered> {
        self.delivered.filter(|delivered| self.explained.is_none_or(|explained| explained > delivered.event_time))
    }
}
