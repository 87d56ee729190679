//! What the workers of one instance share: none of it lies on the path of a scan.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use serde_json::Value;
use tokio::sync::oneshot;

use super::clock::Clock;
use super::options::Options;
use super::pulse::Pulse;
use super::restore::Progress;
use super::stage::Question;
use super::topics::Topics;
use super::world::Worlds;
use crate::model::{Attempt, NoticeId};
use crate::telemetry::Metrics;
use crate::time::Outage;

/// Where attempts go once their claim is committed.
pub trait Outbox: Send + Sync {
    /// Attempts it, some time before its deadline; its outcome comes back as a receipt.
    fn start(&self, attempt: Attempt);
    /// Reports it as withdrawn: it never begins.
    fn withdrawn(&self, attempt: Attempt);
    /// Does not begin it if it has not begun.
    fn cancel(&self, notice: &NoticeId);
}

/// A question to a worker about one of its partitions.
pub struct Query {
    #[allow(missing_docs)]
    pub partition: i32,
    #[allow(missing_docs)]
    pub question: Question,
    /// Gets the answer; none where the partition knows nothing of it.
    pub reply: oneshot::Sender<Option<Value>>,
    /// Counts it while it waits.
    pub waits: Waits,
}

/// Questions that wait for a worker, at most. More: whoever asks on and on while a worker waits for its brokers fills the memory. Fewer:
/// a wave of visitors is told to come back. A worker that stands still takes no other's places.
pub const QUESTIONS_MAX: usize = 1024;

/// Counts a question until this is dropped.
pub struct Waits(Arc<AtomicUsize>);

impl Waits {
    /// One more waits.
    pub fn begin(waiting: &Arc<AtomicUsize>) -> Waits {
        waiting.fetch_add(1, Ordering::AcqRel);
        Waits(Arc::clone(waiting))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// How a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its state is being read back, this far.
    Restoring(Progress),
    /// It decides.
    Active,
}

/// A worker's partitions of one stage, as others may know them.
type Owned = BTreeMap<(&'static str, i32), (Standing, mpsc::SyncSender<Query>)>;

/// Shared by the workers, the listeners and the supervisor.
pub struct Shared {
    #[allow(missing_docs)]
    pub options: Options,
    #[allow(missing_docs)]
    pub clock: Clock,
    #[allow(missing_docs)]
    pub topics: Topics,
    #[allow(missing_docs)]
    pub worlds: Arc<Worlds>,
    #[allow(missing_docs)]
    pub metrics: Arc<Metrics>,
    #[allow(missing_docs)]
    pub outbox: Arc<dyn Outbox>,
    /// Deletes what state logs no longer need, in the background.
    pub trim: tokio::sync::mpsc::UnboundedSender<(String, i32, i64)>,
    /// Set once: everybody finishes.
    pub stop: Arc<AtomicBool>,
    /// Raised whenever `owned` changes, so that it is announced.
    pub changed: tokio::sync::Notify,
    /// How many questions wait for workers.
    pub questions: Arc<AtomicUsize>,
    /// Whether the workers take turns.
    pub(super) pulse: Pulse,
    outage: Mutex<Outage<(&'static str, usize)>>,
    owned: Mutex<Owned>,
    /// Per stage, whether its workers have heard from their groups.
    joined: Mutex<BTreeMap<(&'static str, usize), bool>>,
}

impl Shared {
    /// Nobody owns anything yet.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        options: Options,
        clock: Clock,
        topics: Topics,
        worlds: Arc<Worlds>,
        metrics: Arc<Metrics>,
        outbox: Arc<dyn Outbox>,
        trim: tokio::sync::mpsc::UnboundedSender<(String, i32, i64)>,
        stop: Arc<AtomicBool>,
    ) -> Shared {
        let changed = tokio::sync::Notify::new();
        let (outage, owned, joined) = (Mutex::default(), Mutex::default(), Mutex::default());
        let (questions, pulse) = (Arc::default(), Pulse::default());
        Shared {
            options,
            clock,
            topics,
            worlds,
            metrics,
            outbox,
            trim,
            stop,
            changed,
            questions,
            pulse,
            outage,
            owned,
            joined,
        }
    }

    /// Whether everybody is to finish.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether and since when the brokers are out of reach.
    pub fn outage(&self) -> std::sync::MutexGuard<'_, Outage<(&'static str, usize)>> {
        self.outage.lock().expect("no holder of this lock panics")
    }

    /// A worker's partition stands like this now.
    pub fn stands(&self, stage: &'static str, partition: i32, standing: Standing, queries: &mpsc::SyncSender<Query>) {
        self.lock().insert((stage, partition), (standing, queries.clone()));
        self.changed.notify_one();
    }

    /// The restore of a worker's partition is this far.
    pub fn restores(&self, stage: &'static str, partition: i32, progress: Progress) {
        if let Some((standing @ Standing::Restoring(_), _)) = self.lock().get_mut(&(stage, partition)) {
            *standing = Standing::Restoring(progress);
        }
    }

    /// A worker let go of a partition.
    pub fn left(&self, stage: &'static str, partition: i32) {
        self.lock().remove(&(stage, partition));
        self.changed.notify_one();
    }

    /// A worker has (or has not yet) an assignment from its group.
    pub fn joined(&self, stage: &'static str, slot: usize, joined: bool) {
        self.joined.lock().expect("no holder of this lock panics").insert((stage, slot), joined);
    }

    /// Why this instance is not ready; empty when it is.
    pub fn not_ready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.worlds.get().is_none() {
            reasons.push("reading the global tables".to_owned());
        }
        let joined = self.joined.lock().expect("no holder of this lock panics");
        let waiting = joined.iter().filter(|(_, joined)| !**joined);
        reasons.extend(waiting.map(|((stage, slot), _)| format!("{stage} worker {slot} waits for its assignment")));
        let owned = self.lock();
        for ((stage, partition), (standing, _)) in owned.iter() {
            if let Standing::Restoring(progress) = standing {
                reasons.push(format!("{stage} partition {partition} is restoring: {progress}"));
            }
        }
        reasons
    }

    /// The partitions that are active here, by stage.
    pub fn active(&self) -> BTreeMap<String, Vec<i32>> {
        let mut all = BTreeMap::<String, Vec<i32>>::new();
        for ((stage, partition), (standing, _)) in self.lock().iter() {
            if *standing == Standing::Active {
                all.entry((*stage).to_owned()).or_default().push(*partition);
            }
        }
        all
    }

    /// How a partition stands here, and the way to its worker.
    pub fn worker_of(&self, stage: &str, partition: i32) -> Option<(Standing, mpsc::SyncSender<Query>)> {
        let owned = self.lock();
        owned.iter().find(|((s, p), _)| *s == stage && *p == partition).map(|(_, worker)| worker.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Owned> {
        self.owned.lock().expect("no holder of this lock panics")
    }
}
