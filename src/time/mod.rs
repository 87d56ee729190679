//! Stream time, purely: in which order a partition's inputs are applied, how far its clock may go, and
//! when it may tell. Silence in the log is not silence in the world, so time never outruns the input that was
//! actually read (runtime.md, "Time").

mod local;
mod merge;
mod outage;
mod telling;

pub use local::instant;
pub use merge::{Answer, Backlog, Fetch, Merge, Step};
pub use outage::{Aftermath, Outage};
pub use telling::Telling;
