//! The global tables: topics that every instance reads whole, and the snapshot that decisions are handed.
//!
//! One thread reads them from their beginning and never stops. A value that cannot be read is counted and logged
//! by its offset, and the last good value stays. No input is applied before every table was read up to
//! the end offset asked at start, transactions that are still open included, nor before this process has read its own
//! announcement back: by the broker's stamp on it this machine's clock is right.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, Timestamp as Stamp};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clock::{Clock, boot};
use super::departure::{Departure, shown};
use super::instances::{Heard, Instances, Twin};
use super::merchants::Merchants;
use super::options::Options;
use super::topics::Topics;
use crate::decode;
use crate::model::{Timestamp, World};
use crate::telemetry::{Metrics, Queue};

/// The present snapshot, and whether the tables were read up to their ends.
#[derive(Debug)]
pub struct Worlds {
    current: ArcSwap<World>,
    ready: AtomicBool,
    /// Who owns what, by the announcements of every instance.
    pub instances: Instances,
}

impl Worlds {
    /// Begins with empty tables.
    pub fn new(world: World) -> Worlds {
        Worlds { current: ArcSwap::from_pointee(world), ready: AtomicBool::new(false), instances: Instances::default() }
    }

    /// The present snapshot; none before the tables were read.
    pub fn get(&self) -> Option<Arc<World>> {
        self.ready.load(Ordering::Acquire).then(|| self.current.load_full())
    }

    /// The tables were read up to their ends: decisions may begin.
    pub fn complete(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Another configuration from now on, `send` for instance.
    pub fn update(&self, change: impl Fn(&mut World)) {
        self.current.rcu(|world| {
            let mut world = World::clone(world);
            change(&mut world);
            world
        });
    }
}

const MERCHANTS: &str = "merchants.v1";
const INSTANCES: &str = "instances.v1";

/// Between two lines about what the start waits for.
const SAID_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// This machine's clock is not that of the brokers. What it would decide follows its clock: limits pass early, or scans that are in
/// time seem to come from the future.
#[derive(Debug, thiserror::Error)]
#[error(
    "the broker that leads {topic} [{partition}] has a clock that is {} this machine's by {} at least, expected {} at most \
     (runtime.clock_skew): nothing is decided by a clock that is wrong; look at NTP here and there, and start again",
    if matches!(.departure, Departure::Ahead(_)) { "ahead of" } else { "behind" }, shown(.departure.by()), shown(*.skew)
)]
pub struct WrongClock {
    topic: String,
    partition: i32,
    departure: Departure,
    skew: Duration,
}

/// Why the tables are read no further.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    #[allow(missing_docs)]
    #[error(transparent)]
    Twin(#[from] Twin),
    #[allow(missing_docs)]
    #[error(transparent)]
    Clock(#[from] WrongClock),
}

/// Reads the global tables until `stop`.
pub struct TableReader {
    consumer: BaseConsumer,
    clock: Clock,
    clock_skew: Duration,
    /// This machine's clock was compared with a broker's, or cannot be.
    is_clock_known: bool,
    /// When what is waited for was said last, by the boot clock.
    said: Duration,
    worlds: Arc<Worlds>,
    metrics: Arc<Metrics>,
    merchants: Merchants,
    merchants_topic: String,
    /// Ends asked at start that were not reached yet.
    unread: HashMap<(String, i32), i64>,
}

impl TableReader {
    /// Assigns every partition of every table from its beginning.
    pub fn new(
        options: &Options,
        clock: Clock,
        topics: &Topics,
        worlds: Arc<Worlds>,
        metrics: Arc<Metrics>,
    ) -> KafkaResult<Self> {
        let group = options.group_of("tables");
        let consumer: BaseConsumer = options.reading_config(&group).create()?;
        // The reading one would be told where the first open transaction begins.
        let asking: BaseConsumer = options.asking_config(&group).create()?;
        let mut all = TopicPartitionList::new();
        let mut unread = HashMap::new();
        for name in [MERCHANTS, INSTANCES] {
            for partition in 0..topics.partitions(name) {
                let topic = topics.name(name);
                let (low, high) = asking.fetch_watermarks(topic, partition, Duration::from_secs(10))?;
                all.add_partition_offset(topic, partition, Offset::Offset(low))?;
                if high > low {
                    unread.insert((topic.to_owned(), partition), high);
                }
            }
        }
        tracing::debug!(ends = ?unread, "the global tables are to be read");
        consumer.assign(&all)?;
        let (merchants, merchants_topic) = (Merchants::default(), topics.name(MERCHANTS).to_owned());
        Ok(TableReader {
            consumer,
            clock,
            clock_skew: options.clock_skew,
            is_clock_known: options.simulated_brokers,
            said: boot(),
            worlds,
            metrics,
            merchants,
            merchants_topic,
            unread,
        })
    }

    /// Reads until `stop` is set, or a newer process of this instance's name is there, or this machine's clock is wrong from the start.
    /// Calls `older` where an older one is.
    pub fn run(mut self, stop: &AtomicBool, older: impl Fn()) -> Result<(), TablesError> {
        while !stop.load(Ordering::Relaxed) {
            let wait = if self.merchants.is_changed() { Duration::ZERO } else { Duration::from_millis(100) };
            let is_idle = match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    if message.topic() == self.merchants_topic {
                        let (merchants, metrics) = (&mut self.merchants, &self.metrics);
                        Reading { merchants, metrics }.merchant(&message);
                    } else {
                        let read = decode::announcement(message.key(), message.payload());
                        if let Some(sent) = self.worlds.instances.own(read.as_ref()) {
                            self.is_clock_known = self.compared(&message, sent)?;
                        }
                        match self.worlds.instances.apply(read) {
                            Heard::Fine => {}
                            Heard::Older => older(),
                            Heard::Twin(twin) => return Err(twin.into()),
                        }
                    }
                    false
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "reading the global tables");
                    true
                }
                None => true,
            };
            if !self.unread.is_empty() {
                self.note_progress();
            }
            let is_time = is_idle || self.unread.is_empty() && self.worlds.get().is_none();
            if let Some(merchants) = self.merchants.snapshot(is_time) {
                self.metrics.queue(Queue::Merchants, "", merchants.len(), Merchants::MOST);
                self.worlds.update(|world| world.merchants = Arc::clone(&merchants));
            }
            if self.worlds.get().is_none() {
                if self.unread.is_empty() && self.is_clock_known {
                    self.worlds.complete();
                    tracing::info!(merchants = self.worlds.current.load().merchants.len(), "global tables are read");
                } else {
                    self.say_what_is_missing();
                }
            }
        }
        Ok(())
    }

    /// The clock that stamped this process's own word against ours: between sending and reading it, it was stamped. At the start a wrong
    /// clock ends everything; later our clock is the boot clock, which nobody sets, so that the other one was.
    fn compared(&self, message: &BorrowedMessage<'_>, sent: Timestamp) -> Result<bool, WrongClock> {
        let Stamp::LogAppendTime(stamped) = message.timestamp() else {
            if !self.is_clock_known {
                tracing::warn!(
                    topic = message.topic(),
                    "keeps producers' times: this machine's clock is not compared with the brokers'"
                );
            }
            return Ok(true);
        };
        let departure = Departure::of(Timestamp::from_millis(stamped), (sent, self.clock.now()));
        if departure.by() <= self.clock_skew {
            return Ok(true);
        }
        let (topic, partition) = (message.topic().to_owned(), message.partition());
        let wrong = WrongClock { topic, partition, departure, skew: self.clock_skew };
        if self.is_clock_known {
            tracing::warn!("{wrong}");
            return Ok(true);
        }
        Err(wrong)
    }

    fn say_what_is_missing(&mut self) {
        if boot().saturating_sub(self.said) < SAID_AGAIN_AFTER {
            return;
        }
        self.said = boot();
        if self.unread.is_empty() {
            tracing::warn!(
                "nothing is decided yet: this instance's own word has not come back from {INSTANCES}; look for errors of the brokers, \
                 and for the rights to write and to read it"
            );
        }
        for ((topic, partition), end) in &self.unread {
            tracing::warn!(
                topic,
                partition,
                end,
                "nothing is decided yet: this table is not read to its end; where nothing happens, somebody's transaction is open there \
                 (kafka-transactions.sh find-hanging)"
            );
        }
    }

    /// Positions pass over markers and aborted records, which no message does.
    fn note_progress(&mut self) {
        let Ok(positions) = self.consumer.position() else { return };
        for element in positions.elements() {
            if let Offset::Offset(position) = element.offset() {
                let place = (element.topic().to_owned(), element.partition());
                if self.unread.get(&place).is_some_and(|end| position >= *end) {
                    self.unread.remove(&place);
                }
            }
        }
    }
}

/// What a merchant's record is applied to, beside the consumer that it is borrowed from.
struct Reading<'a> {
    merchants: &'a mut Merchants,
    metrics: &'a Metrics,
}

impl Reading<'_> {
    fn merchant(self, message: &BorrowedMessage<'_>) {
        let Some(key) = message.key().and_then(|key| std::str::from_utf8(key).ok()) else {
            return self.refuse(message, "expected the merchant as key, found none or no UTF-8");
        };
        match decode::merchant(key.as_bytes(), message.payload()) {
            Ok(merchant) => {
                if let Err(full) = self.merchants.take(key, merchant) {
                    self.refuse(message, &full.to_string());
                }
            }
            Err(reject) => self.refuse(message, &reject.to_string()),
        }
    }

    fn refuse(&self, message: &BorrowedMessage<'_>, why: &str) {
        self.metrics.merchant_rejected();
        tracing::warn!(
            topic = message.topic(),
            partition = message.partition(),
            offset = message.offset(),
            "a merchant's record cannot be used, the last good one stays: {why}"
        );
    }
}
