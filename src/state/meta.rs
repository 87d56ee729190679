//! The entry of the state log that says where its partition stands.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// One per partition and transaction; the last committed one is the truth about what was applied. Its shape never changes: see
/// [`super`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// For each input, by its name without prefix: the offset of the next record to apply.
    pub offsets: Vec<(String, i64)>,
    /// How many partitions the main input had; another number sends keys elsewhere.
    pub partitions: u32,
    /// Stream time: where the clock resumes.
    pub stream_time: Timestamp,
    /// Counts the assignments of this partition.
    pub epoch: u64,
    /// `transactional.id` of the last writer.
    pub writer: String,
    /// Fingerprint of the rules by which what has passed was judged.
    pub fingerprint: u64,
    /// How far the sweep is.
    pub walk: Walk,
}

/// The sweep's position: a walk over the buckets after which the log before its start is not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Counts walks, from 1.
    pub number: u32,
    /// The next bucket.
    pub cursor: u32,
    /// The log's end offset, asked before the walk's first block was written.
    pub start: i64,
    /// Stream time at its start: a walk must end before the log may forget nobody for too long.
    pub began: Timestamp,
    /// The log holds every entry from this offset on.
    pub complete_from: i64,
}

impl Meta {
    /// The offsets to save: those of the inputs that this version reads, and of others what a later version left.
    pub fn offsets_with(&self, own: Vec<(String, i64)>) -> Vec<(String, i64)> {
        let is_foreign = |(input, _): &&(String, i64)| own.iter().all(|(known, _)| known != input);
        let foreign: Vec<_> = self.offsets.iter().filter(is_foreign).cloned().collect();
        own.into_iter().chain(foreign).collect()
    }

    /// The offset to go on from in an input; none where the input is new.
    pub fn offset(&self, input: &str) -> Option<i64> {
        self.offsets.iter().find(|(name, _)| name == input).map(|(_, offset)| *offset)
    }
}
