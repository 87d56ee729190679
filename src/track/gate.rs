//! Whether notices may be issued, and what waits for that.

use std::collections::BTreeSet;

use crate::model::Timestamp;

/// The gate of telling. Derived, but for being open or closed.
#[derive(Default)]
pub(super) struct Gate {
    open: bool,
    /// When it opened, once time was seen after that.
    opened: Option<Timestamp>,
    /// Parcels with something to be told, while it is closed and until they are queued after it opened.
    withheld: BTreeSet<Box<str>>,
    /// Those that were queued late, until they are told and that is committed.
    late: BTreeSet<Box<str>>,
    /// Those of them that were told since the last commit.
    told: Vec<Box<str>>,
}

impl Gate {
    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn set(&mut self, open: bool) {
        if open != self.open {
            self.open = open;
            self.opened = None;
            self.late.clear();
        }
    }

    /// Whether something waits to be queued now that it is open.
    pub fn has_backlog(&self) -> bool {
        self.open && !self.withheld.is_empty()
    }

    /// While it is closed: whether something of this parcel is to be told.
    pub fn withhold(&mut self, id: &str, untold: bool) {
        if untold {
            self.withheld.insert(id.into());
        } else {
            self.withheld.remove(id);
        }
    }

    /// A parcel to be queued, if it is open at `now`; what it tells comes late.
    pub fn release(&mut self, now: Timestamp) -> Option<Box<str>> {
        if !self.open {
            return None;
        }
        self.opened.get_or_insert(now);
        let id = self.withheld.pop_first()?;
        self.late.insert(id.clone());
        Some(id)
    }

    /// A parcel's notices are issued; returns from when they are of use, if not from what they tell.
    pub fn tell(&mut self, id: &str) -> Option<Timestamp> {
        let late_since = self.opened.filter(|_| self.late.contains(id))?;
        self.told.push(id.into());
        Some(late_since)
    }

    /// Everything is derived anew.
    pub fn clear(&mut self) {
        *self = Gate { open: self.open, opened: self.opened, ..Gate::default() };
    }

    pub fn committed(&mut self) {
        for id in self.told.drain(..) {
            self.late.remove(&id);
        }
    }

    /// What was told is to be told again, as late as before.
    pub fn aborted(&mut self) {
        self.told.clear();
    }
}
