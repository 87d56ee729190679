//! A parcel's page: where it is, when it comes, what can be chosen, what has happened, what we are doing about it.

use serde::Serialize;

use super::choice::{self, Choice};
use super::due::{When, when};
use super::offers::{self, Group};
use super::place::{Step, doing, headline, steps, where_it_is};
use super::when::Clock;
use super::words::Words;
use super::{Names, Pages};
use crate::model::{Audience, Timestamp};
use crate::notify::hub_name;
use crate::notify::render::Locale;
use crate::reroute::{Doubt, Page, PlaceView};

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
    /// Characters of a customer's text at most.
    pub text_max: usize,
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
    /// A choice was to be taken back and has not been.
    StillStands,
    /// A choice was recorded and the parcel does not show it yet; the address of this page, to look again.
    Sent(String),
    /// The same of an answer.
    AnswerSent(String),
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
    doubt: Option<DoubtView>,
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
struct NoticeView {
    title: String,
    text: String,
    look_again: Option<String>,
}

/// "Did you get it?", or what was answered.
#[derive(Serialize)]
struct DoubtView {
    title: String,
    text: String,
    tone: &'static str,
    said_at: Option<String>,
    /// Values of the buttons with what stands on them; the first is the expected one.
    buttons: Vec<(&'static str, String)>,
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
    pub text_max: usize,
    names: &'a Names,
    locale: Locale,
}

impl Pen<'_> {
    /// Whom to ask, if that is configured.
    pub fn help(&self) -> Option<&str> {
        Some(self.names.help.as_str()).filter(|help| !help.is_empty())
    }

    /// A hub by its name.
    pub fn hub(&self, code: Option<&str>) -> Option<&str> {
        // A code is jargon: a hub without a name is not named.
        hub_name(&self.names.hubs, code?, self.locale)
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
        let pen = Pen { words, clock, text_max: shown.text_max, names: &self.names, locale: shown.locale };
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
    // Nothing is said of choices to whom it cannot concern any more.
    let no_offers = match groups[..] {
        [] if page.ended.is_some() => None,
        [] if page.used_up => Some(words.say("offer", "used_up", &[("help", pen.help())])),
        [] if page.collection.is_none() => Some(words.text("offer", "none")),
        _ => None,
    };
    View {
        title,
        name: page.name.as_deref().map(|name| words.say("page", "for_whom", &[("name", Some(name))])),
        headline,
        sentence: where_it_is(page, pen),
        steps: steps(page, words),
        when: when(page, shown.now, pen),
        notice,
        doubt: page.doubt.as_ref().map(|doubt| doubt_view(doubt, pen)),
        choices: [refused, choice].into_iter().flatten().collect(),
        collection: collection(page, pen),
        no_offers,
        groups,
        error_option,
        errors,
        revision: page.revision,
        history: history(page, pen),
        doing: doing(page, words),
        parcel,
    }
}

fn notice_view(notice: &Notice, words: &Words) -> NoticeView {
    let (table, name, look_again) = match notice {
        Notice::Stale => ("notice", "stale", None),
        Notice::Used => ("notice", "used", None),
        Notice::Gone => ("notice", "gone", None),
        Notice::StillStands => ("notice", "still_stands", None),
        Notice::Sent(here) => ("choice", "sent", Some(here.clone())),
        Notice::AnswerSent(here) => ("doubt", "sent", Some(here.clone())),
    };
    NoticeView { title: words.text(table, name), text: words.text(table, &format!("{name}_next")), look_again }
}

fn doubt_view(doubt: &Doubt, pen: &Pen<'_>) -> DoubtView {
    let text = |name: &str| pen.words.text("doubt", name);
    let (name, tone, buttons) = match doubt.answer.as_ref().map(|answer| answer.has_it) {
        None => ("asked", "warn", vec![("yes", text("yes")), ("no", text("no"))]),
        Some(true) => ("has_it", "good", vec![("no", text("no_after_all"))]),
        Some(false) => ("missing", "warn", vec![("yes", text("yes_after_all"))]),
    };
    let said = doubt.answer.as_ref().map(|answer| pen.clock.moment(answer.at));
    DoubtView {
        title: text(name),
        text: text(&format!("{name}_next")),
        tone,
        said_at: said.map(|at| pen.words.say("doubt", "said_at", &[("at", Some(&at))])),
        buttons: if doubt.is_asked { buttons } else { Vec::new() },
    }
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
