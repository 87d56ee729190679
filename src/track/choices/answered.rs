//! Whoever carries out a choice has answered.

use super::Choices;
use crate::model::{Reroute, RerouteChange, RerouteOption, RerouteOutcome};
use crate::track::conditions;
use crate::track::step::Step;

/// Applies an answer. One to a choice that does not stand changes nothing; but an accepted `reschedule` that was agreed upon
/// elsewhere is an appointment like any other.
pub(super) fn apply(step: &mut Step<'_>, record: &Reroute) -> RerouteOutcome {
    let known = step.choices.as_deref().and_then(|choices| choices.find(&record.id));
    let Some(choice) = known else { return elsewhere(step, record) };
    // Its tour came and nobody was reached: an answer that is late says nothing of the next one.
    if choice.over {
        return RerouteOutcome::Unknown;
    }
    match (choice.change, record.change) {
        (was, now) if was == now => RerouteOutcome::Repeat,
        (RerouteChange::Requested, RerouteChange::Accepted) => {
            accept(step, &record.id);
            RerouteOutcome::Accepted
        }
        (RerouteChange::Requested | RerouteChange::Accepted, RerouteChange::Refused) => {
            refuse(step, &record.id, record.reason.as_deref());
            RerouteOutcome::Refused
        }
        _ => RerouteOutcome::Unknown,
    }
}

/// The choice is carried out.
pub(super) fn accept(step: &mut Step<'_>, id: &str) {
    let at = step.at;
    let choice = step.choices.as_deref_mut().and_then(|choices| choices.made.iter_mut().find(|made| made.id == id));
    let Some(choice) = choice else { return };
    choice.change = RerouteChange::Accepted;
    choice.answered_at = Some(at);
    choice.untold = Some(at);
    let option = choice.option;
    rules(step, option);
}

/// It is not: what was promised before holds again.
fn refuse(step: &mut Step<'_>, id: &str, reason: Option<&str>) {
    let at = step.at;
    let Some(choices) = step.choices.as_deref_mut() else { return };
    choices.revision += 1;
    let Choices { made, .. } = choices;
    if let Some(choice) = made.iter_mut().find(|made| made.id == id) {
        choice.change = RerouteChange::Refused;
        choice.reason = reason.map(Into::into);
        choice.answered_at = Some(at);
        choice.untold = Some(at);
    }
}

fn elsewhere(step: &mut Step<'_>, record: &Reroute) -> RerouteOutcome {
    let open_before = step.parcel.open.len();
    if let (RerouteChange::Accepted, Some(option)) = (record.change, record.option) {
        rules(step, option);
    }
    if step.parcel.open.len() == open_before { RerouteOutcome::Unknown } else { RerouteOutcome::Applied }
}

fn rules(step: &mut Step<'_>, option: RerouteOption) {
    for rule in conditions::RULES {
        rule.rerouted(step, option);
    }
}
