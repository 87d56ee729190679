//! Saved state, purely: tables of entries with an undo journal, the packed blocks of the state log,
//! and the sweep that lets the log be truncated.
//!
//! What always holds: after `commit` the tables equal what the log says; after `abort` they equal
//! what they were at the last commit, marks and walk included.

mod machine;
mod table;

pub use machine::Machine;
pub use table::{Entry, Table, Tables};
