//! Until when the partition tells nobody, since hubs have yet to send what they kept while the brokers were out of reach.
//!
//! The runtime says so, and asks for it. It is saved with the parcels: whoever owns the partition next, another process or this one
//! started anew, has not seen the outage.

use crate::model::Timestamp;
use crate::state::Table;

/// Of its only entry; there is none where nothing is waited for.
const KEY: &str = "until";

/// See the module.
#[derive(Debug, Default)]
pub struct Settling {
    pub(super) table: Table<Timestamp>,
}

impl Settling {
    /// Before which instant of the wall clock nobody is told.
    pub fn until(&self) -> Option<Timestamp> {
        self.table.get(KEY).copied()
    }

    /// From now on it is this one. True where it was another.
    pub fn set(&mut self, until: Option<Timestamp>) -> bool {
        if until == self.until() {
            return false;
        }
        match until {
            Some(at) => *self.table.entry(KEY, || at) = at,
            None => drop(self.table.remove(KEY)),
        }
        true
    }
}
