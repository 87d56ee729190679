//! The read-only view that every decision is handed: configuration and the global tables.

use std::collections::HashMap;
use std::sync::Arc;

use super::{HashKey, Merchant, StateVersion};
use crate::notify::Policy;
use crate::notify::render::Words;
use crate::reroute::{Links, Offers, Settings};
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
    /// Makes the links of notices; none where no page is configured to which they could lead.
    pub links: Option<Arc<Links>>,
    /// What notices are worded with.
    pub words: Arc<Words>,
    /// What customers may choose; nothing, where no file says so.
    pub offers: Arc<Offers>,
    /// What holds for every choice.
    pub reroute: Settings,
    /// The newest version of saved state that may be written.
    pub state_version: StateVersion,
    /// How many partitions `notices.v1` has; a notifier sees what is in one of them.
    pub notice_partitions: u32,
    /// `merchants.v1` by merchant.
    pub merchants: Arc<HashMap<String, Merchant>>,
}

impl World {
    /// Configuration without anything that is optional, the newest state, one partition, and empty tables.
    pub fn new(rules: Rules, policy: Policy, hash_key: HashKey) -> World {
        World {
            rules: Arc::new(rules),
            policy: Arc::new(policy),
            hash_key,
            links: None,
            words: Words::builtin(),
            offers: Arc::default(),
            reroute: Settings::default(),
            state_version: StateVersion::NEWEST,
            notice_partitions: 1,
            merchants: Arc::default(),
        }
    }
}
