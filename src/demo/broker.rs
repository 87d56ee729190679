//! The brokers of the demonstration: librdkafka's own simulation, in this process. It speaks the real protocol over loopback, keeps
//! everything in memory, and simulates transactions without enforcing them.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfig;
use rdkafka::error::KafkaResult;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use super::day::Event;
use crate::model::Timestamp;
use crate::stream::partition;
use crate::topics::definitions;

/// What topics are called: as in the commented default.
pub const PREFIX: &str = "parcelwatch.";

/// How long the records of the day before may take to be acknowledged.
const FLUSH_WITHIN: Duration = Duration::from_secs(10);

/// The simulated cluster; it ends with this.
pub struct Broker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Broker {
    /// Starts one broker with every topic.
    pub fn start() -> KafkaResult<Broker> {
        let cluster = MockCluster::new(1)?;
        for topic in definitions() {
            cluster.create_topic(&full(&topic.name), topic.partitions, 1)?;
        }
        Ok(Broker { cluster })
    }

    /// Where it listens.
    pub fn bootstrap(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}

/// A topic's full name.
pub fn full(topic: &str) -> String {
    format!("{PREFIX}{topic}")
}

/// How many partitions a topic has.
pub fn partitions(topic: &str) -> i32 {
    definitions().iter().find(|definition| definition.name == topic).map_or(1, |definition| definition.partitions)
}

/// Writes as the courier's systems do.
pub struct Pen {
    producer: ThreadedProducer<DefaultProducerContext>,
}

impl Pen {
    /// Connects.
    pub fn new(bootstrap: &str) -> KafkaResult<Pen> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap).set("linger.ms", "2").set("log_level", "0");
        Ok(Pen { producer: ThreadedProducer::from_config(&config)? })
    }

    /// Writes a record of the day, as received at its own time.
    pub fn write(&self, event: &Event) -> KafkaResult<()> {
        self.record(event.topic.name(), &event.key, &event.value.to_string(), event.at)
    }

    /// Writes any record.
    pub fn record(&self, topic: &str, key: &str, value: &str, at: Timestamp) -> KafkaResult<()> {
        let partition = partition(key.as_bytes(), partitions(topic));
        let topic = full(topic);
        let record = BaseRecord::to(&topic).key(key).payload(value).partition(partition).timestamp(at.as_millis());
        self.producer.send(record).map_err(|(error, _)| error)
    }

    /// Waits until everything is written.
    pub fn flush(&self) -> KafkaResult<()> {
        self.producer.flush(FLUSH_WITHIN)
    }
}
