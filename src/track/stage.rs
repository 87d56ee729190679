//! What the accepted scans say of a parcel (rules.md, "Scans and stages"): facts, no judgement.

use serde::{Deserialize, Serialize};

use super::input::Scan;
use crate::model::{Code, Timestamp};

/// The last scan: the physical one with the greatest `event_time`, ties by stage order, at a full tie the one
/// read later. Its code is the parcel's stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastScan {
    pub code: Code,
    pub hub: Option<Box<str>>,
    pub event_time: Timestamp,
}

/// Facts from accepted scans; they outlive the scans themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stage {
    pub last: Option<LastScan>,
    /// `event_time` of the first physical scan that was read.
    pub first_physical: Option<Timestamp>,
    /// `event_time` of the first `picked_up` that was read.
    pub pickup: Option<Timestamp>,
    /// `event_time` of the scan that made `awaiting_collection` the stage, while it is.
    pub awaiting_since: Option<Timestamp>,
    /// The greatest `event_time` of each code.
    newest: Vec<(Code, Timestamp)>,
    /// The greatest `event_time` of a scan that ended a journey's course, also of one that was re-opened.
    pub newest_end: Option<Timestamp>,
    /// The offset from UTC of the newest `out_for_delivery`, in minutes.
    pub out_offset_minutes: i16,
    /// The hub's word for why, from the newest scan that has one and is not older than the last scan.
    pub reason: Option<Box<str>>,
}

/// What a scan changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// It became the last scan.
    pub is_last: bool,
    /// It made another code the stage.
    pub stage: bool,
}

impl Stage {
    /// Takes in an accepted scan.
    pub fn apply(&mut self, scan: &Scan) -> Moved {
        let code = scan.code();
        self.note_newest(scan);
        let last_rank = self.last.as_ref().map(|last| (last.event_time, last.code));
        let is_newest = last_rank.is_none_or(|last| (scan.event_time, code) >= last);
        let moved = if code.is_physical() {
            self.first_physical.get_or_insert(scan.event_time);
            if code == Code::PickedUp {
                self.pickup.get_or_insert(scan.event_time);
            }
            if is_newest { self.move_to(scan) } else { Moved::default() }
        } else {
            Moved::default()
        };
        if moved.is_last || is_newest && scan.reason.is_some() {
            self.reason = scan.reason.clone();
        }
        moved
    }

    fn move_to(&mut self, scan: &Scan) -> Moved {
        let code = scan.code();
        let stage = self.last.as_ref().is_none_or(|last| last.code != code);
        if stage {
            self.awaiting_since = (code == Code::AwaitingCollection).then_some(scan.event_time);
        }
        self.last = Some(LastScan { code, hub: scan.identity.hub.clone(), event_time: scan.event_time });
        Moved { is_last: true, stage }
    }

    fn note_newest(&mut self, scan: &Scan) {
        let code = scan.code();
        let newer = match self.newest.iter_mut().find(|(known, _)| *known == code) {
            Some((_, newest)) if scan.event_time <= *newest => false,
            Some((_, newest)) => {
                *newest = scan.event_time;
                true
            }
            None => {
                self.newest.push((code, scan.event_time));
                true
            }
        };
        if newer && code == Code::OutForDelivery {
            self.out_offset_minutes = scan.offset_minutes;
        }
    }

    /// The code of the last scan.
    pub fn code(&self) -> Option<Code> {
        self.last.as_ref().map(|last| last.code)
    }

    /// The greatest `event_time` of each code that was accepted.
    pub fn newest_of_each(&self) -> &[(Code, Timestamp)] {
        &self.newest
    }

    /// The greatest `event_time` of an accepted scan of this code.
    pub fn newest(&self, code: Code) -> Option<Timestamp> {
        self.newest.iter().find(|(known, _)| *known == code).map(|(_, newest)| *newest)
    }

    /// Whether such a scan was accepted, of any `event_time`.
    pub fn has(&self, codes: impl Fn(Code) -> bool) -> bool {
        self.newest.iter().any(|(code, _)| codes(*code))
    }

    /// Whether such a scan was accepted with an `event_time` after `than`.
    pub fn has_newer(&self, than: Timestamp, codes: impl Fn(Code) -> bool) -> bool {
        self.newest.iter().any(|(code, newest)| *newest > than && codes(*code))
    }

    /// Whether such a scan was accepted with an `event_time` of `than` or later.
    pub fn has_since(&self, than: Timestamp, codes: impl Fn(Code) -> bool) -> bool {
        self.newest.iter().any(|(code, newest)| *newest >= than && codes(*code))
    }
}
