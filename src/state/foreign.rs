//! Entries of tables that this version does not know: carried as raw bytes, for the version that wrote them.
//!
//! In come entries of a later version's tables, read back from the state log; out they go again with every walk, byte for byte, since
//! the log before a walk is deleted. Nothing else ever happens to them.

use std::collections::BTreeMap;
use std::fmt;

use super::table::{BUCKETS, bucket};

/// A table's number and a key in it.
type Place = (u8, Box<str>);

#[derive(Clone)]
struct Slot {
    value: Box<[u8]>,
    /// The walk in which it was last written to the log.
    walk: u32,
}

/// The entries, in the order of hash buckets.
#[derive(Clone, Default)]
pub struct Foreign {
    /// None at all where there is no entry: nearly always.
    buckets: Vec<BTreeMap<Place, Slot>>,
    /// The marks of walks that were set since the last commit, as they were before.
    undo: Vec<(Place, u32)>,
}

impl Foreign {
    /// Takes an entry from the log.
    pub(super) fn restore(&mut self, table: u8, key: &str, value: Option<&[u8]>, walk: u32) {
        self.buckets.resize_with(BUCKETS, BTreeMap::new);
        let bucket = &mut self.buckets[bucket(key)];
        match value {
            Some(value) => bucket.insert((table, key.into()), Slot { value: value.into(), walk }),
            None => bucket.remove(&(table, key.into())),
        };
    }

    /// Appends the entries of a bucket that were not written in `walk` yet, and marks them.
    pub(super) fn sweep(&mut self, bucket: usize, walk: u32, write: &mut dyn FnMut(u8, &str, &[u8])) {
        for (place, slot) in self.buckets.get_mut(bucket).into_iter().flatten().filter(|(_, slot)| slot.walk != walk) {
            self.undo.push((place.clone(), slot.walk));
            slot.walk = walk;
            write(place.0, &place.1, &slot.value);
        }
    }

    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }

    /// Puts the marks back.
    pub(super) fn abort(&mut self) {
        // The last first: of several marks of an entry the oldest stands in the end.
        while let Some((place, walk)) = self.undo.pop() {
            if let Some(slot) = self.buckets[bucket(&place.1)].get_mut(&place) {
                slot.walk = walk;
            }
        }
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.buckets.iter().map(BTreeMap::len).sum()
    }

    /// Shows every entry, in the order of tables and keys.
    pub fn saved(&self, show: &mut dyn FnMut(u8, &str, &[u8])) {
        let all: BTreeMap<&Place, &Slot> = self.buckets.iter().flatten().collect();
        all.into_iter().for_each(|((table, key), slot)| show(*table, key, &slot.value));
    }
}

impl fmt::Debug for Foreign {
    /// Nobody knows what it holds: not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Foreign({})", self.count())
    }
}
