//! How many notices went out within the last minute, by their instants. Derived: the threads know each of them.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use crate::model::Timestamp;

/// The limit's measure.
const MINUTE: Duration = Duration::from_mins(1);

/// How many went out at each instant of the last minute. No more than the limit, so that they are few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate(BTreeMap<Timestamp, u32>);

impl Rate {
    /// One more went out; in any order.
    pub fn add(&mut self, at: Timestamp) {
        *self.0.entry(at).or_default() += 1;
        let Some((newest, _)) = self.0.last_key_value() else { return };
        let gone = *newest - MINUTE;
        while let Some(oldest) = self.0.first_entry().filter(|oldest| *oldest.key() <= gone) {
            oldest.remove();
        }
    }

    /// How many went out within the minute up to `now`, and not before `since`.
    pub fn within(&self, now: Timestamp, since: Timestamp) -> u32 {
        let from = if since > now - MINUTE { Bound::Included(since) } else { Bound::Excluded(now - MINUTE) };
        self.0.range((from, Bound::Unbounded)).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(1_795_305_600_000 + secs * 1000)
    }

    #[test]
    fn what_was_counted_is_forgotten_after_a_minute() {
        let mut rate = Rate::default();
        let within = |rate: &Rate, secs| rate.within(at(secs), Timestamp::MIN);
        assert_eq!(within(&rate, 0), 0);
        (0..3).for_each(|_| rate.add(at(4)));
        rate.add(at(30));
        assert_eq!((within(&rate, 30), within(&rate, 63), within(&rate, 64)), (4, 4, 1));
        assert_eq!((rate.within(at(40), at(4)), rate.within(at(40), at(5))), (4, 1), "an operator has decided");
        rate.add(at(500));
        assert_eq!((within(&rate, 500), within(&rate, 559), within(&rate, 560)), (1, 1, 0));
    }

    proptest! {
        #[test]
        fn a_minute_holds_what_was_added_in_it_in_whatever_order(mut all in prop::collection::vec(0..200i64, 1..120)) {
            let (mut rate, mut again) = (Rate::default(), Rate::default());
            all.iter().for_each(|secs| again.add(at(*secs)));
            all.sort_unstable();
            for secs in &all {
                rate.add(at(*secs));
                let really = all.iter().filter(|other| *other <= secs && **other > secs - 60).count();
                let counted = rate.within(at(*secs), Timestamp::MIN);
                prop_assert!(counted as usize <= really && counted > 0);
            }
            let end = all[all.len() - 1];
            let really = all.iter().filter(|other| **other > end - 60).count();
            prop_assert_eq!(rate.within(at(end), Timestamp::MIN) as usize, really);
            prop_assert_eq!(rate, again);
        }
    }
}
