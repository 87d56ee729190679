//! `damaged`: a scan says so; only its case ends it.

use super::{Applied, Rule};
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct Damaged;

impl Rule for Damaged {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Damaged
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if applied.code() == Code::Damaged && !step.parcel.is_open(self.kind()) {
            step.open(Opening::by_scan(self.kind(), Level::Critical, applied.event_time()));
        }
    }

    fn outlasts_end(&self) -> bool {
        true
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("reported damaged at {}", open.limit)
    }
}
