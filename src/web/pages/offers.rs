//! What can be chosen: a radio card for each offer with place or slot, fee, effect on the date and deadline, and the words of
//! the button that names it.

use serde::Serialize;

use super::look::OPTIONS_MAX;
use super::parcel::{FieldError, Pen, Refill, Wrong};
use crate::model::{Fee, RerouteOption};
use crate::reroute::{Offer, Page};

/// Offers that belong together.
#[derive(Serialize)]
pub(super) struct Group {
    /// None where there are no others.
    title: Option<String>,
    /// What holds for each of them.
    note: Option<String>,
    cards: Vec<Card>,
}

/// The group of everything that has none of its own.
const OTHER: &str = "other";

/// Options of which there may be several have a group each; the others, whose cards say what they are, one together.
fn group_name(option: RerouteOption) -> &'static str {
    match option {
        RerouteOption::Reschedule | RerouteOption::Locker | RerouteOption::Station | RerouteOption::Outlet => {
            option.name()
        }
        _ => OTHER,
    }
}

#[derive(Serialize)]
struct Card {
    /// Names its fields and its button.
    number: usize,
    value: String,
    is_chosen: bool,
    title: String,
    lines: Vec<String>,
    fee: String,
    is_free: bool,
    arrives: Option<String>,
    until: String,
    button: String,
    ask: Option<Ask>,
}

/// What the chooser has to say.
#[derive(Serialize)]
struct Ask {
    text_name: Option<String>,
    /// Characters.
    text_max: usize,
    label: String,
    hint: String,
    value: String,
    autocomplete: &'static str,
    error: Option<String>,
    proof_name: Option<String>,
    proof_hint: String,
    error_proof: Option<String>,
}

/// The cards, and what is wrong about what was sent.
pub(super) fn groups(page: &Page, refill: Option<&Refill>, pen: &Pen<'_>) -> (Vec<Group>, Vec<FieldError>) {
    let mut groups: Vec<(&'static str, Group)> = Vec::new();
    let mut errors = Vec::new();
    let offers = &page.offers[..page.offers.len().min(OPTIONS_MAX)];
    for (number, offer) in (1..).zip(offers) {
        let refill = refill.filter(|refill| refill.option == offer.value());
        let card = card(number, offer, page, refill, pen);
        if let Some(ask) = &card.ask {
            for (error, field) in [(&ask.error, &ask.text_name), (&ask.error_proof, &ask.proof_name)] {
                if let (Some(text), Some(field)) = (error, field) {
                    errors.push(FieldError { field: field.clone(), text: text.clone() });
                }
            }
        }
        let name = group_name(offer.option);
        match groups.last_mut() {
            Some((known, group)) if *known == name => group.cards.push(card),
            _ => {
                let (title, note) = (pen.words.known("options", name), pen.words.known("consent", name));
                groups.push((name, Group { title, note, cards: vec![card] }));
            }
        }
    }
    if refill.is_some_and(|refill| refill.wrong.contains(&Wrong::Option)) {
        errors.push(FieldError { field: "o1".to_owned(), text: pen.words.text("error", "option") });
    }
    if let [(OTHER, group)] = &mut groups[..] {
        group.title = None;
    }
    (groups.into_iter().map(|(_, group)| group).collect(), errors)
}

fn card(number: usize, offer: &Offer, page: &Page, refill: Option<&Refill>, pen: &Pen<'_>) -> Card {
    let words = pen.words;
    let name = offer.option.name();
    let slot = offer.detail.slot.map(|slot| pen.clock.window(slot));
    let arrives = offer.arrives.map(|eta| pen.clock.window(eta));
    let fee = self::fee(&offer.fee, pen);
    let place_name = offer.place.as_ref().and_then(|place| place.name.as_deref()).filter(|name| !name.is_empty());
    let place = offer.detail.place.as_deref();
    let said = [("slot", slot.as_deref()), ("place", place), ("name", place_name), ("fee", Some(fee.as_str()))];
    let mut lines = Vec::new();
    if let Some(view) = &offer.place {
        lines.extend(view.address.clone());
        lines.extend(view.hours.as_deref().map(|hours| words.say("offer", "hours", &[("hours", Some(hours))])));
    }
    Card {
        number,
        value: offer.value(),
        is_chosen: refill.is_some() || page.offers.len() == 1,
        title: words.say("card", name, &said),
        lines,
        is_free: offer.fee.is_free(),
        // A slot says itself when it comes.
        arrives: arrives.filter(|_| offer.arrives != offer.detail.slot).map(|arrives| {
            words.say(
                "offer",
                if is_collected(offer.option) { "arrives_collect" } else { "arrives" },
                &[("arrives", Some(&arrives))],
            )
        }),
        until: words.say("offer", "until", &[("until", Some(&pen.clock.moment(offer.until)))]),
        button: words.say("button", name, &said),
        ask: (offer.asks_text || offer.asks_proof).then(|| ask(offer, page, refill, pen)),
        fee,
    }
}

fn ask(offer: &Offer, page: &Page, refill: Option<&Refill>, pen: &Pen<'_>) -> Ask {
    let words = pen.words;
    let name = offer.option.name();
    let text_max = pen.text_max.to_string();
    let said = [("max", Some(text_max.as_str()))];
    let wrong = |wrong, text| {
        refill.is_some_and(|refill| refill.wrong.contains(&wrong)).then(|| words.say("error", text, &said))
    };
    let tries = page.proof.tries_left.to_string();
    Ask {
        text_name: offer.asks_text.then(|| format!("text_{name}")),
        text_max: pen.text_max,
        label: words.text("ask", name),
        hint: words.text("ask", &format!("{name}_hint")),
        value: refill.map(|refill| refill.text.clone()).unwrap_or_default(),
        autocomplete: if offer.option == RerouteOption::Address { "address-line1" } else { "off" },
        error: wrong(Wrong::Text, "text"),
        proof_name: offer.asks_proof.then(|| format!("proof_{name}")),
        proof_hint: words.say("ask", "proof_hint", &[("phone", page.phone.as_deref()), ("tries", Some(&tries))]),
        error_proof: wrong(Wrong::Proof, "proof"),
    }
}

/// Whether somebody fetches the parcel.
pub(super) fn is_collected(option: RerouteOption) -> bool {
    matches!(option, RerouteOption::Locker | RerouteOption::Station | RerouteOption::Outlet)
}

/// A fee as it is read, "free" included.
pub(super) fn fee(fee: &Fee, pen: &Pen<'_>) -> String {
    if fee.is_free() {
        return pen.words.text("offer", "free");
    }
    let amount = fee.amount.strip_suffix(".00").unwrap_or(&fee.amount);
    let said = [("amount", Some(amount)), ("currency", Some(fee.currency.as_str()))];
    let known = Some(pen.words.say("currency", &fee.currency, &said)).filter(|text| !text.is_empty());
    known.unwrap_or_else(|| pen.words.say("currency", "other", &said))
}
