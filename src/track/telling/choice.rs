//! Telling what became of a customer's choice, and what notices let their readers choose.

use super::issue::{Draft, facts, issue};
use super::{Told, notice_id};
use crate::model::{
    Audience, Chosen, Eta, Facts, Issued, LINK_AUDIENCES, Level, NoticeId, NoticeKind, RecipientKey, RerouteChange,
    RerouteOption, Timestamp,
};
use crate::reroute::{Links, Offer, in_short};
use crate::track::choices::{Choice, of_reader};
use crate::track::step::Step;

/// Tells each choice whose change is marked, to the one who chose: nobody else decided anything.
pub(super) fn tell_choices(step: &mut Step<'_>, late_since: Timestamp) {
    let untold = |choice: &mut Choice| choice.untold.take().map(|at| (at, choice.clone()));
    let choices = step.choices.as_deref_mut();
    let changed: Vec<(Timestamp, Choice)> =
        choices.map(|choices| choices.made.iter_mut().filter_map(untold).collect()).unwrap_or_default();
    for (at, choice) in changed {
        let reader = step.view().reader(choice.by);
        let Some(key) = reader.and_then(|reader| RecipientKey::person(&step.world.hash_key, reader)) else { continue };
        let told = told(choice.by, key);
        let id = choice_id(step.id, step.parcel.journey, &choice, &told);
        let facts = Facts { choice: Some(chosen(step, &choice)), ..facts(step.view()) };
        let draft = Draft { kind: NoticeKind::Choice, episode: 0, level: told.level, at, facts };
        issue(step, &draft, late_since, (told.audience, &told.key), id, Vec::new());
    }
}

fn told(audience: Audience, key: RecipientKey) -> Told {
    Told { audience, key, level: Level::Info, revision: super::issue::FIRST, withdrawn: false }
}

/// The choice's id and change, and when it was made, stand for episode and limit: a parcel id may come back.
fn choice_id(parcel_id: &str, journey: u32, choice: &Choice, told: &Told) -> NoticeId {
    notice_id(parcel_id, journey, NoticeKind::Choice, told, &[&choice.id, choice.change.name(), &choice.at.to_string()])
}

/// What a notice says of a choice; not where to, in the chooser's words.
fn chosen(step: &Step<'_>, choice: &Choice) -> Chosen {
    let locale = step.view().reader(choice.by).and_then(|reader| reader.locale.as_deref());
    let place = choice.detail.place.as_deref().map(|id| step.world.offers.shown(id, None, locale));
    Chosen {
        id: choice.id.clone(),
        option: choice.option,
        change: choice.change,
        place: choice.detail.place.clone(),
        place_name: place.and_then(|place| place.name),
        slot: choice.detail.slot.or(choice.arrives),
        fee: choice.fee.clone(),
        reason: choice.reason.clone(),
    }
}

/// Adds the link, what can be chosen behind it, and what the offers file knows of the facts, to a notice for a person.
pub(super) fn add_link(step: &Step<'_>, issued: &mut Issued, now: Timestamp) {
    let (view, world) = (step.view(), step.world);
    if !LINK_AUDIENCES.contains(&issued.audience) || world.links.is_none() {
        return;
    }
    let revoked = step.choices.as_deref().and_then(|choices| choices.revoked_through);
    let day = Links::day(now).saturating_add(world.reroute.link_days);
    issued.link_day = Some(day.max(revoked.map_or(0, |revoked| revoked + 1)));
    let situation = of_reader(view, issued.audience, now, step.id, world).filter(|_| lets_choose(issued));
    let offers = situation.map(|situation| world.offers.offered(&situation)).unwrap_or_default();
    if issued.facts.choice.is_none() && issued.audience == Audience::Recipient {
        issued.facts.slot = next_slot(issued, &offers);
    }
    (issued.offers, issued.offer_until) = in_short(&offers);
    issued.options = issued.offers.iter().map(|offered| offered.option.name().to_owned()).collect();
}

/// What is over needs no decision, and what was chosen has one.
fn lets_choose(issued: &Issued) -> bool {
    match issued.kind {
        NoticeKind::Condition(_) | NoticeKind::Collection => true,
        NoticeKind::Choice => {
            issued.facts.choice.as_ref().is_some_and(|choice| choice.change == RerouteChange::Refused)
        }
        NoticeKind::Recovered | NoticeKind::Corrected | NoticeKind::Digest => false,
    }
}

/// After a failed attempt: the next slot, which can be confirmed or changed.
fn next_slot(issued: &Issued, offers: &[Offer]) -> Option<Eta> {
    let failed = issued.kind == NoticeKind::Condition(crate::model::ConditionKind::AttemptFailed);
    let slots = offers.iter().filter(|offer| failed && offer.option == RerouteOption::Reschedule);
    slots.filter_map(|offer| offer.detail.slot).min_by_key(|slot| slot.from)
}

/// Name and hours of the place where a parcel waits, for a reader of this language.
pub(super) fn add_place(step: &Step<'_>, issued: &mut Issued) {
    let Some(id) = issued.facts.place.as_deref() else { return };
    let locale = issued.recipient.as_ref().and_then(|reader| reader.locale.as_deref());
    let place = step.world.offers.shown(id, None, locale);
    (issued.facts.place_name, issued.facts.hours) = (place.name, place.hours);
}
