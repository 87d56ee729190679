//! `skipped_scan`: a milestone was passed by, and its own scan does not come. One for each, all open at once.

use super::{Applied, Limit, Rule};
use crate::model::{ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct SkippedScan;

impl Rule for SkippedScan {
    fn kind(&self) -> ConditionKind {
        ConditionKind::SkippedScan
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        // Where the route has ended nothing is missing any more; what is open stays so.
        let missing = view.signs.filter(|_| view.has_route())?.first_missing()?;
        let limit = missing.since + view.limits().skipped_scan;
        let opening = Opening::by_limit(self.kind(), Level::Info, limit);
        Some(Limit::Opens(Opening { milestone: Some(missing.milestone), ..opening }))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let Some(scanned) = applied.matched.milestone else { return };
        let is_it = |open: &Open| open.milestone.is_some_and(|missing| usize::from(missing) == scanned);
        step.end_all(|open| open.kind == ConditionKind::SkippedScan && is_it(open));
    }

    fn route_changed(&self, step: &mut Step<'_>) {
        step.end(self.kind());
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        let milestone = open.milestone.unwrap_or_default();
        format!("{} was passed by and not scanned by {}", view.milestone_name(milestone), open.limit)
    }
}
