//! `refused`: the recipient does not want it; its end ends it.

use super::{Applied, Rule, open_by_scan};
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

pub(super) struct Refused;

impl Rule for Refused {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Refused
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let event_time = applied.event_time();
        // A newer end that was re-opened has ended this one too.
        if applied.code() == Code::Refused && step.parcel.stage.newest_end <= Some(event_time) {
            open_by_scan(step, self.kind(), Level::Critical, event_time);
        }
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("refused at {} and neither returned nor delivered since", open.since)
    }
}
