//! What a worker asks of Kafka: the seam between its decisions and the client library.
//!
//! The module `kafka` keeps these promises with librdkafka; the simulation of the tests keeps them with a log in memory, transactions,
//! groups and faults of its own, so that the very same worker is driven by both. Everything here is called from the worker's one
//! thread, and may wait for as long as it says.

use std::collections::HashMap;
use std::time::Duration;

use super::topics::{Topics, TopicsError};

/// A topic's partition.
pub type Place<'a> = (&'a str, i32);

/// A call that the brokers or the client refused; a worker that cannot go on is built anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BrokerError(pub String);

/// A cluster, as one instance reaches it.
pub trait Brokers: Send + Sync + 'static {
    #[allow(missing_docs)]
    type Membership: Membership;
    #[allow(missing_docs)]
    type Reader: Reader;
    #[allow(missing_docs)]
    type Writer: Writer<Group = <Self::Membership as Membership>::Group>;

    /// The topics as the cluster has them now.
    fn topics(&self) -> Result<Topics, TopicsError>;

    /// Joins a group by subscribing to the main topic of its stage.
    fn join(&self, group: &str, main_topic: &str) -> Result<Self::Membership, BrokerError>;

    /// A reader that will read these topics.
    fn reader(&self, group: &str, topics: &[String]) -> Result<Self::Reader, BrokerError>;

    /// Takes over a transactional id: what an earlier producer of it has left open is aborted, and that one is fenced.
    fn writer(&self, transactional_id: &str) -> Result<Self::Writer, WriteError>;
}

/// What the group asks of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Take these partitions.
    Assign(Vec<i32>),
    /// Finish and let go of these.
    Revoke(Vec<i32>),
}

/// Membership in the group of one stage. Dropping it leaves the group without an answer from the worker.
pub trait Membership {
    /// Metadata that names member and generation, and so fences.
    type Group;

    /// Serves the group protocol and returns what it asks. Each must be answered.
    fn poll(&self) -> Result<Vec<Asked>, BrokerError>;

    /// Answers what was asked.
    fn answer(&self, asked: &Asked) -> Result<(), BrokerError>;

    /// Whether the assignment was lost: somebody else may own it already, so nothing may be committed.
    fn lost(&self) -> bool;

    /// Fresh metadata for a transaction; none while we are no member of the group.
    fn group(&self) -> Option<Self::Group>;

    /// The group's committed offsets of a topic's partitions, by partition; none where there is none, an error where the
    /// brokers do not tell. Waits for pending transactions, for at most `timeout`.
    fn committed(&self, topic: &str, partitions: &[i32], timeout: Duration) -> Result<Committed, BrokerError>;

    /// Begins to leave the group; a revocation follows and is to be answered.
    fn leave(&self);
}

/// Offsets that a group has committed, by partition.
pub type Committed = HashMap<i32, Result<Option<i64>, BrokerError>>;

/// A record as it was read.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Record<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    /// Its timestamp, in milliseconds since 1970; none where the broker gives none.
    pub time: Option<i64>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

/// What reading can end with.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The offset to go on from is gone: retention was faster than we, or the topic was made anew.
    #[error("{0}")]
    OffsetGone(String),
    /// Anything else; the client retries.
    #[error("{0}")]
    Passing(String),
}

/// Reads inputs and state logs of one worker, committed records only.
pub trait Reader {
    /// Hands over the next record, waiting for at most `timeout`; none where none came.
    fn poll<R>(&self, timeout: Duration, take: impl FnOnce(Record<'_>) -> R) -> Option<Result<R, ReadError>>;

    /// Reads these from these offsets on, beside what is read already.
    fn assign<'a>(&self, places: impl IntoIterator<Item = (Place<'a>, i64)>) -> Result<(), BrokerError>;

    /// Reads these no more. Who is assigned them again begins unpaused.
    fn unassign<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError>;

    /// Fetches nothing more of these for now.
    fn pause<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError>;

    /// Goes on fetching these.
    fn resume<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError>;

    /// How many records were fetched and not handed over, and beyond how many no more are fetched; none where nobody counts.
    fn fetched(&self) -> Option<(usize, usize)> {
        None
    }

    /// For every assigned partition the offset before which everything was handed to us, markers and aborted records
    /// included. Nothing yet: absent.
    fn positions(&self) -> Result<Offsets, BrokerError>;

    /// The end offsets of these, open transactions included.
    fn ends<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError>;

    /// The first offsets of these.
    fn beginnings<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError>;

    /// The offsets of the first records of this time (milliseconds since 1970) or later.
    fn at_time<'a>(&self, places: impl IntoIterator<Item = Place<'a>>, ms: i64) -> Result<Offsets, BrokerError>;
}

/// What the brokers say of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    #[allow(missing_docs)]
    At(i64),
    /// No record is of the time that was asked for or later.
    AfterAll,
}

/// Offsets by topic and partition; absent where there was no answer for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets(HashMap<String, HashMap<i32, Found>>);

impl Offsets {
    /// Adds an answer.
    pub fn add(&mut self, (topic, partition): Place<'_>, found: Found) {
        // Not by entry: few topics, many partitions, and a name is not to be copied for each.
        match self.0.get_mut(topic) {
            Some(partitions) => partitions.insert(partition, found),
            None => self.0.entry(topic.to_owned()).or_default().insert(partition, found),
        };
    }

    /// The offset of a partition.
    pub fn of(&self, (topic, partition): Place<'_>) -> Option<i64> {
        match self.0.get(topic)?.get(&partition)? {
            Found::At(offset) => Some(*offset),
            Found::AfterAll => None,
        }
    }

    /// Whether the answer was that no record is of the time that was asked for or later.
    pub fn is_after_all(&self, (topic, partition): Place<'_>) -> bool {
        self.0.get(topic).and_then(|partitions| partitions.get(&partition)) == Some(&Found::AfterAll)
    }
}

/// A record to be written.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct NewRecord<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: &'a [(&'a str, &'a str)],
}

/// Why a transaction did not commit.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The transaction is to be aborted; the producer is good for another.
    #[error("{0}")]
    Abort(String),
    /// The producer is of no use any more: the worker is built anew.
    #[error("{0}")]
    Fatal(String),
}

/// One transactional producer.
pub trait Writer {
    /// See [`Membership::Group`].
    type Group;

    /// Whether a transaction is open.
    fn is_open(&self) -> bool;

    /// Adds a record to the transaction, which is begun where none is open.
    fn produce(&mut self, record: NewRecord<'_>) -> Result<(), WriteError>;

    /// How many records were not acknowledged yet, and beyond how many [`Writer::produce`] waits; none where nobody counts.
    fn unacknowledged(&self) -> Option<(usize, usize)> {
        None
    }

    /// Waits for every record's acknowledgement.
    fn flush(&self) -> Result<(), WriteError>;

    /// Adds the group's offsets with its metadata, and commits.
    fn commit(&mut self, offsets: &[(Place<'_>, i64)], group: &Self::Group) -> Result<(), WriteError>;

    /// Aborts the open transaction, if any.
    fn abort(&mut self) -> Result<(), WriteError>;
}
