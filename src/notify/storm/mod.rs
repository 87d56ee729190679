//! The storm breaker: more notices of a kind in a minute than they should be are held, until an operator decides.
//!
//! In come notices at the place where they would leave, and the records of `controls.v1`; out goes whether a notice is held.
//! Each partition watches its share of the limit by itself, in stream time, so that a replay holds the same.
//!
//! What was let out is derived from the threads, as timers are; saved is only what began a storm and what was decided about it.
//!
//! What always holds:
//! - Of each kind no more than the share is let out within any 60 seconds, but for what an operator released. What waits
//!   for the end of quiet hours counts in the minute in which it would have left without them, or every morning were a
//!   storm.
//! - A storm ends by an operator's decision alone; so a restart and another owner go on holding.
//! - What is held can still be withdrawn, be superseded and expire. Nothing is held that was attempted before.
//! - A decision concerns what was held when it was read. What it lets go is held by no later storm.
//!
//! Not watched are notices whose number somebody else bounds, and which come in bursts by their nature: what became of a
//! choice (people made it), and digests (one for each hub or merchant, all windows ending at one instant).

mod held;
mod rate;
mod ruling;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::held::Held;
use self::rate::Rate;
use super::thread::{Entry, Thread, Wait};
use crate::model::{ControlAction, NoticeKind, Timestamp, World};
use crate::state::Table;

/// What is known of a kind of which there is or was a storm. Part of the saved state; there is none where there was no storm, so
/// that a version which knows no breaker can still take the partition back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Since when its notices are held.
    since: Option<Timestamp>,
    /// An operator's decision of which not everything is carried out.
    ruling: Option<Ruling>,
    /// The id of the control that ended a storm last.
    control: String,
    /// When that was: what was let out before it counts for no storm.
    counts_from: Option<Timestamp>,
}

/// What [`Entry::counted`] says of a notice that no storm counts.
const NOT_COUNTED: Timestamp = Timestamp::MIN;

/// A decision that is being carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    action: ControlAction,
    /// Stream time when it was read.
    at: Timestamp,
}

/// A storm that is on, or of which something is still held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storm {
    #[allow(missing_docs)]
    pub kind: NoticeKind,
    /// None: it is over, and its notices are just being let go.
    pub since: Option<Timestamp>,
    /// How many notices are held.
    pub held: usize,
}

/// The breaker of one partition.
#[derive(Debug, Default)]
pub struct Breaker {
    /// By the name of the kind.
    pub table: Table<Watch>,
    /// What was let out of each kind within the last minute. Derived.
    rates: BTreeMap<NoticeKind, Rate>,
    /// The same at the last commit, once it has changed since.
    committed: Option<BTreeMap<NoticeKind, Rate>>,
    /// What is held. Derived.
    held: Held,
    /// What is being carried out. Derived.
    rulings: BTreeMap<NoticeKind, Ruling>,
}

impl Breaker {
    /// Whether a notice that is about to leave is held instead.
    pub fn holds(&self, entry: &Entry, now: Timestamp, world: &World) -> bool {
        let Some(share) = share(entry.kind, world).filter(|_| is_watched(entry)) else { return false };
        let watch = self.table.get(entry.kind.name());
        let from = watch.and_then(|watch| watch.counts_from).unwrap_or(Timestamp::MIN);
        let out = || self.rates.get(&entry.kind).map_or(0, |rate| rate.within(now, from));
        watch.is_some_and(|watch| watch.since.is_some()) || !is_counted(entry) && out() >= share
    }

    /// A notice leaves.
    pub fn leaves(&mut self, entry: &mut Entry, now: Timestamp, world: &World) {
        if share(entry.kind, world).is_none() || !is_watched(entry) || entry.counted.is_some() {
            return;
        }
        if is_counted(entry) {
            // An older version made it wait: it is no part of this minute.
            entry.counted = Some(NOT_COUNTED);
        } else {
            self.add(entry.kind, now);
        }
    }

    /// A notice waits for nothing but the end of quiet hours.
    pub fn waits(&mut self, entry: &mut Entry, now: Timestamp, world: &World) {
        if share(entry.kind, world).is_some() && is_watched(entry) && !is_counted(entry) {
            self.add(entry.kind, now);
            entry.counted = Some(now);
        }
    }

    fn add(&mut self, kind: NoticeKind, at: Timestamp) {
        self.committed.get_or_insert_with(|| self.rates.clone());
        self.rates.entry(kind).or_default().add(at);
    }

    /// A notice of this kind is held: that begins a storm unless one is on.
    pub fn hold(&mut self, kind: NoticeKind, now: Timestamp) {
        self.table.entry(kind.name(), Watch::default).since.get_or_insert(now);
    }

    /// The thread has changed.
    pub fn index(&mut self, key: &str, thread: Option<&Thread>) {
        let entries = thread.into_iter().flat_map(|thread| &thread.entries);
        let held = entries.filter(|entry| entry.waits_for() == Some(Wait::Storm));
        self.held.set(key, held.map(|entry| entry.kind).collect());
    }

    /// The storms that are on, in the order of kinds.
    pub fn storms(&self) -> impl Iterator<Item = Storm> {
        let storm = |kind: NoticeKind| Storm {
            kind,
            since: self.table.get(kind.name()).and_then(|watch| watch.since),
            held: self.held.count(kind),
        };
        NoticeKind::all().map(storm).filter(|storm| storm.since.is_some() || storm.held > 0)
    }

    /// The table was restored, and the threads, which are yet to be indexed; `entries` are all of theirs.
    pub fn restored<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        self.held.clear();
        (self.rates, self.committed) = (BTreeMap::new(), None);
        for entry in entries.filter(|entry| can_be_too_many(entry.kind)) {
            let at = entry.counted.or_else(|| entry.tried.first().map(|tried| tried.at));
            if let Some(at) = at.filter(|at| *at != NOT_COUNTED) {
                self.rates.entry(entry.kind).or_default().add(at);
            }
        }
        self.derive();
    }

    /// The table is as the log has it.
    pub fn committed(&mut self) {
        self.table.commit();
        self.committed = None;
    }

    /// The table is put back; threads are put back by whoever has them.
    pub fn aborted(&mut self) {
        self.table.abort();
        if let Some(rates) = self.committed.take() {
            self.rates = rates;
        }
        self.derive();
    }

    fn derive(&mut self) {
        let ruling = |kind: NoticeKind| Some((kind, self.table.get(kind.name())?.ruling?));
        self.rulings = NoticeKind::all().filter_map(ruling).collect();
    }
}

/// The share of the limit that a partition may let out; none: there is no limit. Rounded up, so that a limit below the number
/// of partitions does not hold everything.
fn share(kind: NoticeKind, world: &World) -> Option<u32> {
    let policy = &world.policy.notify;
    let limit = policy.storm_limits.get(&kind).copied().unwrap_or(policy.storm_limit);
    (limit > 0).then(|| limit.div_ceil(world.notice_partitions.max(1)))
}

/// Whether it is a new notice of a kind that can be one of too many.
fn is_watched(entry: &Entry) -> bool {
    can_be_too_many(entry.kind) && entry.tried.is_empty() && entry.waits_for() != Some(Wait::Released)
}

/// Whether nobody else bounds their number.
fn can_be_too_many(kind: NoticeKind) -> bool {
    !matches!(kind, NoticeKind::Choice | NoticeKind::Digest)
}

/// Whether it was counted when quiet hours made it wait.
fn is_counted(entry: &Entry) -> bool {
    entry.counted.is_some() || entry.waits_for() == Some(Wait::Quiet)
}
