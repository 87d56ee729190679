//! What a page about a parcel shows: made by the parcel's owner, rendered by whichever instance was asked. No contact is in it
//! that is not masked.

use serde::{Deserialize, Serialize};

use crate::model::{
    Audience, Code, ConditionKind, Detail, Eta, Fee, Level, RecipientKey, RerouteChange, RerouteOption, Timestamp,
};

/// What the owner answers for a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageState {
    /// The parcel is known and the link is valid.
    Open(Box<Page>),
    /// The link belongs to an earlier journey of this parcel id, or was taken back.
    Revoked,
}

/// A parcel as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The last four characters of the parcel's id.
    pub tail: String,
    /// Whose link it is.
    pub audience: Audience,
    /// Whose preferences the page changes.
    pub recipient_key: Option<RecipientKey>,
    /// Of the reader, as the shipment says; whoever shows the page puts what the reader has saved in its place.
    pub locale: Option<String>,
    #[allow(missing_docs)]
    pub time_zone: Option<String>,
    /// Masked, so that its owner recognises it: "王*", "+861**** ****" (the last digits are the second proof).
    pub name: Option<String>,
    #[allow(missing_docs)]
    pub phone: Option<String>,
    #[allow(missing_docs)]
    pub email: Option<String>,
    /// The code of the last scan; none before any.
    pub stage: Option<Code>,
    /// How it ended, if it has: the code of the scan that did, or `cancelled`.
    pub ended: Option<Code>,
    /// Of the last scan.
    pub hub: Option<String>,
    #[allow(missing_docs)]
    pub last_scan: Option<Timestamp>,
    /// The hub's word for why.
    pub reason: Option<String>,
    /// The promise in force, and the one before the customer's choice changed it.
    pub promise: Option<Timestamp>,
    #[allow(missing_docs)]
    pub original_promise: Option<Timestamp>,
    /// A window, where one is known.
    pub eta: Option<Eta>,
    /// What is wrong now, the worst first.
    pub conditions: Vec<OpenCondition>,
    /// Where it waits to be collected.
    pub collection: Option<Collection>,
    /// The newest first.
    pub history: Vec<HistoryLine>,
    /// What may be chosen now, in the order in which it is shown.
    pub offers: Vec<Offer>,
    /// So much was chosen that nothing more is offered.
    #[serde(default)]
    pub used_up: bool,
    /// The choice that stands, else the last one and what became of it.
    pub choice: Option<Standing>,
    /// What was chosen after that and refused: the other one goes on standing.
    #[serde(default)]
    pub refused: Option<Standing>,
    /// Counts the changes of what stands in this journey: forms carry it (`Reroute::revision`).
    pub revision: u32,
    /// The second proof that a change of address asks for.
    pub proof: ProofState,
    /// It is said to be delivered, and its reader is asked, or has said, whether that is so.
    #[serde(default)]
    pub doubt: Option<Doubt>,
}

/// An open condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OpenCondition {
    pub kind: ConditionKind,
    pub level: Level,
    /// The instant whose passing opened it.
    pub since: Timestamp,
}

/// Where a parcel waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Collection {
    pub place: PlaceView,
    pub pickup_code: Option<String>,
    pub free_until: Option<Timestamp>,
}

/// A place as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PlaceView {
    pub id: Option<String>,
    /// `locker`, `station`, `outlet`.
    pub kind: Option<String>,
    pub name: Option<String>,
    /// Opening hours, as a text.
    pub hours: Option<String>,
    /// Street and number of the facility, as a text.
    pub address: Option<String>,
}

/// A scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HistoryLine {
    pub code: Code,
    pub hub: Option<String>,
    pub event_time: Timestamp,
}

/// One thing to choose: a radio card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    #[allow(missing_docs)]
    pub option: RerouteOption,
    /// Place or slot; its text is empty, and the chooser's to give where `asks_text`.
    pub detail: Detail,
    /// For locker, station and outlet.
    pub place: Option<PlaceView>,
    /// Never absent: "free" is shown, too.
    pub fee: Fee,
    /// When it would come, if that is known: the effect on the date.
    pub arrives: Option<Eta>,
    /// Until when it can be chosen.
    pub until: Timestamp,
    /// The chooser says where: an address, a safe place, a neighbour.
    pub asks_text: bool,
    /// The chooser proves who they are.
    pub asks_proof: bool,
}

impl Offer {
    /// Names the offer within its page: the value of its radio button.
    pub fn value(&self) -> String {
        let place = self.detail.place.as_deref().unwrap_or_default();
        let slot = self.detail.slot.map_or_else(String::new, |slot| slot.from.as_millis().to_string());
        format!("{}|{place}|{slot}", self.option.name())
    }
}

/// A choice that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The choice's id.
    pub id: String,
    #[allow(missing_docs)]
    pub option: RerouteOption,
    /// Without the chooser's text.
    pub detail: Detail,
    #[allow(missing_docs)]
    pub place: Option<PlaceView>,
    #[allow(missing_docs)]
    pub fee: Option<Fee>,
    #[allow(missing_docs)]
    pub arrives: Option<Eta>,
    /// Where it stands.
    pub change: RerouteChange,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When it was made, and answered.
    pub at: Timestamp,
    #[allow(missing_docs)]
    pub answered_at: Option<Timestamp>,
    /// Until when it can be taken back.
    pub undo_until: Option<Timestamp>,
}

/// The second proof: the last four digits of the phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofState {
    /// There is a phone to prove by.
    pub possible: bool,
    /// How many wrong ones may still be given in this journey.
    pub tries_left: u32,
}

/// The parcel is said to be delivered, and that is in doubt: did you get it?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// When we heard that it was delivered: tells one doubt from another.
    pub since: Timestamp,
    /// Counts the answers so far.
    pub count: u32,
    /// The answer that stands.
    pub answer: Option<Answered>,
    /// It can still be answered, otherwise too.
    pub is_asked: bool,
}

/// What a reader said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Answered {
    pub id: String,
    pub has_it: bool,
    pub at: Timestamp,
}
