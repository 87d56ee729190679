//! What the brokers are asked in an examination. Nothing here joins a group, writes, or makes brokers create anything: handles
//! for offsets and groups have no group of their own, and a group's committed offsets are only asked for where the brokers have
//! ever kept some, since the first such question makes them create their offsets topic.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::model::Timestamp;
use crate::stream::clock::Clock;
use crate::stream::options::Options;

/// For one question. A coordinator that has just moved takes seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Between two looks at the clock.
const STEP: Duration = Duration::from_millis(100);

/// Where brokers keep the offsets of groups.
const OFFSETS: &str = "__consumer_offsets";

/// The handles.
pub struct Cluster<'a> {
    options: &'a Options,
    /// Sees what open transactions have written.
    all: BaseConsumer,
    /// Sees what is committed.
    stable: BaseConsumer,
    keeps_offsets: bool,
}

/// Offsets by topic and partition; none where the brokers gave no answer.
pub type Told = HashMap<(String, i32), Option<i64>>;

/// The time of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Of the clock of the broker that led the partition.
    Brokers(Timestamp),
    /// Whatever its producer has put there.
    Producers(Timestamp),
}

impl Stamp {
    /// Whosever clock it is of.
    pub const fn at(self) -> Timestamp {
        let (Stamp::Brokers(at) | Stamp::Producers(at)) = self;
        at
    }
}

/// Whether to read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// Nothing more is wanted.
    Yes,
    /// The next record.
    No,
}

/// A member of a group.
pub struct Member {
    /// Its client's id.
    pub client: String,
    /// Where it is.
    pub host: String,
}

impl<'a> Cluster<'a> {
    /// Opens the handles.
    pub fn open(options: &'a Options) -> KafkaResult<Cluster<'a>> {
        let handle = |isolation: &str| {
            let mut config = options.client.clone();
            config.set("isolation.level", isolation).create::<BaseConsumer>()
        };
        let (all, stable) = (handle("read_uncommitted")?, handle("read_committed")?);
        let metadata = all.fetch_metadata(None, ANSWER_WITHIN)?;
        let keeps_offsets = metadata.topics().iter().any(|topic| topic.name() == OFFSETS);
        Ok(Cluster { options, all, stable, keeps_offsets })
    }

    /// Whether the brokers answer.
    ///
    /// # Errors
    /// They do not.
    pub fn answers(&self) -> KafkaResult<()> {
        self.all.fetch_metadata(None, ANSWER_WITHIN).map(drop)
    }

    /// The first offsets.
    pub fn beginnings(&self, places: &[(String, i32)]) -> KafkaResult<Told> {
        ask(&self.all, places, Offset::Beginning)
    }

    /// The ends, open transactions included.
    pub fn ends(&self, places: &[(String, i32)]) -> KafkaResult<Told> {
        ask(&self.all, places, Offset::End)
    }

    /// The ends of what is committed: an open transaction holds them back.
    pub fn stable_ends(&self, places: &[(String, i32)]) -> KafkaResult<Told> {
        ask(&self.stable, places, Offset::End)
    }

    /// The offsets of the first records of this time (milliseconds) or later; none where there is none.
    pub fn at_time(&self, places: &[(String, i32)], ms: i64) -> KafkaResult<Told> {
        ask(&self.all, places, Offset::Offset(ms))
    }

    /// Reads from these offsets on, also what open transactions have written, until there is enough or the time is up.
    pub fn read_from(
        &self,
        places: &[(String, i32, i64)],
        (clock, within): (&Clock, Duration),
        mut take: impl FnMut((&str, i32), Stamp) -> Enough,
    ) -> KafkaResult<()> {
        // A consumer looks for its group's coordinator, and the first who does makes brokers create their offsets topic.
        if places.is_empty() || !self.keeps_offsets {
            return Ok(());
        }
        let mut config = self.options.asking_config(&self.options.group_of("inspect"));
        // Single records are wanted of perhaps many partitions, and at once.
        config.set("auto.offset.reset", "error").set("queued.min.messages", "1").set("fetch.wait.max.ms", "50");
        let consumer: BaseConsumer = config.create()?;
        let mut list = TopicPartitionList::new();
        for (topic, partition, offset) in places {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
        }
        consumer.assign(&list)?;
        let until = clock.boot() + within;
        while clock.boot() < until {
            // An error passes, or the time does.
            let Some(Ok(record)) = consumer.poll(STEP) else { continue };
            let stamp = match record.timestamp() {
                rdkafka::Timestamp::LogAppendTime(ms) => Stamp::Brokers(Timestamp::from_millis(ms)),
                other => Stamp::Producers(Timestamp::from_millis(other.to_millis().unwrap_or_default())),
            };
            if take((record.topic(), record.partition()), stamp) == Enough::Yes {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The times of the first records at these offsets or after them; none of those that were not to be had.
    pub fn times_of(
        &self,
        places: &[(String, i32, i64)],
        clock: &Clock,
    ) -> KafkaResult<HashMap<(String, i32), Timestamp>> {
        let mut times = HashMap::new();
        self.read_from(places, (clock, ANSWER_WITHIN), |(topic, partition), stamp| {
            times.entry((topic.to_owned(), partition)).or_insert(stamp.at());
            if times.len() == places.len() { Enough::Yes } else { Enough::No }
        })?;
        Ok(times)
    }

    /// The brokers that lead partitions of these topics, by partition: id and address.
    pub fn leaders(&self, topics: &[&str]) -> KafkaResult<HashMap<(String, i32), (i32, String)>> {
        let metadata = self.all.fetch_metadata(None, ANSWER_WITHIN)?;
        let brokers: HashMap<i32, String> = metadata
            .brokers()
            .iter()
            .map(|broker| (broker.id(), format!("{}:{}", broker.host(), broker.port())))
            .collect();
        let mut leaders = HashMap::new();
        for topic in metadata.topics().iter().filter(|topic| topics.contains(&topic.name())) {
            for partition in topic.partitions() {
                let Some(address) = brokers.get(&partition.leader()) else { continue };
                leaders.insert((topic.name().to_owned(), partition.id()), (partition.leader(), address.clone()));
            }
        }
        Ok(leaders)
    }

    /// The group's committed offsets of a topic; waits for pending transactions. `is_used`: something was committed, so the
    /// brokers keep offsets, whether or not we may see where.
    pub fn committed(&self, group: &str, topic: &str, count: i32, is_used: bool) -> KafkaResult<HashMap<i32, i64>> {
        if !self.keeps_offsets && !is_used {
            return Ok(HashMap::new());
        }
        let mut config = self.options.client.clone();
        // Committed ones only: what a transaction has pending is waited for.
        config.set("group.id", group).set("enable.auto.commit", "false").set("isolation.level", "read_committed");
        let consumer: BaseConsumer = config.create()?;
        let mut list = TopicPartitionList::new();
        for partition in 0..count {
            list.add_partition(topic, partition);
        }
        let told = consumer.committed_offsets(list, ANSWER_WITHIN)?;
        let mut offsets = HashMap::new();
        for element in told.elements() {
            element.error()?;
            if let Offset::Offset(offset) = element.offset() {
                offsets.insert(element.partition(), offset);
            }
        }
        Ok(offsets)
    }

    /// The members of a group; none where nobody is in it, or the group's protocol does not tell.
    pub fn members(&self, group: &str) -> KafkaResult<Vec<Member>> {
        if !self.keeps_offsets {
            return Ok(Vec::new());
        }
        let groups = self.all.fetch_group_list(Some(group), ANSWER_WITHIN)?;
        let member = |found: &rdkafka::groups::GroupMemberInfo| Member {
            client: found.client_id().to_owned(),
            host: found.client_host().trim_start_matches('/').to_owned(),
        };
        Ok(groups.groups().iter().flat_map(|group| group.members().iter().map(member)).collect())
    }
}

fn ask(consumer: &BaseConsumer, places: &[(String, i32)], what: Offset) -> Result<Told, KafkaError> {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in places {
        list.add_partition_offset(topic, *partition, what)?;
    }
    let told = consumer.offsets_for_times(list, ANSWER_WITHIN)?;
    let each = told.elements();
    Ok(each
        .iter()
        .map(|element| {
            let offset = match element.offset() {
                Offset::Offset(offset) if element.error().is_ok() => Some(offset),
                _ => None,
            };
            ((element.topic().to_owned(), element.partition()), offset)
        })
        .collect())
}
