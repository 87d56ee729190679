//! Where a parcel stands for the one who chooses.

use super::{Choice, Choices};
use crate::model::{Audience, Code, ConditionKind, Recipient, Timestamp, World};
use crate::reroute::{Phase, Situation, proof_of_phone};
use crate::track::view::View;

/// The situation for the reader of a link at `now`; none of a parcel that was not announced, or where links are not configured.
pub(in crate::track) fn of_reader<'a>(
    view: View<'a>,
    audience: Audience,
    now: Timestamp,
    parcel_id: &str,
    world: &World,
) -> Option<Situation<'a>> {
    let announced = view.announced?;
    world.links.as_ref()?;
    let parcel = view.parcel;
    let place = parcel.telling.collection.as_ref().map(|collection| &collection.place);
    Some(Situation {
        now,
        audience,
        phase: phase(view),
        area: announced.destination.as_ref().and_then(|end| end.area.as_deref()),
        service: view.service(),
        flags: &announced.flags,
        promise: view.base_promise(),
        at_destination: parcel.stage.code() == Some(Code::ArrivedDestination),
        waits_at: place.and_then(|place| place.place.as_deref()),
        waits_since: parcel.stage.awaiting_since,
        free_until: place.and_then(|place| place.free_until),
        chosen: view.standing().map(|choice| (choice.option, &choice.detail)),
        used_up: view.choices.is_some_and(Choices::is_full),
        can_prove: proof_tries_left(view, world) > 0 && proof_of_reader(view, audience, parcel_id, world).is_some(),
        locale: view.reader(audience).and_then(|reader| reader.locale.as_deref()),
    })
}

/// What the second proof has to be; none where there is no phone to prove by.
pub(in crate::track) fn proof_of_reader(
    view: View<'_>,
    audience: Audience,
    parcel_id: &str,
    world: &World,
) -> Option<String> {
    let phone = view.reader(audience).and_then(|reader: &Recipient| reader.phone.as_deref())?;
    proof_of_phone(world.links.as_deref()?, parcel_id, phone)
}

/// How many wrong proofs may still be given.
pub(in crate::track) fn proof_tries_left(view: View<'_>, world: &World) -> u32 {
    world.reroute.proof_tries.saturating_sub(view.choices.map_or(0, |choices| choices.wrong_proofs))
}

/// Whether a choice can still be taken back: before its cut-off, and while the parcel is where it still makes sense.
pub(in crate::track) fn can_take_back(
    view: View<'_>,
    choice: &Choice,
    now: Timestamp,
    parcel_id: &str,
    world: &World,
) -> bool {
    let situation = of_reader(view, choice.by, now, parcel_id, world);
    choice.stands() && now <= choice.until && situation.is_some_and(|situation| situation.makes_sense(choice.option))
}

fn phase(view: View<'_>) -> Phase {
    use Code::*;
    let stage = &view.parcel.stage;
    let is_over = !view.parcel.is_live()
        || stage.has(|code| code == Returning)
        || view.is_open(ConditionKind::Damaged)
        || matches!(stage.code(), Some(Damaged | Refused | Lost | Cancelled));
    match stage.code() {
        _ if is_over => Phase::Over,
        Some(AwaitingCollection) => Phase::Waiting,
        Some(AttemptFailed) => Phase::AfterAttempt,
        // The evening came and nothing was heard of the tour.
        Some(OutForDelivery) if view.is_open(ConditionKind::AttemptFailed) => Phase::AfterAttempt,
        Some(OutForDelivery) => Phase::OutForDelivery,
        _ => Phase::Before,
    }
}
