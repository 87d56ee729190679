//! Instants and windows in the reader's zone and habit, as notices write them.

use chrono_tz::Tz;

use crate::model::{Audience, Eta, Timestamp};
use crate::notify::render::{self, Locale, Reader};

/// Whose clock it is.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    reader: Reader,
}

impl Clock {
    /// The reader's zone where it is known, else ours.
    pub fn new(locale: Locale, zone: Option<&str>, ours: Tz) -> Clock {
        let zone = zone.and_then(render::time_zone).unwrap_or(ours);
        Clock { reader: Reader { audience: Audience::Recipient, locale, zone } }
    }

    /// "Wed 25 Nov, 2 pm".
    pub fn moment(&self, at: Timestamp) -> String {
        render::moment(at, &self.reader)
    }

    /// "Wed 25 Nov, 2–6 pm".
    pub fn window(&self, eta: Eta) -> String {
        render::window(Eta { from: eta.from.min(eta.to), to: eta.to }, &self.reader)
    }
}
