//! What of a parcel passes next, and letting it pass. Derived from state and rules, never stored.

use super::conditions::{Limit, RULES};
use super::parcel::EndReason;
use super::step::Step;
use super::view::View;
use super::{ends, telling};
use crate::model::{Count, Effect, Timestamp};

/// The order of what belongs to one instant `K`: it passes once time is later than `K`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Limits that a record at `K` made when they had already passed: they take effect at `K`.
    Made,
    /// Telling what changed at `K`: nothing can change at that instant any more.
    Tell,
    /// Limits at `K`: they take effect at the next instant.
    Natural,
}

/// When something passes. Ordered as it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub instant: Timestamp,
    pub phase: Phase,
}

impl Turn {
    /// The turn of a limit of a parcel whose last record came at `record`.
    fn of(limit: Timestamp, record: Timestamp) -> Turn {
        if limit < record {
            Turn { instant: record, phase: Phase::Made }
        } else {
            Turn { instant: limit, phase: Phase::Natural }
        }
    }

    /// The logical instant at which it takes effect.
    pub fn at(self) -> Timestamp {
        match self.phase {
            Phase::Made | Phase::Tell => self.instant,
            Phase::Natural => self.instant.next(),
        }
    }
}

/// What passes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A condition opens or escalates.
    Limit(Limit),
    /// Its scans have waited for a shipment for long enough to count it as unknown.
    Unknown,
    /// It has had no record for too long.
    Expires,
    /// It ended long enough ago.
    Forgotten,
    /// Somebody is told what changed.
    Tell,
}

/// What of a parcel passes, and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Due {
    pub turn: Turn,
    pub what: What,
}

/// Everything of a parcel that may pass, in the order of the rules; `telling` is whether telling is open.
pub(super) fn all(view: View<'_>, telling: bool) -> impl Iterator<Item = Due> {
    let (parcel, limits) = (view.parcel, view.limits());
    let due = move |limit, what| Due { turn: Turn::of(limit, parcel.record), what };
    let live = RULES.into_iter().filter(|rule| parcel.is_live() || rule.outlives_parcel());
    let rules = live.filter_map(move |rule| rule.limit(view)).map(move |limit| due(limit.at(), What::Limit(limit)));
    let unknown = parcel.unknown_since.map(|since| due(since + limits.unknown_after, What::Unknown));
    let end = match parcel.ended {
        Some(ended) => due(ended.read + limits.forgotten_after, What::Forgotten),
        None => due(parcel.record + limits.expires_after, What::Expires),
    };
    let untold = telling::untold(parcel, view.choices).filter(|_| telling);
    let tell = untold.map(|instant| Due { turn: Turn { instant, phase: Phase::Tell }, what: What::Tell });
    rules.chain(unknown).chain([end]).chain(tell)
}

/// What passes next; at one turn what the rules name first.
pub(super) fn next(view: View<'_>, telling: bool) -> Option<Due> {
    all(view, telling).min_by_key(|due| due.turn)
}

/// What becomes of the parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Forgotten,
}

/// Lets it pass; what is told late is of use from `late_since`.
pub(super) fn pass(step: &mut Step<'_>, what: What, late_since: Timestamp) -> Fate {
    match what {
        What::Limit(Limit::Opens(opening)) => step.open(opening),
        What::Limit(Limit::Escalates { kind, level, limit }) => step.escalate(kind, level, limit),
        What::Limit(Limit::Ends { kind, .. }) => step.end(kind),
        What::Unknown => {
            step.parcel.unknown_since = None;
            let hub = step.parcel.history.accepted().iter().rev().find_map(|scan| scan.hub.as_deref());
            step.out.push(Effect::Count(Count::UnknownParcel { hub: hub.map(Into::into) }));
        }
        What::Expires => {
            let limit = step.parcel.record + step.view().limits().expires_after;
            ends::end(step, limit, EndReason::Expired);
        }
        What::Forgotten => {
            ends::close(step);
            return Fate::Forgotten;
        }
        What::Tell => telling::tell(step, late_since),
    }
    Fate::Stays
}
