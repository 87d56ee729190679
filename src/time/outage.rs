//! How long the brokers were out of reach, and for how long nobody is told afterwards: hubs have yet to send
//! what they kept.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Timestamp;

/// One for the whole instance: partitions come and go with an outage. `W` names a worker: one may reach its brokers while
/// another does not.
#[derive(Debug)]
pub struct Outage<W> {
    /// For each worker without an answer, since when.
    since: BTreeMap<W, Timestamp>,
    settled_at: Option<Timestamp>,
}

/// What is left of an outage, as far as this instance knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Nothing.
    None,
    /// Some worker's brokers do not answer yet.
    Lasts,
    /// They answer: nobody is told before this instant, which may have passed.
    SettlesAt(Timestamp),
}

impl<W> Default for Outage<W> {
    fn default() -> Outage<W> {
        Outage { since: BTreeMap::new(), settled_at: None }
    }
}

impl<W: Ord> Outage<W> {
    /// A worker's brokers did not answer; they last did `at` then.
    pub fn failed(&mut self, worker: W, at: Timestamp) {
        self.since.entry(worker).or_insert(at);
    }

    /// A worker's brokers answered. After more than `tell_within` without, nobody is told for `settle_for`.
    pub fn answered(&mut self, worker: W, at: Timestamp, tell_within: Duration, settle_for: Duration) {
        if self.since.remove(&worker).is_some_and(|since| at.since(since) > tell_within) {
            self.settled_at = Some(at + settle_for);
        }
    }

    /// Whether a worker waits for an answer.
    pub fn concerns(&self, worker: &W) -> bool {
        self.since.contains_key(worker)
    }

    /// What is left of the last one.
    pub fn aftermath(&self) -> Aftermath {
        match self.settled_at {
            _ if !self.since.is_empty() => Aftermath::Lasts,
            Some(at) => Aftermath::SettlesAt(at),
            None => Aftermath::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TELL_WITHIN: Duration = Duration::from_secs(120);
    const SETTLE_FOR: Duration = Duration::from_secs(600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn after_a_long_outage_it_waits_for_what_hubs_kept() {
        let mut outage = Outage::default();
        outage.answered("a", at(0), TELL_WITHIN, SETTLE_FOR);
        outage.failed("a", at(10));
        outage.failed("a", at(100));
        assert_eq!(outage.aftermath(), Aftermath::Lasts, "nobody answers");
        outage.answered("a", at(131), TELL_WITHIN, SETTLE_FOR);
        assert_eq!(outage.aftermath(), Aftermath::SettlesAt(at(731)));
    }

    #[test]
    fn one_workers_answer_says_nothing_of_anothers_brokers() {
        let mut outage = Outage::default();
        outage.failed("a", at(0));
        outage.failed("b", at(0));
        outage.answered("b", at(1), TELL_WITHIN, SETTLE_FOR);
        assert!(outage.concerns(&"a"));
        assert_eq!(outage.aftermath(), Aftermath::Lasts);
        outage.answered("a", at(3600), TELL_WITHIN, SETTLE_FOR);
        assert_eq!(outage.aftermath(), Aftermath::SettlesAt(at(4200)));
    }

    #[test]
    fn a_short_outage_is_no_reason_to_wait() {
        let mut outage = Outage::default();
        outage.failed("a", at(10));
        outage.answered("a", at(130), TELL_WITHIN, SETTLE_FOR);
        assert_eq!(outage.aftermath(), Aftermath::None, "not longer than two minutes");
    }

    #[test]
    fn silence_without_a_question_is_no_outage() {
        let mut outage = Outage::default();
        outage.answered("a", at(0), TELL_WITHIN, SETTLE_FOR);
        outage.answered("a", at(5000), TELL_WITHIN, SETTLE_FOR);
        assert_eq!(outage.aftermath(), Aftermath::None);
    }
}
