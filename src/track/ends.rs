//! The end of a journey, and what may come after it.

use super::conditions::{RULES, rule};
use super::parcel::{EndReason, Ended};
use super::step::Step;
use super::telling;
use crate::model::Timestamp;

/// Ends the parcel: what is open ends with it, then what an end opens is opened.
pub(super) fn end(step: &mut Step<'_>, event_time: Timestamp, reason: EndReason) {
    step.end_all(|open| !rule(open.kind).outlasts_end());
    step.parcel.ended = Some(Ended { event_time, read: step.at, reason });
    telling::parcel_ended(step);
    for rule in RULES {
        rule.parcel_ended(step);
    }
}

/// The scan at hand shows that it goes on; it is accepted next.
pub(super) fn reopen(step: &mut Step<'_>) {
    step.parcel.ended = None;
    for rule in RULES {
        rule.reopened(step);
    }
}

/// Ends everything that is still open: the parcel is forgotten, or a new journey begins.
pub(super) fn close(step: &mut Step<'_>) {
    step.end_all(|_| true);
    telling::parcel_ended(step);
}
