//! Texts of times: timestamps, quiet hours, time zones, and local times as instants.
//!
//! Bytes: a local time (minutes from 2000 on, 4), a time zone's name up to a line's end, a text.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use parcelwatch::model::{QuietHours, Timestamp};
use parcelwatch::notify::render::time_zone;
use parcelwatch::time::instant;

use crate::bytes::Bytes;

/// The minutes of a hundred years.
const MINUTES: u32 = 100 * 365 * 24 * 60;

/// The longest time by which a clock was ever put forward: Samoa left out a day.
const GAP_MAX: TimeDelta = TimeDelta::hours(24);

/// Reads all of them.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let minutes = (u32::from(bytes.short()) << 16 | u32::from(bytes.short())) % MINUTES;
    let zone = std::str::from_utf8(bytes.until(b'\n')).ok().and_then(time_zone);
    let Ok(text) = std::str::from_utf8(bytes.0) else { return };

    if let Ok(at) = Timestamp::parse(text) {
        assert!((Timestamp::FIRST..=Timestamp::LAST).contains(&at));
        assert_eq!(Timestamp::parse(&at.to_string()), Ok(at), "{text}");
        assert_eq!(at.since(at - Duration::from_millis(1)), Duration::from_millis(1));
    }
    if let Some(hours) = QuietHours::parse(text) {
        assert_eq!(QuietHours::parse(&hours.to_string()), Some(hours), "{text}");
        let quiet = (0..24 * 60).filter(|minute| hours.contains(*minute)).count();
        let length = (i32::from(hours.to) - i32::from(hours.from)).rem_euclid(24 * 60);
        assert_eq!(quiet, length as usize, "{text}");
    }
    if let Some(zone) = zone {
        let start = NaiveDateTime::default() + TimeDelta::days(30 * 365);
        let local = start + TimeDelta::minutes(i64::from(minutes));
        let at = instant(&zone, local).unwrap_or_else(|| panic!("no instant for {local} in {zone}"));
        let shown = at.to_utc().with_timezone(&zone).naive_local();
        assert!(shown >= local && shown - local <= GAP_MAX, "{local} in {zone} is shown as {shown}");
    }
}
