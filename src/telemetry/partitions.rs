//! What is known of the partitions that this instance has, so that its gauges go when it goes.

use std::collections::{BTreeSet, HashMap};

use crate::model::Code;

/// Whose partition it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Worker {
    Tracker,
    Notifier,
}

impl Worker {
    /// Both.
    pub const ALL: [Worker; 2] = [Worker::Tracker, Worker::Notifier];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            Worker::Tracker => "tracker",
            Worker::Notifier => "notifier",
        }
    }
}

/// How far a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartitionState {
    /// Its state is being read; nothing of it is answered or decided.
    Restoring,
    /// It applies its input.
    Active,
}

impl PartitionState {
    /// Both.
    pub const ALL: [PartitionState; 2] = [PartitionState::Restoring, PartitionState::Active];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            PartitionState::Restoring => "restoring",
            PartitionState::Active => "active",
        }
    }
}

/// The assigned partitions.
#[derive(Default)]
pub(super) struct Partitions {
    by_id: HashMap<(Worker, i32), Partition>,
}

/// What must be taken away with a partition, and what sums over partitions are made of.
#[derive(Default)]
pub(super) struct Partition {
    /// Topics for which a lag was reported.
    pub topics: BTreeSet<String>,
    /// Parcels by stage, in the order of [`stage_index`].
    pub parcels: [u64; STAGES],
    pub recipients: u64,
}

/// The codes and, for parcels without a scan, none.
pub(super) const STAGES: usize = Code::ALL.len() + 1;

/// Where a stage's count stands; none is last.
pub(super) fn stage_index(stage: Option<Code>) -> usize {
    stage.map_or(STAGES - 1, |code| code as usize)
}

impl Partitions {
    /// The partition, as one that is assigned.
    pub fn at(&mut self, worker: Worker, partition: i32) -> &mut Partition {
        self.by_id.entry((worker, partition)).or_default()
    }

    /// Takes a partition away.
    pub fn remove(&mut self, worker: Worker, partition: i32) -> Option<Partition> {
        self.by_id.remove(&(worker, partition))
    }

    /// Parcels by stage, over all partitions.
    pub fn parcels(&self) -> [u64; STAGES] {
        let mut sums = [0; STAGES];
        for partition in self.by_id.values() {
            sums.iter_mut().zip(partition.parcels).for_each(|(sum, count)| *sum += count);
        }
        sums
    }

    /// Recipients over all partitions.
    pub fn recipients(&self) -> u64 {
        self.by_id.values().map(|partition| partition.recipients).sum()
    }
}
