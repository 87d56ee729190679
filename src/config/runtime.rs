//! `[runtime]`: workers, transactions and the relation between stream time and the wall clock.

use std::time::Duration;

use serde::Deserialize;

use super::duration;
use crate::document::Check;
use crate::model::StateVersion;

/// How the workers run. What breaks if a value is larger or smaller stands in `reference.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// This instance's name as it was configured; [`Runtime::instance`] is the name in force.
    instance: Option<String>,
    /// Threads of the tracker.
    pub tracker_workers: u16,
    /// Threads of the notifier.
    pub notifier_workers: u16,
    /// From one commit to the next while there is something to commit.
    #[serde(with = "duration")]
    pub commit_every: Duration,
    /// The broker aborts what is open for longer.
    #[serde(with = "duration")]
    pub transaction_timeout: Duration,
    /// The broker takes a silent member's partitions away after this (classic protocol only).
    #[serde(with = "duration")]
    pub session_timeout: Duration,
    /// How fresh an end of the inputs must be, and be reached, for anybody to be told.
    #[serde(with = "duration")]
    pub tell_within: Duration,
    /// How long nothing is told after an outage of more than `tell_within`.
    #[serde(with = "duration")]
    pub settle_for: Duration,
    /// How far stream time stays behind the wall clock, and the largest departure of the system's clock.
    #[serde(with = "duration")]
    pub clock_skew: Duration,
    /// How close to the wall clock the notifier must be to attempt a delivery.
    #[serde(with = "duration")]
    pub attempt_within: Duration,
    /// How often a partition without input saves its stream time.
    #[serde(with = "duration")]
    pub save_time_every: Duration,
    /// The newest version of saved state that it writes.
    pub state_version: StateVersion,
    /// Records applied between two looks at the group and the clock.
    pub records_per_turn: usize,
    /// Timers fired per turn and partition.
    pub timers_per_turn: usize,
}

impl Runtime {
    /// The instance's name: the configured one, else the host's.
    pub fn instance(&self) -> String {
        self.instance.clone().or_else(host).unwrap_or_default()
    }

    pub(super) fn check(&self, check: &mut Check<'_>) {
        let name = self.instance();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        check.that(
            (1..=100).contains(&name.len()) && name.chars().all(legal),
            "runtime.instance",
            "expected 1 to 100 letters, digits, '.', '_' and '-', also of the host's name that stands in for none",
        );
        for (key, workers) in
            [("runtime.tracker_workers", self.tracker_workers), ("runtime.notifier_workers", self.notifier_workers)]
        {
            check.that((1..=256).contains(&workers), key, format!("expected 1 to 256, found {workers}"));
        }
        let second = Duration::from_secs(1);
        let minute = 60 * second;
        let ranges = [
            ("commit_every", self.commit_every, Duration::from_millis(1), 60 * second),
            // 15 minutes is a broker's transaction.max.timeout.ms unless told otherwise.
            ("transaction_timeout", self.transaction_timeout, second, 15 * minute),
            ("session_timeout", self.session_timeout, second, 30 * minute),
            ("tell_within", self.tell_within, second, 24 * 60 * minute),
            ("settle_for", self.settle_for, Duration::ZERO, 24 * 60 * minute),
            ("clock_skew", self.clock_skew, Duration::from_millis(1), 10 * minute),
            ("attempt_within", self.attempt_within, Duration::from_millis(1), 60 * minute),
            ("save_time_every", self.save_time_every, Duration::from_millis(100), 10 * minute),
        ];
        for (key, found, least, most) in ranges {
            let [at_least, at_most, is] = [least, most, found].map(humantime::format_duration);
            check.that(
                (least..=most).contains(&found),
                &format!("runtime.{key}"),
                format!("expected {at_least} to {at_most}, found {is}"),
            );
        }
        check.fit(
            self.commit_every <= self.transaction_timeout / 2,
            ["runtime.commit_every", "runtime.transaction_timeout"],
            "expected at most half of runtime.transaction_timeout, found more",
        );
        check.fit(
            self.attempt_within > self.clock_skew,
            ["runtime.attempt_within", "runtime.clock_skew"],
            "expected more than runtime.clock_skew, found less: nothing would ever be attempted",
        );
        for (key, found) in
            [("runtime.records_per_turn", self.records_per_turn), ("runtime.timers_per_turn", self.timers_per_turn)]
        {
            check.that((1..=1_000_000).contains(&found), key, format!("expected 1 to 1000000, found {found}"));
        }
    }
}

/// The host's name; none where the system does not say.
pub(super) fn host() -> Option<String> {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok())?;
    Some(named.trim().to_owned()).filter(|name| !name.is_empty())
}
