//! Local times as instants.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone};

use crate::model::Timestamp;

/// A local time as an instant: the first of two where the clock is put back, as if it had not been put forward where it is.
pub fn instant<Z: TimeZone>(zone: &Z, local: NaiveDateTime) -> Option<Timestamp> {
    let stamp = |time: DateTime<Z>| Timestamp::from_millis(time.timestamp_millis());
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(stamp(time)),
        LocalResult::None => {
            // Gaps are shorter than three hours.
            let gap = Duration::hours(3);
            let before = zone.from_local_datetime(&(local - gap)).earliest()?;
            Some(stamp(before + gap))
        }
    }
}
