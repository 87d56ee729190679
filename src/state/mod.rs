//! Saved state, purely: tables of entries with an undo journal, the packed blocks of the state log,
//! and the sweep that lets the log be truncated.
//!
//! What always holds: after `commit` the tables equal what the log says; after `abort` they equal
//! what they were at the last commit, marks and walk included.
//!
//! How a later version may extend state, so that this one can take a partition back from it:
//! - It appends tables. Their entries are carried here as they are ([`Foreign`]), and it finds them again.
//! - It appends inputs. Their offsets are carried in the meta entry.
//! - It never changes the shape of an entry, nor of the meta entry: postcard does not describe itself, so that other fields
//!   would be read as something else. What must be said otherwise goes to a new table, or, where this version must not go on at
//!   all, to a new version of the block encoding, which is refused. (Behind an entry's last field a tail may follow, which older
//!   versions neither read nor keep: only for what may be lost, as in `notify::thread`.)
//! - It writes new variants of enums, and new tables which its own decisions depend on, as late as it can: a version that does not
//!   know a variant stops at the entry. While such versions may still take partitions back, an operator says so
//!   (`runtime.state_version`), and what they cannot read is not written: [`StateVersion`](crate::model::StateVersion).
//! - What it appends in a table of its own is carried untouched while other entries of the same key go on, or go. So each entry says what it was derived from, and a
//!   stale one is dropped (as in `track::signs`).

pub mod block;
mod digest;
mod foreign;
mod log;
mod machine;
mod meta;
mod table;

pub use digest::{Digest, digest};
pub use foreign::Foreign;
pub use log::{RestoreError, StateLog, restore_block};
pub use machine::Machine;
pub use meta::{Meta, Walk};
pub use table::{BUCKETS, Entry, Stored, Table, Tables, Write, bucket};

#[cfg(test)]
mod tests;
