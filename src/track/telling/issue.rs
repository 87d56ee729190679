//! Issuing notices.

use super::audience::audiences;
use super::choice::{add_link, add_place, tell_choices};
use super::over::{Over, take_recovered, take_refuted};
use super::{Collection, Told, collection_id, condition_id, notice_id};
use crate::model::{
    Audience, ConditionKind, Count, Effect, Facts, Issued, Level, Notice, NoticeId, NoticeKind, RecipientKey,
    RerouteChange, Timestamp,
};
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

/// Notices of this version are told once; a re-notice of the same condition and level (a new date) would count on.
pub(super) const FIRST: u32 = 1;

/// What a notice says, to whomever.
pub(super) struct Draft {
    pub kind: NoticeKind,
    /// Of the condition; 0 where there is none.
    pub episode: u32,
    pub level: Level,
    pub at: Timestamp,
    pub facts: Facts,
}

/// Tells what is marked and still holds. What was withheld until `late_since` is of use from then on.
pub(in crate::track) fn tell(step: &mut Step<'_>, late_since: Timestamp) {
    let mut news = Vec::new();
    // What was withheld and is over by now is not told.
    step.parcel.open.retain(|open| !open.kind.is_instant() || open.untold.is_none_or(|at| at >= late_since));
    for index in 0..step.parcel.open.len() {
        tell_condition(step, index, late_since, &mut news);
    }
    step.parcel.open.retain(|open| !open.kind.is_instant());
    tell_collection(step, late_since, &mut news);
    tell_choices(step, late_since);
    let Some(at) = step.parcel.telling.over_at.take() else { return };
    for (reader, over) in take_refuted(step.parcel) {
        resolve(step, NoticeKind::Corrected, at, late_since, &reader, &over);
        news.push(reader);
    }
    for (reader, over) in take_recovered(step.parcel, &news) {
        resolve(step, NoticeKind::Recovered, at, late_since, &reader, &over);
    }
}

fn tell_condition(step: &mut Step<'_>, index: usize, late_since: Timestamp, news: &mut Vec<(Audience, RecipientKey)>) {
    let Some(at) = step.parcel.open[index].untold.take() else { return };
    let (view, open) = (step.view(), &step.parcel.open[index]);
    let (kind, level) = (NoticeKind::Condition(open.kind), open.level);
    let facts = condition_facts(view, open);
    let hub = facts.hub.as_deref().or_else(|| hub_before(view)).or(origin_hub(view));
    let mut readers = audiences(kind, level, hub, view, step.world);
    let draft = Draft { kind, episode: open.episode, level, at, facts };
    if waits_for_appointment(step, draft.kind) {
        readers.retain(|(audience, _)| *audience != Audience::Recipient);
    }
    for (audience, key) in readers {
        let told = Told { audience, key, level, revision: FIRST, withdrawn: false };
        let open = &step.parcel.open[index];
        if open.told.contains(&told) {
            continue;
        }
        let id = condition_id(step.id, step.parcel.journey, open, &told);
        issue(step, &draft, late_since, (audience, &told.key), id, Vec::new());
        news.push((audience, told.key.clone()));
        step.parcel.open[index].told.push(told);
    }
}

/// The recipient has another appointment, which was confirmed: until it is over they know why the parcel rests. It stays a fact for
/// everybody else.
fn waits_for_appointment(step: &Step<'_>, kind: NoticeKind) -> bool {
    let rests = matches!(kind, NoticeKind::Condition(ConditionKind::Stalled | ConditionKind::Uncollected));
    let standing = step.choices.as_deref().and_then(|choices| choices.standing());
    let accepted = standing.filter(|choice| choice.change == RerouteChange::Accepted);
    rests && accepted.is_some_and(|choice| choice.arrives.is_some_and(|arrives| step.at <= arrives.to))
}

fn tell_collection(step: &mut Step<'_>, late_since: Timestamp, news: &mut Vec<(Audience, RecipientKey)>) {
    let Some(collection) = &mut step.parcel.telling.collection else { return };
    let Some(at) = collection.untold.take() else { return };
    let (kind, level) = (NoticeKind::Collection, Level::Info);
    let readers = audiences(kind, level, None, step.view(), step.world);
    let draft = Draft { kind, episode: 0, level, at, facts: place_facts(step.view(), facts(step.view())) };
    for (audience, key) in readers {
        let told = Told { audience, key, level, revision: FIRST, withdrawn: false };
        let Some(collection) = step.parcel.telling.collection.as_ref().filter(|known| !known.told.contains(&told))
        else {
            continue;
        };
        let id = collection_id(step.id, step.parcel.journey, collection, &told);
        issue(step, &draft, late_since, (audience, &told.key), id, Vec::new());
        news.push((audience, told.key.clone()));
        step.parcel.telling.collection.as_mut().into_iter().for_each(|known| known.told.push(told.clone()));
    }
}

/// Tells a reader that something is over; the ids that it resolves stand for episode and limit.
fn resolve(
    step: &mut Step<'_>,
    kind: NoticeKind,
    at: Timestamp,
    late_since: Timestamp,
    (audience, key): &(Audience, RecipientKey),
    over: &[Over],
) {
    let (audience, level) = (*audience, Level::Info);
    let told = Told { audience, key: key.clone(), level, revision: FIRST, withdrawn: false };
    let resolves: Vec<NoticeId> = over.iter().map(|over| over.id.clone()).collect();
    let about: Vec<&str> = resolves.iter().map(NoticeId::as_str).collect();
    let id = notice_id(step.id, step.parcel.journey, kind, &told, &about);
    let mut ended: Vec<ConditionKind> = over.iter().map(|over| over.kind).collect();
    ended.sort();
    ended.dedup();
    let facts = Facts { ended, ..facts(step.view()) };
    let draft = Draft { kind, episode: 0, level, at, facts };
    issue(step, &draft, late_since, (audience, key), id, resolves);
}

pub(super) fn issue(
    step: &mut Step<'_>,
    draft: &Draft,
    late_since: Timestamp,
    (audience, key): (Audience, &RecipientKey),
    id: NoticeId,
    resolves: Vec<NoticeId>,
) {
    let announced = step.announced;
    // Who has the code has the parcel: it is for whom the parcel waits.
    let pickup_code =
        matches!(audience, Audience::Recipient | Audience::Sender).then_some(draft.facts.pickup_code.clone());
    let recipient = match audience {
        Audience::Recipient => announced.and_then(|announced| announced.recipient.clone()),
        Audience::Sender => announced.and_then(|announced| announced.sender.clone()),
        Audience::Merchant | Audience::HubOps | Audience::CustomerService => None,
    };
    let mut issued = Issued {
        id,
        parcel_id: step.id.to_owned(),
        journey: step.parcel.journey,
        kind: draft.kind,
        episode: draft.episode,
        level: draft.level,
        revision: FIRST,
        audience,
        recipient,
        merchant: announced.and_then(|announced| announced.merchant.as_deref()).map(Into::into),
        severity: draft.level,
        at: draft.at,
        expires: draft.at.max(late_since) + step.world.rules.expires.after(draft.kind),
        facts: Facts { pickup_code: pickup_code.flatten(), ..draft.facts.clone() },
        options: Vec::new(),
        offers: Vec::new(),
        offer_until: None,
        link_day: None,
        resolves,
    };
    let now = draft.at.max(late_since);
    issued.facts.eta = step.view().chosen_arrival(now);
    add_place(step, &mut issued);
    add_link(step, &mut issued, now);
    step.out.push(Effect::Notice { key: key.clone(), notice: Notice::Issued(Box::new(issued)) });
    step.out.push(Effect::Count(Count::Issued { kind: draft.kind, audience }));
}

/// What can be said of the parcel.
pub(super) fn facts(view: View<'_>) -> Facts {
    let stage = &view.parcel.stage;
    let last = stage.last.as_ref();
    Facts {
        stage: stage.code(),
        hub: last.and_then(|last| last.hub.as_deref()).map(Into::into),
        last_scan: last.map(|last| last.event_time),
        promise: view.promise(),
        reason: stage.reason.as_deref().map(Into::into),
        ..Facts::default()
    }
}

/// The same with where it waits to be collected.
fn place_facts(view: View<'_>, facts: Facts) -> Facts {
    let Some(Collection { place, .. }) = view.parcel.telling.collection.as_ref() else { return facts };
    let text = |text: &Option<Box<str>>| text.as_deref().map(Into::into);
    Facts {
        place: text(&place.place),
        place_kind: text(&place.kind),
        pickup_code: text(&place.pickup_code),
        free_until: place.free_until,
        ..facts
    }
}

/// The same of one of its conditions.
fn condition_facts(view: View<'_>, open: &Open) -> Facts {
    let waits = matches!(open.kind, ConditionKind::Uncollected | ConditionKind::UnconsentedDrop);
    let facts = if waits { place_facts(view, facts(view)) } else { facts(view) };
    let awaited = open.milestone.and_then(|milestone| view.milestone_hub(milestone));
    Facts {
        hub: awaited.map(Into::into).or(facts.hub),
        promise: open.promise.or(facts.promise),
        due: open.refutable_until.filter(|_| open.kind == ConditionKind::OverdueScan),
        ..facts
    }
}

/// Where a parcel was before a last scan that names no hub.
fn hub_before(view: View<'_>) -> Option<&str> {
    let of_hubs = view.parcel.history.accepted().iter().filter(|scan| scan.hub.is_some());
    of_hubs.max_by_key(|scan| scan.rank())?.hub.as_deref()
}

/// Where a parcel that no hub has seen should have been.
fn origin_hub(view: View<'_>) -> Option<&str> {
    view.announced?.origin.as_ref()?.hub.as_deref()
}
