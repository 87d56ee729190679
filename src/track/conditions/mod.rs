//! The rules, one condition per file (rules.md, "Conditions").
//!
//! A rule answers three questions: which limit of its condition may pass next, what an accepted scan
//! opens and ends, and why it is open. Everything else (when limits are looked at, levels, ends of parcels, who is told)
//! is common to all.

mod attempt_failed;
mod customs_held;
mod damaged;
mod delayed;
mod dispatch_overdue;
mod held;
mod looping;
mod lost;
mod misrouted;
mod never_uploaded;
mod overdue_scan;
mod refused;
mod skipped_scan;
mod stalled;
mod suspect_signature;
mod thoroughly_delayed;
mod uncollected;
mod unconsented_drop;
mod uploaded_late;

use super::input::Scan;
use super::parcel::Open;
use super::route::Matched;
use super::rules::Levels;
use super::stage::Moved;
use super::step::{Opening, Step};
use super::view::View;
use crate::model::{Code, ConditionKind, Level, RerouteOption, Timestamp};

/// A limit that may pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Limit {
    /// Then the condition opens.
    Opens(Opening),
    /// Then the open condition reaches a level.
    Escalates {
        #[allow(missing_docs)]
        kind: ConditionKind,
        #[allow(missing_docs)]
        level: Level,
        #[allow(missing_docs)]
        limit: Timestamp,
    },
    /// Then the open condition is over, by itself.
    Ends {
        #[allow(missing_docs)]
        kind: ConditionKind,
        #[allow(missing_docs)]
        limit: Timestamp,
    },
}

impl Limit {
    /// The instant after which it has passed.
    pub fn at(&self) -> Timestamp {
        match self {
            Limit::Opens(opening) => opening.limit,
            Limit::Escalates { limit, .. } | Limit::Ends { limit, .. } => *limit,
        }
    }
}

/// An accepted scan and what it changed in the facts, which were brought up to date before the rules are asked.
pub(super) struct Applied<'a> {
    pub scan: &'a Scan,
    pub moved: Moved,
    pub matched: Matched,
}

impl Applied<'_> {
    pub fn code(&self) -> Code {
        self.scan.code()
    }

    pub fn event_time(&self) -> Timestamp {
        self.scan.event_time
    }
}

/// What a condition follows.
pub(super) trait Rule: Sync {
    /// The condition.
    fn kind(&self) -> ConditionKind;

    /// The limit that may pass next, of a live parcel; none where only scans open it, or nothing is awaited.
    fn limit(&self, _: View<'_>) -> Option<Limit> {
        None
    }

    /// A scan was accepted.
    fn scanned(&self, _: &mut Step<'_>, _: &Applied<'_>) {}

    /// A scan was read after the parcel's end, and not later than that: it happened before.
    fn scanned_after_end(&self, _: &mut Step<'_>, _: &Scan) {}

    /// A shipment record was read; whatever it changes is in the facts.
    fn announced(&self, _: &mut Step<'_>) {}

    /// Another route was announced, and the accepted scans were matched to it.
    fn route_changed(&self, _: &mut Step<'_>) {}

    /// The parcel has ended; whatever does not outlast that was ended before.
    fn parcel_ended(&self, _: &mut Step<'_>) {}

    /// The scan at hand re-opens the parcel and is accepted next.
    fn reopened(&self, _: &mut Step<'_>) {}

    /// The system that executes it accepted a customer's choice.
    fn rerouted(&self, _: &mut Step<'_>, _option: RerouteOption) {}

    /// Whether it stays open when the parcel ends.
    fn outlasts_end(&self) -> bool {
        false
    }

    /// Whether its limits pass after the parcel's end too.
    fn outlives_parcel(&self) -> bool {
        false
    }

    /// Why it is open, for people who ask: one sentence with the facts.
    fn why(&self, view: View<'_>, open: &Open) -> String;
}

/// Every rule, in the order of rules.md: they are asked in this order.
pub(super) const RULES: [&dyn Rule; 19] = [
    &never_uploaded::NeverUploaded,
    &overdue_scan::OverdueScan,
    &stalled::Stalled,
    &delayed::Delayed,
    &thoroughly_delayed::ThoroughlyDelayed,
    &dispatch_overdue::DispatchOverdue,
    &attempt_failed::AttemptFailed,
    &uncollected::Uncollected,
    &skipped_scan::SkippedScan,
    &uploaded_late::UploadedLate,
    &misrouted::Misrouted,
    &looping::Looping,
    &suspect_signature::SuspectSignature,
    &unconsented_drop::UnconsentedDrop,
    &customs_held::CustomsHeld,
    &held::Held,
    &damaged::Damaged,
    &refused::Refused,
    &lost::Lost,
];

/// The rule of a condition.
pub(super) fn rule(kind: ConditionKind) -> &'static dyn Rule {
    match kind {
        ConditionKind::NeverUploaded => &never_uploaded::NeverUploaded,
        ConditionKind::OverdueScan => &overdue_scan::OverdueScan,
        ConditionKind::Stalled => &stalled::Stalled,
        ConditionKind::Delayed => &delayed::Delayed,
        ConditionKind::ThoroughlyDelayed => &thoroughly_delayed::ThoroughlyDelayed,
        ConditionKind::DispatchOverdue => &dispatch_overdue::DispatchOverdue,
        ConditionKind::AttemptFailed => &attempt_failed::AttemptFailed,
        ConditionKind::Uncollected => &uncollected::Uncollected,
        ConditionKind::SkippedScan => &skipped_scan::SkippedScan,
        ConditionKind::UploadedLate => &uploaded_late::UploadedLate,
        ConditionKind::Misrouted => &misrouted::Misrouted,
        ConditionKind::Looping => &looping::Looping,
        ConditionKind::SuspectSignature => &suspect_signature::SuspectSignature,
        ConditionKind::UnconsentedDrop => &unconsented_drop::UnconsentedDrop,
        ConditionKind::CustomsHeld => &customs_held::CustomsHeld,
        ConditionKind::Held => &held::Held,
        ConditionKind::Damaged => &damaged::Damaged,
        ConditionKind::Refused => &refused::Refused,
        ConditionKind::Lost => &lost::Lost,
    }
}

/// What explains that a parcel does not move.
const EXPLAIN: [ConditionKind; 2] = [ConditionKind::CustomsHeld, ConditionKind::Held];

/// The open condition that explains this one, so that nobody is told of it.
pub(super) fn held_by(kind: ConditionKind, view: View<'_>) -> Option<ConditionKind> {
    EXPLAIN.into_iter().find(|explains| kind == ConditionKind::Stalled && view.is_open(*explains))
}

/// The next limit of a condition with levels that count from `since`, or from when it opened.
fn next_level(view: View<'_>, kind: ConditionKind, levels: &Levels, since: Timestamp) -> Option<Limit> {
    let open = view.parcel.find(kind);
    let since = open.map_or(since, |open| open.since);
    let (level, after) = levels.above(open.map(|open| open.level))?;
    let limit = since + after;
    Some(match open {
        Some(_) => Limit::Escalates { kind, level, limit },
        None => Limit::Opens(Opening { since, ..Opening::by_limit(kind, level, limit) }),
    })
}

/// Ends a condition that scans open if this one is newer than the newest that opened it.
fn end_by_newer(step: &mut Step<'_>, kind: ConditionKind, event_time: Timestamp) {
    step.end_all(|open| open.kind == kind && event_time > open.since);
}

/// Opens a condition by a scan, unless it is open: then the scan only becomes the newest that opens it.
fn open_by_scan(step: &mut Step<'_>, kind: ConditionKind, level: Level, event_time: Timestamp) {
    match step.parcel.open.iter_mut().find(|open| open.kind == kind) {
        Some(open) => open.since = open.since.max(event_time),
        None => step.open(Opening::by_scan(kind, level, event_time)),
    }
}
