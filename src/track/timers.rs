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
