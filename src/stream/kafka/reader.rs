//! The reading consumer: records of manually assigned partitions, positions, and end offsets.

use std::time::Duration;

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::{WARM_UP_WITHIN, ffi};
use crate::stream::brokers::{BrokerError, Found, Offsets, Place, ReadError, Reader, Record};
use crate::stream::options::{FETCHED_MAX, Options};

/// A query to the brokers that takes longer than this counts as unanswered: stream time stands still meanwhile,
/// but the group protocol must be served.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads inputs and state logs of one worker.
pub struct KafkaReader {
    reading: BaseConsumer,
    asking: BaseConsumer,
}

impl KafkaReader {
    /// Makes both handles and warms up metadata: a first assignment without it stalls for a second at times.
    pub fn new(options: &Options, group: &str, topics: &[String]) -> KafkaResult<KafkaReader> {
        let reading: BaseConsumer = options.reading_config(group).create()?;
        let asking: BaseConsumer = options.asking_config(group).create()?;
        for topic in topics {
            reading.fetch_metadata(Some(topic), WARM_UP_WITHIN)?;
        }
        Ok(KafkaReader { reading, asking })
    }

    fn ask<'a>(&self, places: impl IntoIterator<Item = Place<'a>>, what: Offset) -> Result<Offsets, BrokerError> {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in places {
            list.add_partition_offset(topic, partition, what)?;
        }
        let answer = self.asking.offsets_for_times(list, ASK_TIMEOUT);
        self.serve_asking();
        Ok(told(&answer?))
    }

    /// Nothing is assigned to the asking consumer, but its errors and log lines wait in its queue: in an outage of days they would
    /// fill the memory.
    fn serve_asking(&self) {
        while self.asking.poll(Duration::ZERO).is_some() {}
    }
}

impl Reader for KafkaReader {
    fn poll<R>(&self, timeout: Duration, take: impl FnOnce(Record<'_>) -> R) -> Option<Result<R, ReadError>> {
        let Some(polled) = self.reading.poll(timeout) else {
            self.serve_asking();
            return None;
        };
        let message = match polled {
            Ok(message) => message,
            Err(error) => {
                return Some(Err(match error {
                    KafkaError::MessageConsumption(
                        RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange,
                    ) => ReadError::OffsetGone(error.to_string()),
                    error => ReadError::Passing(error.to_string()),
                }));
            }
        };
        let (key, value, time) = (message.key(), message.payload(), message.timestamp().to_millis());
        let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
        Some(Ok(take(Record { topic, partition, offset, time, key, value })))
    }

    fn assign<'a>(&self, places: impl IntoIterator<Item = (Place<'a>, i64)>) -> Result<(), BrokerError> {
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in places {
            list.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        }
        Ok(self.reading.incremental_assign(&list)?)
    }

    fn unassign<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        let list = list(places);
        self.reading.resume(&list)?;
        Ok(self.reading.incremental_unassign(&list)?)
    }

    fn pause<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        Ok(self.reading.pause(&list(places))?)
    }

    fn resume<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        Ok(self.reading.resume(&list(places))?)
    }

    fn fetched(&self) -> Option<(usize, usize)> {
        Some((ffi::waiting(&self.reading), FETCHED_MAX))
    }

    fn positions(&self) -> Result<Offsets, BrokerError> {
        Ok(told(&self.reading.position()?))
    }

    fn ends<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError> {
        self.ask(places, Offset::End)
    }

    fn beginnings<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError> {
        self.ask(places, Offset::Beginning)
    }

    fn at_time<'a>(&self, places: impl IntoIterator<Item = Place<'a>>, ms: i64) -> Result<Offsets, BrokerError> {
        self.ask(places, Offset::Offset(ms))
    }
}

fn told(list: &TopicPartitionList) -> Offsets {
    let mut offsets = Offsets::default();
    for element in list.elements().iter().filter(|element| element.error().is_ok()) {
        let found = match element.offset() {
            Offset::Offset(offset) => Found::At(offset),
            Offset::End => Found::AfterAll,
            _ => continue,
        };
        offsets.add((element.topic(), element.partition()), found);
    }
    offsets
}

fn list<'a>(places: impl IntoIterator<Item = Place<'a>>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in places {
        list.add_partition(topic, partition);
    }
    list
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rdkafka::ClientConfig;
    use rdkafka::mocking::MockCluster;
    use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

    use super::*;

    /// Long enough for a busy machine; only a failing test waits so long.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn until(what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    fn options(servers: &str) -> Options {
        let mut options = Options { simulated_brokers: true, ..Options::of_a_test() };
        options.client.set("bootstrap.servers", servers);
        options
    }

    /// So many records a fetch finds at most in a partition: what is under way when the limit is reached is small beside it.
    const BATCH: usize = 1_000;

    /// What is under way has arrived when a broker has answered so many questions that were asked one after the other.
    const ANSWERS: usize = 50;

    /// Some partitions of small records, more than a client may fetch.
    fn filled(cluster: &MockCluster<'_, DefaultProducerContext>, topic: &str, partitions: i32, each: usize) {
        cluster.create_topic(topic, partitions, 1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers()).set("queue.buffering.max.messages", "0");
        config.set("batch.num.messages", BATCH.to_string());
        let producer: ThreadedProducer<DefaultProducerContext> = config.create().unwrap();
        for partition in 0..partitions {
            for _ in 0..each {
                let record = BaseRecord::<str, str>::to(topic).partition(partition).payload("x");
                producer.send(record).map_err(|(error, _)| error).unwrap();
            }
        }
        producer.flush(PATIENCE).unwrap();
    }

    #[test]
    fn a_client_fetches_no_more_than_its_limit() {
        let cluster = MockCluster::new(1).unwrap();
        let (partitions, each) = (8, 40_000);
        filled(&cluster, "t", partitions, each);
        let reader = KafkaReader::new(&options(&cluster.bootstrap_servers()), "g", &["t".to_owned()]).unwrap();
        reader.assign((0..partitions).map(|partition| (("t", partition), 0))).unwrap();
        let fetched = || reader.fetched().unwrap();
        until("its limit", || fetched().0 >= FETCHED_MAX);
        // A batch of each partition may be under way when it is reached, and one of each be asked for at that moment.
        let most = FETCHED_MAX + 2 * partitions as usize * BATCH;
        // Counted in questions that the same broker answers meanwhile, not in time: a slow machine answers fewer.
        let mut last = (fetched().0, 0);
        until("nothing more to come", || {
            let now = fetched().0;
            assert!(now <= most, "expected {most} at most, found {now}");
            last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
            reader.ends((0..partitions).map(|partition| ("t", partition))).unwrap();
            last.1 >= ANSWERS
        });
        let mut read = 0;
        until("every record", || {
            while reader.poll(Duration::from_millis(10), |_| ()).is_some_and(|polled| polled.is_ok()) {
                read += 1;
            }
            read == partitions as usize * each
        });
    }

    #[test]
    fn a_client_that_only_asks_keeps_no_errors_in_an_outage() {
        // Nobody listens there: every try to connect is an error.
        let mut options = options("127.0.0.1:1");
        options.client.set("reconnect.backoff.ms", "1").set("reconnect.backoff.max.ms", "1");
        let asking: BaseConsumer = options.asking_config("g").create().unwrap();
        let reading: BaseConsumer = options.reading_config("g").create().unwrap();
        let reader = KafkaReader { reading, asking };
        let kept = || ffi::waiting(&reader.asking);
        until("errors to gather", || kept() > 10);
        assert!(reader.poll(Duration::ZERO, |_| ()).is_none_or(|polled| polled.is_err()));
        while reader.poll(Duration::ZERO, |_| ()).is_some() {}
        assert!(kept() < 10, "{}", kept());
    }
}
