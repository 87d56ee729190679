//! What the runtime is told at start, and the client settings that its guarantees rest on.

use std::time::Duration;

use rdkafka::ClientConfig;

use crate::model::StateVersion;

/// Records that a client has fetched and nobody has taken, and their kilobytes: at either no more is fetched, for all partitions of
/// the client together; what is under way comes on top ([`FETCH_BYTES`] of each broker). More: memory of each worker. Less: a worker
/// that catches up waits for the network.
pub const FETCHED_MAX: usize = 100_000;
const FETCHED_KBYTES_MAX: usize = 64 * 1024;

/// Bytes of one fetch. The client's own 50 MB from each of many brokers would be most of a worker's memory.
const FETCH_BYTES: usize = 16 * 1024 * 1024;

/// How often every client asks anew who leads what and which brokers there are.
///
/// librdkafka (2.12.1) forgets a broker that a metadata answer leaves out because it restarts, and until the next answer it neither finds the
/// partitions that this broker leads again (end offsets: "unknown partition") nor goes on waiting calls. Longer: deciding may stand still for as
/// long after a broker's restart (with the client's own default, for five minutes). Shorter: more requests of idle clients.
const METADATA_EVERY_MS: &str = "10000";

/// After how long a writer's connection that carries nothing is closed, and opened anew when it is needed.
///
/// `send_offsets_to_transaction` knows no time limit in librdkafka (2.12.1; its issues 5456 and 5511): when the group's coordinator is gone from
/// the brokers' metadata, the call waits until the connection of some other broker goes up or down, and only then asks who coordinates now. A
/// worker that waits so says nothing to anybody, so this is what wakes it: all its connections are idle. Longer: deciding stands still for as long
/// after such a broker's end (with the client's own default, for minutes). Shorter: connections are made again and again where little happens.
const WRITER_IDLE_MS: &str = "4000";

/// Records that were written and are not acknowledged, and their kilobytes: at either a worker waits. The client's own limit of a
/// gigabyte is no limit. Less: a transaction stutters.
pub const WRITTEN_MAX: usize = 500_000;
const WRITTEN_KBYTES_MAX: usize = 64 * 1024;

/// The same for outcomes and for what pages are told, each; there nobody waits, and what is too much is refused. Less: an
/// outage of seconds loses outcomes.
pub const REPORTED_MAX: usize = 100_000;
const REPORTED_KBYTES_MAX: usize = 64 * 1024;

/// Where a very first start begins to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// With the oldest record that the broker has.
    Earliest,
    /// With what is written from now on.
    Latest,
    /// With the first record of this time or later.
    Time(crate::model::Timestamp),
}

/// Which rebalance protocol the group speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupProtocol {
    /// The classic protocol with the cooperative-sticky assignor.
    #[default]
    Classic,
    /// KIP-848: the broker assigns, and owns the session settings.
    Consumer,
}

/// Settings of the runtime. Durations are those of the clock, which are the real ones unless it is a fast one
/// ([`Options::scaled`]); what only brokers and clients measure is real in any case.
#[derive(Clone, Debug)]
pub struct Options {
    /// `bootstrap.servers`, security and whatever else the operator passes to librdkafka.
    pub client: ClientConfig,
    /// Before every topic's name.
    pub prefix: String,
    /// Before the stage's name in consumer groups and transactional ids.
    pub group: String,
    #[allow(missing_docs)]
    pub group_protocol: GroupProtocol,
    /// Stable over restarts and unique among instances: a restart aborts its own orphaned transaction by it.
    pub instance: String,
    /// Threads of each stage.
    pub tracker_workers: usize,
    #[allow(missing_docs)]
    pub notifier_workers: usize,
    /// How long a transaction collects. Shorter costs the brokers, longer delays notices.
    pub commit_every: Duration,
    /// Saves the clock this often when nothing else happens. Shorter costs an idle cluster, longer makes a
    /// restart re-judge more.
    pub save_time_every: Duration,
    /// How fresh the input must be for anybody to be told.
    pub tell_within: Duration,
    /// How long nobody is told after brokers were out of reach.
    pub settle_for: Duration,
    /// What saved state may hold, so that older versions can read it.
    pub state_version: StateVersion,
    /// How much clocks may differ.
    pub clock_skew: Duration,
    /// How close the notifier's stream time must be to the wall clock for an attempt.
    pub attempt_within: Duration,
    /// A transaction open for longer is aborted by the broker.
    pub transaction_timeout: Duration,
    /// A member silent for longer is replaced.
    pub session_timeout: Duration,
    /// At most so many timers fire before polling and commits go on.
    pub timers_per_turn: usize,
    /// At most so many records are fetched per turn.
    pub records_per_turn: usize,
    /// An input of which more waits than this is paused.
    pub waiting_max: crate::time::Backlog,
    /// Where a very first start begins; none: it must be said.
    pub from: Option<From>,
    /// Go on from the state log although the group's offsets are gone (they expire after a week of absence).
    pub resume_from_state: bool,
    /// The brokers are librdkafka's simulation: they answer no administrator, delete nothing on demand and keep no transactional
    /// offsets, so what rests on these is left out.
    pub simulated_brokers: bool,
}

impl Options {
    /// The full name of a topic.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The consumer group of a stage.
    pub fn group_of(&self, stage: &str) -> String {
        format!("{}-{stage}", self.group)
    }

    /// The `transactional.id` of a worker.
    pub fn transactional_id(&self, stage: &str, slot: usize) -> String {
        format!("{}-{}-{stage}-{slot}", self.group, self.instance)
    }

    /// The same for a clock that goes `rate` times as fast: whatever is compared with it takes as long as before in reality.
    pub fn scaled(self, rate: u32) -> Options {
        Options {
            tell_within: self.tell_within * rate,
            settle_for: self.settle_for * rate,
            clock_skew: self.clock_skew * rate,
            attempt_within: self.attempt_within * rate,
            ..self
        }
    }

    fn config(&self, settings: &[(&str, &str)]) -> ClientConfig {
        let mut config = self.client.clone();
        if config.get("topic.metadata.refresh.interval.ms").is_none() {
            config.set("topic.metadata.refresh.interval.ms", METADATA_EVERY_MS);
        }
        for (key, value) in settings {
            config.set(*key, *value);
        }
        config
    }

    /// The membership consumer.
    pub fn membership_config(&self, group: &str) -> ClientConfig {
        let mut config = self.config(&[
            ("group.id", group),
            ("enable.auto.commit", "false"),
            // It never reads: an offset that is missing here must not reset anything.
            ("auto.offset.reset", "error"),
            ("isolation.level", "read_committed"),
        ]);
        let session = self.session_timeout.as_millis();
        match self.group_protocol {
            GroupProtocol::Classic => {
                config.set("partition.assignment.strategy", "cooperative-sticky");
                config.set("session.timeout.ms", session.to_string());
                config.set("heartbeat.interval.ms", (session / 6).max(1).to_string());
            }
            GroupProtocol::Consumer => {
                config.set("group.protocol", "consumer");
            }
        }
        config
    }

    /// A consumer with manual assignment. Without end-of-partition events, which put positions one too far.
    pub fn reading_config(&self, group: &str) -> ClientConfig {
        self.config(&[
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            // A silent jump in an input with state would be a storm of false alarms.
            ("auto.offset.reset", "error"),
            ("isolation.level", "read_committed"),
            ("enable.partition.eof", "false"),
            // The simulation answers an empty fetch only when that time is over, whatever arrives meanwhile.
            ("fetch.wait.max.ms", if self.simulated_brokers { "10" } else { "100" }),
            // The default of a second stalls a partition whose queue was full.
            ("fetch.queue.backoff.ms", "20"),
            ("queued.min.messages", &FETCHED_MAX.to_string()),
            ("queued.max.messages.kbytes", &FETCHED_KBYTES_MAX.to_string()),
            ("fetch.max.bytes", &FETCH_BYTES.to_string()),
        ])
    }

    /// The handle for end-offset queries, which must see what open transactions have written.
    pub fn asking_config(&self, group: &str) -> ClientConfig {
        self.config(&[("group.id", group), ("enable.auto.commit", "false"), ("isolation.level", "read_uncommitted")])
    }

    /// The transactional producer of a worker.
    pub fn writing_config(&self, transactional_id: &str) -> ClientConfig {
        let timeout = self.transaction_timeout.as_millis().to_string();
        self.config(&[
            ("transactional.id", transactional_id),
            ("transaction.timeout.ms", &timeout),
            // Must not exceed the transaction's.
            ("message.timeout.ms", &timeout),
            ("linger.ms", "5"),
            ("compression.type", "lz4"),
            ("message.max.bytes", "8388608"),
            ("queue.buffering.max.messages", &WRITTEN_MAX.to_string()),
            ("queue.buffering.max.kbytes", &WRITTEN_KBYTES_MAX.to_string()),
            ("delivery.report.only.error", "true"),
            ("connections.max.idle.ms", WRITER_IDLE_MS),
        ])
    }

    /// The plain producer of outcomes and announcements.
    pub fn reporting_config(&self) -> ClientConfig {
        self.config(&[
            ("enable.idempotence", "true"),
            ("linger.ms", "5"),
            ("compression.type", "lz4"),
            ("queue.buffering.max.messages", &REPORTED_MAX.to_string()),
            ("queue.buffering.max.kbytes", &REPORTED_KBYTES_MAX.to_string()),
        ])
    }
}

#[cfg(test)]
impl Options {
    /// The defaults, but few timers in a turn.
    pub fn of_a_test() -> Options {
        let second = Duration::from_secs(1);
        Options {
            client: ClientConfig::new(),
            prefix: String::new(),
            group: String::new(),
            group_protocol: GroupProtocol::Classic,
            instance: String::new(),
            tracker_workers: 1,
            notifier_workers: 1,
            commit_every: second,
            save_time_every: second,
            tell_within: 120 * second,
            settle_for: 600 * second,
            state_version: StateVersion::NEWEST,
            clock_skew: 2 * second,
            attempt_within: 5 * second,
            transaction_timeout: 10 * second,
            session_timeout: 10 * second,
            timers_per_turn: 2,
            records_per_turn: 100,
            waiting_max: crate::time::Backlog { records: 1000, bytes: 1 << 20 },
            from: None,
            resume_from_state: false,
            simulated_brokers: false,
        }
    }
}

#[cfg(test)]
mod tests;
