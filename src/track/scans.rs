//! Applying a scan to a parcel (rules.md, "Scans and stages").

use super::choices;
use super::conditions::{Applied, RULES};
use super::ends;
use super::input::Scan;
use super::parcel::{EndReason, Ended};
use super::route::Matched;
use super::step::Step;
use super::telling;
use crate::model::{Code, Count, Effect, ScanOutcome};

/// Applies a scan; the step's cause and `scan_time` are the scan's.
pub(super) fn apply(step: &mut Step<'_>, scan: &Scan) -> ScanOutcome {
    let parcel = &mut *step.parcel;
    parcel.record = step.at;
    if parcel.previous_end.is_some_and(|end| scan.event_time <= end) {
        return ScanOutcome::Ended;
    }
    if parcel.history.knows(&scan.identity) {
        return ScanOutcome::Repeat;
    }
    match parcel.ended {
        Some(ended) if !reopens(ended, scan) => {
            note_after_end(step, ended, scan);
            return ScanOutcome::Ended;
        }
        Some(_) => ends::reopen(step),
        None => {}
    }
    accept(step, scan);
    ScanOutcome::Accepted
}

/// Whether a scan opens an ended parcel again.
fn reopens(ended: Ended, scan: &Scan) -> bool {
    let code = scan.code();
    let found = ended.reason == EndReason::Scan(Code::Lost) && code.is_physical() && code != Code::Lost;
    scan.event_time > ended.event_time && (matches!(code, Code::Returning | Code::Forwarded) || found)
}

/// A scan that comes too late to change anything: it fills its milestone and is known when it is repeated.
fn note_after_end(step: &mut Step<'_>, ended: Ended, scan: &Scan) {
    step.parcel.history.note_after_end(scan);
    if scan.event_time <= ended.event_time {
        match_route(step, scan);
        for rule in RULES {
            rule.scanned_after_end(step, scan);
        }
    }
}

fn accept(step: &mut Step<'_>, scan: &Scan) {
    let code = scan.code();
    let forgotten = step.parcel.history.accept(scan);
    if forgotten.is_some() {
        step.out.push(Effect::Count(Count::ForgottenScan));
    }
    let moved = step.parcel.stage.apply(scan);
    if let Some(signs) = &mut step.signs {
        signs.accept(step.at, step.parcel.history.accepted().len(), forgotten);
        if moved.is_last {
            signs.place_kind = scan.place.kind.clone();
        }
    }
    freeze_promise(step);
    if matches!(code, Code::Returning | Code::Forwarded) {
        step.parcel.progress.over = true;
    }
    let applied = Applied { scan, moved, matched: match_route(step, scan) };
    for rule in RULES {
        rule.scanned(step, &applied);
    }
    choices::scanned(step, scan);
    telling::scanned(step, scan, moved);
    if code.is_end() && !is_outdated(step, scan) {
        step.parcel.stage.newest_end = step.parcel.stage.newest_end.max(Some(scan.event_time));
        ends::end(step, scan.event_time, EndReason::Scan(code));
    }
}

/// The first pickup fixes what the service level promises; for a shell, once it is announced.
pub(super) fn freeze_promise(step: &mut Step<'_>) {
    let Some(pickup) = step.parcel.stage.pickup else { return };
    if step.announced.is_some() && step.parcel.frozen_promise.is_none() {
        step.parcel.frozen_promise = Some(step.view().computed_promise(pickup));
    }
}

fn match_route(step: &mut Step<'_>, scan: &Scan) -> Matched {
    let Some(route) = step.announced.and_then(|announced| announced.route.as_deref()) else {
        return Matched::default();
    };
    let was_over = step.parcel.progress.over;
    let matched = step.parcel.progress.apply(route, scan.code(), scan.hub(), scan.event_time);
    if let Some(signs) = step.signs.as_deref_mut().filter(|_| !was_over) {
        signs.matched(route, &step.parcel.progress, matched, step.at);
    }
    matched
}

/// Whether a scan with the code of an end is none, since a newer one shows that the parcel went on.
fn is_outdated(step: &Step<'_>, scan: &Scan) -> bool {
    let found = scan.code() == Code::Lost;
    step.parcel.stage.has_newer(scan.event_time, |code| {
        matches!(code, Code::Returning | Code::Forwarded) || found && code.is_physical()
    })
}
