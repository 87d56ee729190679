//! Outcomes of attempts on their way to `receipts.v1`, by a plain idempotent producer: an outcome outlives the
//! claim's owner, and whoever owns the recipient then applies it once.

use std::time::Duration;

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use super::clock::Clock;
use super::options::Options;
use super::partitioner;
use super::topics::Topics;
use crate::model::Receipt;

const TOPIC: &str = "receipts.v1";

/// How long the last outcomes may take to be acknowledged at the end. What is lost then is declared unknown.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);

/// How often a full queue is waited for, 50 ms each; more would hold up the channels while brokers are away, and an
/// outcome that is lost is declared unknown.
const QUEUE_FULL_TRIES: usize = 20;

/// Writes receipts.
pub struct Receipts {
    producer: ThreadedProducer<DefaultProducerContext>,
    topic: String,
    partitions: i32,
    clock: Clock,
}

impl Receipts {
    /// Makes the producer.
    pub fn new(options: &Options, topics: &Topics, clock: Clock) -> KafkaResult<Receipts> {
        let producer = options.reporting_config().create()?;
        let (topic, partitions) = (topics.name(TOPIC).to_owned(), topics.partitions(TOPIC));
        Ok(Receipts { producer, topic, partitions, clock })
    }

    /// Writes one. It does not wait: what the brokers never took is declared unknown by its owner.
    pub fn report(&self, receipt: &Receipt) {
        let key = receipt.recipient_key.as_str();
        let value = serde_json::to_vec(receipt).expect("a receipt is made of texts and numbers");
        let partition = partitioner::partition(key.as_bytes(), self.partitions);
        let now = self.clock.now().as_millis();
        let mut record = BaseRecord::to(&self.topic).key(key).payload(&value).partition(partition).timestamp(now);
        for _ in 0..QUEUE_FULL_TRIES {
            let Err((error, back)) = self.producer.send(record) else { return };
            if !matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) {
                tracing::error!(notice = %receipt.notice_id, %error, "an outcome cannot be written");
                return;
            }
            super::kafka::flush(&self.producer, Duration::from_millis(50));
            record = back;
        }
        tracing::error!(notice = %receipt.notice_id, "an outcome cannot be written: too many wait for the brokers");
    }

    /// Waits for the last ones.
    pub fn flush(&self) {
        if self.producer.flush(FLUSH_WITHIN).is_err() {
            tracing::warn!("the last outcomes were not acknowledged; their attempts will be declared unknown");
        }
    }
}
