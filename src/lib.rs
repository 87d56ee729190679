//! parcelwatch keeps a small state and timers for every parcel in flight, notices what should have
//! happened by now and did not, and tells the right person before they ask.
//!
//! The modules stand in the order in which data flows. A folder is wholly pure (synchronous, handed
//! time and input, returning effects) or wholly I/O; `tests/it/purity.rs` holds them to it.

pub mod model;

pub mod decode;
pub mod state;
pub mod time;

pub mod callback;
pub mod document;
pub mod notify;
pub mod reroute;
pub mod track;

pub mod scenario;

#[cfg(feature = "daemon")]
pub mod channel;
#[cfg(feature = "daemon")]
pub mod replay;
#[cfg(feature = "daemon")]
pub mod stream;
#[cfg(feature = "daemon")]
pub mod topics;
#[cfg(feature = "daemon")]
pub mod web;

#[cfg(feature = "daemon")]
pub mod cli;
#[cfg(feature = "daemon")]
pub mod config;
#[cfg(feature = "daemon")]
pub mod daemon;
#[cfg(feature = "daemon")]
pub mod demo;
#[cfg(feature = "daemon")]
pub mod telemetry;

#[cfg(test)]
mod saved;
