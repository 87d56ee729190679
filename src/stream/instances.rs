//! Who owns which partition at which address: the records of `instances.v1`, so that a question can be
//! passed on to the one who knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

/// Instances whose last announcements are kept. More: names that change with every start (a pod's, say) fill the memory over the
/// years, since each leaves a record behind. Fewer: a large group cannot find its members.
pub const INSTANCES_MAX: usize = 1000;

/// Bytes of an announcement at most; one of ten thousand partitions fits.
const ANNOUNCEMENT_BYTES_MAX: usize = 64 * 1024;

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
            Some(value) if value.len() > ANNOUNCEMENT_BYTES_MAX => None,
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
        if all.len() > INSTANCES_MAX {
            let oldest =
                all.iter().min_by_key(|(_, announcement)| announcement.at).map(|(instance, _)| instance.clone());
            oldest.and_then(|oldest| all.remove(&oldest));
        }
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.0.lock().expect("no holder of this lock panics").len()
    }

    /// The address of the instance that announced a partition last.
    pub fn owner(&self, stage: &str, partition: i32) -> Option<String> {
        let all = self.0.lock().expect("no holder of this lock panics");
        let owns = |a: &&Announcement| a.partitions.get(stage).is_some_and(|owned| owned.contains(&partition));
        all.values().filter(owns).max_by_key(|a| a.at).map(|a| a.address.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn announced(n: usize) -> Option<(String, Option<Announcement>)> {
        let value = Announcement {
            instance: format!("pod-{n}"),
            address: format!("http://10.0.0.1:{n}"),
            partitions: BTreeMap::from([("tracker".to_owned(), vec![n as i32])]),
            at: Timestamp::from_millis(1_795_132_800_000 + n as i64),
        };
        Announcement::read(Some(value.instance.as_bytes()), Some(&serde_json::to_vec(&value).unwrap()))
    }

    #[test]
    fn of_instances_that_ever_were_the_newest_are_kept() {
        let instances = Instances::default();
        for n in 0..INSTANCES_MAX + 500 {
            instances.apply(announced(n));
        }
        assert_eq!(instances.len(), INSTANCES_MAX);
        assert_eq!((instances.owner("tracker", 499), instances.owner("tracker", 500).is_some()), (None, true));
        let big = vec![b' '; ANNOUNCEMENT_BYTES_MAX + 1];
        assert_eq!(Announcement::read(Some(b"pod"), Some(&big)), None);
    }
}
