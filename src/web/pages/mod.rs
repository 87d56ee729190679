//! Pages for customers: server-rendered HTML that needs no script, no second request and no picture.
//!
//! In come a parcel as its reader may see it and the reader's language, out comes a whole page. Words stand in
//! `../words`, one file per language, the pages' shape in `templates`, their looks in `style.css`; `parcel` and the files beside
//! it choose what is said. What always holds: every text of somebody else's is escaped; nothing is fetched from
//! anywhere ([`Pages::policy`] forbids it); a page without a parcel is the same bytes for everybody who reads that language.

mod choice;
mod due;
mod language;
mod look;
mod offers;
mod parcel;
mod place;
mod preferences;
mod unsubscribe;
mod when;
mod words;

#[cfg(test)]
mod tests;

use chrono_tz::Tz;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

pub use parcel::{Notice, Refill, Shown, Wrong};
pub use preferences::{Chosen, Contacts, Saved, WrongPreference};
pub use unsubscribe::Unsubscribe;

use self::words::Words;
use crate::notify::NotifyPolicy;
use crate::notify::render::Locale;

/// Makes pages.
pub struct Pages {
    env: Environment<'static>,
    words: Vec<(Locale, Words)>,
    style: String,
    names: Names,
}

/// What the configuration calls things.
struct Names {
    brand: String,
    help: String,
    hubs: std::collections::BTreeMap<String, String>,
    locale: Locale,
    zone: Tz,
}

/// A page without a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No such link: forged, mistyped, or of a parcel that nobody knows any more.
    Unknown,
    /// A genuine link that is too old.
    Expired,
    /// A genuine link that was taken back, or of an earlier journey.
    Revoked,
    /// Too many bad links from there.
    TooMany,
    /// The owner cannot be reached, or the brokers take nothing.
    Down,
    /// A form that is none of ours.
    BadForm,
}

impl State {
    /// Its name in the words and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Expired => "expired",
            State::Revoked => "revoked",
            State::TooMany => "too_many",
            State::Down => "down",
            State::BadForm => "bad_form",
        }
    }
}

/// What is between a page's head and its foot is filled with.
#[derive(Serialize)]
struct Main<'a, V> {
    w: &'a Words,
    form: &'a str,
    view: V,
}

/// What every page is filled with.
#[derive(Serialize)]
struct Whole<'a> {
    lang: &'static str,
    w: &'a Words,
    title: &'a str,
    main: &'a str,
    style: &'a str,
    brand: &'a str,
    help: &'a str,
    languages: Vec<Language<'a>>,
    /// Where the preferences are, relative to the page.
    preferences: Option<&'a str>,
    /// It shows somebody's parcel.
    is_private: bool,
}

#[derive(Serialize)]
struct Language<'a> {
    name: &'static str,
    label: &'a str,
    is_current: bool,
}

macro_rules! templates {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("templates/", $name)))),*] };
}

const TEMPLATES: [(&str, &str); 5] =
    templates!("base.html" "state.html" "parcel.html" "preferences.html" "unsubscribe.html");

impl Pages {
    /// Pages in the words of this configuration.
    pub fn new(policy: &NotifyPolicy) -> Pages {
        let mut env = Environment::new();
        // A name that a template misspells is an error, which the tests find.
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        env.set_auto_escape_callback(|_| AutoEscape::Html);
        for (name, text) in TEMPLATES {
            env.add_template(name, text).expect("a template of ours can be read");
        }
        let names = Names {
            brand: policy.from.clone(),
            help: policy.help.clone(),
            hubs: policy.hub_names.clone(),
            locale: policy.locale,
            zone: policy.time_zone,
        };
        let words = Locale::ALL.map(|locale| (locale, Words::of(locale))).into();
        Pages { env, words, style: look::style(), names }
    }

    /// The Content-Security-Policy of every page: nothing but the page's own style and forms.
    pub fn policy(&self) -> String {
        look::policy(&self.style)
    }

    /// A page without a parcel.
    pub fn state(&self, state: State, locale: Locale) -> String {
        #[derive(Serialize)]
        struct View {
            title: String,
            text: String,
            more: Option<String>,
        }
        let words = self.words(locale);
        let part = |part: &str| words.text("state", &format!("{}{part}", state.name()));
        let title = part("");
        let view = View {
            title: title.clone(),
            text: part("_text"),
            more: words.known("state", &format!("{}_more", state.name())),
        };
        self.render("state.html", locale, &title, None, "", view)
    }

    fn words(&self, locale: Locale) -> &Words {
        let found = self.words.iter().find(|(known, _)| *known == locale);
        &found.expect("every language has its words").1
    }

    fn render<V: Serialize>(
        &self,
        template: &str,
        locale: Locale,
        title: &str,
        preferences: Option<&str>,
        form: &str,
        view: V,
    ) -> String {
        let label = |(each, words): &'_ (Locale, Words)| (each.name(), words.name.clone(), *each == locale);
        let labels: Vec<_> = self.words.iter().map(label).collect();
        let languages =
            labels.iter().map(|(name, label, is_current)| Language { name, label, is_current: *is_current });
        let words = self.words(locale);
        let whole = Whole {
            lang: locale.name(),
            w: words,
            title,
            main: &self.fill(template, Main { w: words, form, view }),
            style: &self.style,
            brand: &self.names.brand,
            help: &self.names.help,
            languages: languages.collect(),
            preferences,
            is_private: !form.is_empty(),
        };
        self.fill("base.html", whole)
    }

    fn fill(&self, template: &str, with: impl Serialize) -> String {
        let template = self.env.get_template(template).expect("every template is added at start");
        template.render(Serde(with)).expect("what a template of ours names is there")
    }
}
