//! Durations as people write them: `30m`, `8h10m`, `7d`.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A duration in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(super) struct Text(pub Duration);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Text, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        humantime::parse_duration(&text)
            .map(Text)
            .map_err(|_| de::Error::custom(format_args!("expected a duration (30m, 8h10m, 7d), found \"{text}\"")))
    }
}

/// For `#[serde(deserialize_with = "...")]`.
pub(super) fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    Text::deserialize(d).map(|text| text.0)
}

/// The same where a key may be left out.
pub(super) fn optional<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Duration>, D::Error> {
    text(d).map(Some)
}
