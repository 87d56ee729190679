//! Why a notice is sent, held or not sent: bounded names, for metrics, records and people.

use serde::{Deserialize, Serialize};

use crate::model::Decision;

/// Why a notice is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The first of its group in this journey, or since the group recovered.
    First,
    /// Worse than what its group has told.
    Worse,
    /// The date moved to another day, or by hours.
    ChangedDate,
    /// A delivery attempt.
    Attempt,
    /// The parcel waits to be collected.
    Collection,
    /// What was told is over.
    Recovered,
    /// What was told was never true.
    Corrected,
    /// The digest of a hub or merchant.
    Digest,
    /// What became of the reader's choice.
    Choice,
    /// The outcome of an attempt before is unknown: the same again, under the same id.
    Repeat,
}

impl Why {
    /// Every reason to send.
    pub const ALL: [Why; 10] = [
        Why::First,
        Why::Worse,
        Why::ChangedDate,
        Why::Attempt,
        Why::Collection,
        Why::Recovered,
        Why::Corrected,
        Why::Digest,
        Why::Choice,
        Why::Repeat,
    ];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            Why::First => "first",
            Why::Worse => "worse",
            Why::ChangedDate => "changed date",
            Why::Attempt => "attempt",
            Why::Collection => "collection",
            Why::Recovered => "recovered",
            Why::Corrected => "corrected",
            Why::Digest => "digest",
            Why::Choice => "choice",
            Why::Repeat => "repeat",
        }
    }
}

/// Why a notice waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hold {
    /// The reader was told something about this parcel too recently.
    Recent,
    /// It goes into the digest of the hub or merchant.
    Digest,
    /// The reader's quiet hours.
    Quiet,
    /// Too many of its kind in a minute: an operator decides.
    Storm,
    /// A storm held it until now, when an operator released it; what becomes of it follows.
    Released,
}

impl Hold {
    /// Every reason to hold.
    pub const ALL: [Hold; 5] = [Hold::Recent, Hold::Digest, Hold::Quiet, Hold::Storm, Hold::Released];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            Hold::Recent => "told recently",
            Hold::Digest => "digest",
            Hold::Quiet => "quiet hours",
            Hold::Storm => "storm",
            Hold::Released => "storm released",
        }
    }
}

/// Why a notice is not sent. Part of the saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Suppression {
    /// The reader has no contact that a channel could use.
    NoContact,
    /// The only contact is a webhook that said 410 Gone and has not been renewed.
    EndpointGone,
    /// `send` is off for it.
    SendOff,
    /// The tracker withdrew it, or a newer notice says that what it tells is over.
    Withdrawn,
    /// A newer or worse notice of its group takes its place.
    Superseded,
    /// The reader knows as much already.
    NotWorse,
    /// It resolves nothing that the reader was told.
    NothingTold,
    /// It says that all is well, and something else that was told still stands.
    StillOpen,
    /// It says that all is well, and there is other news.
    OtherNews,
    /// There are no words for it, or its text cannot be made.
    NoWords,
    /// The reader has opted out of every channel by which it could be reached.
    OptedOut,
    /// So many notices about the parcel wait for its reader that the oldest gives way.
    TooMany,
    /// An operator discarded what a storm held.
    StormDiscarded,
    /// It is told by the digest of its window, which is a notice of its own.
    InDigest,
}

impl Suppression {
    /// Every reason not to send.
    pub const ALL: [Suppression; 14] = [
        Suppression::NoContact,
        Suppression::EndpointGone,
        Suppression::SendOff,
        Suppression::Withdrawn,
        Suppression::Superseded,
        Suppression::NotWorse,
        Suppression::NothingTold,
        Suppression::StillOpen,
        Suppression::OtherNews,
        Suppression::NoWords,
        Suppression::OptedOut,
        Suppression::TooMany,
        Suppression::StormDiscarded,
        Suppression::InDigest,
    ];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            Suppression::NoContact => "no contact",
            Suppression::EndpointGone => "endpoint gone",
            Suppression::SendOff => "send off",
            Suppression::Withdrawn => "withdrawn",
            Suppression::Superseded => "superseded",
            Suppression::NotWorse => "not worse",
            Suppression::NothingTold => "nothing told",
            Suppression::StillOpen => "still open",
            Suppression::OtherNews => "other news",
            Suppression::NoWords => "no words",
            Suppression::OptedOut => "opted out",
            Suppression::TooMany => "too many wait",
            Suppression::StormDiscarded => "storm discarded",
            Suppression::InDigest => "in digest",
        }
    }
}

/// The reason of a shadowed notice.
pub const SHADOW: &str = "send shadow";
/// The reason of an expired notice.
pub const EXPIRED: &str = "no longer of use";

/// Every decision with every reason that it can have, as they are counted.
pub fn reasons() -> impl Iterator<Item = (Decision, &'static str)> {
    // A repeat is counted as an attempt, not as another decision.
    let sent = Why::ALL.into_iter().filter(|why| *why != Why::Repeat).map(|why| (Decision::Sent, why.name()));
    let held = Hold::ALL.into_iter().map(|hold| (Decision::Held, hold.name()));
    let suppressed = Suppression::ALL.into_iter().map(|suppression| (Decision::Suppressed, suppression.name()));
    sent.chain(held).chain(suppressed).chain([(Decision::Shadow, SHADOW), (Decision::Expired, EXPIRED)])
}
