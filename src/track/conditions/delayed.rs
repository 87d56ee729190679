//! `delayed`: the promise has passed and nobody has tried to hand it over.

use super::{Applied, Limit, Rule};
use crate::model::{ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct Delayed;

impl Rule for Delayed {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Delayed
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let promise = view.promise()?;
        if view.is_open(self.kind()) || !view.promise_clock_runs() {
            return None;
        }
        let limit = promise + view.limits().delayed_grace;
        // The grace is for uploads: a scan within it was late all the same.
        let refutable_until = Some(promise);
        Some(Limit::Opens(Opening { refutable_until, ..Opening::by_limit(self.kind(), Level::Major, limit) }))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if applied.code().stops_promise_clock() {
            step.end(self.kind());
        }
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        let promise = open.promise.unwrap_or(open.limit);
        format!("promised for {promise} and no attempt, arrival for collection or return by {}", open.limit)
    }
}
