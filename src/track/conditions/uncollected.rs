//! `uncollected`: it waits in a locker, station or outlet, and nobody comes.

use super::{Applied, Limit, Rule, next_level};
use crate::model::ConditionKind;
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

pub(super) struct Uncollected;

impl Rule for Uncollected {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Uncollected
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let since = view.parcel.stage.awaiting_since?;
        next_level(view, self.kind(), &view.limits().uncollected, since)
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if applied.moved.stage {
            step.end(self.kind());
        }
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("awaiting collection since {}; {} was reached", open.since, open.level.name())
    }
}
