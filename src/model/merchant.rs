//! A merchant's endpoints: the values of the global table `merchants.v1`.

use serde::{Deserialize, Serialize};

use super::Audience;

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
}

impl std::fmt::Debug for Merchant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merchant").field("merchant", &self.merchant).finish_non_exhaustive()
    }
}
