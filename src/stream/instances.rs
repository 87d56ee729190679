//! Who owns which partition at which address: the records of `instances.v1`, so that a question can be
//! passed on to the one who knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

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
    pub at: crate::model::Timestamp,
}

impl Announcement {
    /// Reads a record: the instance, and what it announced unless it is gone. None where it is no
    /// announcement of ours.
    pub fn read(key: Option<&[u8]>, value: Option<&[u8]>) -> Option<(String, Option<Announcement>)> {
        let instance = std::str::from_utf8(key?).ok()?.to_owned();
        match value {
            None => Some((instance, None)),
            Some(value) => Some((instance, Some(serde_json::from_slice(value).ok()?))),
        }
    }
}

/// The last announcement of every instance.
#[derive(Debug, Default)]
pub struct Instances(Mutex<HashMap<String, Announcement>>);

impl Instances {
    /// Takes what was read.
    pub fn apply(&self, read: Option<(String, Option<Announcement>)>) {
        let Some((instance, announcement)) = read else { return };
        let mut all = self.0.lock().expect("no holder of this lock panics");
        match announcement {
            Some(announcement) => all.insert(instance, announcement),
            None => all.remove(&instance),
        };
    }

    /// The address of the instance that announced a partition last.
    pub fn owner(&self, stage: &str, partition: i32) -> Option<String> {
        let all = self.0.lock().expect("no holder of this lock panics");
        let owns = |a: &&Announcement| a.partitions.get(stage).is_some_and(|owned| owned.contains(&partition));
        all.values().filter(owns).max_by_key(|a| a.at).map(|a| a.address.clone())
    }
}
