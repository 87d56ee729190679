//! What must hold for arbitrary bytes: one module per reader of bytes, each with a function that a target of
//! `fuzz_targets/` calls.
//!
//! In come the fuzzer's bytes: a few that choose (topic, time), then what is read. Out comes nothing, or a panic with what did
//! not hold. What always holds here: no property is "it does not panic" alone where more can be said, and nothing depends on
//! anything but the bytes.

mod bytes;
mod harmless;
mod partition;
mod steps;
mod worlds;

pub mod callbacks;
pub mod forms;
pub mod links;
pub mod notifier_input;
pub mod notifier_machine;
pub mod offers;
pub mod partitioner;
pub mod restore;
pub mod settings;
pub mod tables;
pub mod times;
pub mod tracker_input;
pub mod tracker_machine;
pub mod words;
