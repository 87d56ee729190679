//! The runtime: drives the pure machines from Kafka and performs what they decide, exactly once.
//!
//! In come records of the inputs and the brokers' answers; out go transactions, each of which holds the saved states, the
//! decisions, the dead letters and the offsets of a batch, and after their commit the attempts that they claimed. What always
//! holds: nothing is decided from state that was not committed or put back; nothing leaves before its claim is
//! committed; where state is missing or does not fit, the instance stops and says what to do.
//!
//! `instance` starts everything; a `worker` is one thread with a `membership`, a `reader`, a `writer` and its `partition`s.

mod announce;
mod clock;
mod examine;
mod ffi;
mod inspect;
mod instance;
mod instances;
mod membership;
mod options;
mod partition;
mod partitioner;
mod preflight;
mod publish;
mod query;
mod reader;
mod receipts;
mod reject;
mod restore;
mod shared;
mod stage;
mod topics;
mod trim;
mod worker;
mod world;
mod writer;

pub use clock::Clock;
pub use examine::{ExamineError, Finding, Found, Patient, Verdict, examine};
pub use inspect::{InspectError, Inspected, inspect};
pub use instance::{Instance, InstanceError, Setup};
pub use options::{From, GroupProtocol, Options};
pub use partitioner::partition;
pub use publish::Publisher;
pub use query::Asker;
pub use restore::CannotResume;
pub use topics::TopicsError;
