//! The topics that parcelwatch reads and writes, and bringing them into being.
//!
//! In: the definitions in `topics/`, compiled into the binary, and a cluster. Out: a [`Plan`] that says what
//! is missing and what differs, and the missing topics. What exists is never altered and never deleted: a
//! difference is shown with the command that would mend it, for a person to judge.
//!
//! Only `cluster` talks to brokers; everything else here is pure.

mod cluster;
mod definition;
mod finding;
mod overrides;
mod plan;
#[cfg(test)]
mod schema_tests;

pub use cluster::{apply, plan};
pub use definition::{Definition, Encoding, Group, definitions};
pub use finding::{Creation, Finding};
pub use overrides::Overrides;
pub use plan::Plan;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why there is no plan, or why it could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A partition count is set for something that does not exist.
    #[error("expected partitions to be set for a topic or a group ({known}), found {found:?}")]
    UnknownOverride {
        /// What was named.
        found: String,
        /// What could have been named.
        known: String,
    },
    /// A count that no topic can have.
    #[error("expected {what} of at least 1, found {found}")]
    TooFew {
        /// Which count.
        what: String,
        /// Its value.
        found: i32,
    },
    /// Topics that share an assignment would have different partition counts.
    #[error("expected the topics of the group {group} to have equal partition counts, found {counts}")]
    UnequalOverrides {
        /// Their group.
        group: Group,
        /// The counts by topic.
        counts: String,
    },
    /// The client's properties are not acceptable.
    #[error("expected librdkafka to accept the client's properties, found: {0}")]
    Client(#[source] KafkaError),
    /// No broker let us in.
    #[error("expected an answer from the brokers at {bootstrap}, found: {reason}")]
    Unreachable {
        /// `bootstrap.servers`.
        bootstrap: String,
        /// What the client's connections reported.
        reason: String,
    },
    /// The cluster did not tell a topic's configuration.
    #[error("expected to read the configuration of {topic}, found: {reason}")]
    Describe {
        /// Full name, or what was asked about.
        topic: String,
        /// The answer.
        reason: String,
    },
    /// The cluster did not create a topic.
    #[error(
        "expected to create {topic} ({partitions} partitions, replication {replication}), found {brokers} brokers: {code}"
    )]
    Create {
        /// Full name.
        topic: String,
        #[allow(missing_docs)]
        partitions: i32,
        #[allow(missing_docs)]
        replication: i32,
        /// How many brokers are in service.
        brokers: usize,
        /// The answer.
        code: RDKafkaErrorCode,
    },
    /// The cluster did not answer a request to create topics.
    #[error("expected an answer to creating topics, found: {0}")]
    NoAnswer(#[source] KafkaError),
    /// Created topics did not come up.
    #[error("expected the created topics to appear within {within_s} s, still missing: {missing}")]
    NotAppeared {
        /// How long was waited.
        within_s: u64,
        /// Full names.
        missing: String,
    },
}
