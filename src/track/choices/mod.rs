//! What customers chose about a parcel. A third saved entry, made with the first choice and gone with the parcel, so that a new
//! address leaves state when contacts do and a parcel about which nothing was chosen costs nothing.
//!
//! In come the records of `reroutes.v1`; `requested`, `answered` and `taken_back` apply them, `situation` says where the parcel
//! stands for the one who chooses. Whatever follows from a choice (promise, consent) is derived from the one that stands and
//! never written over what was announced: a choice that is refused or taken back leaves nothing behind.
//!
//! What always holds: at most one choice stands; a record that was applied has no effect again.

mod answered;
mod requested;
mod situation;
mod taken_back;

use serde::{Deserialize, Serialize};

use super::answers;
use super::input::Scan;
use super::step::Step;
use crate::model::{
    Audience, Code, Detail, Eta, Fee, Reroute, RerouteChange, RerouteOption, RerouteOutcome, StandingChoice, Timestamp,
};

pub(super) use requested::order_about;
pub(super) use situation::{can_take_back, of_reader, proof_of_reader, proof_tries_left};

/// Choices that a parcel remembers in a journey; then nothing is offered, and further ones are ignored. More: whoever plays with a link fills the state. Fewer:
/// somebody who changes their mind often cannot any more.
const REMEMBERED_MAX: usize = 32;

/// Everything about choices in the present journey.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Choices {
    /// In the order in which they were read, those that were refused at once among them.
    pub made: Vec<Choice>,
    /// Counts the changes of what stands: a page that is older than one of them decides nothing.
    pub revision: u32,
    /// Second proofs that were wrong.
    pub wrong_proofs: u32,
    /// The last day of the links that were taken back.
    pub revoked_through: Option<u16>,
    /// The newest records that took links back.
    pub revocations: Vec<String>,
}

/// A choice and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Choice {
    pub id: String,
    pub option: RerouteOption,
    /// With the chooser's words.
    pub detail: Detail,
    pub fee: Option<Fee>,
    /// Who chose.
    pub by: Audience,
    pub change: RerouteChange,
    /// Why it was refused or replaced.
    pub reason: Option<String>,
    /// When the record of it was read.
    pub at: Timestamp,
    /// When the last record that changed it was read.
    pub answered_at: Option<Timestamp>,
    /// Until when it could be chosen, and can be taken back.
    pub until: Timestamp,
    /// When it would come.
    pub arrives: Option<Eta>,
    /// The promise that it makes instead of the one before.
    pub promise: Option<Timestamp>,
    /// The instant of its last change, while that is to be told.
    pub untold: Option<Timestamp>,
    /// Its tour came and nobody was reached: it says nothing of the next one.
    pub over: bool,
}

impl Choice {
    /// Whether it is carried out or waits to be.
    pub fn stands(&self) -> bool {
        !self.over && matches!(self.change, RerouteChange::Requested | RerouteChange::Accepted)
    }

    /// Whether a failed attempt at that time was the one that it was about.
    fn failed(&self, event_time: Timestamp) -> bool {
        use RerouteOption::*;
        let of_a_tour = matches!(self.option, Reschedule | SafePlace | Neighbour);
        of_a_tour && self.arrives.is_some_and(|arrives| event_time >= arrives.from) && event_time > self.at
    }

    /// The consent that it is: to a place where nobody takes the parcel in person.
    pub fn consent(&self) -> Option<&'static str> {
        matches!(self.option, RerouteOption::Locker | RerouteOption::Station).then(|| self.option.name())
    }

    /// As changes of conditions name it.
    pub fn standing(&self) -> StandingChoice {
        StandingChoice {
            id: self.id.clone(),
            option: self.option,
            change: self.change,
            place: self.detail.place.clone(),
        }
    }
}

impl Choices {
    /// Whether no further choice is remembered.
    pub fn is_full(&self) -> bool {
        self.made.len() >= REMEMBERED_MAX
    }

    /// The choice that stands.
    pub fn standing(&self) -> Option<&Choice> {
        self.made.iter().rev().find(|choice| choice.stands())
    }

    fn standing_mut(&mut self) -> Option<&mut Choice> {
        self.made.iter_mut().rev().find(|choice| choice.stands())
    }

    fn find(&self, id: &str) -> Option<&Choice> {
        self.made.iter().find(|choice| choice.id == id)
    }
}

/// Applies a record to a parcel of its journey.
pub(super) fn apply(step: &mut Step<'_>, record: &Reroute) -> RerouteOutcome {
    match record.change {
        RerouteChange::Requested => requested::apply(step, record),
        RerouteChange::Accepted | RerouteChange::Refused => answered::apply(step, record),
        RerouteChange::Cancelled => taken_back::cancelled(step, record),
        RerouteChange::Revoked => taken_back::revoked(step, record),
        RerouteChange::Confirmed | RerouteChange::Denied => answers::apply(step, record),
    }
}

/// A scan was accepted: a parcel that waits where its recipient wanted it is an answer, too, and an appointment that failed
/// is none any more.
pub(super) fn scanned(step: &mut Step<'_>, scan: &Scan) {
    let at = step.at;
    let Some(choice) = step.choices.as_deref_mut().and_then(Choices::standing_mut) else { return };
    let is_there = choice.detail.place.is_some() && choice.detail.place.as_deref() == scan.place.place.as_deref();
    if scan.code() == Code::AwaitingCollection && is_there && choice.change == RerouteChange::Requested {
        choice.change = RerouteChange::Accepted;
        choice.answered_at = Some(at);
    }
    if scan.code() == Code::AttemptFailed && choice.failed(scan.event_time) {
        choice.over = true;
    }
}

/// Whose link a record speaks for: the recipient's, unless it says the sender's.
pub(super) fn chooser(record: &Reroute) -> Audience {
    match record.by.as_deref() {
        Some("sender") => Audience::Sender,
        _ => Audience::Recipient,
    }
}
