//! `unconsented_drop`: it was put into a locker or a station, and the recipient did not agree to that.

use super::{Applied, Rule};
use crate::model::{Code, ConditionKind, Level};
use crate::track::parcel::Open;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct UnconsentedDrop;

impl Rule for UnconsentedDrop {
    fn kind(&self) -> ConditionKind {
        ConditionKind::UnconsentedDrop
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        if applied.moved.stage {
            step.end(self.kind());
        }
        if applied.moved.is_last {
            judge(step);
        }
    }

    fn announced(&self, step: &mut Step<'_>) {
        judge(step);
    }

    fn why(&self, view: View<'_>, open: &Open) -> String {
        let kind = view.signs.and_then(|signs| signs.place_kind.as_deref()).unwrap_or("place");
        format!("in a {kind} since {}, to which the recipient did not agree", open.limit)
    }
}

/// The kinds of places that ask for consent; an outlet has people who hand it over.
const UNATTENDED: [&str; 2] = ["locker", "station"];

/// Whoever chose a place agreed to it, and nothing of the kind is offered to who waits: consent changes with shipments alone.
fn judge(step: &mut Step<'_>) {
    let view = step.view();
    let (Some(_), Some(signs), Some(last)) = (view.announced, view.signs, &view.parcel.stage.last) else { return };
    let kind = signs.place_kind.as_deref().unwrap_or_default();
    let agreed = view.consent().any(|place| place == kind);
    let is_open = view.is_open(ConditionKind::UnconsentedDrop);
    let dropped = last.code == Code::AwaitingCollection && UNATTENDED.contains(&kind);
    let since = last.event_time;
    if is_open && agreed {
        // Consent undoes it from now on: it was true until then, whatever scan is at hand.
        step.clear(ConditionKind::UnconsentedDrop);
    } else if !is_open && dropped && !agreed {
        step.open(Opening::by_scan(ConditionKind::UnconsentedDrop, Level::Info, since));
    }
}
