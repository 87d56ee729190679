//! Whether signs belong to a parcel as it is: a mark of what they were derived from.
//!
//! What always holds: no scan that another version accepts or notes, no journey that it begins and no route that it takes in leaves the
//! mark as it was. Repeats, limits and choices do, since nothing of the signs follows from them.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Code, Timestamp};
use crate::track::announced::Announced;
use crate::track::history::Accepted;
use crate::track::input::{Identity, Milestone};
use crate::track::parcel::Parcel;

/// A hash. Of 32 bits: one stale entry in four thousand millions is believed, and each parcel in flight pays for its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::track) struct Mark(u32);

/// What signs are derived from, as far as it changes with every record that changes them.
#[derive(Serialize)]
struct Origin<'a> {
    journey: u32,
    accepted: usize,
    newest_accepted: Option<&'a Accepted>,
    /// A scan that the history forgets at once, for it is full of newer ones, shows here.
    newest_of_each: &'a [(Code, Timestamp)],
    after_end: usize,
    newest_after_end: Option<&'a Identity>,
    route: Option<&'a [Milestone]>,
}

impl Mark {
    /// Of signs that fit this parcel.
    pub fn of(parcel: &Parcel, announced: Option<&Announced>) -> Mark {
        let (accepted, after_end) = (parcel.history.accepted(), parcel.history.after_end());
        let origin = Origin {
            journey: parcel.journey,
            accepted: accepted.len(),
            newest_accepted: accepted.last(),
            newest_of_each: parcel.stage.newest_of_each(),
            after_end: after_end.len(),
            newest_after_end: after_end.last(),
            route: announced.and_then(|announced| announced.route.as_deref()),
        };
        let bytes = postcard::to_stdvec(&origin).expect("state has no type that postcard cannot write");
        Mark(xxh3_64(&bytes) as u32)
    }
}
