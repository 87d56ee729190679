//! The state log of one partition, without its I/O: what a transaction writes, how far the sweep is,
//! what may be truncated, and how all of it is read back.
//!
//! For every byte of change a transaction adds about a byte of sweep: entries that did not change, in a
//! walk over the buckets. A completed walk has written every live entry since its start, so nothing
//! before that start is needed, and nothing but a complete walk ever moves that line.
//!
//! The log holds two walks at most: the last complete one and the one under way. For both to stay within three times the live state, a
//! walk may write half of it twice and no more. What is written the first time in a walk brings the walk on, whoever changed it; what is
//! written again does not, and is swept for twice. So where few entries change again and again, too, the walk ends in time.

use std::time::Duration;

use super::block::{BlockError, Packed, Packer, unpack};
use super::{BUCKETS, Foreign, Meta, Tables, Walk};
use crate::model::Timestamp;

/// A walk is complete within this much stream time, however quiet the partition is, so that what was
/// forgotten leaves the log too (privacy: 7 days).
const WALK_WITHIN: Duration = Duration::from_hours(6 * 24);

/// The most buckets that one small transaction sweeps: a nearly empty partition would otherwise complete a
/// walk, and truncate its log, with every transaction.
const BUCKETS_PER_TRANSACTION: u32 = BUCKETS as u32 / 16;

/// A transaction of more changes than this, in bytes, is none of a nearly empty partition: it sweeps as far as it owes. Larger: the log of
/// a small state that changes as a whole exceeds its bound by up to 32 times so much. Smaller: it is truncated with every transaction.
const SMALL_BYTES: usize = 2 * 1024;

/// What a transaction adds to the log beside its entries (meta entry, headers, marker), in bytes: swept for as well.
const OVERHEAD_BYTES: usize = 256;

const META_TABLE: u8 = 0;

/// Where the sweep stands, in this transaction and at the last commit.
#[derive(Clone, Debug)]
pub struct StateLog {
    walk: Walk,
    committed: Walk,
    /// What a later version saved in tables of its own.
    foreign: Foreign,
}

impl StateLog {
    /// The log of a partition that has never had state: it is complete from its present end.
    pub fn empty(end: i64) -> StateLog {
        // The cursor at the end: the first transaction begins the first walk.
        let walk = Walk { number: 0, cursor: BUCKETS as u32, start: end, began: Timestamp::MIN, complete_from: end };
        StateLog::resumed(walk)
    }

    /// The log as its last meta entry describes it.
    pub fn resumed(walk: Walk) -> StateLog {
        StateLog { walk, committed: walk, foreign: Foreign::default() }
    }

    /// With the entries of tables that this version does not know.
    pub fn carrying(self, foreign: Foreign) -> StateLog {
        StateLog { foreign, ..self }
    }

    /// What it carries for a later version.
    pub fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// Whether the next transaction begins a walk, so that the log's end offset must be asked for.
    pub fn wants_end_offset(&self) -> bool {
        self.walk.cursor as usize >= BUCKETS
    }

    /// The blocks of a transaction: touched entries, as much sweep, and the meta entry last. `end` is the
    /// log's end offset asked within this transaction before anything was written; without it
    /// no walk begins. `meta.walk` is filled in.
    pub fn blocks(&mut self, tables: &mut Tables<'_>, meta: &mut Meta, end: Option<i64>) -> Vec<Vec<u8>> {
        if let (true, Some(end)) = (self.wants_end_offset(), end) {
            self.walk.number = self.walk.number.wrapping_add(1);
            self.walk.cursor = 0;
            self.walk.start = end;
            self.walk.began = meta.stream_time;
        }
        let mut packer = Packer::new(self.walk.number);
        let mut again = 0;
        for (number, table) in (1..).zip(tables.iter_mut()) {
            table.changed(self.walk.number, &mut |key, value, is_again| {
                let before = packer.bytes();
                packer.push(number, key, value);
                again += if is_again { packer.bytes() - before } else { 0 };
            });
        }
        self.sweep(tables, &mut packer, again, meta.stream_time);
        meta.walk = self.walk;
        let bytes = postcard::to_stdvec(meta).expect("a meta entry has no type that postcard cannot write");
        packer.push(META_TABLE, "", Some(&bytes));
        packer.finish()
    }

    /// Sweeps for the changes that were packed; `again`: bytes of those that had been written in this walk before.
    fn sweep(&mut self, tables: &mut Tables<'_>, packer: &mut Packer, again: usize, now: Timestamp) {
        let target = packer.bytes() * 2 + again + OVERHEAD_BYTES;
        let is_small = packer.bytes() <= SMALL_BYTES;
        let most = if is_small { BUCKETS_PER_TRANSACTION } else { BUCKETS as u32 };
        let stop = (self.walk.cursor + most).min(BUCKETS as u32);
        let owed = self.walk.began.as_millis() != i64::MIN;
        let elapsed = if owed { now.since(self.walk.began).as_millis() } else { 0 };
        let must_reach = (BUCKETS as u128 * elapsed / WALK_WITHIN.as_millis()).min(BUCKETS as u128) as u32;
        while self.walk.cursor < stop && (packer.bytes() < target || self.walk.cursor < must_reach) {
            for (number, table) in (1..).zip(tables.iter_mut()) {
                let bucket = self.walk.cursor as usize;
                table.sweep(bucket, self.walk.number, &mut |key, value| packer.push(number, key, Some(value)));
            }
            let (bucket, walk) = (self.walk.cursor as usize, self.walk.number);
            self.foreign.sweep(bucket, walk, &mut |table, key, value| packer.push(table, key, Some(value)));
            self.walk.cursor += 1;
            if self.walk.cursor as usize == BUCKETS {
                self.walk.complete_from = self.walk.start;
            }
        }
    }

    /// The transaction is committed. Returns the offset before which the log may be deleted, when a
    /// walk was completed by it.
    pub fn committed(&mut self) -> Option<i64> {
        let moved = self.walk.complete_from > self.committed.complete_from;
        self.committed = self.walk;
        self.foreign.commit();
        moved.then_some(self.walk.complete_from)
    }

    /// The transaction is aborted.
    pub fn aborted(&mut self) {
        self.walk = self.committed;
        self.foreign.abort();
    }
}

/// Applies a block that was read back to tables; a meta entry goes to `meta`, entries of other tables to `foreign`. Returns how many entries.
pub fn restore_block(
    block: &[u8],
    tables: &mut Tables<'_>,
    foreign: &mut Foreign,
    meta: &mut Option<Meta>,
) -> Result<u64, RestoreError> {
    let mut entries = 0;
    let mut failed = None;
    unpack(block, |walk, entry| {
        entries += 1;
        if let Err(error) = restore_entry(walk, entry, tables, foreign, meta) {
            failed.get_or_insert(error);
        }
    })?;
    failed.map_or(Ok(entries), Err)
}

fn restore_entry(
    walk: u32,
    entry: Packed<'_>,
    tables: &mut Tables<'_>,
    foreign: &mut Foreign,
    meta: &mut Option<Meta>,
) -> Result<(), RestoreError> {
    if entry.table == META_TABLE {
        let bytes = entry.value.ok_or(RestoreError::Entry("the meta entry has no value".to_owned()))?;
        *meta = Some(postcard::from_bytes(bytes).map_err(|e| RestoreError::Entry(format!("meta entry: {e}")))?);
        return Ok(());
    }
    let number = usize::from(entry.table) - 1;
    let Some(table) = tables.get_mut(number) else {
        foreign.restore(entry.table, entry.key, entry.value, walk);
        return Ok(());
    };
    table.restore(entry.key, entry.value, walk).map_err(|e| RestoreError::Entry(format!("table {}: {e}", entry.table)))
}

/// Why a state log cannot be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[allow(missing_docs)]
    #[error(transparent)]
    Block(#[from] BlockError),
    /// An entry does not decode; never names its key.
    #[error("damaged entry: {0}")]
    Entry(String),
}
