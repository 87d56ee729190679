//! What both machines are driven by: time, and what transactions come to.

use std::time::Duration;

use parcelwatch::model::{Effect, Timestamp};
use parcelwatch::state::Machine;

use crate::bytes::Bytes;
use crate::partition::Partition;

/// A story is at most so long: longer ones only cost time.
pub const STEPS_MAX: usize = 64;

const GAPS_MINUTES: [u64; 16] = [0, 0, 0, 0, 1, 10, 30, 60, 180, 360, 720, 1440, 2880, 7200, 14_400, 57_600];

/// How long until the next step.
pub fn gap(bytes: &mut Bytes<'_>) -> Duration {
    Duration::from_secs(bytes.choose(GAPS_MINUTES) * 60)
}

/// One of the things that happen to a partition itself: returns what was committed.
pub fn turn<M: Machine + Default>(partition: &mut Partition<M>, bytes: &mut Bytes<'_>, now: Timestamp) -> Vec<Effect>
where
    M::Input: Clone,
{
    match bytes.byte() % 8 {
        0..=2 => {
            partition.pass(now);
            Vec::new()
        }
        3 | 4 => partition.commit(),
        5 => {
            let is_written = bytes.byte() % 2 == 0;
            partition.abort(is_written);
            Vec::new()
        }
        6 => {
            partition.restore();
            Vec::new()
        }
        _ => {
            let committed = partition.commit();
            partition.set_open(bytes.byte() % 4 != 0);
            committed
        }
    }
}
