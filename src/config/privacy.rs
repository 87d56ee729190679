//! `[privacy]`: the secret under which contacts become recipient keys.

use serde::Deserialize;

use super::Secret;
use super::listen::check_strength;
use crate::channel::SecretError;
use crate::document::Check;
use crate::model::HashKey;

/// What keeps people's contacts out of topics and logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// None: the development key.
    hash_key: Option<Secret>,
}

/// Stands in for a key while nothing is sent. Published here, so a recipient key made with it can be
/// guessed from a phone number: real sending refuses it.
const DEVELOPMENT_KEY: &[u8] = b"parcelwatch development key, known to everybody";

impl Privacy {
    /// The key in force, read now.
    pub fn hash_key(&self) -> Result<HashKey, SecretError> {
        match &self.hash_key {
            Some(secret) => Ok(HashKey::new(secret.read()?.reveal())),
            None => Ok(HashKey::new(DEVELOPMENT_KEY)),
        }
    }

    /// Whether the key is the one that everybody knows: to be warned about, and refused for sending.
    pub fn is_development(&self) -> bool {
        self.hash_key.is_none()
    }

    pub(super) fn check(&self, check: &mut Check<'_>) {
        if let Some(secret) = &self.hash_key {
            check_strength(check, secret, "privacy.hash_key");
        }
    }
}
