//! The topics that a running instance uses, as the cluster has them.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::options::Options;
use super::stage::Stage;

/// Every topic that the runtime reads or writes, without prefix.
pub const ALL: [&str; 15] = [
    "shipments.v1",
    "scans.v1",
    "reroutes.v1",
    "receipts.v1",
    "controls.v1",
    "preferences.v1",
    "merchants.v1",
    "conditions.v1",
    "notices.v1",
    "deliveries.v1",
    "work-orders.v1",
    "rejects.v1",
    "tracker-state.v1",
    "notifier-state.v1",
    "instances.v1",
];

/// How long the brokers may take to describe the cluster; asked again until they do. A stop waits for it.
const METADATA_WITHIN: Duration = Duration::from_secs(5);

/// Why the cluster's topics are not fit to start on.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    #[allow(missing_docs)]
    #[error("cannot read the cluster's metadata: {0}")]
    Metadata(#[from] rdkafka::error::KafkaError),
    #[allow(missing_docs)]
    #[error("topic {0} does not exist: run `parcelwatch topics apply`, or create it")]
    Missing(String),
    #[allow(missing_docs)]
    #[error(
        "expected equal partition counts for the topics of the {stage}, found {found}: their keys would not meet; \
         create the topics anew with equal counts and move the data, or fix the prefix"
    )]
    Unequal { stage: &'static str, found: String },
}

/// Names and partition counts.
#[derive(Clone, Debug)]
pub struct Topics {
    full: HashMap<&'static str, (String, i32)>,
}

impl Topics {
    /// Reads the cluster's metadata.
    pub fn read(options: &Options) -> Result<Topics, TopicsError> {
        let client: BaseConsumer = options.client.create()?;
        let metadata = client.fetch_metadata(None, METADATA_WITHIN).inspect_err(|_| {
            // Why (a refused password, an untrusted certificate) is in the client's own log lines, which wait in its queue.
            while client.poll(Duration::ZERO).is_some() {}
        })?;
        let mut full = HashMap::new();
        for name in ALL {
            let topic = options.topic(name);
            let found = metadata.topics().iter().find(|t| t.name() == topic && !t.partitions().is_empty());
            let partitions = found.map(|t| t.partitions().len() as i32).ok_or(TopicsError::Missing(topic.clone()))?;
            full.insert(name, (topic, partitions));
        }
        Ok(Topics { full })
    }

    /// Those of a cluster that holds every topic of [`ALL`] under this prefix, with so many partitions.
    pub fn of(prefix: &str, partitions: impl Fn(&str) -> i32) -> Topics {
        Topics { full: ALL.iter().map(|name| (*name, (format!("{prefix}{name}"), partitions(name)))).collect() }
    }

    /// The full name of a topic of [`ALL`].
    pub fn name(&self, topic: &str) -> &str {
        &self.full[topic].0
    }

    /// Its partition count.
    pub fn partitions(&self, topic: &str) -> i32 {
        self.full[topic].1
    }

    /// The inputs of a stage and its state log have one partition count; returns it.
    pub fn co_partitioned<S: Stage>(&self) -> Result<i32, TopicsError> {
        let names = || S::INPUTS.iter().copied().chain([S::STATE]);
        let count = self.partitions(S::INPUTS[S::MAIN]);
        if names().all(|name| self.partitions(name) == count) {
            return Ok(count);
        }
        let found: Vec<String> = names().map(|name| format!("{} {}", self.name(name), self.partitions(name))).collect();
        Err(TopicsError::Unequal { stage: S::NAME, found: found.join(", ") })
    }
}
