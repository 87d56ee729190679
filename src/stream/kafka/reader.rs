//! The reading consumer: records of manually assigned partitions, positions, and end offsets.

use std::time::Duration;

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::WARM_UP_WITHIN;
use crate::stream::brokers::{BrokerError, Found, Offsets, Place, ReadError, Reader, Record};
use crate::stream::options::Options;

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
        Ok(told(&self.asking.offsets_for_times(list, ASK_TIMEOUT)?))
    }
}

impl Reader for KafkaReader {
    fn poll<R>(&self, timeout: Duration, take: impl FnOnce(Record<'_>) -> R) -> Option<Result<R, ReadError>> {
        let message = match self.reading.poll(timeout)? {
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
