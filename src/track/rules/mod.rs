//! The tracker's configuration: limits, promises, and who is told. Read from the tables `[limits]`,
//! `[services]`, `[alternates]`, `[tell]` and `[expires]`; `reference.toml` documents every key and is what is loaded where
//! nothing else is said.

mod clock;
mod duration;
mod limits;
mod service;
mod tell;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

pub use self::clock::ClockTime;
pub use self::limits::{Levels, Limits};
pub use self::service::Service;
pub use self::tell::{Expires, Tell, TellFrom};

use self::limits::Section;

/// The commented default of the five tables.
pub const REFERENCE: &str = include_str!("../reference.toml");

/// Limits, promises and who is told.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Sections")]
pub struct Rules {
    limits: Limits,
    by_service: BTreeMap<String, Limits>,
    services: BTreeMap<String, Service>,
    alternates: BTreeMap<String, BTreeSet<String>>,
    /// Who is told of what.
    pub tell: Tell,
    /// For how long notices are of use.
    pub expires: Expires,
}

/// The tables as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    limits: Section,
    services: BTreeMap<String, Service>,
    alternates: BTreeMap<String, BTreeSet<String>>,
    tell: Tell,
    expires: Expires,
}

impl From<Sections> for Rules {
    fn from(sections: Sections) -> Rules {
        let Sections { limits, services, alternates, tell, expires } = sections;
        let (limits, by_service) = limits.resolved();
        Rules { limits, by_service, services, alternates, tell, expires }
    }
}

impl Default for Rules {
    /// What `reference.toml` says.
    fn default() -> Rules {
        toml_edit::de::from_str(REFERENCE).expect("the commented default is what a test reads")
    }
}

impl Rules {
    /// The limits for parcels of this service level.
    pub fn limits(&self, service: Option<&str>) -> &Limits {
        service.and_then(|service| self.by_service.get(service)).unwrap_or(&self.limits)
    }

    /// What the service level promises from the pickup to a destination in this area; none where it promises
    /// nothing.
    pub fn promised(&self, service: Option<&str>, area: Option<&str>) -> Option<Duration> {
        self.services.get(service?)?.promised(area)
    }

    /// Whether a parcel whose route names `hub` may be at `other` instead.
    pub fn is_alternate(&self, hub: &str, other: &str) -> bool {
        self.alternates.get(hub).is_some_and(|alternates| alternates.contains(other))
    }

    /// A hash of all that decides when conditions open, equal wherever these rules are loaded: saved beside the
    /// state, so that a change of rules is noticed after a restart.
    pub fn fingerprint(&self) -> u64 {
        #[derive(Serialize)]
        struct Judging<'a>(
            &'a Limits,
            &'a BTreeMap<String, Limits>,
            &'a BTreeMap<String, Service>,
            &'a BTreeMap<String, BTreeSet<String>>,
        );
        let judging = Judging(&self.limits, &self.by_service, &self.services, &self.alternates);
        let bytes = postcard::to_stdvec(&judging).expect("rules have no type that postcard cannot write");
        xxh3_64(&bytes)
    }
}
