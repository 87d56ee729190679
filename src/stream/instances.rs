//! Who owns which partition at which address: the records of `instances.v1`, so that a question can be
//! passed on to the one who knows.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::model::Announcement;

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
