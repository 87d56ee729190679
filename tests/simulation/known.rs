//! What instances have heard of people's wishes and of what is over, gathered while they run.
//!
//! In come committed records and the notifier's committed offsets; out comes what must not be attempted any more, and since when.

use std::collections::{BTreeMap, HashMap};

use crate::brokers::Seen;

/// Which of all committed records were not looked at yet.
#[derive(Default)]
pub struct Fresh {
    /// By partition, the offset of the next record.
    next: HashMap<i32, i64>,
}

impl Fresh {
    /// What is new of them, each with what it says, once.
    pub fn of(&mut self, records: Vec<Seen>) -> impl Iterator<Item = (Seen, serde_json::Value)> {
        records.into_iter().filter_map(|seen| {
            let next = self.next.entry(seen.partition).or_default();
            if seen.offset < *next {
                return None;
            }
            *next = seen.offset + 1;
            let says = serde_json::from_slice(seen.value.as_deref().unwrap_or_default()).unwrap_or_default();
            Some((seen, says))
        })
    }
}

/// Notices that are withdrawn; each record is looked at once.
#[derive(Default)]
pub struct Withdrawals {
    fresh: Fresh,
    /// By notice: partition, offset, and the brokers' time.
    withdrawn: HashMap<String, (i32, i64, i64)>,
}

impl Withdrawals {
    /// Takes what is new of all committed notices.
    pub fn read(&mut self, notices: Vec<Seen>) {
        for (seen, notice) in self.fresh.of(notices) {
            if let (Some("withdrawn"), Some(id)) = (notice["change"].as_str(), notice["id"].as_str()) {
                self.withdrawn.entry(id.to_owned()).or_insert((seen.partition, seen.offset, seen.time));
            }
        }
    }

    /// Where and when a notice was withdrawn.
    pub fn of(&self, notice: &str) -> Option<(i32, i64, i64)> {
        self.withdrawn.get(notice).copied()
    }
}

/// How far the notices are read, by owner.
#[derive(Default)]
pub struct Read(HashMap<Owner, i64>);

/// An instance, the slot of its worker, and a partition.
type Owner = (String, usize, i32);

impl Read {
    /// A worker has read so far, or does not own the partition. What it has read once it knows, also where its transaction was aborted.
    pub fn note(&mut self, owner: Owner, offset: Option<i64>) {
        match offset {
            Some(offset) => {
                let known = self.0.entry(owner).or_insert(offset);
                *known = offset.max(*known);
            }
            None => drop(self.0.remove(&owner)),
        }
    }

    /// Whether a worker of this instance owns the partition and has read what stands there.
    pub fn has(&self, instance: &str, (partition, offset): (i32, i64)) -> bool {
        self.0.iter().any(|(owner, next)| owner.0 == instance && owner.2 == partition && *next > offset)
    }
}

struct Wish {
    out: bool,
    place: (i32, i64),
    /// When it was first seen to be read and committed, in true milliseconds, between two turns: whatever was decided before is handed out by then.
    read: Option<i64>,
}

/// Who wants nothing more.
#[derive(Default)]
pub struct OptOuts(BTreeMap<String, Vec<Wish>>);

impl OptOuts {
    /// Somebody's wish was written there.
    pub fn add(&mut self, key: &str, out: bool, place: (i32, i64)) {
        self.0.entry(key.to_owned()).or_default().push(Wish { out, place, read: None });
    }

    /// Whether somebody's last wish was to hear no more.
    pub fn last(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.last().map(|wish| wish.out)
    }

    /// Looks what is read by now: `read` gives the notifier's committed offset of a partition.
    pub fn look(&mut self, now: i64, read: impl Fn(i32) -> i64) {
        for wish in self.0.values_mut().flatten().filter(|wish| wish.read.is_none()) {
            if read(wish.place.0) > wish.place.1 {
                wish.read = Some(now);
            }
        }
    }

    /// Since when it is known that this person wants nothing; none where they do, or may have changed their mind since.
    pub fn since(&self, key: &str) -> Option<i64> {
        self.0.get(key)?.last().filter(|wish| wish.out)?.read
    }
}
