//! Saved state, purely: tables of entries with an undo journal, the packed blocks of the state log,
//! and the sweep that lets the log be truncated.
//!
//! What always holds: after `commit` the tables equal what the log says; after `abort` they equal
//! what they were at the last commit, marks and walk included.

pub mod block;
mod digest;
mod log;
mod machine;
mod meta;
mod table;

pub use digest::{Digest, digest};
pub use log::{RestoreError, StateLog, restore_block};
pub use machine::Machine;
pub use meta::{Meta, Walk};
pub use table::{BUCKETS, Entry, Stored, Table, Tables, bucket};

#[cfg(test)]
mod tests;
