//! One method for each happening. Counting costs a few nanoseconds where a scan is on its way, a lock elsewhere.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus::{IntCounter, Registry, TextEncoder};

use super::families::Families;
use super::partitions::{PartitionState, Partitions};
use super::process;
use super::queues::Queue;
use super::series::{MODES, NO_HUB, NO_OPTION, parcel_stages};
use crate::model::{Channel, Code, Count, DeliveryOutcome, NoticeKind, RerouteOption, ScanOutcome};
use crate::time::Backlog;

/// Hubs beyond these are counted as "other". More cost Prometheus memory for every instance; a large
/// network has some 1,300 hubs, so fewer would hide real ones.
const HUBS_MAX: usize = 2000;

/// The stages as they are labelled.
const TRACKER: &str = "tracker";
const NOTIFIER: &str = "notifier";

/// All metrics of a process. Shared by reference; every method may be called from every thread.
pub struct Metrics {
    registry: Registry,
    families: Families,
    /// Scans by code and outcome, looked up once: this is on the path of every scan.
    scans: [[IntCounter; ScanOutcome::ALL.len()]; Code::ALL.len()],
    hubs: Mutex<HashSet<Box<str>>>,
    partitions: Mutex<Partitions>,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::new()
    }
}

impl Metrics {
    /// Every family, with every series that can be known at start.
    pub fn new() -> Metrics {
        let registry = Registry::new();
        let families = Families::new(&registry);
        families.start_all();
        let scans = Code::ALL.map(|code| {
            ScanOutcome::ALL.map(|outcome| families.scans.with_label_values(&[code.name(), outcome.name()]))
        });
        Metrics { registry, families, scans, hubs: Mutex::default(), partitions: Mutex::default() }
    }

    /// A machine counted something; to be called once the transaction is committed.
    pub fn count(&self, count: &Count) {
        let families = &self.families;
        match count {
            Count::Scan { code, outcome } => self.scans[*code as usize][*outcome as usize].inc(),
            Count::Shipment(outcome) => families.shipments.with_label_values(&[outcome.name()]).inc(),
            Count::Reroute { option, outcome } => {
                let option = option.map_or(NO_OPTION, RerouteOption::name);
                families.reroutes.with_label_values(&[option, outcome.name()]).inc();
            }
            Count::Condition { kind, change, .. } => {
                families.conditions.with_label_values(&[kind.name(), change.name()]).inc();
            }
            Count::TimerFired { lateness } => {
                families.timers_fired.inc();
                families.lateness.observe(lateness.as_secs_f64());
            }
            Count::MalformedField { field } => families.malformed_fields.with_label_values(&[*field]).inc(),
            Count::CorrectedTime { hub, why } => {
                let hub = self.hub(hub.as_deref());
                families.corrected_times.with_label_values(&[hub, why]).inc();
            }
            Count::UnknownParcel { hub } => {
                let hub = self.hub(hub.as_deref());
                families.unknown_parcels.with_label_values(&[hub]).inc();
            }
            Count::ForgottenScan => families.forgotten_scans.inc(),
            Count::Issued { kind, audience } => {
                families.issued.with_label_values(&[kind.name(), audience.name()]).inc();
            }
            Count::Decided { kind, audience, decision, reason } => {
                families.notices.with_label_values(&[kind.name(), audience.name(), decision.name()]).inc();
                families.reasons.with_label_values(&[decision.name(), *reason]).inc();
            }
            Count::Ignored(why) => families.ignored.with_label_values(&[why.name()]).inc(),
            Count::Reported { outcome } => families.reports.with_label_values(&[outcome.name()]).inc(),
            Count::Opted { channel, change } => {
                families.opt_changes.with_label_values(&[channel.name(), change.name()]).inc();
            }
            Count::Attempted { channel, outcome, lag } => {
                families.attempts.with_label_values(&[channel.name(), outcome.name()]).inc();
                if *outcome == DeliveryOutcome::Delivered {
                    families.delivery.with_label_values(&[channel.name()]).observe(lag.as_secs_f64());
                }
            }
        }
    }

    /// So many records of `topic` (its name without the prefix) went to `rejects.v1`.
    pub fn rejected(&self, topic: &str, reason: &'static str, count: u64) {
        self.families.rejects.with_label_values(&[topic, reason]).inc_by(count);
    }

    /// A record of `merchants.v1` was of no use.
    pub fn merchant_rejected(&self) {
        self.families.merchants_rejected.inc();
    }

    /// A record of `topic` was on another partition than its key's.
    pub fn misplaced(&self, topic: &str) {
        self.families.misplaced.with_label_values(&[topic]).inc();
    }

    /// A stage's transaction was committed; `took` is from the start of flushing.
    pub fn committed(&self, stage: &str, took: Duration) {
        self.families.transactions.with_label_values(&[stage, "committed"]).inc();
        self.families.commit.with_label_values(&[stage]).observe(took.as_secs_f64());
    }

    /// A stage's transaction was aborted.
    pub fn aborted(&self, stage: &str) {
        self.families.transactions.with_label_values(&[stage, "aborted"]).inc();
    }

    /// A notice was committed, this long after the instant at which its reason became true.
    pub fn scan_to_notice(&self, after: Duration) {
        self.families.scan_to_notice.observe(after.as_secs_f64());
    }

    /// The group gave or took partitions of a stage.
    pub fn rebalanced(&self, stage: &str) {
        self.families.rebalances.with_label_values(&[stage]).inc();
    }

    /// A worker ended by an error and is built anew.
    pub fn rebuilt(&self, stage: &str) {
        self.families.rebuilt.with_label_values(&[stage]).inc();
    }

    /// A partition's state was read, so many entries in this time.
    pub fn restored(&self, stage: &str, took: Duration, entries: u64) {
        self.families.restore.with_label_values(&[stage]).observe(took.as_secs_f64());
        self.families.restore_entries.with_label_values(&[stage]).inc_by(entries);
    }

    /// An assigned partition is active (applies its input) or not yet (its state is being read).
    pub fn partition(&self, stage: &'static str, partition: i32, active: bool) {
        self.partitions().at(stage, partition);
        let state = if active { PartitionState::Active } else { PartitionState::Restoring };
        self.families.set_partition_state(stage, &partition.to_string(), state);
        self.restore_progress(stage, partition, if active { 100 } else { 0 });
        self.telling(stage, partition, false);
        self.timers_due(stage, partition, Duration::ZERO);
    }

    /// So much of a partition's state log was read.
    pub fn restore_progress(&self, stage: &str, partition: i32, percent: u8) {
        let partition = partition.to_string();
        self.families.restore_progress.with_label_values(&[stage, &partition]).set(f64::from(percent) / 100.0);
    }

    /// A partition is no longer this instance's: its gauges go.
    pub fn partition_left(&self, stage: &'static str, partition: i32) {
        let Some(gone) = self.partitions().remove(stage, partition) else { return };
        let partition = partition.to_string();
        // A series that was never set is not there to be removed, which is no error here.
        for topic in gone.topics {
            for family in [&self.families.consumer_lag, &self.families.waiting_records, &self.families.waiting_bytes] {
                let _ = family.remove_label_values(&[topic, &partition]);
            }
        }
        for state in PartitionState::ALL {
            let _ = self.families.partition_state.remove_label_values(&[stage, &partition, state.name()]);
        }
        let _ = self.families.stream_lag.remove_label_values(&[stage, &partition]);
        let _ = self.families.timers_due.remove_label_values(&[stage, &partition]);
        let _ = self.families.restore_progress.remove_label_values(&[stage, &partition]);
        let _ = self.families.telling.remove_label_values(&[stage, &partition]);
    }

    /// How far a partition's stream time is behind the wall clock now. While nobody reports it anew it counts as
    /// standing still.
    pub fn stream_time_lag(&self, stage: &'static str, partition: i32, behind: Duration) {
        self.partitions().at(stage, partition).behind = Some((behind, Instant::now()));
    }

    /// For how long, in stream time, the earliest limit that has passed waits to take effect.
    pub fn timers_due(&self, stage: &str, partition: i32, waiting: Duration) {
        self.families.timers_due.with_label_values(&[stage, &partition.to_string()]).set(waiting.as_secs_f64());
    }

    /// How many records of an input (its name without the prefix) have not been applied; a negative number is none.
    pub fn consumer_lag(&self, stage: &'static str, topic: &'static str, partition: i32, records: i64) {
        self.partitions().at(stage, partition).topics.insert(topic);
        self.families.consumer_lag.with_label_values(&[topic, &partition.to_string()]).set(records.max(0));
    }

    /// Whether a partition tells (tracker) or attempts (notifier).
    pub fn telling(&self, stage: &str, partition: i32, open: bool) {
        self.families.telling.with_label_values(&[stage, &partition.to_string()]).set(i64::from(open));
    }

    /// How many parcels a partition keeps, by stage.
    pub fn parcels(&self, partition: i32, counts: impl IntoIterator<Item = (&'static str, usize)>) {
        let counts = counts.into_iter().map(|(stage, count)| (stage, count as u64)).collect();
        self.partitions().at(TRACKER, partition).parcels = counts;
    }

    /// How many threads (what one recipient is told about one journey of a parcel) a partition keeps.
    pub fn threads(&self, partition: i32, count: usize) {
        self.partitions().at(NOTIFIER, partition).threads = count as u64;
    }

    /// The storms of a partition: the kind, whether it is on, and how many notices are held.
    pub fn storms(&self, partition: i32, storms: impl IntoIterator<Item = (&'static str, bool, usize)>) {
        let storms = storms.into_iter().map(|(kind, is_on, held)| (kind, (is_on, held as u64))).collect();
        self.partitions().at(NOTIFIER, partition).storms = storms;
    }

    /// How many attempts of a channel wait for their turn, and how many are under way.
    pub fn attempts_in_hand(&self, channel: Channel, waiting: usize, running: usize) {
        for (family, count) in [(&self.families.attempts_waiting, waiting), (&self.families.attempts_running, running)]
        {
            family.with_label_values(&[channel.name()]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// In how many threads of a partition something is still to happen.
    pub fn threads_open(&self, partition: i32, count: usize) {
        self.partitions().at(NOTIFIER, partition).threads_open = count as u64;
    }

    /// An outcome could not be written down: too many wait for the brokers, or they were away for too long.
    pub fn outcome_lost(&self) {
        self.families.outcomes_lost.inc();
    }

    /// A transaction wrote so much.
    pub fn wrote(&self, stage: &str, records: usize, bytes: usize) {
        self.families.transaction_records.with_label_values(&[stage]).observe(records as f64);
        self.families.transaction_bytes.with_label_values(&[stage]).observe(bytes as f64);
    }

    /// What of an input (its name without the prefix) was fetched and waits for the others.
    pub fn waiting(&self, stage: &'static str, topic: &'static str, partition: i32, waiting: Backlog) {
        self.partitions().at(stage, partition).topics.insert(topic);
        let labels = [topic, &partition.to_string()];
        self.families.waiting_records.with_label_values(&labels).set(whole(waiting.records));
        self.families.waiting_bytes.with_label_values(&labels).set(whole(waiting.bytes));
    }

    /// How much waits in a queue; `worker` is whose it is, "" where it is the instance's.
    pub fn queue(&self, queue: Queue, worker: &str, entries: usize, limit: usize) {
        let labels = [queue.name(), worker];
        self.families.queue_entries.with_label_values(&labels).set(whole(entries));
        self.families.queue_limit.with_label_values(&labels).set(whole(limit));
    }

    /// How far the system's clock departs from where it should be.
    pub fn clock_departure(&self, by: Duration) {
        self.families.clock_departure.set(by.as_secs_f64());
    }

    /// A request to the public listener, by page and by what became of it (`series` has them all).
    pub fn public_request(&self, page: &'static str, result: &'static str) {
        self.families.public_requests.with_label_values(&[page, result]).inc();
    }

    /// A page wrote down a choice, or `undo`.
    pub fn choice_sent(&self, option: &'static str) {
        self.families.choices_sent.with_label_values(&[option]).inc();
    }

    /// What `send` is set to in general: `off`, `shadow` or `on`.
    pub fn send_mode(&self, mode: &str) {
        for each in MODES {
            self.families.send_mode.with_label_values(&[each]).set(i64::from(each == mode));
        }
    }

    /// Everything, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.look_at_partitions();
        self.look_at_process();
        let mut text = String::new();
        // Writing to a text does not fail, and the families are well-formed by their declaration.
        let encoded = TextEncoder::new().encode_utf8(&self.registry.gather(), &mut text);
        debug_assert!(encoded.is_ok(), "{encoded:?}");
        text
    }

    fn look_at_partitions(&self) {
        let partitions = self.partitions();
        for (stage, partition, seconds) in partitions.lags() {
            self.families.stream_lag.with_label_values(&[stage, &partition.to_string()]).set(seconds);
        }
        let (parcels, (threads, open)) = (partitions.parcels(), partitions.threads());
        for stage in parcel_stages() {
            let count = i64::try_from(parcels.get(stage).copied().unwrap_or(0)).unwrap_or(i64::MAX);
            self.families.parcels.with_label_values(&[stage]).set(count);
        }
        let storms = partitions.storms();
        for kind in NoticeKind::all().map(NoticeKind::name) {
            let (on, held) = storms.get(kind).copied().unwrap_or_default();
            for (family, count) in [(&self.families.storms, on), (&self.families.storm_held, held)] {
                family.with_label_values(&[kind]).set(i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
        self.families.threads.set(i64::try_from(threads).unwrap_or(i64::MAX));
        self.families.threads_open.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    fn look_at_process(&self) {
        let process = process::look();
        self.families.start_time.set(process.start_seconds);
        self.families.memory.set(process.resident_bytes);
        self.families.open_files.set(process.open_files);
        self.families.cpu.inc_by((process.cpu_seconds - self.families.cpu.get()).max(0.0));
    }

    /// The label of a hub: its code, "other" once there are too many, "none".
    fn hub<'a>(&self, hub: Option<&'a str>) -> &'a str {
        let Some(hub) = hub else { return NO_HUB };
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        if !hubs.contains(hub) {
            if hubs.len() >= HUBS_MAX {
                return "other";
            }
            hubs.insert(hub.into());
        }
        hub
    }

    /// A panic elsewhere leaves figures, not half-made structures: they may still be read.
    fn partitions(&self) -> MutexGuard<'_, Partitions> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
