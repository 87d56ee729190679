//! A customer has chosen: judged by what is offered at that instant, and made a work order of.

use super::situation::{of_reader, proof_of_reader, proof_tries_left};
use super::{Choice, answered, chooser, taken_back};
use crate::model::{
    Audience, Detail, Effect, Reroute, RerouteChange, RerouteOption, RerouteOutcome, Timestamp, WORK_REROUTE,
    WorkOrder, WorkOrderChange,
};
use crate::reroute::{Offer, Refusal, work_order_id};
use crate::track::step::Step;

/// Applies a request: a choice stands afterwards, or its chooser hears why not.
pub(super) fn apply(step: &mut Step<'_>, record: &Reroute) -> RerouteOutcome {
    let Some(choices) = step.choices.as_deref() else { return RerouteOutcome::Ignored };
    if choices.find(&record.id).is_some() {
        return RerouteOutcome::Repeat;
    }
    if record.id.is_empty() || choices.is_full() {
        return RerouteOutcome::Ignored;
    }
    match judge(step, record) {
        Ok(offer) => {
            stand(step, record, &offer);
            RerouteOutcome::Requested
        }
        Err(refusal) => {
            refuse(step, record, refusal);
            match refusal {
                Refusal::TooLate => RerouteOutcome::TooLate,
                Refusal::NoLongerOffered => RerouteOutcome::NoLongerOffered,
                Refusal::WrongProof | Refusal::TooManyProofs => RerouteOutcome::WrongProof,
                Refusal::Superseded => RerouteOutcome::Superseded,
            }
        }
    }
}

fn judge(step: &Step<'_>, record: &Reroute) -> Result<Offer, Refusal> {
    let (world, by) = (step.world, chooser(record));
    let choices = step.choices.as_deref();
    if record.revision.is_some_and(|shown| choices.is_some_and(|choices| shown < choices.revision)) {
        return Err(Refusal::Superseded);
    }
    if record.option == Some(RerouteOption::Address) && proof_tries_left(step.view(), world) == 0 {
        return Err(Refusal::TooManyProofs);
    }
    let situation = of_reader(step.view(), by, step.at, step.id, world).ok_or(Refusal::NoLongerOffered)?;
    let offer = world.offers.judge(&situation, record, world.reroute.text_max)?;
    let proved = || record.proof.is_some() && record.proof == proof_of_reader(step.view(), by, step.id, world);
    if offer.asks_proof && !proved() { Err(Refusal::WrongProof) } else { Ok(offer) }
}

/// It stands from now on, whatever stood before does not.
fn stand(step: &mut Step<'_>, record: &Reroute, offer: &Offer) {
    taken_back::replace(step);
    let before = step.view().promise();
    let option = offer.option;
    // An appointment is the promise; of what else was chosen it is known only that it does not come sooner.
    let promise = match (option, offer.arrives) {
        (RerouteOption::Reschedule, Some(slot)) => Some(slot.to),
        (RerouteOption::SafePlace | RerouteOption::Neighbour, _) | (_, None) => None,
        (_, Some(arrives)) => before.map(|before| before.max(arrives.to)),
    };
    // Whoever can be written to learns of it before anything is done.
    let untold = (option == RerouteOption::Address).then_some(step.at);
    let choice = Choice {
        fee: Some(offer.fee.clone()),
        until: offer.until,
        arrives: offer.arrives,
        promise,
        untold,
        ..choice(step.at, record, option, RerouteChange::Requested)
    };
    let order = WorkOrder { new_promise: promise, ..work_order(step, &choice, WorkOrderChange::Created) };
    step.out.push(Effect::WorkOrder(Box::new(WorkOrder { promise: before, ..order })));
    if let Some(choices) = step.choices.as_deref_mut() {
        choices.made.push(choice);
        choices.revision += 1;
    }
    if step.world.reroute.auto_accept {
        answered::accept(step, &record.id);
    }
}

fn refuse(step: &mut Step<'_>, record: &Reroute, refusal: Refusal) {
    let (at, Some(option)) = (step.at, record.option) else { return };
    let Some(choices) = step.choices.as_deref_mut() else { return };
    choices.wrong_proofs += u32::from(refusal == Refusal::WrongProof);
    choices.made.push(Choice {
        fee: record.fee.clone(),
        reason: Some(refusal.name().to_owned()),
        answered_at: Some(at),
        // Whoever guesses on is told nothing new, nor is the owner, who has heard of each try that counted.
        untold: (refusal != Refusal::TooManyProofs).then_some(at),
        ..choice(at, record, option, RerouteChange::Refused)
    });
}

/// What a record says, before anything is made of it.
fn choice(at: Timestamp, record: &Reroute, option: RerouteOption, change: RerouteChange) -> Choice {
    Choice {
        id: record.id.clone(),
        option,
        detail: record.detail.clone(),
        fee: None,
        by: chooser(record),
        change,
        reason: None,
        at,
        answered_at: None,
        until: at,
        arrives: None,
        promise: None,
        untold: None,
        over: false,
    }
}

/// The work that a choice is; promises are filled in by who knows them.
pub(super) fn work_order(step: &Step<'_>, choice: &Choice, change: WorkOrderChange) -> WorkOrder {
    WorkOrder {
        change,
        option: Some(choice.option),
        detail: choice.detail.clone(),
        fee: choice.fee.clone(),
        due: Some(choice.until),
        new_promise: choice.promise,
        consent: choice.consent().filter(|_| choice.by == Audience::Recipient).map(Into::into),
        ..order_about(step, &choice.id)
    }
}

/// Work about the parcel because of a record of this id; what is to be done is filled in by who knows it.
pub(in crate::track) fn order_about(step: &Step<'_>, reroute_id: &str) -> WorkOrder {
    let journey = step.parcel.journey;
    let announced = step.announced;
    let destination = announced.and_then(|announced| announced.destination.as_ref()?.hub.as_deref());
    let last = step.parcel.stage.last.as_ref().and_then(|last| last.hub.as_deref());
    WorkOrder {
        id: work_order_id(step.id, journey, reroute_id),
        change: WorkOrderChange::Created,
        kind: WORK_REROUTE.to_owned(),
        parcel_id: step.id.to_owned(),
        journey,
        reroute_id: reroute_id.to_owned(),
        option: None,
        condition: None,
        detail: Detail::default(),
        fee: None,
        hub: last.or(destination).map(Into::into),
        merchant: announced.and_then(|announced| announced.merchant.as_deref()).map(Into::into),
        due: None,
        promise: None,
        new_promise: None,
        consent: None,
        at: step.at,
    }
}
