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
use crate::state::{Machine, Meta};

/// A log that answers nothing for this long ends the look.
const PATIENCE: Duration = Duration::from_secs(30);

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
    Brokers(#[from] BrokerError),
    #[error(transparent)]
    Unreadable(#[from] CannotResume),
    #[error("{topic} [{partition}]: no answer from the brokers for {PATIENCE:?}")]
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
    let (place, silent) = ((topic, partition), || InspectError::Silent { topic: topic.to_owned(), partition });
    let begins = reader.beginnings([place])?.of(place).ok_or_else(silent)?;
    let end = reader.ends([place])?.of(place).ok_or_else(silent)?;
    let mut log = Restoring::<S>::new(begins, end, clock.boot());
    let mut bytes = 0;
    reader.assign([(place, begins)])?;
    let mut waited = Duration::ZERO;
    while !log.complete {
        let read = reader.poll(STEP, |record| {
            let block = record.value.unwrap_or_default();
            bytes += block.len() as u64;
            log.block(topic, partition, record.offset, block)
        });
        match read {
            Some(Ok(taken)) => {
                taken?;
                waited = Duration::ZERO;
            }
            Some(Err(ReadError::OffsetGone(error))) => return Err(BrokerError(error).into()),
            Some(Err(ReadError::Passing(_))) | None => waited += STEP,
        }
        if waited > Duration::ZERO {
            log.complete = reader.positions()?.of(place).is_some_and(|position| position >= end);
        }
        if waited > PATIENCE {
            return Err(silent());
        }
    }
    reader.unassign([place])?;
    let live = log.machine.tables().iter().map(|table| table.count()).collect();
    Ok(described::<S>(partition, (begins, end), log.meta(), log.entries, live, bytes))
}

fn described<S: Stage>(
    partition: i32,
    (begins, end): (i64, i64),
    meta: Option<&Meta>,
    entries: u64,
    live: Vec<usize>,
    bytes: u64,
) -> Inspected {
    Inspected {
        stage: S::NAME,
        partition,
        begins,
        end,
        complete_from: meta.map(|meta| meta.walk.complete_from),
        entries,
        live,
        bytes,
        stream_time: meta.map(|meta| meta.stream_time).filter(|time| *time != Timestamp::MIN),
        offsets: meta.map(|meta| meta.offsets.clone()).unwrap_or_default(),
        partitions: meta.map(|meta| meta.partitions),
        epoch: meta.map(|meta| meta.epoch),
        writer: meta.map(|meta| meta.writer.clone()),
    }
}
