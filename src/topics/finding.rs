//! What is not as it should be, in words, and what a person would do about it. Pure.

use std::collections::BTreeMap;
use std::fmt;

use super::Group;

/// A topic to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Creation {
    /// With prefix.
    pub topic: String,
    pub partitions: i32,
    pub replication: i32,
    pub configs: BTreeMap<String, String>,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Finding {
    /// It does not exist; applying creates it.
    Missing(Creation),
    /// It does not exist, and its group has no one partition count to create it with.
    Waiting { topic: String, group: Group },
    /// The topics of a group that exist have different partition counts.
    Unequal { group: Group, counts: BTreeMap<String, i32> },
    /// It exists with another partition count.
    Partitions { topic: String, group: Option<Group>, found: i32, wanted: i32 },
    /// It exists with another replication factor.
    Replication { topic: String, found: i32, wanted: i32 },
    /// It exists with another value of a configuration; `None`: the cluster does not show it.
    Config { topic: String, key: String, found: Option<String>, wanted: String },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Missing(Creation { topic, partitions, replication, configs }) => {
                write!(f, "create  {topic}: {partitions} partitions, replication {replication}")?;
                configs.iter().try_for_each(|(key, value)| write!(f, ", {key}={value}"))
            }
            Finding::Waiting { topic, group } => {
                write!(f, "waits   {topic}: not created while the group {group} has unequal partition counts")
            }
            Finding::Unequal { group, counts } => {
                let counts: Vec<String> = counts.iter().map(|(topic, count)| format!("{topic} {count}")).collect();
                write!(f, "differs group {group}: expected equal partition counts, found {}", counts.join(", "))
            }
            Finding::Partitions { topic, found, wanted, .. } => {
                write!(f, "differs {topic}: expected {wanted} partitions, found {found}")
            }
            Finding::Replication { topic, found, wanted } => {
                write!(f, "differs {topic}: expected replication {wanted}, found {found}")
            }
            Finding::Config { topic, key, found, wanted } => {
                let found = found.as_deref().unwrap_or("a value that the cluster does not show");
                write!(f, "differs {topic}: expected {key}={wanted}, found {found}")
            }
        }
    }
}

impl Finding {
    /// What a person would do about it; `None` where applying does it, or mending something else.
    pub fn remedy(&self, bootstrap: &str) -> Option<String> {
        let topics = format!("kafka-topics.sh --bootstrap-server {bootstrap}");
        match self {
            Finding::Missing(_) | Finding::Waiting { .. } => None,
            Finding::Unequal { group, .. } => Some(format!(
                "records are placed by their key, so a topic that holds any must not grow: stop the writers, delete\n\
                 those of {group} that may be lost ({topics} --delete --topic ...) and apply again"
            )),
            Finding::Partitions { topic, group: None, found, wanted } if found < wanted => {
                Some(format!("{topics} --alter --topic {topic} --partitions {wanted}"))
            }
            Finding::Partitions { group: Some(group), found, .. } => Some(format!(
                "records are placed by their key, so a topic that holds any must not grow:\n\
                 set the partitions of {group} to {found} in the configuration"
            )),
            Finding::Partitions { found, .. } => {
                Some(format!("a topic cannot shrink: set its partitions to {found} in the configuration"))
            }
            Finding::Replication { topic, wanted, .. } => Some(format!(
                "kafka-reassign-partitions.sh --bootstrap-server {bootstrap} --execute --reassignment-json-file FILE\n\
                 with {wanted} replicas of each partition of {topic} in FILE, or set replication in the configuration"
            )),
            // Brackets keep a comma inside a value from ending it.
            Finding::Config { topic, key, wanted, .. } => Some(format!(
                "kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type topics --entity-name {topic} \
                 --add-config {key}=[{wanted}]"
            )),
        }
    }
}
