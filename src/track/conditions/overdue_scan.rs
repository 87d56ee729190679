//! `overdue_scan`: the route's next milestone should have been scanned by now. One episode for each milestone.

use super::{Applied, Limit, Rule};
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct OverdueScan;

impl Rule for OverdueScan {
    fn kind(&self) -> ConditionKind {
        ConditionKind::OverdueScan
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let due = view.due()?;
        if view.parcel.progress.overdue_opened >= Some(due.milestone) {
            return None;
        }
        let limit = due.at + view.limits().overdue_scan_grace;
        Some(Limit::Opens(Opening {
            milestone: Some(due.milestone),
            // The grace is for uploads: a scan within it was late all the same.
            refutable_until: Some(due.at),
            ..Opening::by_limit(self.kind(), Level::Warn, limit)
        }))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let route_over = matches!(applied.code(), Code::Returning | Code::Forwarded);
        let matched = applied.matched;
        let milestones = step.announced.map(|announced| announced.milestones()).unwrap_or_default();
        step.end_all(|open| {
            let awaited = usize::from(open.milestone.unwrap_or_default());
            let stood_for = || milestones.get(awaited).is_some_and(|awaited| !awaited.code.is_last_mile());
            let scanned = matched.milestone.is_some_and(|scanned| scanned >= awaited);
            open.kind == ConditionKind::OverdueScan && (route_over || scanned || matched.stands && stood_for())
        });
    }

    fn route_changed(&self, step: &mut Step<'_>) {
        step.end(self.kind());
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        let milestone = view.milestone_name(open.milestone.unwrap_or_default());
        let due = open.refutable_until.unwrap_or(open.limit);
        format!("{milestone} was due at {due} and not scanned by {}", open.limit)
    }
}
