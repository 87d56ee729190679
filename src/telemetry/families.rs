//! Every metric: name, unit, labels, and what it says. The one place to look a metric up.

use prometheus::core::Collector;
use prometheus::{
    Counter, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry,
};

/// From a commit of a quiet broker to the timeout of a transaction.
const COMMIT_BUCKETS: [f64; 12] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0];
/// From an empty partition to tens of gigabytes of state.
const RESTORE_BUCKETS: [f64; 11] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0];
/// From on time to what an outage of a day makes.
const LATENESS_BUCKETS: [f64; 13] = [0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0];
/// "Within 5 minutes" is a bucket, so that it can be asked for exactly.
const LATENCY_BUCKETS: [f64; 13] =
    [1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0];

/// From a saved clock to a turn of everything that may wait.
const RECORDS_BUCKETS: [f64; 9] = [1.0, 10.0, 100.0, 1e3, 3e3, 1e4, 3e4, 1e5, 1e6];
/// The same in bytes: up to the bound of a transaction, and far beyond.
const BYTES_BUCKETS: [f64; 9] = [1e3, 1e4, 1e5, 1e6, 3e6, 1e7, 3e7, 1e8, 1e9];

macro_rules! families {
    ($( $(#[$doc:meta])* $field:ident: $type:ty = $make:expr; )*) => {
        /// One field per family.
        pub(super) struct Families {
            $( $(#[$doc])* pub $field: $type, )*
        }

        impl Families {
            /// Makes and registers every family.
            pub fn new(registry: &Registry) -> Families {
                Families { $( $field: registered(registry, $make), )* }
            }
        }
    };
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, family: C) -> C {
    registry.register(Box::new(family.clone())).expect("every family is declared once");
    family
}

families! {
    // Records in.
    scans: IntCounterVec = counters("scans_total", &["code", "outcome"],
        "Scans read, by code and by what became of them: accepted, repeat (seen before), ended (the journey was \
         over).");
    shipments: IntCounterVec = counters("shipments_total", &["outcome"],
        "Shipment records read, by what became of them.");
    reroutes: IntCounterVec = counters("reroutes_total", &["option", "outcome"],
        "Records of customers' choices and their answers read by the tracker, by what became of them.");
    rejects: IntCounterVec = counters("rejects_total", &["topic", "reason"],
        "Records that could not be used and went to the rejects topic.");
    merchants_rejected: IntCounter = counter("merchants_rejected_total",
        "Records of the merchants table that could not be used; the last good value stays.");
    misplaced: IntCounterVec = counters("misplaced_records_total", &["topic"],
        "Records on another partition than their key's: the producer partitions unlike Java's default.");
    malformed_fields: IntCounterVec = counters("malformed_fields_total", &["field"],
        "Optional fields of inputs that were malformed and count as absent.");
    corrected_times: IntCounterVec = counters("corrected_event_times_total", &["hub", "why"],
        "Event times that cannot be and were replaced: future (ahead of the record), no_zone (without offset).");
    unknown_parcels: IntCounterVec = counters("unknown_parcels_total", &["hub"],
        "Parcels with scans whose shipment had not come after 24 hours.");
    forgotten_scans: IntCounter = counter("forgotten_scans_total",
        "Scans beyond the 128 newest of a parcel, forgotten: a repeat of one would count as new.");

    // Decisions.
    conditions: IntCounterVec = counters("conditions_total", &["condition", "change"],
        "Changes of conditions.");
    issued: IntCounterVec = counters("notices_issued_total", &["kind", "audience"],
        "Notices that the tracker issued.");
    notices: IntCounterVec = counters("notices_total", &["kind", "audience", "decision"],
        "What the notifier decided about notices.");
    reasons: IntCounterVec = counters("notice_decisions_total", &["decision", "reason"],
        "The notifier's decisions by their reason.");
    attempts: IntCounterVec = counters("attempts_total", &["channel", "outcome"],
        "Delivery attempts by outcome; unknown: nobody can say whether it arrived.");
    reports: IntCounterVec = counters("sms_reports_total", &["outcome"],
        "Providers' reports of what became of texts that changed something.");
    opt_changes: IntCounterVec = counters("opt_changes_total", &["channel", "change"],
        "People who wanted no more notices by a channel (opt_out), or again (opt_in).");
    storms: IntGaugeVec = gauges("storms", &["kind"],
        "Partitions of this instance in which new notices of a kind are held, because there were too many in a minute; an \
         operator has to release or discard them.");
    storm_held: IntGaugeVec = gauges("storm_held_notices", &["kind"],
        "Notices of a kind that this instance holds until an operator releases or discards them.");
    attempts_waiting: IntGaugeVec = gauges("attempts_waiting", &["channel"],
        "Claimed delivery attempts that wait for their turn.");
    attempts_running: IntGaugeVec = gauges("attempts_running", &["channel"],
        "Delivery attempts under way.");
    outcomes_lost: IntCounter = counter("outcomes_lost_total",
        "Outcomes of attempts that the brokers did not take in time, or while too many waited for them; their owner declares \
         the attempts unknown.");
    scan_to_notice: Histogram = histogram("scan_to_notice_seconds", &LATENCY_BUCKETS,
        "Seconds from the instant at which a notice's reason became true to the commit that issued the notice.");
    delivery: HistogramVec = histograms("notice_delivery_seconds", &["channel"], &LATENCY_BUCKETS,
        "Seconds from the instant at which a notice's reason became true to the notice's delivery.");
    send_mode: IntGaugeVec = gauges("send_mode", &["mode"],
        "1 for what send is set to in general: off, shadow (nothing leaves) or on.");

    // Customers.
    public_requests: IntCounterVec = counters("public_requests_total", &["page", "result"],
        "Requests to the public listener by page and by what became of them.");
    choices_sent: IntCounterVec = counters("choices_sent_total", &["option"],
        "Choices that pages wrote down for the parcel's owner, by option; undo: taken back.");

    // Time.
    timers_fired: IntCounter = counter("timers_fired_total",
        "Limits that passed.");
    timers_due: GaugeVec = real_gauges("timers_due_seconds", &["stage", "partition"],
        "Seconds of stream time for which the earliest limit that has passed waits to take effect; 0 when none does.");
    lateness: Histogram = histogram("timer_lateness_seconds", &LATENESS_BUCKETS,
        "Seconds of stream time from the instant at which a limit was due to when it took effect.");
    stream_lag: GaugeVec = real_gauges("stream_time_lag_seconds", &["stage", "partition"],
        "Seconds by which a partition's stream time is behind the wall clock.");
    consumer_lag: IntGaugeVec = gauges("consumer_lag_records", &["topic", "partition"],
        "Records of an input that have not been read.");
    telling: IntGaugeVec = gauges("telling", &["stage", "partition"],
        "1 while a partition is caught up and tells; 0 while it only keeps book.");
    clock_departure: Gauge = real_gauge("clock_departure_seconds",
        "Seconds by which the system's clock departs from its value at start plus the time since boot.");

    // State.
    parcels: IntGaugeVec = gauges("parcels", &["stage"],
        "Parcels that this instance keeps, by stage: the code of the last scan, unscanned, or ended and \
         not yet forgotten.");
    threads: IntGauge = gauge("threads",
        "Threads that this instance keeps: what one recipient is told about one journey of a parcel.");
    threads_open: IntGauge = gauge("threads_open",
        "Threads in which something is still to happen: a notice waits, is under way or is to be repeated.");
    ignored: IntCounterVec = counters("notifier_ignored_total", &["why"],
        "Records that the notifier had nothing to do with, by why.");
    partition_state: IntGaugeVec = gauges("partition_state", &["stage", "partition", "state"],
        "1 for the state that an assigned partition is in.");
    transactions: IntCounterVec = counters("transactions_total", &["stage", "outcome"],
        "Kafka transactions by how they ended: committed, aborted.");
    commit: HistogramVec = histograms("commit_duration_seconds", &["stage"], &COMMIT_BUCKETS,
        "Seconds from the start of flushing to the end of a transaction's commit.");
    transaction_records: HistogramVec = histograms("transaction_records", &["stage"], &RECORDS_BUCKETS,
        "Records that a transaction wrote, blocks of state among them.");
    transaction_bytes: HistogramVec = histograms("transaction_bytes", &["stage"], &BYTES_BUCKETS,
        "Bytes of keys and values that a transaction wrote.");
    restore: HistogramVec = histograms("restore_duration_seconds", &["stage"], &RESTORE_BUCKETS,
        "Seconds that it took to restore a partition.");
    restore_progress: GaugeVec = real_gauges("restore_progress_ratio", &["stage", "partition"],
        "Share of an assigned partition's state log that was read; 1 once it is active.");
    restore_entries: IntCounterVec = counters("restore_entries_total", &["stage"],
        "Entries of state that restores read.");
    rebalances: IntCounterVec = counters("rebalances_total", &["stage"],
        "Changes of the partitions assigned to an instance's workers.");
    rebuilt: IntCounterVec = counters("workers_rebuilt_total", &["stage"],
        "Workers that ended by an error and were built anew.");

    // What waits in memory (docs/memory.md).
    waiting_records: IntGaugeVec = gauges("waiting_records", &["topic", "partition"],
        "Records of an input that were fetched and wait for another input to catch up.");
    waiting_bytes: IntGaugeVec = gauges("waiting_bytes", &["topic", "partition"],
        "Bytes of keys and values of these records.");
    queue_entries: IntGaugeVec = gauges("queue_entries", &["queue", "worker"],
        "What waits in a bounded queue, or is kept in a bounded table, by the queue's name in docs/memory.md.");
    queue_limit: IntGaugeVec = gauges("queue_limit", &["queue", "worker"],
        "How much may wait in that queue.");

    // The program.
    build: IntGaugeVec = gauges("build_info", &["version", "revision"],
        "1, labelled with what was built.");
    start_time: Gauge = process_gauge("process_start_time_seconds",
        "Start of the process, in seconds since 1970.");
    cpu: Counter = process_counter("process_cpu_seconds_total",
        "Seconds of CPU time that the process used.");
    memory: Gauge = process_gauge("process_resident_memory_bytes",
        "Bytes of memory that the process has in use.");
    open_files: Gauge = process_gauge("process_open_fds",
        "File descriptors that the process has open.");
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("parcelwatch")
}

fn counter(name: &str, help: &str) -> IntCounter {
    IntCounter::with_opts(opts(name, help)).expect("a legal name")
}

fn counters(name: &str, labels: &[&str], help: &str) -> IntCounterVec {
    IntCounterVec::new(opts(name, help), labels).expect("legal names")
}

fn gauge(name: &str, help: &str) -> IntGauge {
    IntGauge::with_opts(opts(name, help)).expect("a legal name")
}

fn gauges(name: &str, labels: &[&str], help: &str) -> IntGaugeVec {
    IntGaugeVec::new(opts(name, help), labels).expect("legal names")
}

fn real_gauge(name: &str, help: &str) -> Gauge {
    Gauge::with_opts(opts(name, help)).expect("a legal name")
}

fn real_gauges(name: &str, labels: &[&str], help: &str) -> GaugeVec {
    GaugeVec::new(opts(name, help), labels).expect("legal names")
}

/// Prometheus has fixed the names of a process's own metrics: no prefix.
fn process_gauge(name: &str, help: &str) -> Gauge {
    Gauge::with_opts(Opts::new(name, help)).expect("a legal name")
}

fn process_counter(name: &str, help: &str) -> Counter {
    Counter::with_opts(Opts::new(name, help)).expect("a legal name")
}

fn histogram(name: &str, buckets: &[f64], help: &str) -> Histogram {
    Histogram::with_opts(HistogramOpts::from(opts(name, help)).buckets(buckets.to_vec())).expect("legal buckets")
}

fn histograms(name: &str, labels: &[&str], buckets: &[f64], help: &str) -> HistogramVec {
    HistogramVec::new(HistogramOpts::from(opts(name, help)).buckets(buckets.to_vec()), labels).expect("legal buckets")
}
