//! Why a parcel is judged as it is, for people who ask: `parcelwatch parcel` and `GET /v1/parcels/{id}`.
//!
//! Everything is derived from state and rules in the words of rules.md. Contacts are masked: their owner recognises
//! them, nobody else learns them.

use std::time::Duration;

use serde_json::{Value, json};

use super::announced::Announced;
use super::conditions::{Limit, rule};
use super::due::{self, What};
use super::history::Accepted;
use super::mask;
use super::parcel::{EndReason, Ended, Open};
use super::telling::{self, Told};
use super::tracker::Tracker;
use super::view::View;
use crate::model::{NoticeId, Recipient, RecipientKey, Timestamp, World};

impl Tracker {
    /// Everything about a parcel at `now`, as JSON; none where it is not known here.
    ///
    /// `conditions` are those that are open, each with a sentence `why` and the notices that were `issued` (whether one was sent, the notifier
    /// knows); `timers` are the limits ahead, the next one first.
    pub fn describe(&self, parcel_id: &str, now: Timestamp, world: &World) -> Option<Value> {
        let parcel = self.parcels.get(parcel_id)?;
        let announced = self.announced.get(parcel_id);
        let view = self.view(parcel_id, parcel, world);
        let conditions: Vec<Value> = parcel.open.iter().map(|open| condition(parcel_id, view, open)).collect();
        let scans: Vec<Value> = parcel.history.accepted().iter().map(scan).collect();
        Some(json!({
            "parcel_id": parcel_id,
            "journey": parcel.journey,
            "stage": parcel.stage.code(),
            "last_scan": parcel.stage.last.as_ref().map(|last| json!({"event_time": last.event_time, "hub": last.hub})),
            "ended": parcel.ended.map(ended),
            "announced": announced.map(announcement),
            "promise": promise(view),
            "route": announced.filter(|announced| !announced.milestones().is_empty()).map(|announced| route(view, announced)),
            "conditions": conditions,
            "choices": choices(view),
            "timers": timers(view, now),
            "collection": collection(parcel_id, view),
            "scans": scans,
            "last_record": parcel.record,
            "recipient_keys": announced.map_or_else(Vec::new, |announced| recipient_keys(announced, world)),
        }))
    }
}

fn ended(ended: Ended) -> Value {
    let by = match ended.reason {
        EndReason::Scan(code) => code.name(),
        EndReason::Cancelled => "cancelled by the order system",
        EndReason::Expired => "expired",
    };
    json!({"by": by, "event_time": ended.event_time, "read": ended.read})
}

/// Whose notifiers may know of deliveries about this parcel; hubs are told in digests only.
fn recipient_keys(announced: &Announced, world: &World) -> Vec<RecipientKey> {
    let people = [&announced.recipient, &announced.sender].into_iter().flatten();
    let people = people.filter_map(|person| RecipientKey::person(&world.hash_key, person));
    let merchant = announced.merchant.as_deref().map(RecipientKey::merchant);
    people.chain(merchant).chain([RecipientKey::service()]).collect()
}

fn announcement(announced: &Announced) -> Value {
    json!({
        "merchant": announced.merchant,
        "service": announced.service,
        "ordered_at": announced.ordered_at,
        "shipped_at": announced.shipped_at,
        "origin": announced.origin.as_ref().and_then(|end| end.hub.as_deref()),
        "destination": announced.destination.as_ref().and_then(|end| end.hub.as_deref()),
        "flags": announced.flags,
        "consent": announced.consent,
        "recipient": announced.recipient.as_ref().map(person),
        "sender": announced.sender.as_ref().map(person),
    })
}

fn promise(view: View<'_>) -> Value {
    let given = view.announced.is_some_and(|announced| announced.promise.is_some());
    let counted_from = match (given, view.parcel.stage.pickup, view.parcel.stage.first_physical) {
        (true, ..) => "the shipment",
        (false, Some(_), _) => "the service level, from the pickup",
        (false, None, Some(_)) => "the service level, from the first scan",
        (false, None, None) => "nothing yet",
    };
    let chosen = view.promise() != view.base_promise();
    let counted_from = if chosen { "the customer's choice" } else { counted_from };
    json!({"at": view.promise(), "by": counted_from, "clock_runs": view.promise_clock_runs()})
}

fn route(view: View<'_>, announced: &Announced) -> Value {
    let progress = &view.parcel.progress;
    let milestones = announced.milestones().iter().enumerate().map(|(index, milestone)| {
        let within = milestone.within_ms.map(|ms| humantime::format_duration(Duration::from_millis(ms)).to_string());
        let scanned = progress.scanned_at(index);
        json!({"code": milestone.code, "hub": milestone.hub, "within": within, "scanned": scanned})
    });
    let due = view.due().map(|due| json!({"milestone": due.milestone, "at": due.at}));
    json!({"milestones": milestones.collect::<Vec<_>>(), "due": due, "over": progress.over})
}

fn condition(parcel_id: &str, view: View<'_>, open: &Open) -> Value {
    let issued =
        open.told.iter().map(|told| notice(told, telling::condition_id(parcel_id, view.parcel.journey, open, told)));
    json!({
        "condition": open.kind,
        "level": open.level,
        "episode": open.episode,
        "limit": open.limit,
        "why": rule(open.kind).why(view, open),
        "issued": issued.collect::<Vec<_>>(),
        "to_be_told_since": open.untold,
    })
}

/// What was chosen, the newest first, without the chooser's words.
fn choices(view: View<'_>) -> Value {
    let Some(choices) = view.choices else { return Value::Null };
    let made = choices.made.iter().rev().map(|choice| {
        json!({
            "id": choice.id,
            "option": choice.option,
            "change": choice.change,
            "reason": choice.reason,
            "by": choice.by,
            "place": choice.detail.place,
            "slot": choice.detail.slot,
            "fee": choice.fee,
            "at": choice.at,
            "answered_at": choice.answered_at,
            "until": choice.until,
            "promise": choice.promise,
            "to_be_told_since": choice.untold,
        })
    });
    json!({
        "made": made.collect::<Vec<_>>(),
        "consent": view.consent().collect::<Vec<_>>(),
        "promise_before": view.base_promise(),
        "wrong_proofs": choices.wrong_proofs,
    })
}

fn notice(told: &Told, id: NoticeId) -> Value {
    json!({"id": id, "audience": told.audience, "key": told.key, "level": told.level, "withdrawn": told.withdrawn})
}

fn collection(parcel_id: &str, view: View<'_>) -> Option<Value> {
    let collection = view.parcel.telling.collection.as_ref()?;
    let place = &collection.place;
    let issued = collection
        .told
        .iter()
        .map(|told| notice(told, telling::collection_id(parcel_id, view.parcel.journey, collection, told)));
    Some(json!({
        "since": view.parcel.stage.awaiting_since,
        "place": place.place,
        "place_kind": place.kind,
        "pickup_code": place.pickup_code.as_deref().map(mask::text),
        "free_until": place.free_until,
        "issued": issued.collect::<Vec<_>>(),
        "to_be_told_since": collection.untold,
    }))
}

/// What passes by itself, the next first, each with the time until then.
fn timers(view: View<'_>, now: Timestamp) -> Vec<Value> {
    let mut due: Vec<_> = due::all(view, true).collect();
    due.sort_by_key(|due| due.turn);
    due.into_iter()
        .map(|due| {
            let (what, condition, level) = match due.what {
                What::Limit(Limit::Opens(opening)) => ("opens", Some(opening.kind), Some(opening.level)),
                What::Limit(Limit::Escalates { kind, level, .. }) => ("escalates", Some(kind), Some(level)),
                What::Limit(Limit::Ends { kind, .. }) => ("ends", Some(kind), None),
                What::Unknown => ("counts as unknown", None, None),
                What::Expires => ("expires", None, None),
                What::Forgotten => ("is forgotten", None, None),
                What::Tell => ("is told, once telling is open", None, None),
            };
            let at = due.turn.at();
            // Whole seconds: nobody reads the rest.
            let left = humantime::format_duration(Duration::from_secs(at.since(now).as_secs())).to_string();
            json!({"what": what, "condition": condition, "level": level, "at": at, "in": left})
        })
        .collect()
}

fn scan(scan: &Accepted) -> Value {
    json!({"code": scan.code, "hub": scan.hub, "event_time": scan.event_time})
}

fn person(person: &Recipient) -> Value {
    json!({
        "name": person.name.as_deref().map(mask::text),
        "phone": person.phone.as_deref().map(mask::text),
        "email": person.email.as_deref().map(mask::email),
        "locale": person.locale,
        "time_zone": person.time_zone,
    })
}
