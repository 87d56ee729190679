//! `uploaded_late`: a scan took too long from the scanner to us. An instant: it opens and nothing ends it.

use super::{Applied, Rule};
use crate::model::{ConditionKind, Level};
use crate::track::input::Scan;
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct UploadedLate;

impl Rule for UploadedLate {
    fn kind(&self) -> ConditionKind {
        ConditionKind::UploadedLate
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        judge(step, applied.scan);
    }

    fn scanned_after_end(&self, step: &mut Step<'_>, scan: &Scan) {
        judge(step, scan);
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("a scan was uploaded later than {}", open.limit)
    }
}

fn judge(step: &mut Step<'_>, scan: &Scan) {
    let limits = step.view().limits();
    let within = if scan.code().is_last_mile() { limits.uploaded_late_last_mile } else { limits.uploaded_late };
    let limit = scan.event_time + within;
    if scan.upload_time.is_some_and(|uploaded| uploaded > limit) {
        step.open(Opening::by_limit(ConditionKind::UploadedLate, Level::Info, limit));
    }
}
