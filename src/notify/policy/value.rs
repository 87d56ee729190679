//! Reads single values of the policy, with errors that say what was expected.

use std::borrow::Cow;
use std::time::Duration;

use chrono_tz::Tz;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::model::{Channel, QuietHours};
use crate::notify::render::Locale;

fn parse<E: Error>(text: &str) -> Result<Duration, E> {
    humantime::parse_duration(text)
        .map_err(|_| E::custom(format_args!("expected a duration (10s, 5m, 4h), found {text:?}")))
}

pub fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    parse(&Cow::<'de, str>::deserialize(d)?)
}

pub fn positive<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let found = duration(d)?;
    if found.is_zero() { Err(D::Error::custom("expected a duration above zero, found 0")) } else { Ok(found) }
}

pub fn some_positive<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Duration>, D::Error> {
    positive(d).map(Some)
}

pub fn some_durations<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<Duration>>, D::Error> {
    let texts = Vec::<Cow<'de, str>>::deserialize(d)?;
    if texts.is_empty() {
        return Err(D::Error::custom("expected at least one wait, found none"));
    }
    texts.iter().map(|text| parse(text)).collect::<Result<_, _>>().map(Some)
}

pub fn some_percent<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u8>, D::Error> {
    match u8::deserialize(d)? {
        percent @ 0..=100 => Ok(Some(percent)),
        other => Err(D::Error::custom(format_args!("expected 0 to 100, found {other}"))),
    }
}

pub fn some_count<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(d)? {
        0 => Err(D::Error::custom("expected at least 1, found 0")),
        count => Ok(Some(count)),
    }
}

pub fn list<'de, D: Deserializer<'de>>(d: D) -> Result<usize, D::Error> {
    match usize::deserialize(d)? {
        length @ 1..=100 => Ok(length),
        other => Err(D::Error::custom(format_args!("expected 1 to 100, found {other}"))),
    }
}

pub fn channels<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Channel>, D::Error> {
    let channels = Vec::<Channel>::deserialize(d)?;
    if channels.is_empty() { Err(D::Error::custom("expected at least one channel, found none")) } else { Ok(channels) }
}

pub fn quiet_hours<'de, D: Deserializer<'de>>(d: D) -> Result<Option<QuietHours>, D::Error> {
    let text = Cow::<'de, str>::deserialize(d)?;
    if text.is_empty() {
        return Ok(None);
    }
    let expected = || D::Error::custom(format_args!("expected quiet hours such as 21:00-08:00, found {text:?}"));
    QuietHours::parse(&text).map(Some).ok_or_else(expected)
}

pub fn locale<'de, D: Deserializer<'de>>(d: D) -> Result<Locale, D::Error> {
    let text = Cow::<'de, str>::deserialize(d)?;
    Locale::exact(&text).ok_or_else(|| D::Error::custom(format_args!("expected a locale (en, zh-CN), found {text:?}")))
}

pub fn time_zone<'de, D: Deserializer<'de>>(d: D) -> Result<Tz, D::Error> {
    let text = Cow::<'de, str>::deserialize(d)?;
    text.parse()
        .map_err(|_| D::Error::custom(format_args!("expected an IANA time zone (Asia/Shanghai, UTC), found {text:?}")))
}

pub fn some_time_zone<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Tz>, D::Error> {
    time_zone(d).map(Some)
}

pub fn some_locale<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Locale>, D::Error> {
    locale(d).map(Some)
}
