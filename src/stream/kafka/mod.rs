//! The brokers as librdkafka reaches them. All calls of the client on the path of a decision are in this folder.

mod ffi;
mod membership;
mod reader;
mod writer;

use std::time::Duration;

use rdkafka::error::KafkaError;

use self::membership::KafkaMembership;
use self::reader::KafkaReader;
use self::writer::KafkaWriter;
use super::brokers::{BrokerError, Brokers, WriteError};
use super::clock::Clock;
use super::options::Options;
use super::topics::{Topics, TopicsError};

/// Apache Kafka, or what speaks its protocol.
#[derive(Clone)]
pub struct Kafka {
    options: Options,
    clock: Clock,
}

impl Kafka {
    /// The cluster that these settings name.
    pub fn new(options: Options, clock: Clock) -> Kafka {
        Kafka { options, clock }
    }
}

impl Brokers for Kafka {
    type Membership = KafkaMembership;
    type Reader = KafkaReader;
    type Writer = KafkaWriter;

    fn topics(&self) -> Result<Topics, TopicsError> {
        Topics::read(&self.options)
    }

    fn join(&self, group: &str, main_topic: &str) -> Result<KafkaMembership, BrokerError> {
        Ok(KafkaMembership::join(&self.options, group, main_topic)?)
    }

    fn reader(&self, group: &str, topics: &[String]) -> Result<KafkaReader, BrokerError> {
        Ok(KafkaReader::new(&self.options, group, topics)?)
    }

    fn writer(&self, transactional_id: &str) -> Result<KafkaWriter, WriteError> {
        KafkaWriter::new(&self.options, transactional_id, self.clock.clone())
    }
}

impl From<KafkaError> for BrokerError {
    fn from(error: KafkaError) -> BrokerError {
        BrokerError(error.to_string())
    }
}

/// The first wait for metadata of a topic: a first assignment without it stalls for a second at times.
const WARM_UP_WITHIN: Duration = Duration::from_secs(10);
