//! `[topics]`: how missing topics are created.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::document::Check;
use crate::topics::Overrides;

/// Departures from the definitions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    /// 0: as defined.
    replication: u16,
    /// By group or topic.
    partitions: BTreeMap<String, u16>,
}

impl Topics {
    /// What the cluster wants otherwise than the definitions say.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            replication: Some(i32::from(self.replication)).filter(|replication| *replication > 0),
            partitions: self.partitions.iter().map(|(name, count)| (name.clone(), i32::from(*count))).collect(),
        }
    }

    pub(super) fn check(&self, check: &mut Check<'_>) {
        check.ok(self.overrides().check(), "topics.partitions");
    }
}
