//! What a recipient says of a parcel that was recorded as delivered and perhaps was not (`suspect_signature`): they have it, or
//! they do not. The first ends the doubt, the second opens a case: a work order for those who look for it.
//!
//! What always holds: nobody answers what nobody asked; the same answer again changes nothing; whoever has it after all takes their
//! case back.

use super::choices::{chooser, order_about};
use super::signs::Answer;
use super::step::Step;
use crate::model::{
    Audience, ConditionKind, Effect, Reroute, RerouteChange, RerouteOutcome, WORK_CASE, WorkOrder, WorkOrderChange,
};

/// So often an answer can be changed. More: whoever plays with a link makes work. Fewer: a slip of the finger cannot be mended.
pub(super) const ANSWERS_MAX: u32 = 8;

/// Applies an answer.
pub(super) fn apply(step: &mut Step<'_>, record: &Reroute) -> RerouteOutcome {
    let has_it = record.change == RerouteChange::Confirmed;
    let is_asked = step.parcel.is_open(ConditionKind::SuspectSignature);
    let Some(signs) = step.signs.as_deref() else { return RerouteOutcome::Ignored };
    let before = match &signs.answer {
        Some(before) if before.id == record.id || before.has_it == has_it => return RerouteOutcome::Repeat,
        None if !is_asked => return RerouteOutcome::Unknown,
        before => before.clone(),
    };
    let count = before.as_ref().map_or(0, |before| before.count);
    if record.id.is_empty() || chooser(record) != Audience::Recipient || count >= ANSWERS_MAX {
        return RerouteOutcome::Ignored;
    }
    if let Some(denial) = before.filter(|before| !before.has_it) {
        case(step, &denial.id, WorkOrderChange::Cancelled);
    }
    if !has_it {
        case(step, &record.id, WorkOrderChange::Created);
    }
    let answer = Answer { id: record.id.clone(), has_it, at: step.at, count: count + 1 };
    step.signs.iter_mut().for_each(|signs| signs.answer = Some(answer.clone()));
    if has_it {
        step.end(ConditionKind::SuspectSignature);
        return RerouteOutcome::Confirmed;
    }
    RerouteOutcome::Denied
}

/// The work that a denial makes.
fn case(step: &mut Step<'_>, answer_id: &str, change: WorkOrderChange) {
    let order = WorkOrder {
        change,
        kind: WORK_CASE.to_owned(),
        condition: Some(ConditionKind::SuspectSignature),
        ..order_about(step, answer_id)
    };
    step.out.push(Effect::WorkOrder(Box::new(order)));
}
