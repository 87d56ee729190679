//! A parcel's page: where it is, when it comes, what can be chosen, what has happened, what we are doing about it.

use serde::Serialize;

use super::choice::{self, Choice};
use super::offers::{self, Group};
use super::when::Clock;
use super::words::Words;
use super::{Names, Pages};
use crate::model::{Audience, Code, ConditionKind, Timestamp};
use crate::notify::render::Locale;
use crate::reroute::{OpenCondition, Page, PlaceView};

/// What is shown.
pub struct Shown<'a> {
    #[allow(missing_docs)]
    pub page: &'a Page,
    #[allow(missing_docs)]
    pub locale: Locale,
    #[allow(missing_docs)]
    pub now: Timestamp,
    /// What its forms carry to prove that they are ours.
    pub form: &'a str,
    /// Where the preferences are, relative to the page; none: nobody's.
    pub preferences: Option<&'a str>,
    /// What a form led to, where that is not in the parcel.
    pub notice: Option<Notice>,
    /// A form that has to be mended.
    pub refill: Option<Refill>,
}

/// Something to be said before the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The form was too old.
    Stale,
    /// Something was chosen since the form was made.
    Used,
    /// What the form chose is offered no more.
    Gone,
    /// A choice was recorded and the parcel does not show it yet; the address of this page, to look again.
    Sent(String),
}

/// What a form said, to be shown again with what is wrong about it.
pub struct Refill {
    /// The value of the option, if one was chosen.
    pub option: String,
    #[allow(missing_docs)]
    pub text: String,
    #[allow(missing_docs)]
    pub wrong: Vec<Wrong>,
}

/// What is wrong about a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No option was chosen.
    Option,
    /// The text is too short or too long, or has control characters.
    Text,
    /// Not four digits.
    Proof,
}

#[derive(Serialize)]
struct View {
    /// Of the window.
    title: String,
    parcel: String,
    name: Option<String>,
    headline: String,
    sentence: String,
    steps: Vec<Step>,
    when: Option<When>,
    notice: Option<NoticeView>,
    /// What was refused last before what stands.
    choices: Vec<Choice>,
    collection: Option<CollectionView>,
    groups: Vec<Group>,
    no_offers: Option<String>,
    errors: Vec<FieldError>,
    error_option: Option<String>,
    revision: u32,
    history: Vec<Line>,
    doing: Vec<String>,
}

/// An error with the field that it is about.
#[derive(Serialize)]
pub(super) struct FieldError {
    pub field: String,
    pub text: String,
}

#[derive(Serialize)]
struct Step {
    label: String,
    class: &'static str,
}

#[derive(Serialize)]
struct When {
    label: String,
    time: Option<String>,
    lines: Vec<String>,
}

#[derive(Serialize)]
struct NoticeView {
    title: String,
    text: String,
    look_again: Option<String>,
}

#[derive(Serialize)]
struct CollectionView {
    place: String,
    address: Option<String>,
    code: Option<String>,
    hours: Option<String>,
}

#[derive(Serialize)]
struct Line {
    what: String,
    when: String,
    iso: String,
}

/// With what sentences are made.
pub(super) struct Pen<'a> {
    pub words: &'a Words,
    pub clock: Clock,
    names: &'a Names,
}

impl Pen<'_> {
    fn hub(&self, code: Option<&str>) -> Option<&str> {
        // A code is jargon: a hub without a name is not named.
        self.names.hubs.get(code?).map(String::as_str)
    }

    /// A place by its name, else by its kind and id.
    pub fn place(&self, place: &PlaceView) -> String {
        if let Some(name) = place.name.as_deref().filter(|name| !name.is_empty()) {
            return name.to_owned();
        }
        let kind = place.kind.as_deref().and_then(|kind| self.words.known("places", kind));
        [kind, place.id.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

impl Pages {
    /// A parcel's page.
    pub fn parcel(&self, shown: &Shown<'_>) -> String {
        let page = shown.page;
        let words = self.words(shown.locale);
        let clock = Clock::new(shown.locale, page.time_zone.as_deref(), self.names.zone);
        let pen = Pen { words, clock, names: &self.names };
        let view = view(shown, &pen);
        let title = view.title.clone();
        self.render("parcel.html", shown.locale, &title, shown.preferences, shown.form, view)
    }
}

fn view(shown: &Shown<'_>, pen: &Pen<'_>) -> View {
    let page = shown.page;
    let words = pen.words;
    let parcel = words.say(
        "page",
        if page.audience == Audience::Sender { "sent_parcel" } else { "parcel" },
        &[("tail", Some(&page.tail))],
    );
    let (groups, errors) = offers::groups(page, shown.refill.as_ref(), pen);
    let choice = page.choice.as_ref().map(|standing| choice::choice(standing, page, shown.now, pen));
    let refused = page.refused.as_ref().map(|standing| choice::choice(standing, page, shown.now, pen));
    let notice = shown.notice.as_ref().map(|notice| notice_view(notice, words));
    let headline = headline(page, words);
    // What a screen reader says first after a form was sent is what became of it.
    let news = match (&errors[..], &notice) {
        ([_, ..], _) => Some(words.text("error", "title")),
        ([], Some(notice)) => Some(notice.title.clone()),
        ([], None) => refused.as_ref().or(choice.as_ref()).map(|choice| choice.title.clone()),
    };
    let title = match news {
        Some(news) => format!("{news} – {parcel}"),
        None => format!("{headline} – {parcel}"),
    };
    let error_option = errors.iter().find(|error| error.field == "o1").map(|error| error.text.clone());
    let no_offers = groups.is_empty().then(|| words.text("offer", "none"));
    View {
        title,
        name: page.name.as_deref().map(|name| words.say("page", "for_whom", &[("name", Some(name))])),
        headline,
        sentence: where_it_is(page, pen),
        steps: steps(page, words),
        when: when(page, shown.now, pen),
        notice,
        choices: [refused, choice].into_iter().flatten().collect(),
        collection: collection(page, pen),
        // Nothing is said of choices to whom it cannot concern any more.
        no_offers: no_offers.filter(|_| page.ended.is_none() && page.collection.is_none()),
        groups,
        error_option,
        errors,
        revision: page.revision,
        history: history(page, pen),
        doing: doing(page, words),
        parcel,
    }
}

/// The stage that a page is about.
fn stage(page: &Page) -> &'static str {
    page.ended.or(page.stage).map_or("none", Code::name)
}

/// What is wrong and matters more than the stage.
fn worst(page: &Page) -> Option<&OpenCondition> {
    page.conditions.first().filter(|_| page.ended.is_none())
}

fn headline(page: &Page, words: &Words) -> String {
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
fn where_it_is(page: &Page, pen: &Pen<'_>) -> String {
    let sentences: Vec<_> = [Some(sentence(page, pen)), wrong(page, pen)].into_iter().flatten().collect();
    sentences.join(&pen.words.text("joint", "sentences"))
}

fn wrong(page: &Page, pen: &Pen<'_>) -> Option<String> {
    pen.words.known("wrong", worst(page)?.kind.name())
}

/// How far it is on the usual way; none where it left that way.
fn steps(page: &Page, words: &Words) -> Vec<Step> {
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

/// When it comes. An estimate and a promise are never said in the same words.
fn when(page: &Page, now: Timestamp, pen: &Pen<'_>) -> Option<When> {
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

fn notice_view(notice: &Notice, words: &Words) -> NoticeView {
    let (table, name, look_again) = match notice {
        Notice::Stale => ("notice", "stale", None),
        Notice::Used => ("notice", "used", None),
        Notice::Gone => ("notice", "gone", None),
        Notice::Sent(here) => ("choice", "sent", Some(here.clone())),
    };
    NoticeView { title: words.text(table, name), text: words.text(table, &format!("{name}_next")), look_again }
}

fn collection(page: &Page, pen: &Pen<'_>) -> Option<CollectionView> {
    let collection = page.collection.as_ref().filter(|_| page.ended.is_none())?;
    let place = &collection.place;
    Some(CollectionView {
        place: pen.place(place),
        address: place.address.clone(),
        code: collection.pickup_code.clone(),
        hours: place.hours.clone(),
    })
}

fn history(page: &Page, pen: &Pen<'_>) -> Vec<Line> {
    let line = |line: &crate::reroute::HistoryLine| Line {
        what: pen.words.say("history_line", line.code.name(), &[("hub", pen.hub(line.hub.as_deref()))]),
        when: pen.clock.moment(line.event_time),
        iso: line.event_time.to_string(),
    };
    page.history.iter().map(line).collect()
}

/// What we do about what is wrong; where nothing is, what we do anyway.
fn doing(page: &Page, words: &Words) -> Vec<String> {
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
