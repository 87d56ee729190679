//! Reading a topic to its end, as a read_committed consumer that joins no group.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::Cluster;
use crate::support::until;

/// For one topic. An open transaction holds its partition back until it is aborted, some 10 s later.
const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(10);

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub partition: i32,
    pub offset: i64,
    pub timestamp_ms: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Stored {
    /// The key as text, empty without one.
    pub fn key_text(&self) -> String {
        String::from_utf8_lossy(self.key.as_deref().unwrap_or_default()).into_owned()
    }

    /// The value as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> serde_json::Value {
        let value = self.value.as_deref().unwrap_or_default();
        serde_json::from_slice(value)
            .unwrap_or_else(|error| panic!("expected JSON, found {:?}: {error}", String::from_utf8_lossy(value)))
    }

    /// The value of the first header of that name as text.
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(found, _)| found == name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

impl Cluster {
    /// All records of a topic whose transactions were committed, in order of partition and offset.
    ///
    /// The end is the high watermark at the time of the call, asked for as read_uncommitted: a commit is
    /// acknowledged before its markers are written, so the last stable offset may lack what was just committed.
    /// A transaction that is still open is waited for.
    pub fn read_to_end(&self, topic: &str) -> Vec<Stored> {
        let ends = self.ends(topic);
        let reader = self.consumer("read_committed");
        let mut assignment = TopicPartitionList::new();
        for partition in ends.keys() {
            let added = assignment.add_partition_offset(topic, *partition, Offset::Beginning);
            added.expect("a valid offset");
        }
        reader.assign(&assignment).expect("expected to assign all partitions");
        let deadline = Instant::now() + PATIENCE;
        let mut records = Vec::new();
        // Errors are not the end: the client asks again a broker that went away or a leader that moved.
        let mut complaint = None;
        while !has_reached(&reader, &ends) {
            let found = reader.position();
            assert!(Instant::now() < deadline, "expected to reach {ends:?} of {topic}, found {found:?}, {complaint:?}");
            match reader.poll(Duration::from_millis(50)).map(|polled| polled.map(|message| stored(&message))) {
                Some(Ok(stored)) if stored.offset < ends[&stored.partition] => records.push(stored),
                Some(Err(error)) => complaint = Some(error),
                Some(Ok(_)) | None => {}
            }
        }
        records.sort_by_key(|record| (record.partition, record.offset));
        records
    }

    /// How many offsets a topic has used: its records, aborted ones and the markers of transactions.
    pub fn length(&self, topic: &str) -> i64 {
        self.ends(topic).values().sum()
    }

    /// High watermarks of the partitions that hold anything.
    fn ends(&self, topic: &str) -> BTreeMap<i32, i64> {
        let consumer = self.consumer("read_uncommitted");
        let what = format!("metadata of {topic}");
        let partitions: Vec<i32> = until(&what, PATIENCE, || {
            let metadata = consumer.fetch_metadata(Some(topic), ANSWER).map_err(|error| error.to_string())?;
            let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
            let partitions: Vec<i32> = partitions.map(|partition| partition.id()).collect();
            if partitions.is_empty() { Err("found no partition".to_owned()) } else { Ok(partitions) }
        });
        let ends = partitions.into_iter().map(|partition| {
            // A broker announces a new topic's leaders a moment before it leads.
            let what = format!("watermarks of {topic}/{partition}");
            let (low, high) = until(&what, PATIENCE, || consumer.fetch_watermarks(topic, partition, ANSWER));
            (partition, if low == high { 0 } else { high })
        });
        ends.filter(|(_, high)| *high > 0).collect()
    }

    fn consumer(&self, isolation: &str) -> BaseConsumer {
        let mut config = self.client();
        config
            .set("group.id", "reads-to-the-end-and-commits-nothing")
            .set("enable.auto.commit", "false")
            .set("isolation.level", isolation)
            .set("fetch.wait.max.ms", "20")
            .set("fetch.queue.backoff.ms", "10");
        config.create().expect("a consumer")
    }
}

/// Positions are compared, not offsets of records: the markers that end transactions occupy offsets too.
fn has_reached(reader: &BaseConsumer, ends: &BTreeMap<i32, i64>) -> bool {
    let position = reader.position().expect("expected positions");
    position.elements().iter().all(|element| match element.offset() {
        Offset::Offset(at) => at >= ends[&element.partition()],
        _ => false,
    })
}

fn stored(message: &BorrowedMessage<'_>) -> Stored {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    Stored {
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(-1),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec())).collect(),
    }
}
