//! Single values of the offers file: what can be wrong in one is refused while reading it, so that the error has its place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de};

/// Digits of a price at most, the decimal point not counted. More: what shows it breaks. Fewer: prices in small currencies do not fit.
const DIGITS_MAX: usize = 12;

/// A price: a decimal number that is not negative, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount(pub(super) String);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Amount, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits(whole) && digits(part) && whole.len() + part.len() <= DIGITS_MAX {
            return Ok(Amount(text.into_owned()));
        }
        Err(de::Error::custom(format_args!(
            "expected a price as a text (\"3.00\"; \"0.00\" is free), found \"{text}\""
        )))
    }
}

/// Part of a day, "14:00-18:00".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    #[allow(missing_docs)]
    pub from: NaiveTime,
    /// Later than `from`.
    pub to: NaiveTime,
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Window, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        text.split_once('-')
            .and_then(|(from, to)| Some(Window { from: time(from)?, to: time(to)? }))
            .filter(|window| window.from < window.to)
            .ok_or_else(|| {
                de::Error::custom(format_args!("expected part of a day (\"14:00-18:00\"), found \"{text}\""))
            })
    }
}

/// What people call a place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a name, or names by locale")]
pub enum Name {
    /// In every language.
    One(String),
    /// By locale, "zh-CN" say.
    Each(BTreeMap<String, String>),
}

impl Name {
    /// The reader's, else one of the same language, else English, else any.
    pub fn for_reader(&self, locale: Option<&str>) -> &str {
        let names = match self {
            Name::One(name) => return name,
            Name::Each(names) => names,
        };
        let locale = locale.unwrap_or_default();
        let language = |locale: &str| locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let related = || names.iter().find(|(known, _)| language(known) == language(locale)).map(|(_, name)| name);
        let found = names.get(locale).or_else(related).or_else(|| names.get("en")).or_else(|| names.values().next());
        found.map_or("", String::as_str)
    }
}

/// Characters of a place's id at most: as decoded from scans.
const ID_MAX: usize = 200;

/// The id of a place.
pub fn id<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text = String::deserialize(d)?;
    let found = text.chars().count();
    // The bar separates an option's parts in the value of its radio button.
    if (1..=ID_MAX).contains(&found) && text.chars().all(|c| !c.is_control() && c != '|') {
        return Ok(text);
    }
    Err(de::Error::custom(format_args!("expected 1 to {ID_MAX} characters without bars, found {found}")))
}

/// A list with something in it.
pub fn some<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(d)?;
    if list.is_empty() { Err(de::Error::custom("expected at least one, found none")) } else { Ok(list) }
}

/// An IANA name.
pub fn time_zone<'de, D: Deserializer<'de>>(d: D) -> Result<Tz, D::Error> {
    let text = Cow::<'de, str>::deserialize(d)?;
    text.parse()
        .map_err(|_| de::Error::custom(format_args!("expected a time zone (Asia/Shanghai, say), found \"{text}\"")))
}

/// `30m`, `2h`, `1d`.
pub fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let text = Cow::<'de, str>::deserialize(d)?;
    humantime::parse_duration(&text)
        .map_err(|_| de::Error::custom(format_args!("expected a duration (30m, 2h, 1d), found \"{text}\"")))
}

/// ISO 4217.
pub fn currency<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text = String::deserialize(d)?;
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text);
    }
    Err(de::Error::custom(format_args!("expected a currency (CNY, say), found \"{text}\"")))
}
