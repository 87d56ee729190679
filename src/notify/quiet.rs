//! Quiet hours: until when a reader is left in peace, by the reader's clock.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::model::{QuietHours, Timestamp};

/// How far apart clocks that are put forward may be looked for the end of what they leave out; every zone's steps are
/// multiples of it.
const STEP: Duration = Duration::from_secs(15 * 60);

/// The most that a clock was ever put forward by (a whole day, over the date line), in steps.
const STEPS_MAX: u32 = 96;

/// The end of the quiet hours that `now` lies in; none where it lies in none.
pub fn until(hours: QuietHours, zone: Tz, now: Timestamp) -> Option<Timestamp> {
    let utc = DateTime::<Utc>::from_timestamp_millis(now.as_millis())?;
    let local = utc.with_timezone(&zone);
    let minute = u16::try_from(local.hour() * 60 + local.minute()).ok()?;
    if !hours.contains(minute) {
        return None;
    }
    let today = local.date_naive();
    let day = if minute < hours.to { today } else { today.checked_add_days(Days::new(1))? };
    let clock = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(hours.to) * 60, 0)?;
    // Twice in the night when clocks are put back: the first that is to come. Left out when they are put forward: what
    // follows.
    let ends = (0..STEPS_MAX).find_map(|step| {
        let found = zone.from_local_datetime(&(day.and_time(clock) + STEP * step));
        [found.earliest(), found.latest()].into_iter().flatten().find(|end| *end > local)
    })?;
    Some(Timestamp::from_millis(ends.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(hours: &str, zone: &str, now: &str) -> Option<String> {
        let hours = QuietHours::parse(hours).expect(hours);
        until(hours, zone.parse().expect(zone), Timestamp::parse(now).expect(now)).map(|at| at.to_string())
    }

    #[test]
    fn a_night_ends_by_the_reader_s_clock() {
        for (now, expected) in [
            ("2026-11-22T12:59:59.999Z", None),
            ("2026-11-22T13:00:00Z", Some("2026-11-23T00:00:00.000Z")),
            ("2026-11-22T23:59:59.999Z", Some("2026-11-23T00:00:00.000Z")),
            ("2026-11-23T00:00:00Z", None),
        ] {
            assert_eq!(ends("21:00-08:00", "Asia/Shanghai", now).as_deref(), expected, "{now}");
        }
        assert_eq!(ends("12:00-14:00", "UTC", "2026-11-22T13:00:00Z").as_deref(), Some("2026-11-22T14:00:00.000Z"));
    }

    #[test]
    fn a_clock_that_is_put_forward_or_back_leaves_no_hole() {
        // 02:30 is left out on 29 March: quiet until 03:00, which is 01:00 UTC.
        let spring = ends("22:00-02:30", "Europe/Berlin", "2026-03-29T00:30:00Z");
        assert_eq!(spring.as_deref(), Some("2026-03-29T01:00:00.000Z"));
        // 02:30 comes twice on 25 October: after the first, 02:00 is quiet once more.
        let autumn = |now| ends("22:00-02:30", "Europe/Berlin", now);
        assert_eq!(autumn("2026-10-25T00:00:00Z").as_deref(), Some("2026-10-25T00:30:00.000Z"));
        assert_eq!(autumn("2026-10-25T00:45:00Z"), None);
        assert_eq!(autumn("2026-10-25T01:10:00Z").as_deref(), Some("2026-10-25T01:30:00.000Z"));
    }
}
