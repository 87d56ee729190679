//! `attempt_failed`: nobody was reached, as a scan says, or as the silence of the evening says.

use chrono::{Days, FixedOffset, TimeZone};
use chrono_tz::Tz;

use super::{Applied, Limit, Rule, end_by_newer, open_by_scan};
use crate::model::{Code, ConditionKind, Level, RerouteOption, Timestamp};
use crate::time::instant;
use crate::track::parcel::Open;
use crate::track::rules::ClockTime;
use crate::track::step::{Opening, Step};
use crate::track::view::View;

pub(super) struct AttemptFailed;

/// Ends a failed attempt.
fn is_next_step(code: Code) -> bool {
    use Code::*;
    matches!(code, OutForDelivery | AwaitingCollection | Refused | Returning | Forwarded)
}

/// What can come of `out_for_delivery`.
fn is_result(code: Code) -> bool {
    use Code::*;
    matches!(code, AttemptFailed | AwaitingCollection | Refused | Returning | Forwarded) || code.is_end()
}

impl Rule for AttemptFailed {
    fn kind(&self) -> ConditionKind {
        ConditionKind::AttemptFailed
    }

    /// The evening of the newest `out_for_delivery`, if nothing came of it.
    fn limit(&self, view: View<'_>) -> Option<Limit> {
        let stage = &view.parcel.stage;
        let out = stage.newest(Code::OutForDelivery)?;
        let settled = view.parcel.silence_settled.is_some_and(|settled| settled >= out);
        if settled || view.is_open(self.kind()) || stage.has_since(out, is_result) {
            return None;
        }
        let limit = evening_after(out, zone(view), view.limits().attempt_silent_at);
        // It counts as opened by that scan: only a newer one ends it.
        Some(Limit::Opens(Opening { since: out, ..Opening::by_limit(self.kind(), Level::Warn, limit) }))
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let event_time = applied.event_time();
        if is_next_step(applied.code()) {
            end_by_newer(step, self.kind(), event_time);
        }
        let stage = &step.parcel.stage;
        let over = stage.has_newer(event_time, is_next_step) || stage.newest_end > Some(event_time);
        if applied.code() == Code::AttemptFailed && !over {
            confirm(step, event_time);
            open_by_scan(step, self.kind(), Level::Warn, event_time);
        }
    }

    fn rerouted(&self, step: &mut Step<'_>, option: RerouteOption) {
        if option == RerouteOption::Reschedule && step.parcel.is_open(self.kind()) {
            step.end(self.kind());
            step.parcel.silence_settled = step.parcel.stage.newest(Code::OutForDelivery);
        }
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        if is_silent(open) {
            format!("out for delivery since {} and nothing came of it by {}", open.since, open.limit)
        } else {
            format!("the attempt of {} failed and nothing newer was scanned", open.since)
        }
    }
}

/// Whether silence opened it and no scan has confirmed it: an evening comes after its `out_for_delivery`.
fn is_silent(open: &Open) -> bool {
    open.since < open.limit && open.refutable_until.is_some()
}

/// A failed attempt of that tour confirms what its silence said; then no scan can show any more that it was never true.
fn confirm(step: &mut Step<'_>, event_time: Timestamp) {
    let silent = step.parcel.open.iter_mut().find(|open| open.kind == ConditionKind::AttemptFailed && is_silent(open));
    if let Some(open) = silent.filter(|open| event_time >= open.since) {
        open.refutable_until = None;
    }
}

/// The recipient's zone, else the offset in which the scan was written.
enum Zone {
    Named(Tz),
    Offset(FixedOffset),
}

fn zone(view: View<'_>) -> Zone {
    let recipient = view.announced.and_then(|announced| announced.recipient.as_ref());
    let named = recipient.and_then(|recipient| recipient.time_zone.as_deref()?.parse().ok());
    let offset = || FixedOffset::east_opt(i32::from(view.parcel.stage.out_offset_minutes) * 60);
    named.map(Zone::Named).or_else(|| offset().map(Zone::Offset)).unwrap_or(Zone::Named(Tz::UTC))
}

/// The first `evening` after `at`, strictly.
fn evening_after(at: Timestamp, zone: Zone, evening: ClockTime) -> Timestamp {
    match zone {
        Zone::Named(zone) => evening_in(at, &zone, evening),
        Zone::Offset(zone) => evening_in(at, &zone, evening),
    }
}

fn evening_in<Z: TimeZone>(at: Timestamp, zone: &Z, evening: ClockTime) -> Timestamp {
    let today = at.to_utc().with_timezone(zone).date_naive();
    [0, 1, 2]
        .into_iter()
        .filter_map(|days| instant(zone, today.checked_add_days(Days::new(days))?.and_time(evening.time())))
        .find(|limit| *limit > at)
        .unwrap_or(at)
}
