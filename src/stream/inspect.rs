//! Looks into a stage's state log without changing anything: what `parcelwatch state` shows.

use std::time::Duration;

use serde::Serialize;

use super::brokers::{BrokerError, Brokers, ReadError, Reader};
use super::clock::Clock;
use super::kafka::Kafka;
use super::options::Options;
use super::restore::{CannotResume, Restoring};
use super::stage::{NotifierStage, Stage, TrackerStage};
use super::topics::{Topics, TopicsError};
use crate::model::Timestamp;
use crate::state::{Digest, Machine, digest};

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
    /// What the live entries take of them.
    pub live_bytes: u64,
    /// What the state comes to (`state::digest`); none before the first transaction.
    pub digest: Option<String>,
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
    Brokers(#[from] BrokerError),
    #[error(transparent)]
    Unreadable(#[from] CannotResume),
    #[error(
        "{topic} [{partition}]: the brokers do not tell its span, or it is shortened again and again while it is read"
    )]
    Silent { topic: String, partition: i32 },
}

/// Looks into both stages' logs, one partition after the other.
pub fn inspect(options: &Options, mut found: impl FnMut(Inspected)) -> Result<(), InspectError> {
    let clock = Clock::start();
    let kafka = Kafka::new(options.clone(), clock.clone());
    let topics = kafka.topics()?;
    inspect_stage::<TrackerStage>(&kafka, &clock, options, &topics, &mut found)?;
    inspect_stage::<NotifierStage>(&kafka, &clock, options, &topics, &mut found)
}

fn inspect_stage<S: Stage>(
    kafka: &Kafka,
    clock: &Clock,
    options: &Options,
    topics: &Topics,
    found: &mut impl FnMut(Inspected),
) -> Result<(), InspectError> {
    let topic = topics.name(S::STATE);
    let reader = kafka.reader(&options.group_of("inspect"), &[topic.to_owned()])?;
    for partition in 0..topics.partitions(S::STATE) {
        found(inspect_partition::<S>(&reader, clock, topic, partition)?);
    }
    Ok(())
}

fn inspect_partition<S: Stage>(
    reader: &impl Reader,
    clock: &Clock,
    topic: &str,
    partition: i32,
) -> Result<Inspected, InspectError> {
    let mut read = read_log::<S>(reader, clock, topic, partition)?;
    let live = read.log.machine.tables().iter().map(|table| table.count()).collect();
    let digest = read.log.meta().cloned().map(|meta| digest(&read.log.machine.tables(), &read.log.foreign, &meta));
    Ok(described::<S>(partition, &read, live, digest))
}

/// A state log that was read to its end.
pub(super) struct ReadLog<S: Stage> {
    /// Complete.
    pub log: Restoring<S>,
    /// Bytes of all blocks.
    pub bytes: u64,
}

/// Reads a partition's state log as a restore does, and keeps nobody from anything. Where a running instance deletes what we are
/// about to read, it is begun anew.
pub(super) fn read_log<S: Stage>(
    reader: &impl Reader,
    clock: &Clock,
    topic: &str,
    partition: i32,
) -> Result<ReadLog<S>, InspectError> {
    for _ in 0..TRIES {
        let read = read_once(reader, clock, topic, partition);
        let unassigned = reader.unassign([(topic, partition)]);
        if let Some(read) = read? {
            unassigned?;
            return Ok(read);
        }
    }
    Err(InspectError::Silent { topic: topic.to_owned(), partition })
}

/// None: what was to be read next is gone.
fn read_once<S: Stage>(
    reader: &impl Reader,
    clock: &Clock,
    topic: &str,
    partition: i32,
) -> Result<Option<ReadLog<S>>, InspectError> {
    let (place, silent) = ((topic, partition), || InspectError::Silent { topic: topic.to_owned(), partition });
    let begins = reader.beginnings([place])?.of(place).ok_or_else(silent)?;
    let end = reader.ends([place])?.of(place).ok_or_else(silent)?;
    let mut read = ReadLog::<S> { log: Restoring::new(begins, end, clock.boot()), bytes: 0 };
    reader.assign([(place, begins)])?;
    while !read.log.complete {
        let polled = reader.poll(STEP, |record| {
            // A running instance goes on writing; that is of no interest here.
            read.log.complete |= record.offset >= end;
            if read.log.complete {
                return Ok(());
            }
            let block = record.value.unwrap_or_default();
            read.bytes += block.len() as u64;
            read.log.block(topic, partition, record.offset, block)
        });
        match polled {
            Some(Ok(taken)) => {
                taken?;
                // Positions are for when nothing comes: asking after each block costs more than the block.
                continue;
            }
            Some(Err(ReadError::OffsetGone(_))) => return Ok(None),
            Some(Err(ReadError::Passing(_))) | None => {}
        }
        let position = reader.positions()?.of(place).unwrap_or(begins);
        if read.log.stands_still_at(position, clock.boot()) {
            let (topic, end) = (topic.to_owned(), end);
            return Err(CannotResume::StandsStill { topic, partition, position, end }.into());
        }
    }
    Ok(Some(read))
}

fn described<S: Stage>(partition: i32, read: &ReadLog<S>, live: Vec<usize>, digest: Option<Digest>) -> Inspected {
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
        live_bytes: digest.as_ref().map_or(0, |digest| digest.live_bytes),
        digest: digest.map(|digest| digest.hash),
        stream_time: meta.map(|meta| meta.stream_time).filter(|time| *time != Timestamp::MIN),
        offsets: meta.map(|meta| meta.offsets.clone()).unwrap_or_default(),
        partitions: meta.map(|meta| meta.partitions),
        epoch: meta.map(|meta| meta.epoch),
        writer: meta.map(|meta| meta.writer.clone()),
    }
}
