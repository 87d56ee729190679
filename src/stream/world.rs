//! The global tables: topics that every instance reads whole, and the snapshot that decisions are handed.
//!
//! One thread reads them from their beginning and never stops. A value that cannot be read is counted and logged
//! by its offset, and the last good value stays. No input is applied before every table was read up to
//! the end offset asked at start.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::instances::{Heard, Instances, Twin};
use super::merchants::Merchants;
use super::options::Options;
use super::topics::Topics;
use crate::decode;
use crate::model::World;
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

/// Reads the global tables until `stop`.
pub struct TableReader {
    consumer: BaseConsumer,
    worlds: Arc<Worlds>,
    metrics: Arc<Metrics>,
    merchants: Merchants,
    merchants_topic: String,
    /// Ends asked at start that were not reached yet.
    unread: HashMap<(String, i32), i64>,
}

impl TableReader {
    /// Assigns every partition of every table from its beginning.
    pub fn new(options: &Options, topics: &Topics, worlds: Arc<Worlds>, metrics: Arc<Metrics>) -> KafkaResult<Self> {
        let consumer: BaseConsumer = options.reading_config(&options.group_of("tables")).create()?;
        let mut all = TopicPartitionList::new();
        let mut unread = HashMap::new();
        for name in [MERCHANTS, INSTANCES] {
            for partition in 0..topics.partitions(name) {
                let topic = topics.name(name);
                let (low, high) = consumer.fetch_watermarks(topic, partition, Duration::from_secs(10))?;
                all.add_partition_offset(topic, partition, Offset::Offset(low))?;
                if high > low {
                    unread.insert((topic.to_owned(), partition), high);
                }
            }
        }
        consumer.assign(&all)?;
        let (merchants, merchants_topic) = (Merchants::default(), topics.name(MERCHANTS).to_owned());
        Ok(TableReader { consumer, worlds, metrics, merchants, merchants_topic, unread })
    }

    /// Reads until `stop` is set, or a newer process of this instance's name is there. Calls `older` where an older one is.
    pub fn run(mut self, stop: &AtomicBool, older: impl Fn()) -> Result<(), Twin> {
        while !stop.load(Ordering::Relaxed) {
            let wait = if self.merchants.is_changed() { Duration::ZERO } else { Duration::from_millis(100) };
            let is_idle = match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    let reading =
                        Reading { merchants: &mut self.merchants, worlds: &self.worlds, metrics: &self.metrics };
                    match reading.apply(&message, message.topic() == self.merchants_topic) {
                        Heard::Fine => {}
                        Heard::Older => older(),
                        Heard::Twin(twin) => return Err(twin),
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
            if self.unread.is_empty() && self.worlds.get().is_none() {
                self.worlds.complete();
                tracing::info!(merchants = self.worlds.current.load().merchants.len(), "global tables are read");
            }
        }
        Ok(())
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

/// What a record is applied to, beside the consumer that it is borrowed from.
struct Reading<'a> {
    merchants: &'a mut Merchants,
    worlds: &'a Worlds,
    metrics: &'a Metrics,
}

impl Reading<'_> {
    fn apply(self, message: &BorrowedMessage<'_>, is_merchant: bool) -> Heard {
        if !is_merchant {
            return self.worlds.instances.apply(decode::announcement(message.key(), message.payload()));
        }
        self.merchant(message);
        Heard::Fine
    }

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
