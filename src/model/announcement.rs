//! Which partitions an instance owns, and where it is asked: a record of `instances.v1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A record of `instances.v1`, keyed by instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    #[allow(missing_docs)]
    pub instance: String,
    /// Where its admin listener is reached by other instances, `http://10.0.0.7:9464` say.
    pub address: String,
    /// The partitions of each stage.
    pub partitions: BTreeMap<String, Vec<i32>>,
    /// Wall clock, so that the newer of two claims wins.
    pub at: Timestamp,
    /// Which process of that name it is; empty: of a version that does not say.
    #[serde(default)]
    pub incarnation: String,
    /// It is that process's last word: it makes way for a newer one of its name.
    #[serde(default)]
    pub leaves: bool,
}
