//! A merchant's endpoints: the values of the global table `merchants.v1`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::Audience;

/// Shorter windows would be no digest, longer ones no news.
const DIGEST_WINDOWS: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(7 * 24 * 3600);

/// Where a merchant's webhooks go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    #[allow(missing_docs)]
    pub url: String,
    /// Names of secrets (`env:NAME` or `file:PATH`), the newest first; every one signs, so that a
    /// rotation overlaps. Never the secret itself.
    #[serde(default)]
    pub secrets: Vec<String>,
}

impl std::fmt::Debug for Webhook {
    /// An endpoint's URL may carry a token: it is not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

/// A value of `merchants.v1`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// The key; `shipment.merchant` names it.
    pub merchant: String,
    #[allow(missing_docs)]
    #[serde(default)]
    pub name: Option<String>,
    #[allow(missing_docs)]
    #[serde(default)]
    pub webhook: Option<Webhook>,
    #[allow(missing_docs)]
    #[serde(default)]
    pub email: Option<String>,
    #[allow(missing_docs)]
    #[serde(default)]
    pub locale: Option<String>,
    /// Whose notices about its parcels the merchant is told; absent: its own.
    #[serde(default)]
    pub audiences: Option<Vec<Audience>>,
    /// Its notices are collected for this long ("1h") and told in one digest; absent or unusable: each by itself.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub digest: Option<String>,
}

impl Merchant {
    /// How long its notices are collected; none where each is told by itself.
    pub fn digest_window(&self) -> Option<Duration> {
        let window = humantime::parse_duration(self.digest.as_deref()?).ok()?;
        DIGEST_WINDOWS.contains(&window).then_some(window)
    }
}

/// What is no text counts as absent: a merchant is to be told all the same.
fn text_or_nothing<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(serde_json::Value::deserialize(d)?.as_str().map(str::to_owned))
}

impl std::fmt::Debug for Merchant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merchant").field("merchant", &self.merchant).finish_non_exhaustive()
    }
}
