//! Bytes of the input topics to what the machines take, purely.
//!
//! In: a record's value and its time. Out: an input, or a [`Reject`] that says where in the record what
//! was expected and found. What always holds: nothing here panics on any bytes; a malformed optional field counts as
//! absent and is listed so that it can be counted; no message repeats the record's content.

mod announcement;
mod control;
mod field;
mod merchant;
mod notice;
mod preference;
mod receipt;
mod reroute;
mod route;
mod scan;
mod shipment;
mod text;

#[cfg(test)]
mod tests;

use crate::model::{Reject, Timestamp};
use crate::track::Input;

pub use announcement::announcement;
pub use merchant::merchant;
pub use notice::{NotifierTopic, notifier_input};
pub use reroute::reroute;
pub use scan::{RecordTime, scan};
pub use shipment::shipment;

/// Fields of inputs that count as absent where they are malformed: the labels under which they are counted.
pub const OPTIONAL_FIELDS: [&str; 34] = [
    "at",
    "by",
    "cancelled",
    "channels",
    "consent",
    "destination",
    "detail",
    "fee",
    "flags",
    "free_until",
    "hub",
    "id",
    "locale",
    "merchant",
    "notice_id",
    "opt_out",
    "origin",
    "pickup_code",
    "place",
    "place_kind",
    "promise",
    "proof",
    "quiet_hours",
    "reason",
    "recipient",
    "revision",
    "route",
    "route.hub",
    "route.within",
    "sender",
    "service",
    "shipped_at",
    "updated_at",
    "upload_time",
];

/// The inputs of the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum InputTopic {
    Shipments,
    Scans,
    Reroutes,
}

/// Decodes a record of one of the tracker's inputs; `record_time` is the record's own time T (runtime.md, "Time").
pub fn tracker_input(topic: InputTopic, value: Option<&[u8]>, record_time: Timestamp) -> Result<Input, Reject> {
    match topic {
        InputTopic::Shipments => shipment(value).map(|shipment| Input::Shipment(Box::new(shipment))),
        InputTopic::Scans => scan(value, RecordTime::Broker(record_time)).map(|scan| Input::Scan(Box::new(scan))),
        InputTopic::Reroutes => reroute(value, record_time)
            .map(|(reroute, malformed)| Input::Reroute { record: Box::new(reroute), malformed }),
    }
}
