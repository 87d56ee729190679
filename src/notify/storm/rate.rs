//! How many notices went out within the last minute, in slots of stream time. Part of the saved state.
//!
//! What always holds: no 60 seconds, wherever they begin, lie outside the slots that are summed at their end. So what is
//! held against [`Rate::within`] is never too few; it is at most one slot too much.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// Shorter: more numbers in state for each kind. Longer: a rate just below the limit is taken for one above it.
const SLOT_MS: i64 = 5_000;

/// The slots of a minute, and one for the part of a slot at either end of it.
const SLOTS: usize = 60_000 / SLOT_MS as usize + 1;

/// Counts by slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The number of the newest slot.
    newest: i64,
    /// The newest slot first.
    counts: [u32; SLOTS],
}

impl Rate {
    /// One more went out.
    pub fn add(&mut self, now: Timestamp) {
        let gone = self.slots_since(now);
        self.counts.copy_within(..SLOTS - gone, gone);
        self.counts[..gone].fill(0);
        self.newest = self.newest.max(slot(now));
        self.counts[0] = self.counts[0].saturating_add(1);
    }

    /// How many went out within the minute before `now`.
    pub fn within(&self, now: Timestamp) -> u32 {
        let counted = SLOTS - self.slots_since(now);
        self.counts[..counted].iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many slots have begun since the newest one, at most all.
    fn slots_since(&self, now: Timestamp) -> usize {
        usize::try_from(slot(now).saturating_sub(self.newest)).unwrap_or(0).min(SLOTS)
    }
}

fn slot(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(SLOT_MS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_counted_is_forgotten_after_a_minute() {
        let at = |secs: i64| Timestamp::from_millis(1_795_305_600_000 + secs * 1000);
        let mut rate = Rate::default();
        assert_eq!(rate.within(at(0)), 0);
        (0..3).for_each(|_| rate.add(at(4)));
        rate.add(at(30));
        assert_eq!((rate.within(at(30)), rate.within(at(64)), rate.within(at(65))), (4, 4, 1));
        rate.add(at(500));
        assert_eq!((rate.within(at(500)), rate.within(at(560)), rate.within(at(565))), (1, 1, 0));
    }

    proptest! {
        #[test]
        fn no_minute_holds_more_than_what_is_said_at_its_end(waits in prop::collection::vec(0..9_000i64, 1..120)) {
            let (mut rate, mut now, mut all) = (Rate::default(), 1_795_305_600_000, Vec::new());
            for wait in waits {
                now += wait;
                rate.add(Timestamp::from_millis(now));
                all.push(now);
                let really = all.iter().filter(|at| **at > now - 60_000).count() as u32;
                let at_most = all.iter().filter(|at| **at > now - 60_000 - SLOT_MS).count() as u32;
                let said = rate.within(Timestamp::from_millis(now));
                prop_assert!(really <= said && said <= at_most, "{really} {said} {at_most}");
            }
        }
    }
}
