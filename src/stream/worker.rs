//! A worker: one thread with its membership, its reader, its transactional producer and the partitions that the group
//! gave it. Nothing is shared on the path of a record.
//!
//! A turn serves the group, fetches, asks for end offsets where something waits for them, lets each partition
//! apply what it may, and commits when it is time. Where a transaction fails, everything
//! touched since the last commit is put back and the inputs are read again from there. Where the producer is fenced or
//! broken the worker ends and is built anew; where state is missing or does not fit, the instance stops and says why.

mod commit;
mod fetch;
mod groups;
mod questions;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::brokers::{BrokerError, Brokers, Membership, WriteError};
use super::partition::{Output, Partition, Turn};
use super::restore::{CannotResume, Restoring};
use super::shared::{QUESTIONS_MAX, Query, Shared};
use super::stage::Stage;
use super::topics::TopicsError;
use crate::model::{Attempt, Count, NoticeId, Timestamp};
use crate::time::Backlog;

/// While nothing waits for an answer, end offsets are asked for this often: stream time follows the wall clock in
/// such steps. Shorter costs idle clusters, longer makes timers late.
const ASK_IDLE_EVERY: Duration = Duration::from_millis(250);

/// While records wait for an answer, they are asked for at most this often.
const ASK_BUSY_EVERY: Duration = Duration::from_millis(2);

/// Why a worker ended.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It is built anew.
    #[error("{0}")]
    Rebuild(String),
    /// The instance stops: an operator has to act.
    #[error(transparent)]
    CannotResume(#[from] CannotResume),
    /// As above, about the topics.
    #[error(transparent)]
    Topics(TopicsError),
    /// As above, about an input.
    #[error(
        "{topic} [{partition}]: the records from offset {offset} on are gone: {error}; retention must outlast any outage; to skip what was \
         lost, delete the group and state topics and start anew with --from"
    )]
    InputGone {
        #[allow(missing_docs)]
        topic: String,
        #[allow(missing_docs)]
        partition: i32,
        #[allow(missing_docs)]
        offset: i64,
        #[allow(missing_docs)]
        error: String,
    },
}

impl From<TopicsError> for WorkerError {
    fn from(error: TopicsError) -> WorkerError {
        match error {
            TopicsError::Metadata(error) => WorkerError::Rebuild(error.to_string()),
            error => WorkerError::Topics(error),
        }
    }
}

impl From<BrokerError> for WorkerError {
    fn from(error: BrokerError) -> WorkerError {
        WorkerError::Rebuild(error.to_string())
    }
}

/// Whether a worker has more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// Call again.
    On,
    /// It has left its group and holds nothing.
    Finished,
}

enum Held<S: Stage> {
    Restoring(Box<Restoring<S>>),
    Active(Box<Partition<S>>),
}

/// What is to happen once the open transaction is committed.
#[derive(Default)]
struct AfterCommit {
    attempts: Vec<Attempt>,
    /// Notices whose attempts must not begin any more.
    withdrawn: HashSet<NoticeId>,
    counts: Vec<Count>,
    /// How many, by input and reason: a flood of them costs one look at the metrics.
    rejects: BTreeMap<(usize, &'static str), u64>,
    /// Logical instants of notices, for the latency from scan to notice.
    noticed: Vec<Timestamp>,
}

/// See the module.
pub struct Worker<S: Stage, K: Brokers> {
    shared: Arc<Shared>,
    slot: usize,
    group: String,
    transactional_id: String,
    inputs: Vec<String>,
    state_topic: String,
    partition_count: i32,
    membership: K::Membership,
    reader: K::Reader,
    writer: K::Writer,
    held: BTreeMap<i32, Held<S>>,
    after: AfterCommit,
    /// What is in the open transaction so far.
    wrote: Backlog,
    /// How many end-offset queries were sent.
    queries: u64,
    asked: Duration,
    /// When the gauges of partitions were set last.
    reported: Duration,
    /// The same of what waits.
    reported_waiting: Duration,
    /// When the last answered one was sent; none before the first, and while no partition asks.
    answered: Option<Timestamp>,
    /// Records wait for an answer.
    ask: bool,
    /// The last question got none.
    unanswered: bool,
    /// When the first change of the open transaction was made.
    dirty_since: Option<Duration>,
    time_saved: Duration,
    questions: (mpsc::SyncSender<Query>, mpsc::Receiver<Query>),
    /// Counts its turns, for whoever watches that it goes on.
    turns: Arc<AtomicU64>,
    leaving: bool,
}

impl<S: Stage, K: Brokers> Worker<S, K> {
    /// Joins the group and takes over the transactional id.
    pub fn new(shared: Arc<Shared>, brokers: &K, slot: usize) -> Result<Worker<S, K>, WorkerError> {
        let topics = &shared.topics;
        let partition_count = unchanged::<S>(&shared, brokers)?;
        let inputs: Vec<String> = S::INPUTS.iter().map(|input| topics.name(input).to_owned()).collect();
        let state_topic = topics.name(S::STATE).to_owned();
        let group = shared.options.group_of(S::NAME);
        let transactional_id = shared.options.transactional_id(S::NAME, slot);
        let writer = brokers.writer(&transactional_id)?;
        let warm: Vec<String> = inputs.iter().chain([&state_topic]).cloned().collect();
        let reader = brokers.reader(&group, &warm)?;
        let membership = brokers.join(&group, &inputs[S::MAIN])?;
        shared.joined(S::NAME, slot, false);
        Ok(Worker {
            slot,
            group,
            transactional_id,
            inputs,
            state_topic,
            partition_count,
            membership,
            reader,
            writer,
            held: BTreeMap::new(),
            after: AfterCommit::default(),
            wrote: Backlog::default(),
            queries: 0,
            asked: Duration::ZERO,
            reported: Duration::ZERO,
            reported_waiting: Duration::ZERO,
            answered: None,
            ask: false,
            unanswered: false,
            dirty_since: None,
            time_saved: shared.clock.boot(),
            questions: mpsc::sync_channel(QUESTIONS_MAX),
            turns: shared.pulse.of((S::NAME, slot)),
            leaving: false,
            shared,
        })
    }

    /// Works until the instance stops or something ends it. Partitions are let go of in any case.
    pub fn run(mut self) -> Result<(), WorkerError> {
        let ended = loop {
            match self.turn() {
                Ok(Going::On) => {}
                Ok(Going::Finished) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.end(ended.is_err());
        ended
    }

    /// The worker is done with: nobody is to look for its partitions here.
    pub fn end(mut self, failed: bool) {
        if let (true, Some(last)) = (failed, self.answered) {
            // Perhaps because the brokers are out of reach: the next answer says how long.
            self.shared.outage().failed((S::NAME, self.slot), last);
        }
        let held = std::mem::take(&mut self.held);
        for partition in held.into_keys() {
            self.left(partition);
        }
    }

    /// Serves the group, fetches, decides and commits what is due, once.
    pub fn turn(&mut self) -> Result<Going, WorkerError> {
        self.turns.fetch_add(1, Ordering::Relaxed);
        if self.shared.stopping() && !self.leaving {
            self.leaving = true;
            self.membership.leave();
        }
        self.serve_group()?;
        if self.leaving && self.held.is_empty() {
            return Ok(Going::Finished);
        }
        self.fetch()?;
        self.advance_restores()?;
        self.ask_for_ends();
        let more = self.turn_partitions()?;
        self.commit_when_due()?;
        self.answer_questions();
        self.ask |= more == Turn::Ask;
        Ok(Going::On)
    }

    /// Lets every active partition apply what it may and puts what it decides into the transaction.
    fn turn_partitions(&mut self) -> Result<Turn, WorkerError> {
        let Some(world) = self.shared.worlds.get() else { return Ok(Turn::Idle) };
        let wall = self.shared.clock.now();
        let aftermath = self.shared.outage().aftermath();
        let mut most = Turn::Idle;
        let mut output = Output::default();
        for held in self.held.values_mut() {
            let Held::Active(partition) = held else { continue };
            match partition.turn(wall, aftermath, &world, &self.shared.options, &mut output) {
                Turn::Idle => {}
                Turn::More if most == Turn::Idle => most = Turn::More,
                Turn::More => {}
                Turn::Ask => most = Turn::Ask,
            }
        }
        self.mark_dirty();
        match self.write(output) {
            Ok(()) => Ok(most),
            Err(error) => self.abort(error).map(|()| most),
        }
    }

    /// A partition that decides here, to be looked into.
    pub fn partition(&mut self, number: i32) -> Option<&mut Partition<S>> {
        match self.held.get_mut(&number)? {
            Held::Active(partition) => Some(&mut **partition),
            Held::Restoring(_) => None,
        }
    }

    fn left(&self, partition: i32) {
        self.shared.left(S::NAME, partition);
        self.shared.metrics.partition_left(S::NAME, partition);
    }

    fn mark_dirty(&mut self) {
        let dirty = self.active().any(|partition| partition.is_dirty());
        if dirty && self.dirty_since.is_none() {
            self.dirty_since = Some(self.shared.clock.boot());
        }
    }

    fn active(&self) -> impl Iterator<Item = &Partition<S>> {
        self.held.values().filter_map(|held| match held {
            Held::Active(partition) => Some(&**partition),
            Held::Restoring(_) => None,
        })
    }

    fn active_mut(&mut self) -> impl Iterator<Item = &mut Partition<S>> {
        self.held.values_mut().filter_map(|held| match held {
            Held::Active(partition) => Some(&mut **partition),
            Held::Restoring(_) => None,
        })
    }
}

/// The partition count of the stage's topics, which must be what it was when the instance started: a topic may grow meanwhile.
fn unchanged<S: Stage>(shared: &Shared, brokers: &impl Brokers) -> Result<i32, WorkerError> {
    let found = brokers.topics()?.co_partitioned::<S>()?;
    let main = S::INPUTS[S::MAIN];
    let saved = shared.topics.partitions(main);
    if found == saved {
        return Ok(found);
    }
    let topic = shared.topics.name(main).to_owned();
    Err(CannotResume::Repartitioned { topic, saved: saved as u32, found }.into())
}

impl From<WriteError> for WorkerError {
    fn from(error: WriteError) -> WorkerError {
        WorkerError::Rebuild(error.to_string())
    }
}

#[cfg(test)]
mod tests;
