//! Scenarios: what should become of a parcel, written down by whoever runs parcelwatch, and held against their configuration.
//!
//! In come the text of a file and the world that a configuration makes; out comes a verdict for each scenario: what was
//! expected when, and what was found when. `file` reads the TOML around the timelines, `timeline` their lines (`words`, `when`: their
//! words and times), `record` makes of what happens the records that hubs, shops and people write, `play` hands these to the very
//! tracker and notifier that `run` drives, `verdict` compares. Pure.
//!
//! What always holds: a scenario is exhaustive. Whatever becomes of its parcel and is not expected, from its first to its last
//! line, counts against it as much as what is expected and does not come.

mod expectation;
mod file;
mod play;
mod record;
mod timeline;
mod verdict;
mod when;
mod words;

#[cfg(test)]
mod tests;

pub use self::file::{Scenario, read};
pub use self::verdict::Verdict;

use crate::model::World;

impl Scenario {
    /// Plays it in this world, on a clock of its own.
    pub fn judge(&self, world: &World) -> Verdict {
        Verdict::of(self, play::play(self, world))
    }
}
