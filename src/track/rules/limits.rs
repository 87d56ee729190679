//! The limits of the conditions, and what service levels change in them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ClockTime;
use super::duration::{self, Text};
use crate::model::{DwellClass, Level};

/// When the levels of a condition are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LevelsText")]
pub struct Levels {
    info: Duration,
    warn: Duration,
    major: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelsText {
    info: Text,
    warn: Text,
    major: Text,
}

impl TryFrom<LevelsText> for Levels {
    type Error = &'static str;

    fn try_from(text: LevelsText) -> Result<Levels, &'static str> {
        if text.info <= text.warn && text.warn <= text.major {
            Ok(Levels { info: text.info.0, warn: text.warn.0, major: text.major.0 })
        } else {
            Err("expected info no later than warn and warn no later than major, found another order")
        }
    }
}

impl Levels {
    /// The level above `level` (above none: the lowest), and how long it takes to get there.
    pub fn above(&self, level: Option<Level>) -> Option<(Level, Duration)> {
        match level {
            None => Some((Level::Info, self.info)),
            Some(Level::Info) => Some((Level::Warn, self.warn)),
            Some(Level::Warn) => Some((Level::Major, self.major)),
            Some(Level::Major | Level::Critical) => None,
        }
    }
}

/// Declares every limit once: for all, for a service level that differs, and the table that holds both.
macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty $(, $with:literal, $with_optional:literal)?;)*) => {
        /// The limits in force for a service level; `reference.toml` says what each means.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[allow(missing_docs)]
        pub struct Limits {
            $(pub $name: $type,)*
        }

        /// `[limits]`.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Section {
            $($(#[serde(deserialize_with = $with)])? $name: $type,)*
            #[serde(default)]
            services: BTreeMap<String, Differing>,
        }

        /// `[limits.services.NAME]`.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Differing {
            $(#[serde(default $(, deserialize_with = $with_optional)?)] $name: Option<$type>,)*
        }

        impl Section {
            /// The limits for all, and those of the service levels that differ.
            pub fn resolved(self) -> (Limits, BTreeMap<String, Limits>) {
                let limits = Limits { $($name: self.$name,)* };
                let differing = |own: Differing| Limits { $($name: own.$name.unwrap_or(limits.$name),)* };
                let by_service = self.services.into_iter().map(|(name, own)| (name, differing(own))).collect();
                (limits, by_service)
            }
        }
    };
}

limits! {
    never_uploaded: Duration, "duration::text", "duration::optional";
    overdue_scan_grace: Duration, "duration::text", "duration::optional";
    delayed_grace: Duration, "duration::text", "duration::optional";
    thoroughly_delayed: Duration, "duration::text", "duration::optional";
    dispatch_overdue: Duration, "duration::text", "duration::optional";
    attempt_silent_at: ClockTime;
    stalled_at_hub: Levels;
    stalled_in_transit: Levels;
    stalled_out_for_delivery: Levels;
    uncollected: Levels;
    skipped_scan: Duration, "duration::text", "duration::optional";
    uploaded_late: Duration, "duration::text", "duration::optional";
    uploaded_late_last_mile: Duration, "duration::text", "duration::optional";
    suspect_signature: Duration, "duration::text", "duration::optional";
    suspect_signature_for: Duration, "duration::text", "duration::optional";
    scans_tours: bool;
    unknown_after: Duration, "duration::text", "duration::optional";
    expires_after: Duration, "duration::text", "duration::optional";
    forgotten_after: Duration, "duration::text", "duration::optional";
}

impl Limits {
    /// When a parcel that waits there has stalled.
    pub fn stalled(&self, class: DwellClass) -> &Levels {
        match class {
            DwellClass::AtHub => &self.stalled_at_hub,
            DwellClass::InTransit => &self.stalled_in_transit,
            DwellClass::OutForDelivery => &self.stalled_out_for_delivery,
        }
    }
}
