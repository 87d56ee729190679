//! A time of day.

use std::borrow::Cow;

use chrono::NaiveTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A time of day in some local zone, to the minute; `22:00` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockTime(NaiveTime);

impl ClockTime {
    /// The time.
    pub fn time(self) -> NaiveTime {
        self.0
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0.format("%H:%M"))
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<ClockTime, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        NaiveTime::parse_from_str(&text, "%H:%M")
            .map(ClockTime)
            .map_err(|_| de::Error::custom(format_args!("expected a time of day (22:00), found \"{text}\"")))
    }
}
