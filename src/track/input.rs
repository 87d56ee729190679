//! What the tracker is handed: decoded records.

use serde::{Deserialize, Serialize};

use crate::model::{Code, Recipient, Reroute, Timestamp};

/// A record of one of the tracker's inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Input {
    Shipment(Box<Shipment>),
    Scan(Box<Scan>),
    Reroute {
        record: Box<Reroute>,
        /// Optional fields that count as absent.
        malformed: Vec<&'static str>,
    },
}

impl Input {
    /// The parcel that it is about.
    pub fn parcel_id(&self) -> &str {
        match self {
            Input::Shipment(shipment) => &shipment.parcel_id,
            Input::Scan(scan) => &scan.parcel_id,
            Input::Reroute { record, .. } => &record.parcel_id,
        }
    }
}

/// By what a repeated scan is recognised, within a parcel (wire.md, "scan"). Part of saved state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    #[allow(missing_docs)]
    pub code: Code,
    #[allow(missing_docs)]
    pub hub: Option<Box<str>>,
    /// `event_time` as received, in whole seconds since 1970; the local reading where it had no zone.
    pub second: i64,
    /// Whether it had a zone.
    pub zoned: bool,
}

/// Why `event_time` is not the one received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// It lay ahead of the record itself.
    Future,
    /// It had no zone.
    NoZone,
}

impl Correction {
    /// The label in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Correction::Future => "future",
            Correction::NoZone => "no_zone",
        }
    }
}

/// Where a parcel waits to be collected, as far as the scan says. Part of saved state.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The facility's id.
    pub place: Option<Box<str>>,
    /// `locker`, `station` or `outlet`.
    pub kind: Option<Box<str>>,
    #[allow(missing_docs)]
    pub pickup_code: Option<Box<str>>,
    #[allow(missing_docs)]
    pub free_until: Option<Timestamp>,
}

impl std::fmt::Debug for Place {
    /// Where it is; who has the code has the parcel.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("place", &self.place).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    #[allow(missing_docs)]
    pub parcel_id: String,
    /// Code and hub, and by what a repeat is recognised.
    pub identity: Identity,
    /// When it happened, corrected where that cannot be.
    pub event_time: Timestamp,
    /// The offset from UTC in which that was written.
    pub offset_minutes: i16,
    /// When the hub's gateway passed it on, where known.
    pub upload_time: Option<Timestamp>,
    /// Whether and why `event_time` was replaced.
    pub corrected: Option<Correction>,
    /// The hub's word for why, `weather` say.
    pub reason: Option<Box<str>>,
    /// For `awaiting_collection`.
    pub place: Place,
    /// Optional fields that count as absent.
    pub malformed: Vec<&'static str>,
}

impl Scan {
    /// What it says.
    pub fn code(&self) -> Code {
        self.identity.code
    }

    /// Where it happened, where known.
    pub fn hub(&self) -> Option<&str> {
        self.identity.hub.as_deref()
    }
}

/// One end of a parcel's way. Part of saved state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Endpoint {
    pub hub: Option<Box<str>>,
    pub area: Option<Box<str>>,
}

/// What should be scanned next, and within what time. Part of saved state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    #[allow(missing_docs)]
    pub code: Code,
    /// Any hub, where there is none.
    pub hub: Option<Box<str>>,
    /// Milliseconds after the previous milestone; without, it is never due.
    pub within_ms: Option<u64>,
}

/// A shipment record. Fields that it does not name leave what is known.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Shipment {
    pub parcel_id: String,
    pub ordered_at: Timestamp,
    pub shipped_at: Option<Timestamp>,
    pub promise: Option<Timestamp>,
    /// When it changed; its time in `replay`.
    pub updated_at: Option<Timestamp>,
    pub merchant: Option<Box<str>>,
    pub service: Option<Box<str>>,
    pub origin: Option<Endpoint>,
    pub destination: Option<Endpoint>,
    pub route: Option<Vec<Milestone>>,
    pub recipient: Option<Recipient>,
    pub sender: Option<Recipient>,
    pub flags: Option<Vec<Box<str>>>,
    pub consent: Option<Vec<Box<str>>>,
    pub cancelled: Option<bool>,
    /// Optional fields that count as absent.
    pub malformed: Vec<&'static str>,
}

impl std::fmt::Debug for Shipment {
    /// Which parcel and when; areas and people are not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shipment")
            .field("parcel_id", &self.parcel_id)
            .field("ordered_at", &self.ordered_at)
            .finish_non_exhaustive()
    }
}
