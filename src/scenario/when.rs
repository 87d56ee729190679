//! Times as scenarios write them: local, to the minute or as exact as need be, or so much after the line above.

use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone};
use chrono_tz::Tz;

use crate::model::Timestamp;
use crate::time::instant;

/// What is said where a word is no time.
const EXPECTED: &str = "expected a time (2026-03-02 08:00, 08:00, 08:00:00.001, +12h)";

/// The clock by which a scenario is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub zone: Tz,
}

impl Clock {
    /// `2026-03-02` and `08:00` as an instant.
    pub fn local(self, date: NaiveDate, time: NaiveTime) -> Result<Timestamp, String> {
        let found = instant(&self.zone, NaiveDateTime::new(date, time));
        let found = found.and_then(|at| Timestamp::in_range(at.as_millis()).ok());
        found.ok_or_else(|| format!("expected a time within the years 2000 to 2100, found {date} {time}"))
    }

    /// The local day of an instant.
    pub fn date(self, at: Timestamp) -> NaiveDate {
        at.to_utc().with_timezone(&self.zone).date_naive()
    }

    /// A value: `08:00` of the day of `line`, `2026-03-02 08:00`, `2026-03-02T08:00`, so much before or after `line`
    /// (`-20m`, `+1h`), or with an offset of its own.
    pub fn value(self, text: &str, line: Option<Timestamp>) -> Result<Timestamp, String> {
        if let Ok(at) = Timestamp::parse(text) {
            return Ok(at);
        }
        if let (Some(line), Some(after)) = (line, text.strip_prefix('+')) {
            return within(line + duration(after)?);
        }
        if let (Some(line), Some(before)) = (line, text.strip_prefix('-')) {
            return within(line - duration(before)?);
        }
        match (text.split_once([' ', 'T']), line) {
            (Some((day, time)), _) => self.local(date(day)?, clock_time(time.trim())?),
            (None, Some(line)) => self.local(self.date(line), clock_time(text)?),
            (None, None) => Err(format!("expected a time (2026-03-02 08:00), found {text:?}")),
        }
    }

    /// An instant for people: to the minute where that is exact.
    pub fn show(self, at: Timestamp) -> String {
        let local = at.to_utc().with_timezone(&self.zone);
        let form = match at.as_millis() % 60_000 {
            0 => "%Y-%m-%d %H:%M",
            ms if ms % 1000 == 0 => "%Y-%m-%d %H:%M:%S",
            _ => "%Y-%m-%d %H:%M:%S%.3f",
        };
        local.format(form).to_string()
    }

    /// An instant as records name it: with the offset of the zone, which the rules of an evening look at.
    pub fn record(self, at: Timestamp) -> String {
        let local = self.zone.from_utc_datetime(&at.to_utc().naive_utc());
        local.to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// An instant that records can name.
pub(super) fn within(at: Timestamp) -> Result<Timestamp, String> {
    Timestamp::in_range(at.as_millis()).map_err(|error| format!("{error}, found another"))
}

/// `2026-03-02`.
pub(super) fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("expected a day (2026-03-02), found {text:?}"))
}

/// `08:00`, `08:00:00` or `08:00:00.001`.
pub(super) fn clock_time(text: &str) -> Result<NaiveTime, String> {
    let read = |form| NaiveTime::parse_from_str(text, form).ok();
    read("%H:%M").or_else(|| read("%H:%M:%S%.f")).ok_or_else(|| format!("{EXPECTED}, found {text:?}"))
}

/// `12h`, `1h30m`, `1ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| format!("expected a duration (1ms, 30m, 12h, 7d), found {text:?}"))
}
