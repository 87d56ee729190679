//! What a link's reader may see of a parcel: `reroute::PageState`, made from the parcel's state.
//!
//! What always holds: no contact is in it that is not masked, nothing that hubs alone are told, and once the journey has ended
//! neither code nor contacts.

use super::answers::ANSWERS_MAX;
use super::choices::{self, Choice};
use super::history::Accepted;
use super::mask;
use super::parcel::{EndReason, Ended, Parcel};
use super::tracker::Tracker;
use super::view::View;
use crate::model::{
    Audience, Code, ConditionKind, Detail, LINK_AUDIENCES, NoticeKind, Recipient, RecipientKey, RerouteChange,
    Timestamp, World,
};
use crate::reroute::{
    Answered, Collection, Doubt, HistoryLine, Link, OpenCondition, Page, PageState, PlaceView, ProofState, Standing,
};

impl Tracker {
    /// The page behind a genuine link at `now`; none where the parcel is not known (any more).
    pub fn page(&self, parcel_id: &str, link: Link, now: Timestamp, world: &World) -> Option<PageState> {
        let parcel = self.parcels.get(parcel_id)?;
        self.announced.get(parcel_id)?;
        if link.journey != parcel.journey {
            return Some(PageState::Revoked);
        }
        let revoked = self.choices.get(parcel_id).and_then(|choices| choices.revoked_through);
        if revoked.is_some_and(|through| link.day <= through) {
            return Some(PageState::Revoked);
        }
        let view = self.view(parcel_id, parcel, world);
        Some(PageState::Open(Box::new(page(parcel_id, view, link.audience, now, world))))
    }
}

fn page(parcel_id: &str, view: View<'_>, audience: Audience, now: Timestamp, world: &World) -> Page {
    let parcel = view.parcel;
    let last = parcel.stage.last.as_ref();
    let reader = view.reader(audience);
    let contact = reader.filter(|_| parcel.is_live());
    let mask = |field: fn(&Recipient) -> Option<&String>, mask: fn(&str) -> String| {
        contact.and_then(field).map(|text| mask(text))
    };
    let situation = choices::of_reader(view, audience, now, parcel_id, world);
    let used_up = situation.is_some_and(|situation| situation.used_up);
    let offers = situation.map(|situation| world.offers.offered(&situation)).unwrap_or_default();
    let proof = ProofState {
        possible: choices::proof_of_reader(view, audience, parcel_id, world).is_some(),
        tries_left: choices::proof_tries_left(view, world),
    };
    let (promise, before) = (view.promise(), view.base_promise());
    Page {
        tail: tail(parcel_id),
        audience,
        recipient_key: reader.and_then(|reader| RecipientKey::person(&world.hash_key, reader)),
        locale: reader.and_then(|reader| reader.locale.clone()),
        time_zone: reader.and_then(|reader| reader.time_zone.clone()),
        name: mask(|person| person.name.as_ref(), mask::name),
        phone: mask(|person| person.phone.as_ref(), mask::phone),
        email: mask(|person| person.email.as_ref(), mask::email),
        stage: parcel.stage.code(),
        ended: parcel.ended.map(ended),
        hub: last.and_then(|last| last.hub.as_deref()).map(Into::into),
        last_scan: last.map(|last| last.event_time),
        reason: parcel.stage.reason.as_deref().map(Into::into),
        promise,
        original_promise: before.filter(|_| before != promise),
        eta: view.chosen_arrival(now),
        conditions: conditions(view, world),
        collection: collection(view, audience, world),
        history: history(parcel),
        offers,
        used_up,
        choice: standing(view, audience).map(|choice| shown(choice, parcel_id, view, audience, now, world)),
        refused: refused(view, audience).map(|choice| shown(choice, parcel_id, view, audience, now, world)),
        revision: view.choices.map_or(0, |choices| choices.revision),
        proof,
        doubt: doubt(view, audience),
    }
}

/// What the recipient alone can know.
fn doubt(view: View<'_>, audience: Audience) -> Option<Doubt> {
    let signs = view.signs.filter(|_| audience == Audience::Recipient)?;
    let count = signs.answer.as_ref().map_or(0, |answer| answer.count);
    let answer = signs.answer.as_ref().map(|said| Answered { id: said.id.clone(), has_it: said.has_it, at: said.at });
    if answer.is_none() && !view.is_open(ConditionKind::SuspectSignature) {
        return None;
    }
    Some(Doubt { since: signs.delivered?.read, count, answer, is_asked: count < ANSWERS_MAX })
}

fn tail(parcel_id: &str) -> String {
    let count = parcel_id.chars().count();
    parcel_id.chars().skip(count.saturating_sub(4)).collect()
}

/// A parcel of which nothing was heard for months is as good as lost.
fn ended(ended: Ended) -> Code {
    match ended.reason {
        EndReason::Scan(code) => code,
        EndReason::Cancelled => Code::Cancelled,
        EndReason::Expired => Code::Lost,
    }
}

/// What people are told of, the worst first.
fn conditions(view: View<'_>, world: &World) -> Vec<OpenCondition> {
    let concerns = |kind, level| {
        let mut told = world.rules.tell.audiences(NoticeKind::Condition(kind), level);
        kind == ConditionKind::Held || told.any(|audience| LINK_AUDIENCES.contains(&audience))
    };
    let open = view.parcel.open.iter().filter(|open| concerns(open.kind, open.level));
    let mut open: Vec<_> =
        open.map(|open| OpenCondition { kind: open.kind, level: open.level, since: open.limit }).collect();
    open.sort_by_key(|open| (std::cmp::Reverse(open.level), open.since));
    open
}

/// Whoever has the code has the parcel: it is for the one whom the parcel waits for.
fn collection(view: View<'_>, audience: Audience, world: &World) -> Option<Collection> {
    let parcel = view.parcel;
    let place = &parcel.telling.collection.as_ref().filter(|_| parcel.is_live())?.place;
    let text = |text: &Option<Box<str>>| text.as_deref().map(Into::into);
    let waits_for =
        if parcel.stage.has(|code| code == Code::Returning) { Audience::Sender } else { Audience::Recipient };
    let locale = view.reader(audience).and_then(|reader| reader.locale.as_deref());
    let shown = match place.place.as_deref() {
        Some(id) => world.offers.shown(id, place.kind.as_deref(), locale),
        None => PlaceView { kind: text(&place.kind), ..PlaceView::default() },
    };
    Some(Collection {
        place: shown,
        pickup_code: text(&place.pickup_code).filter(|_| audience == waits_for),
        free_until: place.free_until,
    })
}

/// The choice that stands, else the last one; a sender sees what senders chose.
fn standing<'a>(view: View<'a>, audience: Audience) -> Option<&'a Choice> {
    view.standing().filter(|choice| sees(audience, choice)).or_else(|| last(view, audience))
}

/// The last one, where it was refused and another one stands.
fn refused<'a>(view: View<'a>, audience: Audience) -> Option<&'a Choice> {
    let (last, standing) = (last(view, audience)?, standing(view, audience)?);
    (last.change == RerouteChange::Refused && last.id != standing.id).then_some(last)
}

fn last<'a>(view: View<'a>, audience: Audience) -> Option<&'a Choice> {
    view.choices?.made.iter().rev().find(|choice| sees(audience, choice))
}

fn sees(audience: Audience, choice: &Choice) -> bool {
    audience == Audience::Recipient || choice.by == audience
}

/// A choice as it is shown.
fn shown(
    choice: &Choice,
    parcel_id: &str,
    view: View<'_>,
    audience: Audience,
    now: Timestamp,
    world: &World,
) -> Standing {
    let locale = view.reader(audience).and_then(|reader| reader.locale.as_deref());
    let can_take_back = choice.by == audience && choices::can_take_back(view, choice, now, parcel_id, world);
    Standing {
        id: choice.id.clone(),
        option: choice.option,
        detail: Detail { text: None, ..choice.detail.clone() },
        place: choice.detail.place.as_deref().map(|id| world.offers.shown(id, None, locale)),
        fee: choice.fee.clone(),
        arrives: choice.arrives,
        change: choice.change,
        reason: choice.reason.clone(),
        at: choice.at,
        answered_at: choice.answered_at,
        undo_until: can_take_back.then_some(choice.until),
    }
}

fn history(parcel: &Parcel) -> Vec<HistoryLine> {
    let mut scans: Vec<&Accepted> = parcel.history.accepted().iter().collect();
    scans.sort_by_key(|scan| std::cmp::Reverse(scan.rank()));
    let line = |scan: &Accepted| HistoryLine {
        code: scan.code,
        hub: scan.hub.as_deref().map(Into::into),
        event_time: scan.event_time,
    };
    scans.into_iter().map(line).collect()
}
