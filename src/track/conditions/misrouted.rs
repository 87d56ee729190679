//! `misrouted`: the parcel is at a hub where its route does not lead.

use super::{Applied, Rule, end_by_newer, open_by_scan};
use crate::model::{Code, ConditionKind, Level, Timestamp};
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

pub(super) struct Misrouted;

impl Rule for Misrouted {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Misrouted
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let (code, hub, event_time) = (applied.code(), applied.scan.hub(), applied.event_time());
        match is_expected(step.view(), hub) {
            Some(true) if code.is_physical() => end_by_newer(step, self.kind(), event_time),
            Some(false) if applied.moved.is_last => astray(step, code, event_time),
            _ => {}
        }
    }

    fn route_changed(&self, step: &mut Step<'_>) {
        step.end(self.kind());
        let Some(last) = step.parcel.stage.last.clone() else { return };
        if is_expected(step.view(), last.hub.as_deref()) == Some(false) {
            astray(step, last.code, last.event_time);
        }
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        let hub = view.parcel.stage.last.as_ref().and_then(|last| last.hub.as_deref()).unwrap_or("a hub");
        format!("at {hub} since {}, where its route does not lead", open.since)
    }
}

/// A scan that may open it was at a hub off the route.
fn astray(step: &mut Step<'_>, code: Code, event_time: Timestamp) {
    if code.is_hub_code() {
        open_by_scan(step, ConditionKind::Misrouted, Level::Warn, event_time);
    }
}

/// Whether a parcel with that route belongs to that hub; none where that is not known.
fn is_expected(view: View<'_>, hub: Option<&str>) -> Option<bool> {
    let announced = view.announced.filter(|_| view.has_route())?;
    let on_route = || announced.milestones().iter().filter_map(|milestone| milestone.hub.as_deref());
    on_route().next()?;
    let hub = hub?;
    let ends = [&announced.origin, &announced.destination];
    let ends = ends.into_iter().flatten().filter_map(|end| end.hub.as_deref());
    Some(on_route().chain(ends).any(|expected| expected == hub || view.rules.is_alternate(expected, hub)))
}
