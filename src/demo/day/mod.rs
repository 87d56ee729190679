//! A plausible day of a small courier, as the records that its systems would write.
//!
//! In come a seed, the instant at which the day begins and how many parcels are sent; out go records with the instants at which they
//! are written. What always holds: the same seed gives the same day, byte for byte; no record names a number, an address or a
//! person of the real world; nothing here reads a clock.

mod calendar;
mod cast;
mod executing;
mod fate;
mod network;
mod people;
mod script;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{FixedOffset, SecondsFormat};
use serde_json::Value;

pub use self::executing::execute;
pub use self::network::{HUBS, Hub, MERCHANTS};
use crate::model::Timestamp;

/// What customers may choose: an offers file.
pub const OFFERS: &str = include_str!("offers.toml");

/// Whatever is left to chance.
pub type Dice = fastrand::Rng;

/// A record to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub topic: Topic,
    /// Its key: the parcel.
    pub key: String,
    /// JSON.
    pub value: Value,
}

/// The inputs that the courier's systems write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The order system's.
    Shipments,
    /// The hubs'.
    Scans,
    /// Whoever executes choices.
    Reroutes,
}

impl Topic {
    /// Its name without prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::Shipments => "shipments.v1",
            Topic::Scans => "scans.v1",
            Topic::Reroutes => "reroutes.v1",
        }
    }
}

/// All hubs are east of Greenwich by so many seconds.
const OFFSET_S: i32 = 8 * 3600;

/// How long before the day the oldest of its parcels were ordered.
const BEFORE: Duration = Duration::from_hours(40);

/// What was ordered longer than this before the day has arrived or will, undisturbed: a day that begins with yesterday's trouble
/// would bury the hand-made stories.
const DULL_BEFORE: Duration = Duration::from_hours(14);

/// A day's length.
pub const DAY: Duration = Duration::from_hours(24);

/// The first day: parcels that are on their way already, those of the hand-made stories, and those that are ordered during it; in
/// the order in which they are written.
pub fn first(seed: u64, start: Timestamp, parcels: usize) -> Vec<Event> {
    let mut dice = Dice::with_seed(seed);
    let mut events = cast::stories(start);
    events.extend(fate::late_lorry(start, parcels, &mut dice));
    let dull_until = start - DULL_BEFORE;
    events.extend(fate::many(0, (start - BEFORE, BEFORE), dull_until, parcels / 2, &mut dice));
    events.extend(fate::many(1, (start, DAY), dull_until, parcels / 2, &mut dice));
    sorted(events)
}

/// A later day: those that are ordered during it. Earlier ones go on.
pub fn later(seed: u64, day: u32, start: Timestamp, parcels: usize) -> Vec<Event> {
    let mut dice = Dice::with_seed(seed.wrapping_add(day.into()));
    let begins = start + DAY * day;
    sorted(fate::many(day + 1, (begins, DAY), begins, parcels, &mut dice))
}

/// The last time at which the courier's day began: at half past seven.
pub fn morning(now: Timestamp) -> Timestamp {
    calendar::next(now - DAY, 7, 30)
}

fn sorted(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by(|a, b| (a.at, a.topic, &a.key).cmp(&(b.at, b.topic, &b.key)));
    events
}

/// An instant as the courier's systems write it.
fn local(at: Timestamp) -> String {
    let offset = FixedOffset::east_opt(OFFSET_S).expect("eight hours are less than a day");
    at.to_utc().with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Secs, true)
}
