//! Durations as people write them: `100ms`, `2m`, `1h30m`. For `#[serde(with = "config::duration")]`.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// Reads a duration.
pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let text = Cow::<'de, str>::deserialize(d)?;
    humantime::parse_duration(&text)
        .map_err(|_| de::Error::custom(format_args!("expected a duration (100ms, 2m, 1h30m), found \"{text}\"")))
}
