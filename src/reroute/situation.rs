//! Where a parcel stands, as far as that decides what may be chosen about it.

use crate::model::{Audience, Detail, RerouteOption, Timestamp};

/// How far a parcel is on its way, for the one who chooses. In order: it may go back from `AfterAttempt` only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is not yet out for delivery.
    Before,
    /// It is on a tour.
    OutForDelivery,
    /// Nobody was reached, and it is not on a tour again.
    AfterAttempt,
    /// It waits to be collected.
    Waiting,
    /// It returns, or its journey has ended, or it is lost or damaged.
    Over,
}

/// What of a parcel decides what may be chosen.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Situation<'a> {
    pub now: Timestamp,
    /// Who chooses.
    pub audience: Audience,
    pub phase: Phase,
    /// Of the destination.
    pub area: Option<&'a str>,
    pub service: Option<&'a str>,
    pub flags: &'a [Box<str>],
    /// By when it is promised, whatever was chosen since; it is not awaited at the destination's tours before.
    pub promise: Option<Timestamp>,
    /// It has arrived where its tour begins, whatever is promised.
    pub at_destination: bool,
    /// Where it waits, and how long free of charge.
    pub waits_at: Option<&'a str>,
    pub waits_since: Option<Timestamp>,
    pub free_until: Option<Timestamp>,
    /// What was chosen and stands.
    pub chosen: Option<(RerouteOption, &'a Detail)>,
    /// So much was chosen that nothing more is remembered: what stands can be taken back, and that is all.
    pub used_up: bool,
    /// The second proof can be given.
    pub can_prove: bool,
    /// In which the places are named.
    pub locale: Option<&'a str>,
}

impl Situation<'_> {
    /// Whether the parcel has one of these flags.
    pub fn has_flag(&self, flags: &[impl AsRef<str>]) -> bool {
        self.flags.iter().any(|own| flags.iter().any(|flag| flag.as_ref() == &**own))
    }

    /// Whether it is known with which tour it goes out.
    pub fn can_be_dated(&self) -> bool {
        let is_in_time = self.promise.is_some_and(|promise| promise > self.now);
        self.phase != Phase::Before || self.at_destination || is_in_time
    }

    /// Whether the option makes sense where the parcel is, for the one who chooses (domain.md, "Reroute matrix"): whoever sent it
    /// may call it back, how it reaches its recipient is the recipient's to say.
    pub fn makes_sense(&self, option: RerouteOption) -> bool {
        use RerouteOption::*;
        let options: &[RerouteOption] = match (self.audience, self.phase) {
            (Audience::Recipient, Phase::Before) => &[Reschedule, Locker, Station, Outlet, Address, Hold, Return],
            (Audience::Recipient, Phase::OutForDelivery) => &[Reschedule, SafePlace, Neighbour],
            (Audience::Recipient, Phase::AfterAttempt) => {
                &[Reschedule, Locker, Station, Outlet, Address, SafePlace, Neighbour]
            }
            (Audience::Recipient, Phase::Waiting) => &[Reschedule, Hold, Return],
            (Audience::Sender, Phase::Before | Phase::AfterAttempt | Phase::Waiting) => &[Return],
            _ => &[],
        };
        options.contains(&option)
    }
}
