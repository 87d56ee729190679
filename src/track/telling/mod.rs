//! Who is told what (rules.md, "Who is told"; runtime.md, "Conditions follow stream time, telling follows the wall clock").
//!
//! A change that somebody may be told *marks* what it is about with its instant; once time has moved beyond that instant
//! and telling is open, [`tell`] issues the notices of what still holds. So of the changes of one instant only the last is told, a
//! `recovered` knows to whom its scan leads to other news, and what was withheld while telling was closed is made up for by the same
//! path. Withdrawals are issued at once, always.
//!
//! What always holds: whatever was issued about something is remembered next to it until it is withdrawn. Whether a
//! notice was really sent is not known here: the notifier judges that, and what is news to its reader.

mod audience;
mod choice;
mod issue;
mod over;

use serde::{Deserialize, Serialize};

use super::choices::Choices;
use super::conditions;
use super::input::{Place, Scan};
use super::parcel::{Open, Parcel};
use super::stage::Moved;
use super::step::Step;
use crate::model::{
    Audience, Cause, Change, Code, Effect, Level, Notice, NoticeId, NoticeKind, RecipientKey, Timestamp,
};

pub(super) use issue::tell;
pub(super) use over::Over;

/// A notice that was issued, by what its id is made of beside the thing that it tells. Part of saved state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub audience: Audience,
    pub key: RecipientKey,
    pub level: Level,
    pub revision: u32,
    pub withdrawn: bool,
}

/// What is to be told, and was, of a parcel rather than of one of its conditions. Part of saved state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Telling {
    /// Where it waits to be collected.
    pub collection: Option<Collection>,
    /// Notices of conditions that are over, until their readers are told so.
    pub over: Vec<Over>,
    /// The instant of a scan that ended something told: what is over is to be told.
    pub over_at: Option<Timestamp>,
}

/// A parcel's arrival for collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Collection {
    /// Of the scan that says so.
    pub event_time: Timestamp,
    pub place: Place,
    /// The instant at which it became to be told.
    pub untold: Option<Timestamp>,
    pub told: Vec<Told>,
}

/// The instant of the newest change of a parcel that is to be told; none where nothing is.
pub(super) fn untold(parcel: &Parcel, choices: Option<&Choices>) -> Option<Timestamp> {
    let conditions = parcel.open.iter().filter_map(|open| open.untold);
    let collection = parcel.telling.collection.as_ref().and_then(|collection| collection.untold);
    let choices = choices.into_iter().flat_map(|choices| &choices.made).filter_map(|choice| choice.untold);
    conditions.chain(collection).chain(choices).chain(parcel.telling.over_at).max()
}

/// An open condition has changed: marks it, and withdraws what its change makes stale.
pub(super) fn changed(step: &mut Step<'_>, index: usize, change: Change) {
    match change {
        Change::Opened => mark(step, index),
        Change::Escalated => {
            withdraw_condition(step, index);
            mark(step, index);
        }
        Change::Cleared | Change::Retracted => {
            withdraw_condition(step, index);
            over::ended(step, index, change);
        }
    }
}

/// Marks an open condition to be told, if anybody is.
fn mark(step: &mut Step<'_>, index: usize) {
    let open = &step.parcel.open[index];
    let explained = conditions::held_by(open.kind, step.view()).is_some();
    let heard = step.world.rules.tell.audiences(NoticeKind::Condition(open.kind), open.level).next().is_some();
    let tells = heard && !explained && step.cause != Cause::Rules;
    step.parcel.open[index].untold = tells.then_some(step.at);
}

/// The shipment of a shell has come: those who could not be told until now are told what still holds.
pub(super) fn announced(step: &mut Step<'_>) {
    for index in 0..step.parcel.open.len() {
        mark(step, index);
    }
    if let Some(collection) = &mut step.parcel.telling.collection {
        collection.untold = Some(step.at);
    }
}

/// A scan was accepted: the parcel waits to be collected, elsewhere or with another code, or no longer.
pub(super) fn scanned(step: &mut Step<'_>, scan: &Scan, moved: Moved) {
    let waits = scan.code() == Code::AwaitingCollection;
    let known = step.parcel.telling.collection.as_ref().map(|collection| &collection.place);
    let news = match known {
        Some(known) => waits && moved.is_last && is_other_place(known, &scan.place),
        None => waits && moved.is_last,
    };
    if news || moved.stage && !waits {
        withdraw_collection(step);
    }
    if news {
        let (event_time, place) = (scan.event_time, scan.place.clone());
        let collection = Collection { event_time, place, untold: Some(step.at), told: Vec::new() };
        step.parcel.telling.collection = Some(collection);
    }
}

/// Whether a further scan names another place or code; what it does not name stays.
fn is_other_place(known: &Place, scanned: &Place) -> bool {
    let other = |known: &Option<Box<str>>, scanned: &Option<Box<str>>| scanned.is_some() && scanned != known;
    other(&known.place, &scanned.place) || other(&known.pickup_code, &scanned.pickup_code)
}

/// The parcel has ended: nobody is to collect it any more.
pub(super) fn parcel_ended(step: &mut Step<'_>) {
    withdraw_collection(step);
}

fn withdraw_condition(step: &mut Step<'_>, index: usize) {
    let mut told = std::mem::take(&mut step.parcel.open[index].told);
    for told in told.iter_mut().filter(|told| !told.withdrawn) {
        told.withdrawn = true;
        withdraw(step.out, told, condition_id(step.id, step.parcel.journey, &step.parcel.open[index], told));
    }
    step.parcel.open[index].told = told;
}

fn withdraw_collection(step: &mut Step<'_>) {
    let Some(collection) = step.parcel.telling.collection.take() else { return };
    for told in &collection.told {
        withdraw(step.out, told, collection_id(step.id, step.parcel.journey, &collection, told));
    }
}

fn withdraw(out: &mut Vec<Effect>, told: &Told, id: NoticeId) {
    out.push(Effect::Notice { key: told.key.clone(), notice: Notice::Withdrawn { id } });
}

/// The id of a notice about an open condition (runtime.md, "Identities").
pub(super) fn condition_id(parcel_id: &str, journey: u32, open: &Open, told: &Told) -> NoticeId {
    let (episode, limit) = (open.episode.to_string(), open.limit.to_string());
    notice_id(parcel_id, journey, NoticeKind::Condition(open.kind), told, &[&episode, &limit])
}

/// The id of a notice of an arrival: `event_time`, place and code of the scan stand for episode and limit.
pub(super) fn collection_id(parcel_id: &str, journey: u32, collection: &Collection, told: &Told) -> NoticeId {
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    let (event_time, place) = (collection.event_time.to_string(), &collection.place);
    let about = [event_time, text(&place.place), text(&place.pickup_code)];
    notice_id(parcel_id, journey, NoticeKind::Collection, told, &about.each_ref().map(String::as_str))
}

/// An id from what all notices have and what is particular to the kind.
fn notice_id(parcel_id: &str, journey: u32, kind: NoticeKind, told: &Told, about: &[&str]) -> NoticeId {
    let (journey, revision) = (journey.to_string(), told.revision.to_string());
    let common =
        [parcel_id, &journey, kind.name(), told.level.name(), &revision, told.audience.name(), told.key.as_str()];
    NoticeId::of(&[&common, about].concat())
}
