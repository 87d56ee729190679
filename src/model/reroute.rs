//! A customer's choice and its answer: the records of `reroutes.v1`.

use serde::{Deserialize, Serialize};

use super::{Audience, Eta, NoticeId, Timestamp};

/// What a customer may choose. Part of saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum RerouteOption {
    Reschedule,
    Locker,
    Station,
    Outlet,
    Address,
    SafePlace,
    Neighbour,
    Hold,
    Return,
}

impl RerouteOption {
    /// Every option, in the order in which they are shown.
    pub const ALL: [RerouteOption; 9] = [
        RerouteOption::Reschedule,
        RerouteOption::Locker,
        RerouteOption::Station,
        RerouteOption::Outlet,
        RerouteOption::Address,
        RerouteOption::SafePlace,
        RerouteOption::Neighbour,
        RerouteOption::Hold,
        RerouteOption::Return,
    ];

    /// The name on the wire, in the offers file, templates and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            RerouteOption::Reschedule => "reschedule",
            RerouteOption::Locker => "locker",
            RerouteOption::Station => "station",
            RerouteOption::Outlet => "outlet",
            RerouteOption::Address => "address",
            RerouteOption::SafePlace => "safe_place",
            RerouteOption::Neighbour => "neighbour",
            RerouteOption::Hold => "hold",
            RerouteOption::Return => "return",
        }
    }

    /// The option of this name.
    pub fn from_name(name: &str) -> Option<RerouteOption> {
        RerouteOption::ALL.into_iter().find(|option| option.name() == name)
    }
}

/// Where a choice stands, or what a record does to it. Part of saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RerouteChange {
    /// The customer chose; the executing system has not answered yet.
    Requested,
    /// The executing system does it.
    Accepted,
    /// It is not done.
    Refused,
    /// The customer took it back in time.
    Cancelled,
    /// No choice: links of this journey given out until now are valid no more.
    Revoked,
    /// No choice: the recipient has the parcel that is said to be delivered.
    Confirmed,
    /// No choice: they do not have it.
    Denied,
}

impl RerouteChange {
    /// Every change.
    pub const ALL: [RerouteChange; 7] = [
        RerouteChange::Requested,
        RerouteChange::Accepted,
        RerouteChange::Refused,
        RerouteChange::Cancelled,
        RerouteChange::Revoked,
        RerouteChange::Confirmed,
        RerouteChange::Denied,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            RerouteChange::Requested => "requested",
            RerouteChange::Accepted => "accepted",
            RerouteChange::Refused => "refused",
            RerouteChange::Cancelled => "cancelled",
            RerouteChange::Revoked => "revoked",
            RerouteChange::Confirmed => "confirmed",
            RerouteChange::Denied => "denied",
        }
    }

    /// Whether it is about an option: a choice, and not something else that a link is good for.
    pub const fn is_of_choice(self) -> bool {
        !matches!(self, RerouteChange::Revoked | RerouteChange::Confirmed | RerouteChange::Denied)
    }
}

/// What an option costs its chooser. Never left out: "free" is an amount of zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// A decimal number, "0.00" say.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

impl Fee {
    /// Whether nothing is to be paid.
    pub fn is_free(&self) -> bool {
        self.amount.bytes().all(|byte| matches!(byte, b'0' | b'.'))
    }
}

/// The particulars of a choice, by option: a place for locker, station and outlet, a slot for `reschedule`, a
/// text for address, safe place and neighbour. Part of saved state.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// The facility's id in the offers file.
    pub place: Option<String>,
    /// When the parcel is to come.
    pub slot: Option<Eta>,
    /// The new address, the safe place or the neighbour, in the customer's words.
    pub text: Option<String>,
}

impl std::fmt::Debug for Detail {
    /// Without the text: an address is not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detail").field("place", &self.place).field("slot", &self.slot).finish_non_exhaustive()
    }
}

/// A record of `reroutes.v1`, keyed by parcel id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reroute {
    /// Function of link, option and detail, so that a repeat has no effect; answers name the choice that they answer.
    pub id: String,
    #[allow(missing_docs)]
    pub parcel_id: String,
    /// 0, and left out: the present one (answers, and links that are taken back).
    #[serde(default, skip_serializing_if = "is_present")]
    pub journey: u32,
    /// The notice whose link was followed, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_id: Option<NoticeId>,
    #[allow(missing_docs)]
    pub change: RerouteChange,
    /// None for `revoked`, `confirmed` and `denied` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<RerouteOption>,
    #[allow(missing_docs)]
    #[serde(default)]
    pub detail: Detail,
    /// As it was shown to the chooser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Fee>,
    #[allow(missing_docs)]
    pub at: Timestamp,
    /// Whose link chose, or who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the customer gave as a second proof, as `reroute::proof` hashes it; for `address` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// `Page::revision` of the page on which this choice was made: of two pages open at once the older one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
}

fn is_present(journey: &u32) -> bool {
    *journey == 0
}

/// What a notice says of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The choice's id.
    pub id: String,
    #[allow(missing_docs)]
    pub option: RerouteOption,
    #[allow(missing_docs)]
    pub change: RerouteChange,
    /// The facility's id, and its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[allow(missing_docs)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_name: Option<String>,
    /// When the parcel is to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Eta>,
    #[allow(missing_docs)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Fee>,
    /// Why it was refused: a word of ours (`reroute::Refusal` has them) or the executing system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An option that a notice offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    #[allow(missing_docs)]
    pub option: RerouteOption,
    /// Of its cheapest place or slot.
    pub fee: Fee,
}

/// Whose link it is.
pub const LINK_AUDIENCES: [Audience; 2] = [Audience::Recipient, Audience::Sender];
