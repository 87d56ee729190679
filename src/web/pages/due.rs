//! When a parcel comes.

use serde::Serialize;

use super::parcel::Pen;
use crate::model::{Code, Timestamp};
use crate::reroute::Page;

/// A time under its label, and what else is to be said of it.
#[derive(Serialize)]
pub(super) struct When {
    label: String,
    /// None where we do not know it.
    time: Option<String>,
    lines: Vec<String>,
}

/// When it comes. An estimate and a promise are never said in the same words.
pub(super) fn when(page: &Page, now: Timestamp, pen: &Pen<'_>) -> Option<When> {
    use Code::{Lost, Refused, Returned, Returning};
    let words = pen.words;
    if page.ended.is_some() || matches!(page.stage, Some(Returning | Returned | Lost | Refused)) {
        return None;
    }
    if let Some(until) = page.collection.as_ref().and_then(|collection| collection.free_until) {
        let label = words.text("when", "collect_until");
        return Some(When { label, time: Some(pen.clock.moment(until)), lines: Vec::new() });
    }
    if page.collection.is_some() {
        return None;
    }
    let promise = page.promise.map(|at| pen.clock.moment(at));
    let before = page.original_promise.filter(|before| Some(*before) != page.promise).map(|at| pen.clock.moment(at));
    let mut lines = Vec::new();
    let promised = |name| words.say("when", name, &[("promise", promise.as_deref())]);
    let (label, time) = match (page.eta, page.promise) {
        (Some(eta), due) => {
            match due {
                Some(due) if eta.to > due => lines.push(promised("was_promised")),
                Some(_) => lines.push(promised("still_promised")),
                None => lines.push(words.text("when", "estimate")),
            }
            (words.text("when", "expected"), Some(pen.clock.window(eta)))
        }
        (None, Some(due)) if due > now => (words.text("when", "promised"), promise.clone()),
        (None, Some(_)) => {
            lines.push(promised("was_promised"));
            (words.text("when", "unknown_new"), None)
        }
        (None, None) => (words.text("when", "unknown"), None),
    };
    if before.is_some() {
        lines.push(words.say("when", "before_choice", &[("promise", before.as_deref())]));
    }
    Some(When { label, time, lines })
}
