//! How another clock departs from ours, by what it stamps: the protocol has no question for a broker's time, but a record that was not
//! there at one instant of ours and is read at a later one was stamped in between. A stamp from before the one or after the other is by
//! so much wrong at least.

use std::time::Duration;

use crate::model::Timestamp;

/// How a broker's clock is to ours, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// As far as one can tell.
    None,
    #[allow(missing_docs)]
    Ahead(Duration),
    #[allow(missing_docs)]
    Behind(Duration),
}

impl Departure {
    /// Of a record that came between two instants of ours and was stamped by the broker's clock.
    pub fn of(stamped: Timestamp, (before, after): (Timestamp, Timestamp)) -> Departure {
        match (before.since(stamped), stamped.since(after)) {
            (Duration::ZERO, Duration::ZERO) => Departure::None,
            (behind, Duration::ZERO) => Departure::Behind(behind),
            (_, ahead) => Departure::Ahead(ahead),
        }
    }

    #[allow(missing_docs)]
    pub const fn by(self) -> Duration {
        match self {
            Departure::None => Duration::ZERO,
            Departure::Ahead(by) | Departure::Behind(by) => by,
        }
    }
}

/// A duration as people write it, to the millisecond.
pub fn shown(duration: Duration) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_millis(duration.as_millis() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_from_outside_the_time_in_which_it_was_given_shows_how_far_a_clock_departs_at_least() {
        let at = |ms: i64| Timestamp::from_millis(1_700_000_000_000 + ms);
        let between = (at(0), at(100));
        for (stamped, departure) in [
            (0, Departure::None),
            (100, Departure::None),
            (-1, Departure::Behind(Duration::from_millis(1))),
            (-30_000, Departure::Behind(Duration::from_secs(30))),
            (101, Departure::Ahead(Duration::from_millis(1))),
            (60_100, Departure::Ahead(Duration::from_mins(1))),
        ] {
            assert_eq!(Departure::of(at(stamped), between), departure, "{stamped}");
        }
    }
}
