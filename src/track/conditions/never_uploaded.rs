//! `never_uploaded`: shipped, and no hub has ever seen it.

use super::{Applied, Limit, Rule};
use crate::model::{ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct NeverUploaded;

impl Rule for NeverUploaded {
    fn kind(&self) -> ConditionKind {
        ConditionKind::NeverUploaded
    }

    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let announced = view.announced?;
        if view.parcel.stage.first_physical.is_some() || view.is_open(self.kind()) {
            return None;
        }
        let limit = announced.start() + view.limits().never_uploaded;
        Some(Limit::Opens(Opening::by_limit(self.kind(), Level::Warn, limit)))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if applied.code().is_physical() {
            step.end(self.kind());
        }
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        let start = view.announced.map_or(open.limit, |announced| announced.start());
        format!("no physical scan by {}; shipped (else ordered) at {start}", open.limit)
    }
}
