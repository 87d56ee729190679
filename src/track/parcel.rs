//! A parcel's saved state: what its scans say, and what is judged of it. Small, since it is written after every
//! scan; what was announced is another entry.

use serde::{Deserialize, Serialize};

use super::history::History;
use super::route::Progress;
use super::stage::Stage;
use super::telling::{Telling, Told};
use crate::model::{Code, ConditionKind, Level, Timestamp};

/// The state of one parcel in its present journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parcel {
    /// Counts how often the id was announced anew after its end, from 1.
    pub journey: u32,
    /// `event_time` of the end of the journey before: scans up to then belong to that one.
    pub previous_end: Option<Timestamp>,
    /// Time of the last record. A limit that is earlier and has not passed was made by that record.
    pub record: Timestamp,
    /// Since when scans of it wait for its shipment; none once it is announced, or counted as unknown.
    pub unknown_since: Option<Timestamp>,
    /// Scans that were seen.
    pub history: History,
    /// What they say.
    pub stage: Stage,
    /// What the service level promised at the pickup (possibly nothing), fixed then.
    pub frozen_promise: Option<Option<Timestamp>>,
    /// Which milestones of the route were scanned.
    pub progress: Progress,
    /// The `out_for_delivery` of whose silence nothing more is made: the customer has a new appointment.
    pub silence_settled: Option<Timestamp>,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// Conditions that are open, in the order of their opening.
    pub open: Vec<Open>,
    /// How often each condition opened in this journey.
    pub episodes: Vec<(ConditionKind, u32)>,
    /// What is to be told, and was.
    pub telling: Telling,
}

/// The end of a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    /// `event_time` of the scan, else the instant at which it ended.
    pub event_time: Timestamp,
    /// When that was read.
    pub read: Timestamp,
    pub reason: EndReason,
}

/// What ended it. Part of saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EndReason {
    /// A scan with the code of an end.
    Scan(Code),
    /// A shipment record with `cancelled`.
    Cancelled,
    /// No record for too long.
    Expired,
}

/// An open condition. It keeps what it was opened with, whatever becomes of the parcel's limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Open {
    pub kind: ConditionKind,
    /// Counts the openings of this condition within the journey, from 1.
    pub episode: u32,
    /// The instant whose passing opened it, or `event_time` of the scan that did.
    pub limit: Timestamp,
    /// The level reached.
    pub level: Level,
    /// The milestone that is awaited (`overdue_scan`).
    pub milestone: Option<u16>,
    /// The promise in force when it opened.
    pub promise: Option<Timestamp>,
    /// A scan up to then that ends it shows that it was never true; none where nothing can.
    pub refutable_until: Option<Timestamp>,
    /// From when its levels count; `event_time` of the newest scan that opens it.
    pub since: Timestamp,
    /// The instant of its last change, while that is to be told.
    pub untold: Option<Timestamp>,
    /// The notices that were issued of it.
    pub told: Vec<Told>,
}

impl Parcel {
    /// A parcel of which the first record is read at `now`.
    pub fn new(now: Timestamp) -> Parcel {
        Parcel {
            journey: 1,
            previous_end: None,
            record: now,
            unknown_since: None,
            history: History::default(),
            stage: Stage::default(),
            frozen_promise: None,
            progress: Progress::default(),
            silence_settled: None,
            ended: None,
            open: Vec::new(),
            episodes: Vec::new(),
            telling: Telling::default(),
        }
    }

    /// The journey after one that ended.
    pub fn next_journey(&self, end: Ended, now: Timestamp) -> Parcel {
        Parcel { journey: self.journey + 1, previous_end: Some(end.event_time), ..Parcel::new(now) }
    }

    /// Whether scans can still change its conditions.
    pub fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    /// The open condition of this kind; of several, the one that opened first.
    pub fn find(&self, kind: ConditionKind) -> Option<&Open> {
        self.open.iter().find(|open| open.kind == kind)
    }

    /// Whether a condition of this kind is open.
    pub fn is_open(&self, kind: ConditionKind) -> bool {
        self.find(kind).is_some()
    }

    /// Counts an opening; returns its episode.
    pub fn next_episode(&mut self, kind: ConditionKind) -> u32 {
        match self.episodes.iter_mut().find(|(counted, _)| *counted == kind) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.episodes.push((kind, 1));
                1
            }
        }
    }
}
