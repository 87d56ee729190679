//! An instant with a resolution of one millisecond.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since 1970-01-01T00:00:00Z. Finer digits of a text are cut off (rules.md, "How time
/// and limits work").
///
/// In JSON an RFC 3339 text (what we write is UTC with milliseconds), in saved state the bare number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Earlier than every instant that a record can name.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// 2000-01-01T00:00:00Z, the first instant that a record may name (wire.md).
    pub const FIRST: Timestamp = Timestamp(946_684_800_000);
    /// 2100-12-31T23:59:59.999Z, the last one.
    pub const LAST: Timestamp = Timestamp(4_133_980_799_999);

    /// The instant `ms` milliseconds after the epoch.
    pub const fn from_millis(ms: i64) -> Timestamp {
        Timestamp(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with an offset; the instant must lie within the years 2000 to 2100 (UTC).
    pub fn parse(text: &str) -> Result<Timestamp, ParseTimestampError> {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| ParseTimestampError::Syntax)?;
        Timestamp::in_range(at.timestamp_millis())
    }

    /// Accepts milliseconds within the years 2000 to 2100.
    pub fn in_range(ms: i64) -> Result<Timestamp, ParseTimestampError> {
        let at = Timestamp(ms);
        if (Timestamp::FIRST..=Timestamp::LAST).contains(&at) { Ok(at) } else { Err(ParseTimestampError::Range) }
    }

    /// This instant in UTC, for calendars and texts. Out-of-range instants saturate.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// The time from `earlier` to this instant; zero when it is not earlier.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The next representable instant: where a limit takes effect.
    pub const fn next(self) -> Timestamp {
        Timestamp(self.0.saturating_add(1))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Why a text is no timestamp of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseTimestampError {
    /// Not RFC 3339 with an offset.
    #[error("expected RFC 3339 with an offset")]
    Syntax,
    /// Before 2000 or after 2100.
    #[error("expected a time within the years 2000 to 2100")]
    Range,
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
        if d.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
            Timestamp::parse(&text).map_err(de::Error::custom)
        } else {
            i64::deserialize(d).map(Timestamp)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finer_digits_are_cut_off() {
        assert_eq!(Timestamp::parse("2026-11-22T03:35:10.1239+08:00").unwrap().to_string(), "2026-11-21T19:35:10.123Z");
    }

    #[test]
    fn a_time_needs_an_offset_and_a_plausible_year() {
        for (text, error) in [
            ("2026-11-22T03:35:10", ParseTimestampError::Syntax),
            ("yesterday", ParseTimestampError::Syntax),
            ("1999-12-31T23:59:59.999Z", ParseTimestampError::Range),
            ("9999-01-01T00:00:00Z", ParseTimestampError::Range),
            ("2101-01-01T00:00:00Z", ParseTimestampError::Range),
        ] {
            assert_eq!(Timestamp::parse(text), Err(error), "{text}");
        }
        assert!(Timestamp::parse("2100-12-31T23:59:59.999Z").is_ok());
    }
}
