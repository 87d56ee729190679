//! What of a parcel passes next, and letting it pass. Derived from state and rules, never stored.

use super::conditions::{Limit, RULES};
use super::ends;
use super::parcel::EndReason;
use super::step::Step;
use super::view::View;
use crate::model::{Count, Effect, Timestamp};

/// The order of what belongs to one instant `K`: it passes once time is later than `K`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Limits that a record at `K` made when they had already passed: they take effect at `K`.
    Made,
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
            Phase::Made => self.instant,
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
}

/// What of a parcel passes next.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Due {
    pub turn: Turn,
    pub what: What,
}

/// The next of a parcel; at one turn in the order of the rules.
pub(super) fn next(view: View<'_>) -> Option<Due> {
    let record = view.parcel.record;
    let due = |limit, what| Due { turn: Turn::of(limit, record), what };
    let limits = view.limits();
    let unknown = view.parcel.unknown_since.map(|since| due(since + limits.unknown_after, What::Unknown));
    let others = match view.parcel.ended {
        Some(ended) => [unknown, Some(due(ended.read + limits.forgotten_after, What::Forgotten))],
        None => [unknown, Some(due(record + limits.expires_after, What::Expires))],
    };
    let live = RULES.iter().filter(|_| view.parcel.is_live());
    let rules = live.filter_map(|rule| rule.limit(view)).map(|limit| due(limit.at(), What::Limit(limit)));
    // The first of equals: `min_by_key` keeps it.
    rules.chain(others.into_iter().flatten()).min_by_key(|due| due.turn)
}

/// Lets it pass. Returns whether the parcel is to be forgotten.
pub(super) fn pass(step: &mut Step<'_>, what: What) -> bool {
    match what {
        What::Limit(Limit::Opens(opening)) => step.open(opening),
        What::Limit(Limit::Escalates { kind, level, limit }) => step.escalate(kind, level, limit),
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
            return true;
        }
    }
    false
}
