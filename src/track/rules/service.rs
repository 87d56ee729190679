//! What a service level promises.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::Text;

/// A service level's promise, counted from the pickup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    #[serde(default)]
    promise: Promise,
    /// By how the destination's area code begins.
    #[serde(default)]
    areas: BTreeMap<String, Text>,
}

/// A duration, or an empty text for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Promise(Option<Duration>);

impl<'de> Deserialize<'de> for Promise {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Promise, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        if text.is_empty() {
            return Ok(Promise(None));
        }
        humantime::parse_duration(&text).map(|promise| Promise(Some(promise))).map_err(|_| {
            serde::de::Error::custom(format_args!("expected a duration (24h, 3d) or \"\" for none, found \"{text}\""))
        })
    }
}

impl Service {
    /// The promise for a destination in this area; none where nothing is promised.
    pub fn promised(&self, area: Option<&str>) -> Option<Duration> {
        let area = area.unwrap_or_default();
        let own = self.areas.iter().filter(|(prefix, _)| area.starts_with(prefix.as_str()));
        own.max_by_key(|(prefix, _)| prefix.len()).map(|(_, promise)| promise.0).or(self.promise.0)
    }
}
