//! Looks into a stage's state log without changing anything: what `parcelwatch state` shows.

use std::time::Duration;

use rdkafka::Message;
use serde::Serialize;

use super::clock::boot;
use super::options::Options;
use super::reader::{ReadError, Reader};
use super::restore::{CannotResume, Restoring};
use super::stage::{NotifierStage, Stage, TrackerStage};
use super::topics::{Topics, TopicsError};
use crate::model::Timestamp;
use crate::state::Machine;

/// How often a log is begun anew that is shortened while it is read. Instances do so once in a complete walk over their state:
/// more often than this in a row is no instance.
const TRIES: usize = 5;

/// How often positions are compared while nothing arrives: markers at the end are no records.
const STEP: Duration = Duration::from_millis(100);

/// What the state log of one partition holds.
#[derive(Clone, Debug, Serialize)]
pub struct Inspected {
    #[allow(missing_docs)]
    pub stage: &'static str,
    #[allow(missing_docs)]
    pub partition: i32,
    /// The log's first offset.
    pub begins: i64,
    /// Its end.
    pub end: i64,
    /// From where on every live entry is in the log.
    pub complete_from: Option<i64>,
    /// Entries in the log, live or not.
    pub entries: u64,
    /// Live entries of each table.
    pub live: Vec<usize>,
    /// Bytes of all blocks.
    pub bytes: u64,
    /// Where the clock resumes; none before the first transaction.
    pub stream_time: Option<Timestamp>,
    /// For each input, the offset of the next record to apply.
    pub offsets: Vec<(String, i64)>,
    /// How many partitions the inputs had.
    pub partitions: Option<u32>,
    /// Counts assignments.
    pub epoch: Option<u64>,
    /// The last writer's transactional id.
    pub writer: Option<String>,
}

/// Why a look failed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum InspectError {
    #[error(transparent)]
    Topics(#[from] TopicsError),
    #[error(transparent)]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error(transparent)]
    Unreadable(#[from] CannotResume),
    #[error(
        "{topic} [{partition}]: the brokers do not tell its span, or it is shortened again and again while it is read"
    )]
    Silent { topic: String, partition: i32 },
}

/// Looks into both stages' logs, one partition after the other.
pub fn inspect(options: &Options, mut found: impl FnMut(Inspected)) -> Result<(), InspectError> {
    let topics = Topics::read(options)?;
    inspect_stage::<TrackerStage>(options, &topics, &mut found)?;
    inspect_stage::<NotifierStage>(options, &topics, &mut found)
}

fn inspect_stage<S: Stage>(
    options: &Options,
    topics: &Topics,
    found: &mut impl FnMut(Inspected),
) -> Result<(), InspectError> {
    let topic = topics.name(S::STATE);
    let reader = Reader::new(options, &options.group_of("inspect"), &[topic.to_owned()])?;
    for partition in 0..topics.partitions(S::STATE) {
        found(inspect_partition::<S>(&reader, topic, partition)?);
    }
    Ok(())
}

fn inspect_partition<S: Stage>(reader: &Reader, topic: &str, partition: i32) -> Result<Inspected, InspectError> {
    let mut read = read_log::<S>(reader, topic, partition)?;
    let live = read.log.machine.tables().iter().map(|table| table.count()).collect();
    Ok(described::<S>(partition, &read, live))
}

/// A state log that was read to its end.
pub(super) struct ReadLog<S: Stage> {
    /// Complete.
    pub log: Restoring<S>,
    /// Bytes of all blocks.
    pub bytes: u64,
    /// The broker's or producer's time of the last block.
    pub last: Option<Timestamp>,
}

/// Reads a partition's state log as a restore does, and keeps nobody from anything. Where a running instance deletes what we are
/// about to read, it is begun anew.
pub(super) fn read_log<S: Stage>(reader: &Reader, topic: &str, partition: i32) -> Result<ReadLog<S>, InspectError> {
    for _ in 0..TRIES {
        let read = read_once(reader, topic, partition);
        let unassigned = reader.unassign([(topic, partition)]);
        if let Some(read) = read? {
            unassigned?;
            return Ok(read);
        }
    }
    Err(InspectError::Silent { topic: topic.to_owned(), partition })
}

/// None: what was to be read next is gone.
fn read_once<S: Stage>(reader: &Reader, topic: &str, partition: i32) -> Result<Option<ReadLog<S>>, InspectError> {
    let (place, silent) = ((topic, partition), || InspectError::Silent { topic: topic.to_owned(), partition });
    let begins = reader.beginnings([place])?.of(place).ok_or_else(silent)?;
    let end = reader.ends([place])?.of(place).ok_or_else(silent)?;
    let mut read = ReadLog::<S> { log: Restoring::new(begins, end), bytes: 0, last: None };
    reader.assign([(place, begins)])?;
    while !read.log.complete {
        match reader.poll(STEP) {
            Some(Ok(message)) if message.offset() < end => {
                let block = message.payload().unwrap_or_default();
                read.bytes += block.len() as u64;
                read.last = message.timestamp().to_millis().map(Timestamp::from_millis);
                read.log.block(topic, partition, message.offset(), block)?;
                continue;
            }
            Some(Err(ReadError::OffsetGone(_))) => return Ok(None),
            Some(Ok(_) | Err(ReadError::Passing(_))) | None => {}
        }
        let position = reader.positions()?.of(place).unwrap_or(begins);
        if read.log.stands_still_at(position, boot()) {
            let (topic, end) = (topic.to_owned(), end);
            return Err(CannotResume::StandsStill { topic, partition, position, end }.into());
        }
    }
    Ok(Some(read))
}

fn described<S: Stage>(partition: i32, read: &ReadLog<S>, live: Vec<usize>) -> Inspected {
    let meta = read.log.meta();
    Inspected {
        stage: S::NAME,
        partition,
        begins: read.log.begins,
        end: read.log.end,
        complete_from: meta.map(|meta| meta.walk.complete_from),
        entries: read.log.entries,
        live,
        bytes: read.bytes,
        stream_time: meta.map(|meta| meta.stream_time).filter(|time| *time != Timestamp::MIN),
        offsets: meta.map(|meta| meta.offsets.clone()).unwrap_or_default(),
        partitions: meta.map(|meta| meta.partitions),
        epoch: meta.map(|meta| meta.epoch),
        writer: meta.map(|meta| meta.writer.clone()),
    }
}
