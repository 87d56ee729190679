//! What single fields must look like: times, names, ids.

use std::borrow::Cow;

use chrono::DateTime;
use serde_json::Value;

use super::text::{Flat, kind};
use crate::model::{ParseTimestampError, Reject, Timestamp};

/// Characters of a parcel id at most (wire.md, "scan").
const PARCEL_ID_MAX: usize = 64;

/// Characters of any other name (hub, place, merchant, service) at most. Longer: a few hostile records fill the
/// state of a partition. Shorter: names that somebody uses are refused.
pub(super) const NAME_MAX: usize = 200;

/// A field that may be malformed: absent, a text, or something else.
pub(super) trait Field {
    /// The text, none where there is nothing (or `null`), else what was found instead.
    fn text(&self) -> Result<Option<&str>, &'static str>;
}

impl Field for Flat<'_> {
    fn text(&self) -> Result<Option<&str>, &'static str> {
        match self {
            Flat::Absent => Ok(None),
            Flat::Text(text) => Ok(Some(text)),
            Flat::Other(found) => Err(found),
        }
    }
}

impl Field for Option<&Value> {
    fn text(&self) -> Result<Option<&str>, &'static str> {
        match self {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(kind(other)),
        }
    }
}

/// The text of a required field.
pub(super) fn required<'a>(field: &'a impl Field, path: &'static str) -> Result<&'a str, Reject> {
    match field.text() {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(Reject::at("missing", path, "expected a text, found nothing")),
        Err(found) => Err(Reject::at("type", path, format!("expected a text, found {found}"))),
    }
}

/// The parcel id of a record.
pub(super) fn parcel_id(field: &impl Field) -> Result<&str, Reject> {
    let id = required(field, "parcel_id")?;
    let length = id.chars().count();
    if !(1..=PARCEL_ID_MAX).contains(&length) {
        return Err(Reject::at(
            "range",
            "parcel_id",
            format!("expected 1 to {PARCEL_ID_MAX} characters, found {length}"),
        ));
    }
    match id.chars().position(|c| !printable(c)) {
        None => Ok(id),
        Some(at) => {
            Err(Reject::at("range", "parcel_id", format!("expected printable characters, found another at {at}")))
        }
    }
}

/// Neither a control nor a format character nor an exotic space, so that an id reads as it is.
fn printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // The standard library's table of printable characters shows in what it leaves unescaped; quotes and the
        // backslash were answered above. Behind a letter, combining marks are left as they are.
        _ => !c.is_whitespace() && format!("a{c}").escape_debug().nth(2).is_none(),
    }
}

/// An optional name, none where it is empty; counted as malformed where it is no text, unreasonably long or has control
/// characters: names become keys of records.
pub(super) fn name<'a>(
    field: &'a impl Field,
    path: &'static str,
    malformed: &mut Vec<&'static str>,
) -> Option<&'a str> {
    match field.text() {
        Ok(None | Some("")) => None,
        Ok(Some(text)) if text.chars().count() <= NAME_MAX && text.chars().all(|c| !c.is_control()) => Some(text),
        _ => {
            malformed.push(path);
            None
        }
    }
}

/// A required hub: a name as above.
pub(super) fn required_hub(field: &impl Field) -> Result<&str, Reject> {
    let hub = required(field, "hub")?;
    match hub.chars().count() {
        1..=NAME_MAX => Ok(hub),
        length => Err(Reject::at("range", "hub", format!("expected 1 to {NAME_MAX} characters, found {length}"))),
    }
}

/// An instant with the offset in which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub at: Timestamp,
    pub offset_minutes: i16,
}

/// A time as received: `event_time` may lack its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    Zoned(Stamp),
    /// The local reading, in milliseconds as if it were UTC.
    Local(i64),
}

impl Received {
    /// The second, as if a missing zone were UTC: part of a scan's identity.
    pub fn second(self) -> i64 {
        match self {
            Received::Zoned(stamp) => stamp.at.as_millis().div_euclid(1000),
            Received::Local(ms) => ms.div_euclid(1000),
        }
    }
}

/// Reads RFC 3339 with an offset.
pub(super) fn stamp(text: &str) -> Result<Stamp, ParseTimestampError> {
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| ParseTimestampError::Syntax)?;
    let at = Timestamp::in_range(time.timestamp_millis())?;
    // An offset has whole minutes and at most 24 hours in RFC 3339.
    Ok(Stamp { at, offset_minutes: (time.offset().local_minus_utc() / 60) as i16 })
}

/// Reads RFC 3339, with or without its offset.
pub(super) fn received(text: &str) -> Result<Received, ParseTimestampError> {
    match stamp(text) {
        Err(ParseTimestampError::Syntax) => {
            stamp(&format!("{text}Z")).map(|local| Received::Local(local.at.as_millis()))
        }
        zoned => zoned.map(Received::Zoned),
    }
}

/// An optional time: counted as malformed where it is none.
pub(super) fn time(field: &impl Field, path: &'static str, malformed: &mut Vec<&'static str>) -> Option<Stamp> {
    let read = match field.text() {
        Ok(None) => return None,
        Ok(Some(text)) => stamp(text).ok(),
        Err(_) => None,
    };
    if read.is_none() {
        malformed.push(path);
    }
    read
}

/// A reject for a required time.
pub(super) fn no_time(path: &'static str, error: ParseTimestampError) -> Reject {
    match error {
        ParseTimestampError::Syntax => Reject::at("time", path, format!("{error}, found another text")),
        ParseTimestampError::Range => Reject::at("range", path, format!("{error}, found another year")),
    }
}

/// A required time.
pub(super) fn required_time(field: &impl Field, path: &'static str) -> Result<Stamp, Reject> {
    stamp(required(field, path)?).map_err(|error| no_time(path, error))
}

/// A word of a fixed vocabulary in a message, as long as it looks like one: what a broken feed puts in its place may
/// be a contact, and messages go to logs and headers.
pub(super) fn quoted(word: &str) -> Cow<'_, str> {
    let is_word = (1..=32).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_word { Cow::Borrowed(word) } else { "another text".into() }
}
