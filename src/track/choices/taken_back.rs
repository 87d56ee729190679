//! A customer takes a choice back or chooses something else, or links are taken back.

use super::requested::work_order;
use super::{REMEMBERED_MAX, can_take_back, chooser};
use crate::model::{Effect, Reroute, RerouteChange, RerouteOption, RerouteOutcome, WorkOrder, WorkOrderChange};
use crate::reroute::{LINK_DAYS_MAX, Links};
use crate::track::step::Step;

/// Why a choice that another one replaced does not stand.
const REPLACED: &str = "replaced";

/// Applies a customer's second thoughts: before the cut-off nothing of the choice is left, later it stays.
pub(super) fn cancelled(step: &mut Step<'_>, record: &Reroute) -> RerouteOutcome {
    let known = step.choices.as_deref().and_then(|choices| choices.find(&record.id));
    let Some(choice) = known else { return RerouteOutcome::Unknown };
    if choice.change == RerouteChange::Cancelled {
        return RerouteOutcome::Repeat;
    }
    if !choice.stands() || choice.by != chooser(record) {
        return RerouteOutcome::Unknown;
    }
    if !can_take_back(step.view(), choice, step.at, step.id, step.world) {
        return RerouteOutcome::TooLate;
    }
    end(step, None);
    RerouteOutcome::Cancelled
}

/// Something else is chosen.
pub(super) fn replace(step: &mut Step<'_>) {
    end(step, Some(REPLACED));
}

/// What stands does no longer, and is not to be worked on.
fn end(step: &mut Step<'_>, reason: Option<&str>) {
    let at = step.at;
    let new_promise = step.view().base_promise();
    let Some(standing) = step.choices.as_deref().and_then(|choices| choices.standing()) else { return };
    let order = work_order(step, standing, WorkOrderChange::Cancelled);
    let promise = step.view().promise();
    step.out.push(Effect::WorkOrder(Box::new(WorkOrder { promise, new_promise, ..order })));
    let Some(choices) = step.choices.as_deref_mut() else { return };
    choices.revision += 1;
    if let Some(choice) = choices.standing_mut() {
        // Whoever was told that it is so is told that it is not; of what replaces it they hear anyway.
        let was_told = choice.change == RerouteChange::Accepted || choice.option == RerouteOption::Address;
        choice.change = RerouteChange::Cancelled;
        choice.reason = reason.map(Into::into);
        choice.answered_at = Some(at);
        choice.untold = (was_told && reason.is_none()).then_some(at);
    }
}

/// Links of this journey that were given out until now open nothing any more. How long they would have been valid, only
/// today's configuration knows: the longest time that it may name counts.
pub(super) fn revoked(step: &mut Step<'_>, record: &Reroute) -> RerouteOutcome {
    let through = Links::day(step.at).saturating_add(LINK_DAYS_MAX);
    let Some(choices) = step.choices.as_deref_mut() else { return RerouteOutcome::Ignored };
    if choices.revocations.contains(&record.id) {
        return RerouteOutcome::Repeat;
    }
    if choices.revocations.len() == REMEMBERED_MAX {
        choices.revocations.remove(0);
    }
    choices.revocations.push(record.id.clone());
    // Links given out since the last time are valid for a day longer than what was taken back then.
    choices.revoked_through = Some(choices.revoked_through.map_or(through, |before| through.max(before + 1)));
    RerouteOutcome::Revoked
}
