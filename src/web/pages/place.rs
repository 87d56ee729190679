//! Where a parcel is, in a sentence; how far that is on its way; what is wrong and what we do about it.

use serde::Serialize;

use super::parcel::Pen;
use super::words::Words;
use crate::model::{Code, ConditionKind};
use crate::reroute::{OpenCondition, Page};

/// A part of the usual way.
#[derive(Serialize)]
pub(super) struct Step {
    label: String,
    class: &'static str,
}

/// The stage that a page is about.
fn stage(page: &Page) -> &'static str {
    page.ended.or(page.stage).map_or("none", Code::name)
}

/// What is wrong and matters more than the stage.
fn worst(page: &Page) -> Option<&OpenCondition> {
    page.conditions.first().filter(|_| page.ended.is_none())
}

pub(super) fn headline(page: &Page, words: &Words) -> String {
    use ConditionKind::{Delayed, ThoroughlyDelayed};
    let is_here = matches!(page.stage, Some(Code::OutForDelivery | Code::AwaitingCollection));
    // A late parcel that can be had today is first of all one that can be had today.
    let wrong = worst(page).filter(|open| !(is_here && matches!(open.kind, Delayed | ThoroughlyDelayed)));
    let wrong = wrong.and_then(|open| words.known("headline_wrong", open.kind.name()));
    wrong.unwrap_or_else(|| words.text("headline", stage(page)))
}

fn sentence(page: &Page, pen: &Pen<'_>) -> String {
    let at = page.last_scan.map(|at| pen.clock.moment(at));
    let reason = page.reason.as_deref().and_then(|word| pen.words.known("reasons", word));
    let said = [("at", at.as_deref()), ("hub", pen.hub(page.hub.as_deref())), ("reason", reason.as_deref())];
    let sentence = pen.words.say("now", stage(page), &said);
    // An end that no scan told has no time.
    if sentence.is_empty() { pen.words.text("headline", stage(page)) } else { sentence }
}

/// The last scan and what is wrong since.
pub(super) fn where_it_is(page: &Page, pen: &Pen<'_>) -> String {
    let sentences: Vec<_> = [Some(sentence(page, pen)), wrong(page, pen)].into_iter().flatten().collect();
    sentences.join(&pen.words.text("joint", "sentences"))
}

fn wrong(page: &Page, pen: &Pen<'_>) -> Option<String> {
    pen.words.known("wrong", worst(page)?.kind.name())
}

/// How far it is on the usual way; none where it left that way.
pub(super) fn steps(page: &Page, words: &Words) -> Vec<Step> {
    use Code::*;
    let (now, last) = match page.ended.or(page.stage) {
        None => (None, "delivered"),
        Some(PickedUp) => (Some(0), "delivered"),
        Some(
            Sorted | DepartedHub | ArrivedHub | ArrivedDestination | Held | CustomsHeld | CustomsReleased | Forwarded,
        ) => (Some(1), "delivered"),
        Some(OutForDelivery | AttemptFailed) => (Some(2), "delivered"),
        Some(AwaitingCollection) => (Some(3), "ready"),
        Some(Collected) => (Some(3), "collected"),
        Some(Delivered) => (Some(3), "delivered"),
        Some(Damaged | Refused | Returning | Returned | Lost | Cancelled) => return Vec::new(),
    };
    let labels = ["handed_over", "on_its_way", "out_for_delivery", last];
    let class = |i: usize| match now {
        Some(now) if i < now => "past",
        Some(now) if i == now => "now",
        _ => "next",
    };
    labels.iter().enumerate().map(|(i, label)| Step { label: words.text("steps", label), class: class(i) }).collect()
}

/// What we do about what is wrong; where nothing is, what we do anyway.
pub(super) fn doing(page: &Page, words: &Words) -> Vec<String> {
    if page.ended.is_some() && page.ended != Some(Code::Lost) {
        return Vec::new();
    }
    let mut lines: Vec<String> = Vec::new();
    for open in &page.conditions {
        let line = words.known("doing", open.kind.name());
        lines.extend(line.filter(|line| !lines.contains(line)));
    }
    if lines.is_empty() {
        let lost = page.ended.map(|_| "lost");
        let name = lost.unwrap_or(if page.stage.is_some() { "default" } else { "none" });
        lines.push(words.text("doing", name));
    }
    lines
}
