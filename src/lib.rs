//! parcelwatch keeps a small state and timers for every parcel in flight, notices what should have
//! happened by now and did not, and tells the right person before they ask.
//!
//! The modules stand in the order in which data flows. A folder is wholly pure (synchronous, handed
//! time and input, returning effects) or wholly I/O; `tests/it/purity.rs` holds them to it.

pub mod model;

pub mod decode;
pub mod state;
pub mod time;

pub mod notify;
pub mod reroute;
pub mod track;

pub mod channel;
pub mod replay;
pub mod stream;
pub mod topics;
pub mod web;

pub mod cli;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod telemetry;

#[cfg(test)]
mod saved;
