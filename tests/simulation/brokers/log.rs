//! One partition's log, as Apache Kafka keeps it.
//!
//! In come records of plain and transactional producers and control markers; out goes what a fetch may see. What always holds:
//! offsets are never reused, a marker occupies one, and the last stable offset is the first offset of the earliest transaction that has no
//! marker yet (KIP-98). Replication is not simulated: what is appended is acknowledged, so the high watermark is the log's end.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Who wrote transactionally: producer id and epoch.
pub type Pid = (i64, i16);

/// What an offset holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    #[allow(missing_docs)]
    Record { key: Option<Vec<u8>>, value: Option<Vec<u8>>, headers: Vec<(String, String)> },
    /// The end of a producer's transaction in this partition.
    Marker { committed: bool },
}

/// One offset of a log.
#[derive(Clone, Debug)]
pub struct Entry {
    #[allow(missing_docs)]
    pub offset: i64,
    /// Milliseconds since 1970, by the broker or the producer as the topic says.
    pub time: i64,
    /// None: a plain producer's.
    pub producer: Option<i64>,
    #[allow(missing_docs)]
    pub body: Body,
}

/// What a fetch brought.
pub struct Fetched {
    /// Markers and visible records; aborted ones are left out, as the client does by the response's list of aborted transactions.
    pub entries: Vec<Arc<Entry>>,
    /// Where the next fetch goes on.
    pub next: i64,
}

#[allow(missing_docs)]
#[derive(Default)]
pub struct Log {
    begin: i64,
    entries: VecDeque<Arc<Entry>>,
    /// First offsets of the transactions without a marker, by producer id.
    open: BTreeMap<i64, i64>,
    /// Aborted transactions by producer id: first offset and the marker's, in the order of the log.
    aborted: BTreeMap<i64, Vec<(i64, i64)>>,
}

impl Log {
    /// The first offset that is still there.
    pub fn begin(&self) -> i64 {
        self.begin
    }

    /// The next offset to be given; the high watermark too.
    pub fn end(&self) -> i64 {
        self.begin + self.entries.len() as i64
    }

    /// Before it every transaction has ended.
    pub fn stable(&self) -> i64 {
        self.open.values().copied().min().unwrap_or(self.end())
    }

    /// Adds a record, of a transaction where `producer` is given.
    pub fn append(&mut self, time: i64, producer: Option<i64>, body: Body) -> i64 {
        let offset = self.end();
        if let Some(producer) = producer {
            self.open.entry(producer).or_insert(offset);
        }
        self.entries.push_back(Arc::new(Entry { offset, time, producer, body }));
        offset
    }

    /// Ends a producer's transaction here.
    pub fn mark(&mut self, time: i64, producer: i64, committed: bool) {
        let offset = self.end();
        let first = self.open.remove(&producer);
        self.entries.push_back(Arc::new(Entry {
            offset,
            time,
            producer: Some(producer),
            body: Body::Marker { committed },
        }));
        if let (Some(first), false) = (first, committed) {
            self.aborted.entry(producer).or_default().push((first, offset));
        }
    }

    /// At most `most` offsets from `from` on, of those before `until`; none where `from` is outside the log.
    pub fn fetch(&self, from: i64, until: i64, most: usize) -> Option<Fetched> {
        if from < self.begin || from > self.end() {
            return None;
        }
        let until = until.min(self.end());
        let next = from.max(until.min(from.saturating_add(i64::try_from(most).unwrap_or(i64::MAX))));
        let span = (from - self.begin) as usize..(next - self.begin) as usize;
        let entries = self.entries.range(span).filter(|entry| !self.is_aborted(entry)).cloned().collect();
        Some(Fetched { entries, next })
    }

    fn is_aborted(&self, entry: &Entry) -> bool {
        let Some(aborted) = entry.producer.and_then(|producer| self.aborted.get(&producer)) else { return false };
        let next = aborted.partition_point(|(_, marker)| *marker <= entry.offset);
        aborted.get(next).is_some_and(|(first, _)| *first <= entry.offset)
    }

    /// Everything that a reader of committed records sees from the beginning on.
    pub fn committed(&self) -> Vec<Arc<Entry>> {
        let fetched = self.fetch(self.begin, self.stable(), usize::MAX);
        let entries = fetched.map(|fetched| fetched.entries).unwrap_or_default();
        entries.into_iter().filter(|entry| matches!(entry.body, Body::Record { .. })).collect()
    }

    /// Whether a reader of committed records has anything to read from this offset on.
    pub fn waits(&self, from: i64) -> bool {
        let fetched = self.fetch(from.max(self.begin), self.stable(), usize::MAX);
        fetched.is_some_and(|fetched| fetched.entries.iter().any(|entry| matches!(entry.body, Body::Record { .. })))
    }

    /// Every offset that is there, aborted and open ones too.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// The first offset of this time or later (`ListOffsets` by timestamp; markers have times as well).
    pub fn at_time(&self, ms: i64) -> Option<i64> {
        self.entries.iter().find(|entry| entry.time >= ms).map(|entry| entry.offset)
    }

    /// Deletes what lies before (`DeleteRecords`, or retention); beyond the end is beyond what may be asked for.
    pub fn trim(&mut self, before: i64) {
        let before = before.clamp(self.begin, self.end());
        self.entries.drain(..(before - self.begin) as usize);
        self.begin = before;
        for aborted in self.aborted.values_mut() {
            aborted.retain(|(_, marker)| *marker >= before);
        }
    }

    /// Deletes what is older (`retention.ms`), up to the first that is not.
    pub fn retain_since(&mut self, ms: i64) {
        let first = self.entries.iter().find(|entry| entry.time >= ms).map_or(self.end(), |entry| entry.offset);
        self.trim(first.min(self.stable()));
    }
}
