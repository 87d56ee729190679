//! Records of pages on their way to their topics, by a plain idempotent producer: a handler answers only once the
//! brokers have what it was told.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaResult;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};

use super::clock::Clock;
use super::options::Options;
use super::partitioner;
use super::topics::{Topics, TopicsError};
use crate::web::{Publish, PublishError, PublishFuture, Record};

/// How long the brokers may take. Longer: somebody looks at a page that does not come. Shorter: a leader that moves makes
/// people try again.
const WITHIN: Duration = Duration::from_secs(6);

const CHOICES: &str = "reroutes.v1";
const PREFERENCES: &str = "preferences.v1";
const RECEIPTS: &str = "receipts.v1";

/// Writes what pages and providers tell.
#[derive(Clone)]
pub struct Publisher(Arc<Inner>);

struct Inner {
    producer: FutureProducer,
    /// Each topic with its full name and its partitions.
    topics: [(&'static str, String, i32); 3],
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
        let topics = [CHOICES, PREFERENCES, RECEIPTS]
            .map(|topic| (topic, topics.name(topic).to_owned(), topics.partitions(topic)));
        Ok(Publisher(Arc::new(Inner { producer, topics, clock })))
    }
}

impl Publisher {
    /// How much the brokers have not acknowledged.
    pub fn waiting(&self) -> usize {
        usize::try_from(self.0.producer.in_flight_count()).unwrap_or(0)
    }
}

impl Inner {
    async fn write(&self, topic: &'static str, key: &str, value: Vec<u8>) -> Result<(), PublishError> {
        let (_, name, partitions) = self.topics.iter().find(|(known, ..)| *known == topic).ok_or(PublishError)?;
        let record = FutureRecord::to(name)
            .key(key)
            .payload(&value)
            .partition(partitioner::partition(key.as_bytes(), *partitions))
            .timestamp(self.clock.now().as_millis());
        match self.producer.send(record, WITHIN).await {
            Ok(_) => Ok(()),
            Err((error, _)) => {
                tracing::warn!(topic, %error, "a record of a page was not acknowledged");
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
            inner.write(topic, key, value).await
        })
    }
}
