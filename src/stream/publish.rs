//! Records of pages and operators on their way to their topics, by a plain idempotent producer: a handler answers only once
//! the brokers have what it was told.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaResult;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};

use super::clock::Clock;
use super::options::Options;
use super::partitioner;
use super::topics::{Topics, TopicsError};
use crate::model::Control;
use crate::web::{Publish, PublishError, PublishFuture, Record};

/// How long the brokers may take. Longer: somebody looks at a page that does not come. Shorter: a leader that moves makes
/// people try again.
const WITHIN: Duration = Duration::from_secs(6);

const CHOICES: &str = "reroutes.v1";
const PREFERENCES: &str = "preferences.v1";
const RECEIPTS: &str = "receipts.v1";
const CONTROLS: &str = "controls.v1";

/// Writes what pages and providers tell.
#[derive(Clone)]
pub struct Publisher(Arc<Inner>);

struct Inner {
    producer: FutureProducer,
    /// Each topic with its full name and its partitions.
    topics: [(&'static str, String, i32); 4],
    clock: Clock,
}

impl Publisher {
    /// One for a single command: reads the cluster's topics first.
    ///
    /// # Errors
    /// What is wrong with the topics, or the brokers that do not answer.
    pub fn connect(options: &Options, clock: Clock) -> Result<Publisher, TopicsError> {
        Ok(Publisher::new(options, &Topics::read(options)?, clock)?)
    }

    /// Makes the producer.
    pub fn new(options: &Options, topics: &Topics, clock: Clock) -> KafkaResult<Publisher> {
        let mut config = options.reporting_config();
        // What the brokers have not taken by then is not sent any more: whoever waited was told so.
        config.set("message.timeout.ms", WITHIN.as_millis().to_string());
        let producer = config.create()?;
        let topics = [CHOICES, PREFERENCES, RECEIPTS, CONTROLS]
            .map(|topic| (topic, topics.name(topic).to_owned(), topics.partitions(topic)));
        Ok(Publisher(Arc::new(Inner { producer, topics, clock })))
    }

    /// Writes an operator's decision to every partition, so that every notifier reads it; returns how many there are.
    ///
    /// # Errors
    /// Some partitions may have it and others not: it may be written again, under the same id or another.
    pub async fn control(&self, control: &Control) -> Result<i32, PublishError> {
        let value = serde_json::to_vec(control).expect("a control is made of texts and numbers");
        let partitions = self.0.topic(CONTROLS)?.1;
        for partition in 0..partitions {
            self.0.write(CONTROLS, partition, None, &value).await?;
        }
        Ok(partitions)
    }
}

impl Publisher {
    /// How much the brokers have not acknowledged.
    pub fn waiting(&self) -> usize {
        usize::try_from(self.0.producer.in_flight_count()).unwrap_or(0)
    }
}

impl Inner {
    /// A topic's full name and its partitions.
    fn topic(&self, topic: &str) -> Result<(&str, i32), PublishError> {
        let (_, name, partitions) = self.topics.iter().find(|(known, ..)| *known == topic).ok_or(PublishError)?;
        Ok((name, *partitions))
    }

    /// Writes to the partition of a key.
    async fn write_keyed(&self, topic: &'static str, key: &str, value: &[u8]) -> Result<(), PublishError> {
        let partition = partitioner::partition(key.as_bytes(), self.topic(topic)?.1);
        self.write(topic, partition, Some(key), value).await
    }

    async fn write(
        &self,
        topic: &'static str,
        partition: i32,
        key: Option<&str>,
        value: &[u8],
    ) -> Result<(), PublishError> {
        let timestamp = self.clock.now().as_millis();
        let record = FutureRecord { key, ..FutureRecord::to(self.topic(topic)?.0) };
        match self.producer.send(record.payload(value).partition(partition).timestamp(timestamp), WITHIN).await {
            Ok(_) => Ok(()),
            Err((error, _)) => {
                tracing::warn!(topic, %error, "a record was not acknowledged");
                Err(PublishError)
            }
        }
    }
}

impl Publish for Publisher {
    fn publish(&self, record: Record) -> PublishFuture {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let (topic, key, value) = match &record {
                Record::Choice(choice) => (CHOICES, choice.parcel_id.as_str(), serde_json::to_vec(choice)),
                Record::Preference(wish) => (PREFERENCES, wish.recipient_key.as_str(), serde_json::to_vec(wish)),
                Record::Reply(reply) => (RECEIPTS, reply.recipient_key.as_str(), serde_json::to_vec(reply)),
                Record::Receipt(receipt) => (RECEIPTS, receipt.recipient_key.as_str(), serde_json::to_vec(receipt)),
            };
            let value = value.expect("a record is made of texts and numbers");
            inner.write_keyed(topic, key, &value).await
        })
    }
}
