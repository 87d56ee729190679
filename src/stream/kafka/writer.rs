//! The transactional producer of a worker: everything that a decision writes, in one transaction.
//!
//! Order: produce everything, flush until acknowledged, send offsets, commit. Offsets are sent with fresh group metadata, which
//! is what fences a zombie; with the flush after them, a fenced-off writer could still commit blocks after its
//! successor has asked for the log's end.

use std::sync::Mutex;
use std::time::Duration;

use rdkafka::Message;
use rdkafka::client::ClientContext;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::ffi;
use crate::stream::brokers::{NewRecord, Place, WriteError, Writer};
use crate::stream::clock::{Clock, boot};
use crate::stream::options::{Options, WRITTEN_MAX};

/// For how many timeouts of a transaction a passing error may last. More holds a worker long after an outage; fewer
/// builds workers anew for a moment without a coordinator.
const CALLS: u32 = 3;

/// One transactional producer.
pub struct KafkaWriter {
    producer: ThreadedProducer<Reports>,
    open: bool,
    timeout: Duration,
    /// Where topics keep producers' times, ours are those of the clock that everything else follows.
    clock: Clock,
}

impl KafkaWriter {
    /// Makes the producer and aborts what an earlier one of this id has left open.
    pub fn new(options: &Options, transactional_id: &str, clock: Clock) -> Result<KafkaWriter, WriteError> {
        let fatal = |error: KafkaError| WriteError::Fatal(error.to_string());
        let producer = options.writing_config(transactional_id).create_with_context(Reports::default());
        let producer: ThreadedProducer<Reports> = producer.map_err(fatal)?;
        let writer = KafkaWriter { producer, open: false, timeout: options.transaction_timeout, clock };
        writer.repeat(|| writer.producer.init_transactions(Duration::from_secs(30)))?;
        Ok(writer)
    }

    /// Repeats a call for as long as its error is a passing one, and sorts the others.
    fn repeat(&self, call: impl Fn() -> Result<(), KafkaError>) -> Result<(), WriteError> {
        let until = boot() + CALLS * self.timeout;
        while boot() < until {
            let error = match call() {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(error)) => error,
                Err(error) => return Err(WriteError::Fatal(error.to_string())),
            };
            let said = self.with_cause(&format!("{}: {}", error.name(), error.string()));
            match asks_for(error.is_fatal(), error.txn_requires_abort(), error.is_retriable()) {
                Way::Again => tracing::debug!(error = said, "repeating a call of the transaction"),
                Way::Abort => return Err(WriteError::Abort(said)),
                Way::Anew => return Err(WriteError::Fatal(said)),
            }
        }
        Err(WriteError::Fatal(format!("expected the brokers to answer within {:?}", CALLS * self.timeout)))
    }

    /// The client's words with the first record that failed: of those it says no more itself than that there are some.
    fn with_cause(&self, said: &str) -> String {
        self.producer.context().first().map_or_else(|| said.to_owned(), |record| format!("{said}; first: {record}"))
    }
}

/// What became of records: of a transaction the first that failed, since the others fail with it.
#[derive(Default)]
struct Reports(Mutex<Option<String>>);

impl Reports {
    fn first(&self) -> Option<String> {
        self.0.lock().expect("no holder of this lock panics").clone()
    }

    fn forget(&self) {
        *self.0.lock().expect("no holder of this lock panics") = None;
    }
}

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, record)) = result {
            let said = || format!("{} [{}]: {error}", record.topic(), record.partition());
            self.0.lock().expect("no holder of this lock panics").get_or_insert_with(said);
        }
    }
}

/// What a failed call of a transaction asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The same call.
    Again,
    /// To abort the transaction.
    Abort,
    /// Another producer, and another worker with it.
    Anew,
}

/// What the client says of an error (librdkafka, "Transactional producer API"), the gravest first.
fn asks_for(fatal: bool, requires_abort: bool, retriable: bool) -> Way {
    match (fatal, requires_abort, retriable) {
        (true, ..) => Way::Anew,
        (_, true, _) => Way::Abort,
        (_, _, true) => Way::Again,
        _ => Way::Anew,
    }
}

impl Writer for KafkaWriter {
    type Group = ConsumerGroupMetadata;

    fn is_open(&self) -> bool {
        self.open
    }

    fn produce(&mut self, record: NewRecord<'_>) -> Result<(), WriteError> {
        let NewRecord { topic, partition, key, value, headers } = record;
        if !self.open {
            self.producer.context().forget();
            self.repeat(|| self.producer.begin_transaction())?;
            self.open = true;
        }
        let now = self.clock.now().as_millis();
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition).timestamp(now);
        record.key = key;
        record.payload = value;
        if !headers.is_empty() {
            let none = OwnedHeaders::new_with_capacity(headers.len());
            let all = headers.iter().fold(none, |all, (key, value)| all.insert(Header { key, value: Some(*value) }));
            record.headers = Some(all);
        }
        while let Err((error, back)) = self.producer.send(record) {
            match error {
                KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => {
                    // The queue drains as brokers acknowledge; a flush waits for just that.
                    ffi::flush(&self.producer, Duration::from_millis(50));
                    record = back;
                }
                error => return Err(WriteError::Abort(format!("{topic} [{partition}]: {error}"))),
            }
        }
        Ok(())
    }

    fn unacknowledged(&self) -> Option<(usize, usize)> {
        Some((usize::try_from(self.producer.in_flight_count()).unwrap_or(0), WRITTEN_MAX))
    }

    fn flush(&self) -> Result<(), WriteError> {
        if ffi::flush(&self.producer, self.timeout) {
            Ok(())
        } else {
            Err(WriteError::Abort(self.with_cause("records were not acknowledged within the transaction's timeout")))
        }
    }

    fn commit(&mut self, offsets: &[(Place<'_>, i64)], group: &ConsumerGroupMetadata) -> Result<(), WriteError> {
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in offsets {
            let added = list.add_partition_offset(topic, *partition, Offset::Offset(*offset));
            added.map_err(|error| WriteError::Fatal(error.to_string()))?;
        }
        let timeout = self.timeout;
        self.repeat(|| self.producer.send_offsets_to_transaction(&list, group, timeout))?;
        self.repeat(|| self.producer.commit_transaction(timeout))?;
        self.open = false;
        Ok(())
    }

    fn abort(&mut self) -> Result<(), WriteError> {
        if !self.open {
            return Ok(());
        }
        self.repeat(|| self.producer.abort_transaction(self.timeout))?;
        self.open = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;
    use rdkafka::types::RDKafkaApiKey;

    use super::*;

    #[test]
    fn a_passing_error_repeats_the_call_one_that_says_so_aborts_and_any_other_ends_the_worker() {
        for (fatal, requires_abort, retriable, way) in [
            (false, false, true, Way::Again),
            (false, true, false, Way::Abort),
            // Nothing is repeated in a transaction that cannot be committed any more.
            (false, true, true, Way::Abort),
            (true, false, false, Way::Anew),
            (true, true, true, Way::Anew),
            (false, false, false, Way::Anew),
        ] {
            assert_eq!(asks_for(fatal, requires_abort, retriable), way, "{fatal} {requires_abort} {retriable}");
        }
    }
    #[test]
    fn a_transaction_that_cannot_be_written_says_of_which_topic_and_why() {
        let cluster = MockCluster::new(1).unwrap();
        for topic in ["conditions.v1", "rejects.v1"] {
            cluster.create_topic(topic, 1, 1).unwrap();
        }
        let mut options = Options::of_a_test();
        options.client.set("bootstrap.servers", cluster.bootstrap_servers());
        let mut writer = KafkaWriter::new(&options, "t", Clock::start()).unwrap();
        cluster.request_errors(
            RDKafkaApiKey::Produce,
            &[rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED],
        );
        let record = NewRecord { topic: "conditions.v1", partition: 0, key: None, value: Some(b"x"), headers: &[] };
        writer.produce(record).unwrap();
        writer.flush().unwrap();
        let error = writer.repeat(|| writer.producer.commit_transaction(Duration::from_secs(10))).unwrap_err();
        assert!(matches!(error, WriteError::Abort(_)), "{error}");
        let said = error.to_string();
        assert!(said.contains("conditions.v1 [0]") && said.contains("Topic authorization failed"), "{said}");
        // The next transaction does not repeat it.
        writer.abort().unwrap();
        writer.produce(NewRecord { topic: "rejects.v1", ..record }).unwrap();
        assert_eq!(writer.producer.context().first(), None);
    }
}
