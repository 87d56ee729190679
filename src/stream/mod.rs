//! The runtime: drives the pure machines from Kafka and performs what they decide, exactly once.
//!
//! In come records of the inputs and the brokers' answers; out go transactions, each of which holds the saved states, the
//! decisions, the dead letters and the offsets of a batch, and after their commit the attempts that they claimed. What always
//! holds: nothing is decided from state that was not committed or put back; nothing leaves before its claim is
//! committed; where state is missing or does not fit, the instance stops and says what to do.
//!
//! `instance` starts everything; a `worker` is one thread with its membership, its reader, its writer (`brokers`, kept by `kafka`) and its `partition`s.

mod announce;
pub mod brokers;
mod clock;
mod departure;
mod examine;
mod inspect;
mod instance;
mod instances;
mod kafka;
mod merchants;
mod options;
mod partition;
mod preflight;
mod publish;
mod pulse;
mod query;
mod receipts;
mod reject;
mod restore;
mod shared;
mod stage;
mod threads;
mod topics;
mod trim;
mod worker;
mod world;

use crate::model::partitioner;
pub use crate::model::partitioner::partition;

pub use clock::{Clock, Clocks};
pub use examine::{ExamineError, Finding, Found, Patient, Verdict, examine};
pub use inspect::{InspectError, Inspected, inspect};
pub use instance::{Instance, InstanceError, Setup};
pub use options::{From, GroupProtocol, Options};
pub use partition::Partition;
pub use publish::Publisher;
pub use query::Asker;
pub use restore::CannotResume;
pub use shared::{Outbox, Shared};
pub use stage::{NotifierStage, Stage, TrackerStage};
pub use topics::{ALL as TOPICS, Topics, TopicsError};
pub use worker::{Going, Worker, WorkerError};
pub use world::Worlds;
