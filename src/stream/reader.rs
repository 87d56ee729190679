//! The reading consumer: records of manually assigned partitions, positions, and end offsets.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::options::Options;

/// A query to the brokers that takes longer than this counts as unanswered: stream time stands still meanwhile,
/// but the group protocol must be served.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

/// A topic's partition.
pub type Place<'a> = (&'a str, i32);

/// What reading can end with.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The offset to go on from is gone: retention was faster than we, or the topic was made anew.
    #[error("{0}")]
    OffsetGone(KafkaError),
    /// Anything else; the client retries.
    #[error("{0}")]
    Passing(KafkaError),
}

/// Reads inputs and state logs of one worker.
pub struct Reader {
    reading: BaseConsumer,
    asking: BaseConsumer,
}

impl Reader {
    /// Makes both handles and warms up metadata: a first assignment without it stalls for a second at times.
    pub fn new(options: &Options, group: &str, topics: &[String]) -> KafkaResult<Reader> {
        let reading: BaseConsumer = options.reading_config(group).create()?;
        let asking: BaseConsumer = options.asking_config(group).create()?;
        for topic in topics {
            reading.fetch_metadata(Some(topic), Duration::from_secs(10))?;
        }
        Ok(Reader { reading, asking })
    }

    /// The next record, waiting for at most `timeout`.
    pub fn poll(&self, timeout: Duration) -> Option<Result<BorrowedMessage<'_>, ReadError>> {
        Some(self.reading.poll(timeout)?.map_err(|error| match error {
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                ReadError::OffsetGone(error)
            }
            error => ReadError::Passing(error),
        }))
    }

    /// Reads these from these offsets on, beside what is read already.
    pub fn assign<'a>(&self, places: impl IntoIterator<Item = (Place<'a>, i64)>) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in places {
            list.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        }
        self.reading.incremental_assign(&list)
    }

    /// Reads these no more. A pause outlives an assignment in the client, so it ends here: who is assigned them again
    /// begins unpaused.
    pub fn unassign<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> KafkaResult<()> {
        let list = list(places);
        self.reading.resume(&list)?;
        self.reading.incremental_unassign(&list)
    }

    /// Fetches nothing more of these for now.
    pub fn pause<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> KafkaResult<()> {
        self.reading.pause(&list(places))
    }

    /// Goes on fetching these.
    pub fn resume<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> KafkaResult<()> {
        self.reading.resume(&list(places))
    }

    /// For every assigned partition the offset before which everything was handed to us. Nothing yet: absent.
    pub fn positions(&self) -> KafkaResult<Offsets> {
        Ok(Offsets(self.reading.position()?))
    }

    /// The end offsets of these, open transactions included.
    pub fn ends<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> KafkaResult<Offsets> {
        self.ask(places, Offset::End)
    }

    /// The first offsets of these.
    pub fn beginnings<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> KafkaResult<Offsets> {
        self.ask(places, Offset::Beginning)
    }

    /// The offsets of the first records of this time (milliseconds) or later; the end where there is none.
    pub fn at_time<'a>(&self, places: impl IntoIterator<Item = Place<'a>>, ms: i64) -> KafkaResult<Offsets> {
        self.ask(places, Offset::Offset(ms))
    }

    fn ask<'a>(&self, places: impl IntoIterator<Item = Place<'a>>, what: Offset) -> KafkaResult<Offsets> {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in places {
            list.add_partition_offset(topic, partition, what)?;
        }
        self.asking.offsets_for_times(list, ASK_TIMEOUT).map(Offsets)
    }
}

/// Offsets by topic and partition.
#[derive(Debug)]
pub struct Offsets(TopicPartitionList);

impl Offsets {
    /// The offset of a partition; none where the broker gave no answer for it.
    pub fn of(&self, (topic, partition): Place<'_>) -> Option<i64> {
        let element = self.0.find_partition(topic, partition)?;
        element.error().ok()?;
        match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// Whether the broker answered that no record is of the time that was asked for or later.
    pub fn is_after_all(&self, (topic, partition): Place<'_>) -> bool {
        let element = self.0.find_partition(topic, partition);
        element.is_some_and(|element| element.error().is_ok() && element.offset() == Offset::End)
    }
}

fn list<'a>(places: impl IntoIterator<Item = Place<'a>>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in places {
        list.add_partition(topic, partition);
    }
    list
}
