//! `dispatch_overdue`: picked up, and never sent on.

use super::{Applied, Limit, Rule};
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct DispatchOverdue;

/// Shows that it went on, of whatever `event_time`.
fn is_dispatch(code: Code) -> bool {
    use Code::*;
    matches!(code, DepartedHub | ArrivedHub | ArrivedDestination | Forwarded | Returning | Returned)
        || code.is_last_mile()
}

impl Rule for DispatchOverdue {
    fn kind(&self) -> ConditionKind {
        ConditionKind::DispatchOverdue
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let stage = &view.parcel.stage;
        if view.is_open(self.kind()) || stage.has(is_dispatch) {
            return None;
        }
        let limit = stage.pickup? + view.limits().dispatch_overdue;
        Some(Limit::Opens(Opening::by_limit(self.kind(), Level::Warn, limit)))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if is_dispatch(applied.code()) {
            step.end(self.kind());
        }
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        let pickup = view.parcel.stage.pickup.unwrap_or(open.limit);
        format!("picked up at {pickup} and not sent on by {}", open.limit)
    }
}
