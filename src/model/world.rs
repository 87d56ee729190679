//! The read-only view that every decision is handed: configuration and the global tables.

use std::collections::HashMap;
use std::sync::Arc;

use super::{HashKey, Merchant};
use crate::notify::Policy;
use crate::track::Rules;

/// One consistent snapshot; a new one is made when a global table changes.
#[derive(Clone, Debug)]
pub struct World {
    /// Limits, promises and who is told.
    pub rules: Arc<Rules>,
    /// How notices are sent.
    pub policy: Arc<Policy>,
    /// The secret under which contacts become recipient keys.
    pub hash_key: HashKey,
    /// `merchants.v1` by merchant.
    pub merchants: Arc<HashMap<String, Merchant>>,
}
