//! `thoroughly_delayed`: so late that the customer may treat the parcel as lost.

use super::{Applied, Limit, Rule};
use crate::model::{ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct ThoroughlyDelayed;

impl Rule for ThoroughlyDelayed {
    fn kind(&self) -> ConditionKind {
        ConditionKind::ThoroughlyDelayed
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let promise = view.promise()?;
        if view.is_open(self.kind()) || !view.promise_clock_runs() {
            return None;
        }
        let limit = promise + view.limits().thoroughly_delayed;
        Some(Limit::Opens(Opening::by_limit(self.kind(), Level::Critical, limit)))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if applied.code().stops_promise_clock() {
            step.end(self.kind());
        }
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        let promise = open.promise.unwrap_or(open.limit);
        format!("promised for {promise} and the last day for it, {}, has passed", open.limit)
    }
}
