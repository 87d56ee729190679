//! What is known of the partitions that this instance has, so that their gauges go when they go.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// How far a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PartitionState {
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
    by_id: HashMap<(&'static str, i32), Partition>,
}

/// What must be taken away with a partition, and what sums over partitions are made of.
#[derive(Default)]
pub(super) struct Partition {
    /// Topics for which a lag was reported.
    pub topics: BTreeSet<&'static str>,
    /// How far stream time was behind, and when that was so: it goes on falling behind until it is reported anew.
    pub behind: Option<(Duration, Instant)>,
    /// Parcels by stage.
    pub parcels: BTreeMap<&'static str, u64>,
    /// Threads of the notifier.
    pub threads: u64,
    /// Those in which something is still to happen.
    pub threads_open: u64,
    /// For each kind of which a storm is on or something is held: whether it is on, and how many notices are held.
    pub storms: BTreeMap<&'static str, (bool, u64)>,
}

impl Partitions {
    /// The partition, as one that is assigned.
    pub fn at(&mut self, stage: &'static str, partition: i32) -> &mut Partition {
        self.by_id.entry((stage, partition)).or_default()
    }

    /// Takes a partition away.
    pub fn remove(&mut self, stage: &'static str, partition: i32) -> Option<Partition> {
        self.by_id.remove(&(stage, partition))
    }

    /// The stream-time lag of each partition by now, in seconds.
    pub fn lags(&self) -> impl Iterator<Item = (&'static str, i32, f64)> {
        self.by_id.iter().filter_map(|((stage, partition), known)| {
            let (behind, at) = known.behind?;
            Some((*stage, *partition, (behind + at.elapsed()).as_secs_f64()))
        })
    }

    /// Parcels by stage, over all partitions.
    pub fn parcels(&self) -> BTreeMap<&'static str, u64> {
        let mut sums = BTreeMap::new();
        for (stage, count) in self.by_id.values().flat_map(|partition| &partition.parcels) {
            *sums.entry(*stage).or_default() += count;
        }
        sums
    }

    /// In how many partitions a storm of each kind is on, and how many notices are held.
    pub fn storms(&self) -> BTreeMap<&'static str, (u64, u64)> {
        let mut sums = BTreeMap::<_, (u64, u64)>::new();
        for (kind, (is_on, held)) in self.by_id.values().flat_map(|partition| &partition.storms) {
            let sum = sums.entry(*kind).or_default();
            *sum = (sum.0 + u64::from(*is_on), sum.1 + held);
        }
        sums
    }

    /// Threads over all partitions, and how many of them are open.
    pub fn threads(&self) -> (u64, u64) {
        let all = self.by_id.values();
        all.fold((0, 0), |(threads, open), known| (threads + known.threads, open + known.threads_open))
    }
}
