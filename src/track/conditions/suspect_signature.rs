//! `suspect_signature`: it is said to be delivered, and nobody ever set out with it or put it up for collection.

use super::{Applied, Limit, Rule};
use crate::model::{Code, ConditionKind, Level};
use crate::track::input::Scan;
use crate::track::parcel::Open;
use crate::track::signs::{Delivered, explains};
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct SuspectSignature;

impl Rule for SuspectSignature {
    fn kind(&self) -> ConditionKind {
        ConditionKind::SuspectSignature
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let (signs, kind) = (view.signs?, self.kind());
        if view.is_open(kind) {
            let limit = signs.delivered?.read + view.limits().suspect_signature_for;
            return Some(Limit::Ends { kind, limit });
        }
        let unexplained = signs.unexplained().filter(|delivered| !delivered.judged && view.limits().scans_tours)?;
        let limit = unexplained.read + view.limits().suspect_signature;
        Some(Limit::Opens(Opening::by_limit(kind, Level::Warn, limit)))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        // While it is open, a further one is suspect already.
        let judged = step.parcel.is_open(self.kind());
        if let (Code::Delivered, Some(signs)) = (applied.code(), &mut step.signs) {
            signs.delivered = Some(Delivered { event_time: applied.event_time(), read: step.at, judged });
        }
        explained(step, applied.scan);
    }

    fn scanned_after_end(&self, step: &mut Step<'_>, scan: &Scan) {
        explained(step, scan);
    }

    fn reopened(&self, step: &mut Step<'_>) {
        if let Some(signs) = &mut step.signs {
            signs.delivered = None;
            signs.answer = None;
        }
        step.end(self.kind());
    }

    /// Most parcels have ended when they are said to be delivered.
    fn outlives_parcel(&self) -> bool {
        true
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("said to be delivered, and neither out for delivery nor awaiting collection by {}", open.limit)
    }
}

/// A scan may explain what was said to be delivered.
fn explained(step: &mut Step<'_>, scan: &Scan) {
    let Some(signs) = &mut step.signs else { return };
    signs.explain(scan);
    if explains(scan.code()) && signs.delivered.is_some() && signs.unexplained().is_none() {
        step.end(ConditionKind::SuspectSignature);
    }
}
