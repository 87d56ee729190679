//! `lost`: a scan says so, and no newer one shows it.

use super::Rule;
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::{EndReason, Open};
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct Lost;

impl Rule for Lost {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Lost
    }

    fn parcel_ended(&self, step: &mut Step<'_>) {
        let lost = step.parcel.ended.filter(|ended| ended.reason == EndReason::Scan(Code::Lost));
        if let Some(ended) = lost {
            step.open(Opening::by_scan(self.kind(), Level::Critical, ended.event_time));
        }
    }

    fn reopened(&self, step: &mut Step<'_>) {
        step.end(self.kind());
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("reported lost at {} and not seen since", open.limit)
    }
}
