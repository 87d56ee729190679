//! The tracker, purely: what should have happened to a parcel by now, and did not.
//!
//! In come decoded scans, shipments, customers' choices and their answers, each with its time, and time itself;
//! out go changes of conditions, notices, work orders and, next to them, the saved state of each parcel. The pieces:
//!
//! - `parcel`, `announced` and `choices` are the saved state, `history`, `stage` and `route` its facts;
//! - `scans`, `shipments` and `ends` apply records to the facts and ask the rules;
//! - `conditions` holds the rules, one per file; `step` is where conditions change and records are written;
//! - `telling` decides who is told, and when (`gate`: only while that is open);
//! - `settling` keeps until when nobody is told after an outage;
//! - `due` derives what passes next, `timers` is the queue of that, `tracker` and `records` the machine around it all;
//! - `describe` (for operators), `page` (for customers) and `stages` say what there is.
//!
//! What always holds: the effects are a function of the records, their times and the rules: no batching,
//! restore or abort shows in them. Timers are derived from state and never stored. A limit takes effect at the first
//! instant at which it is true, however late we look.

mod announced;
mod answers;
mod choices;
mod conditions;
mod describe;
mod due;
mod ends;
mod gate;
mod history;
mod input;
mod mask;
mod page;
mod parcel;
mod records;
mod route;
mod rules;
mod scans;
mod settling;
mod shipments;
mod signs;
mod stage;
mod stages;
mod step;
mod telling;
mod timers;
mod tracker;
mod view;

#[cfg(test)]
mod tests;

pub use input::{Correction, Endpoint, Identity, Input, Milestone, Place, Scan, Shipment};
pub use rules::{ClockTime, Expires, Levels, Limits, REFERENCE, Rules, Service, Tell, TellFrom};
pub use settling::Settling;
pub use tracker::Tracker;
