//! `stalled`: nothing new for too long, by where the parcel waits.

use super::{Applied, Limit, Rule, next_level};
use crate::model::ConditionKind;
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

pub(super) struct Stalled;

impl Rule for Stalled {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Stalled
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let last = view.parcel.stage.last.as_ref()?;
        let levels = view.limits().stalled(last.code.dwell_class()?);
        // Where the route itself allows more time, it has not stalled before that is over.
        let since = view.due().map_or(last.event_time, |due| due.at.max(last.event_time));
        next_level(view, self.kind(), levels, since)
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if applied.moved.is_last {
            step.end(self.kind());
        }
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        match &view.parcel.stage.last {
            Some(last) => format!(
                "no physical scan since {} at {}; its time there counts from {} and {} was reached",
                last.code,
                last.event_time,
                open.since,
                open.level.name()
            ),
            None => format!("no physical scan since {}", open.since),
        }
    }
}
