//! Local times as instants.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone};

use crate::model::Timestamp;

/// A local time as an instant: the first of two where the clock is put back, as if it had not been put forward where it is.
pub fn instant<Z: TimeZone>(zone: &Z, local: NaiveDateTime) -> Option<Timestamp> {
    let stamp = |time: DateTime<Z>| Timestamp::from_millis(time.timestamp_millis());
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(stamp(time)),
        LocalResult::None => {
            // Clocks are put forward by less than three hours; twice an island in the Pacific has left out a day.
            let gaps = [Duration::hours(3), Duration::hours(25)];
            gaps.into_iter().find_map(|gap| {
                let before = zone.from_local_datetime(&local.checked_sub_signed(gap)?).earliest()?;
                Some(stamp(before + gap))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_was_left_out_is_as_if_the_clock_had_not_been_put_forward() {
        for (zone, local, expected) in [
            (chrono_tz::Europe::Berlin, "2026-03-29T02:30:00", "2026-03-29T01:30:00.000Z"),
            (chrono_tz::Europe::Berlin, "2026-10-25T02:30:00", "2026-10-25T00:30:00.000Z"),
            // The day that Samoa left out: the fuzzer found no instant for it.
            (chrono_tz::Pacific::Apia, "2011-12-30T12:00:00", "2011-12-30T22:00:00.000Z"),
        ] {
            let found = instant(&zone, local.parse().unwrap()).map(|at| at.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{local}");
        }
    }
}
