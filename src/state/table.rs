//! A table of entries by key, in the order of hash buckets, with an undo journal and the marks of
//! the sweep.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::{Xxh3Builder, xxh3_64};

/// How many buckets the sweep walks. Part of the encoding's version: the cursor of a walk in
/// progress counts in them. More make finer slices of a sweep and cost memory when empty.
pub const BUCKETS: usize = 1024;

/// The bucket of a key; equal on every machine and after every restart.
pub fn bucket(key: &str) -> usize {
    (xxh3_64(key.as_bytes()) % BUCKETS as u64) as usize
}

/// What a table may hold: anything with a stable binary form.
pub trait Entry: Clone + Serialize + DeserializeOwned {}
impl<T: Clone + Serialize + DeserializeOwned> Entry for T {}

#[derive(Clone, Debug)]
struct Slot<V> {
    value: V,
    /// The walk in which it was last written to the log.
    walk: u32,
}

type Bucket<V> = HashMap<Box<str>, Slot<V>, Xxh3Builder>;

/// Entries by key. Every change is journalled until `commit` or `abort`.
#[derive(Debug)]
pub struct Table<V> {
    buckets: Vec<Bucket<V>>,
    len: usize,
    /// For each key touched since the last commit: what it was then.
    undo: HashMap<Box<str>, Option<Slot<V>>, Xxh3Builder>,
}

impl<V: Entry> Default for Table<V> {
    fn default() -> Self {
        Table { buckets: (0..BUCKETS).map(|_| Bucket::default()).collect(), len: 0, undo: HashMap::default() }
    }
}

impl<V: Entry> Table<V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry of `key`.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.buckets[bucket(key)].get(key).map(|slot| &slot.value)
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.buckets.iter().flatten().map(|(key, slot)| (&**key, &slot.value))
    }

    /// The entry of `key` to be changed, made by `new` where there is none. It is saved with the next
    /// transaction.
    pub fn entry(&mut self, key: &str, new: impl FnOnce() -> V) -> &mut V {
        let bucket = &mut self.buckets[bucket(key)];
        journal(&mut self.undo, bucket, key);
        let len = &mut self.len;
        let slot = bucket.entry(key.into()).or_insert_with(|| {
            *len += 1;
            Slot { value: new(), walk: 0 }
        });
        &mut slot.value
    }

    /// The entry of `key` to be changed, if there is one.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let bucket = &mut self.buckets[bucket(key)];
        if !bucket.contains_key(key) {
            return None;
        }
        journal(&mut self.undo, bucket, key);
        bucket.get_mut(key).map(|slot| &mut slot.value)
    }

    /// Takes the entry of `key` out.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let bucket = &mut self.buckets[bucket(key)];
        if !bucket.contains_key(key) {
            return None;
        }
        journal(&mut self.undo, bucket, key);
        self.len -= 1;
        bucket.remove(key).map(|slot| slot.value)
    }

    /// Drops restored entries that are of no use, before anything else happens: as if the log did not hold them. Nothing is written, since
    /// whoever restores them again drops them again, and the walk leaves them out.
    pub fn drop_restored(&mut self, is_of_use: impl Fn(&str, &V) -> bool) {
        for bucket in &mut self.buckets {
            bucket.retain(|key, slot| is_of_use(key, &slot.value));
        }
        self.len = self.buckets.iter().map(Bucket::len).sum();
    }

    /// The keys touched since the last commit.
    pub fn touched(&self) -> impl Iterator<Item = &str> {
        self.undo.keys().map(|key| &**key)
    }

    /// Forgets how to undo.
    pub fn commit(&mut self) {
        self.undo.clear();
    }

    /// Puts back what was touched since the last commit and returns those keys.
    pub fn abort(&mut self) -> Vec<Box<str>> {
        let undo = std::mem::take(&mut self.undo);
        let mut keys = Vec::with_capacity(undo.len());
        for (key, before) in undo {
            let bucket = &mut self.buckets[bucket(&key)];
            let was_there = match before {
                Some(slot) => bucket.insert(key.clone(), slot).is_some(),
                None => {
                    let had = bucket.remove(&key).is_some();
                    self.len -= usize::from(had);
                    true
                }
            };
            self.len += usize::from(!was_there);
            keys.push(key);
        }
        keys
    }
}

fn journal<V: Entry>(undo: &mut HashMap<Box<str>, Option<Slot<V>>, Xxh3Builder>, bucket: &Bucket<V>, key: &str) {
    if !undo.contains_key(key) {
        undo.insert(key.into(), bucket.get(key).cloned());
    }
}

/// Takes a changed entry: its key, its value (none: it is gone), and whether it had been written in the same walk before.
pub type Write<'a> = dyn FnMut(&str, Option<&[u8]>, bool) + 'a;

/// What the state log needs of a table, whatever it holds. Values travel as postcard bytes.
pub trait Stored {
    /// Appends the last value of every touched key, and marks them as written in `walk`.
    fn changed(&mut self, walk: u32, write: &mut Write<'_>);
    /// Appends the entries of a bucket that were not written in `walk` yet, and marks them.
    fn sweep(&mut self, bucket: usize, walk: u32, write: &mut dyn FnMut(&str, &[u8]));
    /// Takes an entry from the log.
    fn restore(&mut self, key: &str, value: Option<&[u8]>, walk: u32) -> Result<(), String>;
    /// How many entries there are.
    fn count(&self) -> usize;
    /// Shows every entry as it was at the last commit, as it is saved, in the order of keys.
    fn saved(&self, show: &mut dyn FnMut(&str, &[u8]));
}

/// A machine's tables, in the order that the state log numbers them.
pub type Tables<'a> = Vec<&'a mut dyn Stored>;

impl<V: Entry> Stored for Table<V> {
    fn changed(&mut self, walk: u32, write: &mut Write<'_>) {
        // Sorted, so that the same decisions give the same bytes.
        let mut keys: Vec<&str> = self.undo.keys().map(|key| &**key).collect();
        keys.sort_unstable();
        for key in keys {
            match self.buckets[bucket(key)].get_mut(key) {
                Some(slot) => {
                    let again = std::mem::replace(&mut slot.walk, walk) == walk;
                    write(key, Some(&encode(&slot.value)), again);
                }
                // Made and forgotten within one transaction: the log never knew it.
                None if self.undo[key].is_none() => {}
                // It only takes room, as what is written again does.
                None => write(key, None, true),
            }
        }
    }

    fn sweep(&mut self, bucket: usize, walk: u32, write: &mut dyn FnMut(&str, &[u8])) {
        for (key, slot) in &mut self.buckets[bucket] {
            if slot.walk == walk {
                continue;
            }
            // The mark belongs to this transaction: an abort puts it back.
            self.undo.entry(key.clone()).or_insert_with(|| Some(slot.clone()));
            slot.walk = walk;
            write(key, &encode(&slot.value));
        }
    }

    fn restore(&mut self, key: &str, value: Option<&[u8]>, walk: u32) -> Result<(), String> {
        let bucket = &mut self.buckets[bucket(key)];
        match value {
            Some(bytes) => {
                let value = postcard::from_bytes(bytes).map_err(|e| e.to_string())?;
                self.len += usize::from(bucket.insert(key.into(), Slot { value, walk }).is_none());
            }
            None => self.len -= usize::from(bucket.remove(key).is_some()),
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.len
    }

    fn saved(&self, show: &mut dyn FnMut(&str, &[u8])) {
        let untouched = self.iter().filter(|(key, _)| !self.undo.contains_key(*key));
        let before = self.undo.iter().filter_map(|(key, slot)| Some((&**key, &slot.as_ref()?.value)));
        let mut all: Vec<(&str, &V)> = untouched.chain(before).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all.into_iter().for_each(|(key, value)| show(key, &encode(value)));
    }
}

fn encode<V: Entry>(value: &V) -> Vec<u8> {
    postcard::to_stdvec(value).expect("state has no type that postcard cannot write")
}
