//! Metrics and logs, declared once: `families` names every metric, `metrics` has one method for each happening, `queues` the
//! bounded queues, `logs` sets up what is written to standard error.
//!
//! What always holds: labels are bounded (by an enum, or by a cut-off such as for hubs), a series that can be
//! known at start is there from the start, and no label or line carries a parcel, a contact or a secret.

mod families;
mod logs;
mod metrics;
mod partitions;
mod process;
mod queues;
mod series;

#[cfg(test)]
mod tests;

pub use logs::{LogsError, start_logs};
pub use metrics::Metrics;
pub use queues::Queue;
