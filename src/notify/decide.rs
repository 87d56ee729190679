//! The decision about a notice, on one screen: expired? worse or other? too soon after another? by
//! which way? one of too many? in quiet hours? does anything leave?

use std::cmp::Reverse;

use super::judge;
use super::policy::Mode;
use super::quiet;
use super::reason::{Suppression, Why};
use super::render;
use super::route::{self, Remembered, Route};
use super::storm::Breaker;
use super::thread::{Entry, Phase, Thread};
use crate::model::{Message, NoticeKind, RecipientKey, Timestamp, World};

/// What is done about a notice now.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// An attempt is claimed.
    Send(Why, Box<(Route, Message)>),
    /// Its reader was told something too recently: it is decided anew once time is later.
    Recent(Timestamp),
    /// Its reader's quiet hours: it is decided anew once time is later. And what would be done with it but for them.
    Quiet(Timestamp, Mode),
    /// Too many of its kind: it is decided anew when an operator says so.
    Storm,
    /// It is not sent.
    Suppress(Suppression),
    /// It would have been sent.
    Shadow,
    /// It is of no use any more.
    Expired,
}

/// What a decision looks at beside its thread.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    #[allow(missing_docs)]
    pub now: Timestamp,
    #[allow(missing_docs)]
    pub world: &'a World,
    /// What is remembered of the reader.
    pub known: Remembered<'a>,
    /// Whether there are too many of a kind.
    pub breaker: &'a Breaker,
}

/// The next entry of the thread about which something is to be done, and what. None while a claim
/// is outstanding: its outcome may change every judgement.
pub fn next(thread: &Thread, key: &RecipientKey, sight: Sight<'_>) -> Option<(usize, Decision)> {
    let Sight { now, world, .. } = sight;
    if thread.entries.iter().any(Entry::is_claimed) {
        return None;
    }
    let waiting = || thread.entries.iter().enumerate().filter(|(_, entry)| entry.is_waiting());
    // What is not to be told ends first, due or not, so that it stands in nobody's way.
    for (i, entry) in waiting() {
        if now > entry.expires {
            return Some((i, Decision::Expired));
        }
        if let Err(suppression) = judge::judge(thread, i, world.policy.notify.changed_by) {
            return Some((i, Decision::Suppress(suppression)));
        }
    }
    let due = |entry: &Entry| matches!(entry.phase, Phase::Waiting { due, .. } if due < now);
    // What cannot wait goes first, then the worst; of such what takes back what was told, before more is told; then the oldest.
    let order = |i: usize, kind: NoticeKind| {
        (!judge::is_urgent(kind), Reverse(judge::gravity(thread, i)), kind != NoticeKind::Corrected, i)
    };
    let due = waiting().filter(|(i, entry)| due(entry) && !judge::waits(thread, *i));
    let (i, _) = due.min_by_key(|(i, entry)| order(*i, entry.kind))?;
    Some((i, decide(thread, i, key, sight).unwrap_or_else(Decision::Suppress)))
}

fn decide(thread: &Thread, i: usize, key: &RecipientKey, sight: Sight<'_>) -> Result<Decision, Suppression> {
    let Sight { now, world, known, breaker } = sight;
    let policy = &world.policy;
    let entry = &thread.entries[i];
    let why = judge::judge(thread, i, policy.notify.changed_by)?;
    if let Some(until) = gap_end(thread, i, policy.notify.gap).filter(|until| now <= *until) {
        return Ok(Decision::Recent(until));
    }
    let content = entry.content().ok_or(Suppression::NoWords)?;
    let ways = route::ways(key, entry, content.person(), world, known)?;
    let mode = |route: &Route| policy.send.mode(route.channel(), entry.kind, entry.merchant.as_deref());
    let first = ways.first().map_or(Mode::Off, mode);
    let holds = breaker.holds(entry, now, world);
    // Before it is worded: of a hundred thousand nobody reads the texts.
    if holds && first == Mode::On {
        return Ok(Decision::Storm);
    }
    if let Some(until) = quiet_end(entry, &ways, now, world, known) {
        return Ok(Decision::Quiet(until, first));
    }
    // A channel whose words do not fit these facts is passed over like one that the reader does not have.
    let worded = |route: Route| render::message(&entry.id, &content, &route, world).map(|message| (route, message));
    let (route, message) = ways.into_iter().find_map(worded).ok_or(Suppression::NoWords)?;
    match mode(&route) {
        Mode::Off => Err(Suppression::SendOff),
        Mode::Shadow => Ok(Decision::Shadow),
        Mode::On if holds => Ok(Decision::Storm),
        Mode::On => Ok(Decision::Send(why, Box::new((route, message)))),
    }
}

/// Until when a person is left in peace after the last notice about this parcel. Urgent notices neither wait nor
/// count, and a repeat is no other notice.
fn gap_end(thread: &Thread, i: usize, gap: std::time::Duration) -> Option<Timestamp> {
    let entry = &thread.entries[i];
    if !judge::is_person(entry.audience) || judge::is_urgent(entry.kind) || entry.told_at().is_some() {
        return None;
    }
    let counts = |other: &&Entry| !judge::is_urgent(other.kind);
    thread.entries.iter().filter(counts).filter_map(Entry::heard_at).max().map(|heard| heard + gap)
}

/// Until when a person is left in peace at this time of the day. Repeats wait like anything else: they ring as loudly.
fn quiet_end(entry: &Entry, ways: &[Route], now: Timestamp, world: &World, known: Remembered<'_>) -> Option<Timestamp> {
    if !judge::is_person(entry.audience) || judge::is_urgent(entry.kind) {
        return None;
    }
    let own = known.preference.and_then(|preference| preference.quiet_hours);
    let hours = own.or(world.policy.notify.quiet_hours)?;
    quiet::until(hours, ways.first()?.reader.zone, now)
}
