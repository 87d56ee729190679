//! What a scan can say, in the order that rules.md calls the stage order.

use serde::{Deserialize, Serialize};

/// A scan's code. The order of the variants is the stage order of wire.md and part of the saved
/// state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Code {
    PickedUp,
    Sorted,
    DepartedHub,
    ArrivedHub,
    ArrivedDestination,
    OutForDelivery,
    AttemptFailed,
    AwaitingCollection,
    Collected,
    Delivered,
    Held,
    CustomsHeld,
    CustomsReleased,
    Forwarded,
    Damaged,
    Refused,
    Returning,
    Returned,
    Lost,
    Cancelled,
}

/// Where a parcel waits, for the limits of `stalled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DwellClass {
    AtHub,
    InTransit,
    OutForDelivery,
}

impl Code {
    /// Every code, in stage order.
    pub const ALL: [Code; 20] = [
        Code::PickedUp,
        Code::Sorted,
        Code::DepartedHub,
        Code::ArrivedHub,
        Code::ArrivedDestination,
        Code::OutForDelivery,
        Code::AttemptFailed,
        Code::AwaitingCollection,
        Code::Collected,
        Code::Delivered,
        Code::Held,
        Code::CustomsHeld,
        Code::CustomsReleased,
        Code::Forwarded,
        Code::Damaged,
        Code::Refused,
        Code::Returning,
        Code::Returned,
        Code::Lost,
        Code::Cancelled,
    ];

    /// The code's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Code::PickedUp => "picked_up",
            Code::Sorted => "sorted",
            Code::DepartedHub => "departed_hub",
            Code::ArrivedHub => "arrived_hub",
            Code::ArrivedDestination => "arrived_destination",
            Code::OutForDelivery => "out_for_delivery",
            Code::AttemptFailed => "attempt_failed",
            Code::AwaitingCollection => "awaiting_collection",
            Code::Collected => "collected",
            Code::Delivered => "delivered",
            Code::Held => "held",
            Code::CustomsHeld => "customs_held",
            Code::CustomsReleased => "customs_released",
            Code::Forwarded => "forwarded",
            Code::Damaged => "damaged",
            Code::Refused => "refused",
            Code::Returning => "returning",
            Code::Returned => "returned",
            Code::Lost => "lost",
            Code::Cancelled => "cancelled",
        }
    }

    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }

    /// A movement of the parcel, not a reason or a cancellation (rules.md, "Scans and stages").
    pub const fn is_physical(self) -> bool {
        !matches!(self, Code::Held | Code::CustomsHeld | Code::CustomsReleased | Code::Cancelled)
    }

    /// From the courier's van to the recipient.
    pub const fn is_last_mile(self) -> bool {
        use Code::*;
        matches!(self, OutForDelivery | AttemptFailed | AwaitingCollection | Collected | Delivered | Refused)
    }

    /// Ends the journey.
    pub const fn is_end(self) -> bool {
        matches!(self, Code::Delivered | Code::Collected | Code::Returned | Code::Lost | Code::Cancelled)
    }

    /// Says in which hub it happened, so that `hub` is required.
    pub const fn is_hub_code(self) -> bool {
        matches!(self, Code::Sorted | Code::DepartedHub | Code::ArrivedHub | Code::ArrivedDestination)
    }

    /// The first of these stops the promise clock.
    pub const fn stops_promise_clock(self) -> bool {
        use Code::*;
        matches!(self, AttemptFailed | AwaitingCollection | Collected | Delivered | Refused | Returning)
    }

    /// Which limits of `stalled` apply after this scan; none where a parcel may rest.
    pub const fn dwell_class(self) -> Option<DwellClass> {
        use Code::*;
        match self {
            PickedUp | Sorted | ArrivedHub | ArrivedDestination | AttemptFailed | Damaged | Refused => {
                Some(DwellClass::AtHub)
            }
            DepartedHub | Forwarded | Returning => Some(DwellClass::InTransit),
            OutForDelivery => Some(DwellClass::OutForDelivery),
            _ => None,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
