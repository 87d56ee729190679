//! Which scans of a parcel were seen: repeats are recognised by it, and a changed route is matched against it.

use serde::{Deserialize, Serialize};

use super::input::{Identity, Scan};
use crate::model::{Code, Timestamp};

/// Accepted scans that a parcel remembers. More: a scanner that runs wild fills the state. Fewer: a late repeat of
/// an ordinary parcel's scan is taken for new.
pub(super) const REMEMBERED_MAX: usize = 128;

/// An accepted scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Accepted {
    pub code: Code,
    pub hub: Option<Box<str>>,
    /// Corrected.
    pub event_time: Timestamp,
    /// Second and zone as received, where they are not those of `event_time`.
    received: Option<(i64, bool)>,
}

impl Accepted {
    fn of(scan: &Scan) -> Accepted {
        let Identity { code, ref hub, second, zoned } = scan.identity;
        let event_time = scan.event_time;
        let received = (!zoned || second != second_of(event_time)).then_some((second, zoned));
        Accepted { code, hub: hub.clone(), event_time, received }
    }

    fn is(&self, identity: &Identity) -> bool {
        let (second, zoned) = self.received.unwrap_or((second_of(self.event_time), true));
        self.code == identity.code && second == identity.second && zoned == identity.zoned && self.hub == identity.hub
    }

    /// Older before newer, ties by stage order.
    pub fn rank(&self) -> (Timestamp, Code) {
        (self.event_time, self.code)
    }
}

fn second_of(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1000)
}

/// The scans seen in this journey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct History {
    /// The newest accepted ones, in the order in which they were read.
    accepted: Vec<Accepted>,
    /// Those read after the end, which change nothing; kept so that repeats of them do not count anew.
    after_end: Vec<Identity>,
}

impl History {
    /// Accepted scans in the order in which they were read.
    pub fn accepted(&self) -> &[Accepted] {
        &self.accepted
    }

    /// Those read after the end, in the order in which they were read.
    pub fn after_end(&self) -> &[Identity] {
        &self.after_end
    }

    /// Code and `event_time` of everything that is remembered; as received of what was read after the end.
    pub fn all(&self) -> impl Iterator<Item = (Code, Timestamp)> {
        let accepted = self.accepted.iter().map(|scan| (scan.code, scan.event_time));
        let at = |seen: &Identity| Timestamp::from_millis(seen.second.saturating_mul(1000));
        accepted.chain(self.after_end.iter().map(move |seen| (seen.code, at(seen))))
    }

    /// Whether this scan was seen before.
    pub fn knows(&self, identity: &Identity) -> bool {
        self.accepted.iter().any(|seen| seen.is(identity)) || self.after_end.contains(identity)
    }

    /// Takes in an accepted scan. Returns where the oldest stood, if that had to be forgotten for it.
    pub fn accept(&mut self, scan: &Scan) -> Option<usize> {
        self.accepted.push(Accepted::of(scan));
        if self.accepted.len() <= REMEMBERED_MAX {
            return None;
        }
        let oldest = (0..self.accepted.len()).min_by_key(|&index| self.accepted[index].rank())?;
        self.accepted.remove(oldest);
        Some(oldest)
    }

    /// Takes in a scan read after the end.
    pub fn note_after_end(&mut self, scan: &Scan) {
        if self.after_end.len() == REMEMBERED_MAX {
            self.after_end.remove(0);
        }
        self.after_end.push(scan.identity.clone());
    }
}
