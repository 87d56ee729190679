//! How long the brokers were out of reach, and for how long nobody is told afterwards: hubs have yet to send
//! what they kept.

use std::time::Duration;

use crate::model::Timestamp;

/// One for the whole instance: partitions and workers come and go with an outage.
#[derive(Debug, Default)]
pub struct Outage {
    /// The first query that went unanswered.
    since: Option<Timestamp>,
    settled_at: Option<Timestamp>,
}

impl Outage {
    /// The brokers did not answer.
    pub fn failed(&mut self, at: Timestamp) {
        self.since.get_or_insert(at);
    }

    /// The brokers answered. After more than `tell_within` without, nobody is told for `settle_for`.
    pub fn answered(&mut self, at: Timestamp, tell_within: Duration, settle_for: Duration) {
        if self.since.take().is_some_and(|since| at.since(since) > tell_within) {
            self.settled_at = Some(at + settle_for);
        }
    }

    /// Whether nothing of an outage is left.
    pub fn is_settled(&self, wall: Timestamp) -> bool {
        self.since.is_none() && self.settled_at.is_none_or(|settled_at| wall >= settled_at)
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
        outage.answered(at(0), TELL_WITHIN, SETTLE_FOR);
        outage.failed(at(10));
        outage.failed(at(100));
        assert!(!outage.is_settled(at(100)), "nobody answers");
        outage.answered(at(131), TELL_WITHIN, SETTLE_FOR);
        assert!(!outage.is_settled(at(730)));
        assert!(outage.is_settled(at(731)));
    }

    #[test]
    fn a_short_outage_is_no_reason_to_wait() {
        let mut outage = Outage::default();
        outage.failed(at(10));
        outage.answered(at(130), TELL_WITHIN, SETTLE_FOR);
        assert!(outage.is_settled(at(130)), "not longer than two minutes");
    }

    #[test]
    fn silence_without_a_question_is_no_outage() {
        let mut outage = Outage::default();
        outage.answered(at(0), TELL_WITHIN, SETTLE_FOR);
        outage.answered(at(5000), TELL_WITHIN, SETTLE_FOR);
        assert!(outage.is_settled(at(5000)));
    }
}
