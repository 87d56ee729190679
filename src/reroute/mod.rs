//! What customers may choose about a parcel, purely: the links that let them, and what a page shows.
//!
//! In come a parcel's situation and the configured offers; out go options with place or slot, fee, effect on the date and
//! deadline. What always holds: a link is valid for one parcel, journey and reader until a day; nothing is offered for which
//! the data is missing; whoever may not choose learns nothing of the parcel.

mod base32;
mod links;
mod page;

pub use links::{Link, LinkKey, Links};
pub use page::{
    Collection, HistoryLine, Offer, OpenCondition, Page, PageState, PlaceView, ProofState, Question, Standing,
};
