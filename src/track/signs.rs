//! What else scans say of a parcel, beside its stage: a saved entry of its own, since the shape of a saved entry never changes
//! (`state`), written with the scans that change it and gone with the parcel.
//!
//! What always holds: no judgement stands here, only facts and which of them were judged already.

use serde::{Deserialize, Serialize};

use super::history::{Accepted, History};
use super::input::{Milestone, Scan};
use super::route::{Matched, Progress};
use crate::model::{Code, Timestamp};

/// Facts of one parcel in its present journey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signs {
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

impl Signs {
    /// A scan was accepted, which was read at `now`: of as many that the history remembers now, `forgotten` not among them.
    pub fn accept(&mut self, now: Timestamp, remembered: usize, forgotten: Option<usize>) {
        self.read.push(now);
        let unknown = (remembered + usize::from(forgotten.is_some())).saturating_sub(self.read.len());
        if let Some(known) = forgotten.and_then(|forgotten| forgotten.checked_sub(unknown)) {
            self.read.remove(known);
        }
    }

    /// When the scan that stands there in the history was read; where nobody wrote that down, when it happened.
    fn read_at(&self, index: usize, history: &History) -> Timestamp {
        let unknown = history.accepted().len().saturating_sub(self.read.len());
        let known = index.checked_sub(unknown).and_then(|known| self.read.get(known));
        known.copied().unwrap_or(history.accepted()[index].event_time)
    }

    /// A scan read at `read` was matched to the route.
    pub fn matched(&mut self, route: &[Milestone], progress: &Progress, matched: Matched, read: Timestamp) {
        if let Some(index) = matched.milestone {
            self.missing.retain(|missing| usize::from(missing.milestone) != index);
            self.miss(0..index, progress, read);
        }
        if matched.stands {
            self.miss(0..Progress::stood_for(route), progress, read);
        }
    }

    fn miss(&mut self, passed_by: std::ops::Range<usize>, progress: &Progress, since: Timestamp) {
        for milestone in passed_by.filter(|&index| progress.scanned_at(index).is_none()) {
            // A decoded route is short enough for any index of it.
            let milestone = milestone as u16;
            match self.missing.iter_mut().find(|missing| missing.milestone == milestone) {
                Some(missing) => missing.since = missing.since.min(since),
                None => self.missing.push(Missing { milestone, since, judged: false }),
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
            let read = self.read_at(index, history);
            self.matched(route, &progress, matched, read);
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
        if matches!(scan.code(), Code::OutForDelivery | Code::AwaitingCollection) {
            self.explained = Some(self.explained.map_or(scan.event_time, |known| known.min(scan.event_time)));
        }
    }

    /// The `delivered` that nothing explains.
    pub fn unexplained(&self) -> Option<Delivered> {
        self.delivered.filter(|delivered| self.explained.is_none_or(|explained| explained > delivered.event_time))
    }
}
