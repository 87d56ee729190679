//! What customers may choose about a parcel, purely: the links that let them, and what a page shows.
//!
//! In come a parcel's situation and the configured offers; out go options with place or slot, fee, effect on the date and
//! deadline. What always holds: a link is valid for one parcel, journey and reader until a day; nothing is offered for which
//! the data is missing; whoever may not choose learns nothing of the parcel.

mod base32;
pub mod form;
mod identity;
mod links;
mod offer;
mod offers;
mod page;
mod settings;
mod situation;
mod value;

#[cfg(test)]
mod tests;

pub use identity::{ChoiceParts, answer_id, choice_id, is_answer, proof, proof_of_phone, work_order_id};
pub use links::{Link, LinkKey, Links};
pub use offer::{OFFERS_MAX, Refusal, in_short};
pub use offers::{Area, Offers, Place, PlaceKind, Terms};
pub use page::{
    Answered, Collection, Doubt, HistoryLine, Offer, OpenCondition, Page, PageState, PlaceView, ProofState, Standing,
};
pub use settings::{LINK_DAYS_MAX, REFERENCE, Settings};
pub use situation::{Phase, Situation};
pub use value::{Amount, Name, Window, currency};
