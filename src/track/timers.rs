//! The lazy timer queue: at most one live entry for each parcel, never later than what is due of it.
//!
//! A deadline that moves later leaves the entry as it is; it is looked at when it comes up and put back where it
//! belongs. So a scan costs O(1), and the order in which things pass is that of their turns, whatever the queue went
//! through (a restore, an abort).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::due::Turn;

/// Stale entries that are tolerated before the queue is rebuilt. More: memory. Fewer: rebuilding costs more than what it saves.
const STALE_MAX: usize = 1024;

/// Entries by turn, then parcel.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BinaryHeap<Reverse<(Turn, Arc<str>)>>,
    /// The live entry of each parcel.
    live: HashMap<Arc<str>, Turn>,
}

impl Timers {
    /// The parcel is due at `turn`, or no more.
    pub fn set(&mut self, id: &str, turn: Option<Turn>) {
        let Some(turn) = turn else { return };
        let id = match self.live.get_key_value(id) {
            Some((_, queued)) if *queued <= turn => return,
            Some((id, _)) => Arc::clone(id),
            None => Arc::from(id),
        };
        self.live.insert(Arc::clone(&id), turn);
        self.queue.push(Reverse((turn, id)));
        if self.queue.len() > 2 * self.live.len() + STALE_MAX {
            self.queue = self.live.iter().map(|(id, turn)| Reverse((*turn, Arc::clone(id)))).collect();
        }
    }

    /// The earliest turn; maybe of an entry that is stale or early.
    pub fn first(&self) -> Option<Turn> {
        self.queue.peek().map(|Reverse((turn, _))| *turn)
    }

    /// Takes out the earliest entry if its turn has come before `before`.
    pub fn pop(&mut self, before: Turn) -> Option<(Turn, Arc<str>)> {
        while self.first()? < before {
            let Reverse((turn, id)) = self.queue.pop()?;
            if self.live.get(&id) == Some(&turn) {
                self.live.remove(&id);
                return Some((turn, id));
            }
        }
        None
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Timers::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::track::due::Phase;

    #[test]
    fn the_queue_of_limits_sheds_what_is_stale() {
        let mut timers = Timers::default();
        // Each moves earlier again and again, which leaves a stale entry behind.
        for step in (1..100_000).rev() {
            let turn = Turn { instant: Timestamp::from_millis(step), phase: Phase::Natural };
            timers.set(&format!("P{}", step % 10), Some(turn));
            assert!(timers.queue.len() <= 2 * 10 + STALE_MAX + 1, "{}", timers.queue.len());
        }
        let end = Turn { instant: Timestamp::from_millis(i64::MAX), phase: Phase::Natural };
        let passed: Vec<_> = std::iter::from_fn(|| timers.pop(end)).collect();
        assert_eq!(passed.len(), 10, "one for each");
        assert!(passed.is_sorted());
    }
}
