//! `customs_held`: customs keep the parcel. While they do, that explains why nothing moves.

use super::{Applied, Rule, end_by_newer, open_by_scan};
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

pub(super) struct CustomsHeld;

fn lets_go(code: Code) -> bool {
    code.is_physical() || code == Code::CustomsReleased
}

impl Rule for CustomsHeld {
    fn kind(&self) -> ConditionKind {
        ConditionKind::CustomsHeld
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let event_time = applied.event_time();
        if lets_go(applied.code()) {
            end_by_newer(step, self.kind(), event_time);
        }
        if applied.code() == Code::CustomsHeld && !step.parcel.stage.has_newer(event_time, lets_go) {
            open_by_scan(step, self.kind(), Level::Info, event_time);
        }
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("held by customs since {} and neither released nor moved since", open.limit)
    }
}
