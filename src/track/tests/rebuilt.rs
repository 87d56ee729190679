//! `conditions.v1` is complete: whoever has only that topic knows what the tracker judges of every parcel, at every moment.

use proptest::prelude::*;

use super::fold::{Fold, Interval};
use super::properties::{Partition, Step, steps, timed};
use super::timeline::{choosing, world};
use crate::model::{Effect, Timestamp};
use crate::state::Machine;
use crate::track::parcel::{EndReason, Open, Parcel};

/// What can be known of an open condition.
type Known = (String, u64, Option<u64>, Option<String>, String, String);

fn of_state(open: &Open) -> Known {
    (
        open.kind.name().to_owned(),
        u64::from(open.episode),
        open.milestone.map(u64::from),
        open.promise.map(|promise| promise.to_string()),
        open.limit.to_string(),
        open.level.name().to_owned(),
    )
}

fn of_topic(open: &Interval) -> Known {
    (
        open.condition.clone(),
        open.episode,
        open.milestone,
        open.promise.clone(),
        open.limit.clone(),
        open.level().to_owned(),
    )
}

/// A tracker, and a reader of the topic that it writes.
struct Both {
    partition: Partition,
    fold: Fold,
}

impl Both {
    /// Takes in what one record or one limit made of the parcels that were `before`, and compares.
    fn compare(&mut self, before: &[(String, Parcel)], effects: Vec<Effect>) -> Result<(), TestCaseError> {
        for effect in &effects {
            let Effect::Condition(change) = effect else { continue };
            let json = serde_json::to_string(change).expect("JSON");
            self.fold.apply(&json).map_err(TestCaseError::fail)?;
        }
        let tracker = &self.partition.tracker;
        for (id, before) in before {
            self.ends(id, before, tracker.parcels.get(id))?;
        }
        for (id, parcel) in tracker.parcels.iter() {
            let lasting = parcel.open.iter().filter(|open| !open.kind.is_instant());
            let found: Vec<Known> = self.fold.open(id).into_iter().map(of_topic).collect();
            prop_assert_eq!(found, lasting.map(of_state).collect::<Vec<_>>(), "{}", id);
            let Some(history) = self.fold.parcels.get(id) else {
                prop_assert!(parcel.episodes.is_empty(), "{id}: {:?} and not one record", parcel.episodes);
                continue;
            };
            for (kind, count) in &parcel.episodes {
                let of_journey = history.journey == u64::from(parcel.journey);
                let known = history.episodes.get(kind.name()).filter(|_| of_journey);
                prop_assert_eq!(known, Some(&u64::from(*count)), "{} {}", id, kind.name());
            }
        }
        let known = |id: &String| tracker.parcels.get(id).is_some();
        let mut forgotten = self.fold.parcels.iter().filter(|(id, _)| !known(id));
        prop_assert!(forgotten.all(|(_, history)| history.open().next().is_none()), "something forgotten is open");
        Ok(())
    }

    /// What was open before and is no more: the topic says whether it was ever true, and that an expiry was no scan.
    fn ends(&self, id: &str, before: &Parcel, after: Option<&Parcel>) -> Result<(), TestCaseError> {
        let is_still = |open: &Open| {
            let same = |now: &Open| (now.kind, now.episode) == (open.kind, open.episode);
            after.is_some_and(|after| after.journey == before.journey && after.open.iter().any(same))
        };
        let expired = after.and_then(|after| after.ended).is_some_and(|ended| ended.reason == EndReason::Expired);
        for open in before.open.iter().filter(|open| !open.kind.is_instant() && !is_still(open)) {
            let intervals = self.fold.parcels.get(id).map(|history| &history.intervals[..]).unwrap_or_default();
            let is_it = |interval: &&Interval| {
                interval.journey == u64::from(before.journey)
                    && (interval.condition.as_str(), interval.episode) == (open.kind.name(), u64::from(open.episode))
            };
            let end = intervals.iter().rev().find(is_it).and_then(|interval| interval.end.as_ref());
            let Some(end) = end else { return Err(TestCaseError::fail(format!("{id}: {open:?} has no end"))) };
            let scan = end.scan_time.as_deref().map(|text| Timestamp::parse(text).expect("a time"));
            // What a scan of the same instant changed before it ended it is not looked at here.
            let refuted = scan.zip(open.refutable_until).is_some_and(|(scan, until)| scan <= until);
            prop_assert_eq!(end.retracted, refuted, "{}: {:?}", id, open);
            prop_assert!(
                !expired || before.ended.is_some() || (end.cause == "timer" && scan.is_none()),
                "{id}: {end:?}"
            );
        }
        Ok(())
    }

    fn parcels(&self) -> Vec<(String, Parcel)> {
        self.partition.tracker.parcels.iter().map(|(id, parcel)| (id.to_owned(), parcel.clone())).collect()
    }

    /// Lets each limit before `now` pass by itself.
    fn pass(&mut self, now: Timestamp) -> Result<(), TestCaseError> {
        while let Some(due) = self.partition.tracker.poll_timeout().filter(|due| *due < now) {
            let (before, mut effects) = (self.parcels(), Vec::new());
            self.partition.tracker.handle_timeout(due.next(), 1, &self.partition.world, &mut effects);
            self.compare(&before, effects)?;
        }
        Ok(())
    }

    fn apply(&mut self, step: &Step, now: Timestamp) -> Result<(), TestCaseError> {
        self.pass(now)?;
        let (before, mut effects) = (self.parcels(), Vec::new());
        self.partition.apply(step, now, &mut effects);
        self.compare(&before, effects)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_topic_alone_rebuilds_every_parcels_history_of_judgements(steps in steps()) {
        let (timed, end) = timed(&steps);
        let mut both = Both { partition: Partition::new(&choosing(world(&[]))), fold: Fold::default() };
        for (step, now) in timed {
            both.apply(step, now)?;
        }
        both.pass(end)?;
        for (id, history) in &both.fold.parcels {
            prop_assert!(history.open().next().is_none(), "{id}: still open when all is forgotten");
            prop_assert!(history.intervals.iter().all(|interval| interval.levels.windows(2).all(|two| two[0].1 <= two[1].1)));
        }
    }
}
