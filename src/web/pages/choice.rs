//! What became of the last choice: what happens next, when we confirm, until when it can be undone.

use serde::Serialize;

use super::offers::{fee, is_collected};
use super::parcel::Pen;
use crate::model::{RerouteChange, Timestamp};
use crate::reroute::{Page, Standing};

#[derive(Serialize)]
pub(super) struct Choice {
    pub title: String,
    /// Colours the box; its words say the same.
    tone: &'static str,
    what: String,
    lines: Vec<String>,
    /// Until when it can be undone, as a sentence.
    undo: Option<String>,
    id: String,
}

/// What is said of a choice at `now`.
pub(super) fn choice(standing: &Standing, page: &Page, now: Timestamp, pen: &Pen<'_>) -> Choice {
    let words = pen.words;
    let text = |name: &str| words.text("choice", name);
    let (tone, next) = match standing.change {
        RerouteChange::Requested => ("", text("requested_next")),
        RerouteChange::Accepted => ("good", text("accepted_next")),
        RerouteChange::Refused if page.offers.is_empty() => ("warn", text("refused_next")),
        RerouteChange::Refused => ("warn", text("refused_again")),
        RerouteChange::Cancelled | RerouteChange::Revoked | RerouteChange::Confirmed | RerouteChange::Denied => {
            ("", text("cancelled_next"))
        }
    };
    let title = match standing.change {
        change if !change.is_of_choice() => text("cancelled"),
        change => text(change.name()),
    };
    let is_on = matches!(standing.change, RerouteChange::Requested | RerouteChange::Accepted);
    let mut lines = Vec::new();
    if standing.change == RerouteChange::Refused {
        let reason = match standing.reason.as_deref() {
            Some("wrong_proof") if page.proof.tries_left == 0 => Some("too_many_proofs"),
            reason => reason,
        };
        let known = reason.and_then(|reason| words.known("refused", reason));
        lines.push(known.unwrap_or_else(|| words.text("refused", "other")));
    }
    if let Some(arrives) = standing.arrives.filter(|eta| is_on && Some(*eta) != standing.detail.slot) {
        lines.push(words.say(
            "choice",
            if is_collected(standing.option) { "ready" } else { "arrives" },
            &[("arrives", Some(&pen.clock.window(arrives)))],
        ));
    }
    lines.push(next);
    lines.push(words.say("choice", "chosen_at", &[("at", Some(&pen.clock.moment(standing.at)))]));
    let undo = standing.undo_until.filter(|until| is_on && *until > now).map(|until| pen.clock.moment(until));
    Choice {
        title,
        tone,
        what: what(standing, pen),
        lines,
        undo: undo.map(|until| words.say("choice", "undo_until", &[("until", Some(&until))])),
        id: standing.id.clone(),
    }
}

/// "Send to locker LK-0310, free".
fn what(standing: &Standing, pen: &Pen<'_>) -> String {
    let slot = standing.detail.slot.map(|slot| pen.clock.window(slot));
    let name = standing.place.as_ref().and_then(|place| place.name.as_deref()).filter(|name| !name.is_empty());
    let said = [("slot", slot.as_deref()), ("place", standing.detail.place.as_deref()), ("name", name)];
    let what = pen.words.say("chosen", standing.option.name(), &said);
    match &standing.fee {
        Some(cost) => pen.words.say("choice", "with_fee", &[("what", Some(&what)), ("fee", Some(&fee(cost, pen)))]),
        None => what,
    }
}
