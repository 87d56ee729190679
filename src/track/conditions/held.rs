//! `held`: a hub says that it keeps the parcel back. While it does, it explains why nothing moves.

use super::{Applied, Rule, end_by_newer, open_by_scan};
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

pub(super) struct Held;

impl Rule for Held {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Held
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let event_time = applied.event_time();
        if applied.code().is_physical() {
            end_by_newer(step, self.kind(), event_time);
        }
        if applied.code() == Code::Held && !step.parcel.stage.has_newer(event_time, Code::is_physical) {
            open_by_scan(step, self.kind(), Level::Info, event_time);
        }
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        let reason = view.parcel.stage.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("held back since {}{reason} and not moved since", open.limit)
    }
}
