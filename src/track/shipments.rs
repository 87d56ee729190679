//! Applying a shipment record to a parcel.

use super::announced::Announced;
use super::conditions::RULES;
use super::ends;
use super::input::Shipment;
use super::parcel::{EndReason, Ended, Parcel};
use super::route::Progress;
use super::scans::freeze_promise;
use super::step::Step;
use super::telling;
use crate::model::ShipmentOutcome;

/// What a record does to what is known of a parcel.
pub(super) enum Announcement {
    /// The parcel has ended and is not announced anew.
    Ignored,
    /// A journey begins: with the id, with the shipment of a shell, or after the end of another.
    First {
        announced: Announced,
        /// The end of the journey before.
        after: Option<Ended>,
    },
    /// The record names what is different.
    Changed(Announced),
}

impl Announcement {
    /// Decides, given what is known so far.
    pub fn of(shipment: &Shipment, parcel: Option<&Parcel>, announced: Option<&Announced>) -> Announcement {
        match (parcel.and_then(|parcel| parcel.ended), announced) {
            (Some(end), _) if shipment.ordered_at > end.event_time => {
                Announcement::First { announced: Announced::first(shipment), after: Some(end) }
            }
            (Some(_), _) => Announcement::Ignored,
            (None, None) => Announcement::First { announced: Announced::first(shipment), after: None },
            (None, Some(before)) => {
                let mut announced = before.clone();
                announced.change(shipment);
                Announcement::Changed(announced)
            }
        }
    }

    /// What metrics call it.
    pub fn outcome(&self) -> ShipmentOutcome {
        match self {
            Announcement::Ignored => ShipmentOutcome::Ignored,
            Announcement::First { after: None, .. } => ShipmentOutcome::Announced,
            Announcement::First { after: Some(_), .. } => ShipmentOutcome::NewJourney,
            Announcement::Changed(_) => ShipmentOutcome::Changed,
        }
    }
}

/// Brings the parcel in line with what is announced now.
pub(super) fn apply(step: &mut Step<'_>, shipment: &Shipment, was_shell: bool, route_changed: bool) {
    step.parcel.unknown_since = None;
    freeze_promise(step);
    if was_shell {
        telling::announced(step);
    }
    if route_changed {
        change_route(step);
    }
    for rule in RULES {
        rule.announced(step);
    }
    if shipment.cancelled == Some(true) {
        ends::end(step, step.at, EndReason::Cancelled);
    }
}

/// What was judged by the old route ends; the accepted scans are matched to the new one.
fn change_route(step: &mut Step<'_>) {
    let milestones = step.announced.map(Announced::milestones).unwrap_or_default();
    step.parcel.progress = match &mut step.signs {
        Some(signs) => signs.along(milestones, &step.parcel.history),
        None => Progress::default(),
    };
    for rule in RULES {
        rule.route_changed(step);
    }
}
