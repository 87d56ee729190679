//! Producing as other systems do: murmur2 partitions, explicit timestamps, every acknowledgement checked.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, util::Timeout};

use super::partition_of;
use crate::support::until;

/// Longer than any broker's restart in a test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A record to be produced; what is not said stays absent.
#[derive(Clone, Debug, Default)]
pub struct Record {
    topic: String,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    timestamp_ms: Option<i64>,
    partition: Option<i32>,
    headers: Vec<(String, Vec<u8>)>,
}

impl Record {
    /// A record without key and value.
    pub fn to(topic: &str) -> Self {
        Record { topic: topic.to_owned(), ..Record::default() }
    }

    pub fn key(self, key: impl AsRef<[u8]>) -> Self {
        Record { key: Some(key.as_ref().to_vec()), ..self }
    }

    /// Without one the record is a tombstone.
    pub fn value(self, value: impl AsRef<[u8]>) -> Self {
        Record { value: Some(value.as_ref().to_vec()), ..self }
    }

    /// The producer's timestamp, which counts in topics with `message.timestamp.type=CreateTime`.
    pub fn timestamp_ms(self, timestamp_ms: i64) -> Self {
        Record { timestamp_ms: Some(timestamp_ms), ..self }
    }

    /// Another partition than the key's.
    pub fn partition(self, partition: i32) -> Self {
        Record { partition: Some(partition), ..self }
    }

    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }
}

/// Produces [`Record`]s. Nothing is certain before [`Producer::flush`].
pub struct Producer {
    inner: ThreadedProducer<Refusals>,
    /// Partition counts of the topics met so far.
    partitions: Mutex<HashMap<String, i32>>,
}

/// Collects what brokers did not take, for `flush` to report.
#[derive(Default)]
struct Refusals(Mutex<Vec<String>>);

impl ClientContext for Refusals {}

impl ProducerContext for Refusals {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, record)) = result {
            let refusal = format!("{}/{}: {error}", record.topic(), record.partition());
            self.0.lock().expect("no panic while it is held").push(refusal);
        }
    }
}

impl Producer {
    pub(super) fn new(client: &ClientConfig) -> Self {
        let mut config = client.clone();
        // Tests try values up to the broker's limit and beyond: the broker is to judge them, not the client.
        config.set("enable.idempotence", "true").set("linger.ms", "2").set("message.max.bytes", "100000000");
        let inner = config.create_with_context(Refusals::default()).expect("a producer");
        Producer { inner, partitions: Mutex::default() }
    }

    /// Queues a record: on the partition that it names, else on its key's as Java's clients choose it, else on 0.
    pub fn send(&self, record: Record) {
        let Record { topic, key, value, timestamp_ms, partition, headers } = record;
        let partition = match (partition, &key) {
            (Some(partition), _) => partition,
            (None, Some(key)) => partition_of(key, self.partitions_of(&topic)),
            (None, None) => 0,
        };
        let headers = headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
        let mut base = BaseRecord::<[u8], [u8]>::to(&topic).partition(partition).headers(headers);
        base.key = key.as_deref();
        base.payload = value.as_deref();
        base.timestamp = timestamp_ms;
        while let Err((error, refused)) = self.inner.send(base) {
            let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
            assert_eq!(error, full, "expected to queue a record for {topic}");
            self.flush();
            base = refused;
        }
    }

    /// Waits until the brokers have acknowledged everything sent so far.
    ///
    /// # Panics
    /// If they refused something.
    pub fn flush(&self) {
        self.inner.flush(Timeout::After(PATIENCE)).expect("expected every record to be acknowledged in time");
        let refusals = self.take_refusals();
        assert!(refusals.is_empty(), "expected every record to be taken, found {refusals:?}");
    }

    /// Like [`Producer::flush`], for tests that expect refusals: returns them.
    pub fn flush_with_refusals(&self) -> Vec<String> {
        self.inner.flush(Timeout::After(PATIENCE)).expect("expected every record to be answered in time");
        self.take_refusals()
    }

    fn take_refusals(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.context().0.lock().expect("no panic while it is held"))
    }

    fn partitions_of(&self, topic: &str) -> i32 {
        let mut known = self.partitions.lock().expect("no panic while it is held");
        if let Some(count) = known.get(topic) {
            return *count;
        }
        let count = until(&format!("partitions of {topic}"), PATIENCE, || {
            let metadata = self.inner.client().fetch_metadata(Some(topic), Duration::from_secs(5));
            let metadata = metadata.map_err(|error| error.to_string())?;
            match metadata.topics().first().map_or(0, |topic| topic.partitions().len()) {
                0 => Err("found none".to_owned()),
                count => Ok(i32::try_from(count).expect("far fewer partitions")),
            }
        });
        known.insert(topic.to_owned(), count);
        count
    }
}
