//! Who decides, and how late: reads the changes of conditions as they are committed and notes when each beat's was seen.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::DateTime;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;

use crate::feed::{BEAT, PARTITIONS, beat_of, now};

/// When each beat's change was first seen: by partition and the beat's second, in milliseconds since 1970.
#[derive(Default)]
pub struct Pulse {
    seen: Mutex<BTreeMap<(i32, i64), i64>>,
    pub ended: AtomicBool,
}

impl Pulse {
    /// Reads until it is ended.
    pub fn run(&self, client: &ClientConfig, topic: &str, partitions: i32) {
        let mut config = client.clone();
        config
            .set("group.id", "feels-the-pulse-and-commits-nothing")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "50")
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
        let consumer: BaseConsumer = config.create().expect("a consumer");
        let mut all = TopicPartitionList::new();
        for partition in 0..partitions {
            all.add_partition_offset(topic, partition, Offset::Beginning).expect("a valid offset");
        }
        consumer.assign(&all).expect("assigned");
        let beats: BTreeMap<String, i32> = (0..PARTITIONS).map(|partition| (beat_of(partition), partition)).collect();
        while !self.ended.load(Ordering::SeqCst) {
            let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else { continue };
            let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
            let Some(partition) = beats.get(&key).filter(|_| key.starts_with(BEAT)) else { continue };
            let value: Value =
                serde_json::from_slice(message.payload().unwrap_or_default()).expect("conditions are JSON");
            if let Some(second) = second_of(&value) {
                let mut seen = self.seen.lock().expect("no holder panics");
                seen.entry((*partition, second)).or_insert_with(|| now().timestamp_millis());
            }
        }
    }

    /// Partitions without a decided beat that is younger than an instant (in milliseconds since 1970).
    pub fn silent_since(&self, instant: i64) -> Vec<i32> {
        let seen = self.seen.lock().expect("no holder panics");
        let newest = |partition: i32| {
            seen.range((partition, 0)..=(partition, i64::MAX)).next_back().map(|((_, second), _)| *second * 1000)
        };
        (0..PARTITIONS).filter(|partition| newest(*partition).is_none_or(|newest| newest <= instant)).collect()
    }

    /// How many beats' changes were seen.
    pub fn count(&self) -> usize {
        self.seen.lock().expect("no holder panics").len()
    }

    /// When a beat's change was seen.
    pub fn seen(&self, partition: i32, second: i64) -> Option<i64> {
        self.seen.lock().expect("no holder panics").get(&(partition, second)).copied()
    }
}

/// The second of the scan that made a beat's change: the limit of what it opened, else named as evidence.
fn second_of(change: &Value) -> Option<i64> {
    let of_scan = if change["change"] == "opened" { &change["limit"] } else { &change["evidence"]["scan_time"] };
    DateTime::parse_from_rfc3339(of_scan.as_str()?).ok().map(|at| at.timestamp())
}
