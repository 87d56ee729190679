//! The page behind a link where somebody says how they want to be told.

use serde::Serialize;

use super::Pages;
use super::parcel::FieldError;
use crate::model::{Channel, Preference};
use crate::notify::render::Locale;

/// Where somebody can be reached, masked.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    #[allow(missing_docs)]
    pub email: Option<String>,
    #[allow(missing_docs)]
    pub phone: Option<String>,
}

/// What is shown as chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Channels that may be used, of those that are shown.
    pub on: Vec<Channel>,
    /// The channel to be tried first.
    pub first: Option<Channel>,
    /// Quiet hours as "21:00", both or neither.
    pub from: String,
    #[allow(missing_docs)]
    pub to: String,
    /// The language of messages.
    pub locale: Option<Locale>,
}

impl Contacts {
    /// The channels that are asked about: those by which this person can be reached. Where nothing is known any more, all.
    pub fn channels(&self) -> Vec<Channel> {
        let known: Vec<Channel> = SHOWN.into_iter().filter(|channel| self.of(*channel).is_some()).collect();
        if known.is_empty() { SHOWN.to_vec() } else { known }
    }

    fn of(&self, channel: Channel) -> Option<&String> {
        match channel {
            Channel::Email => self.email.as_ref(),
            Channel::Sms => self.phone.as_ref(),
            Channel::Webhook => None,
        }
    }
}

impl Chosen {
    /// What a preference says; of nobody's, the defaults.
    pub fn of(preference: Option<&Preference>) -> Chosen {
        let Some(known) = preference else {
            return Chosen { on: SHOWN.to_vec(), ..Chosen::default() };
        };
        let hours = known.quiet_hours.map(|hours| hours.to_string());
        let (from, to) = hours.as_deref().and_then(|hours| hours.split_once('-')).unwrap_or_default();
        Chosen {
            on: SHOWN.into_iter().filter(|channel| !known.opt_out.contains(channel)).collect(),
            first: known.channels.as_ref().and_then(|order| order.first().copied()),
            from: from.to_owned(),
            to: to.to_owned(),
            locale: known.locale.as_deref().map(Locale::of),
        }
    }
}

/// The channels by which people are told. Webhooks are for merchants, who do not come here.
const SHOWN: [Channel; 2] = [Channel::Sms, Channel::Email];

/// Whether what was sent is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Nothing was sent.
    No,
    /// It is.
    Yes,
    /// It has to be mended.
    Wrong(WrongPreference),
}

/// What is wrong about preferences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongPreference {
    /// One time, or twice the same, or no time at all.
    Quiet,
}

#[derive(Serialize)]
struct View {
    is_saved: bool,
    errors: Vec<FieldError>,
    channels: Vec<Row>,
    orders: Vec<Row>,
    languages: Vec<Row>,
    error_quiet: Option<String>,
    from: String,
    to: String,
    back: String,
}

/// Something to tick or pick.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    label: String,
    contact: Option<String>,
    is_on: bool,
}

impl Pages {
    /// The page; `back` is the parcel's page, relative to this one.
    pub fn preferences(
        &self,
        chosen: &Chosen,
        contacts: &Contacts,
        saved: Saved,
        locale: Locale,
        form: &str,
        back: &str,
    ) -> String {
        let words = self.words(locale);
        let text = |name: &str| words.text("preferences", name);
        let shown = contacts.channels();
        let channels = shown.iter().map(|channel| Row {
            name: channel.name(),
            label: text(channel.name()),
            contact: contacts.of(*channel).cloned(),
            is_on: chosen.on.contains(channel),
        });
        let first = |channel: Channel| {
            let name = text(&format!("{}_in", channel.name()));
            words.say("preferences", "order_first", &[("channel", Some(&name))])
        };
        let usual = Row { name: "", label: text("order_default"), contact: None, is_on: chosen.first.is_none() };
        let orders = shown.iter().map(|channel| Row {
            name: channel.name(),
            label: first(*channel),
            contact: None,
            is_on: chosen.first == Some(*channel),
        });
        let orders = std::iter::once(usual).chain(orders).filter(|_| shown.len() > 1);
        let as_known = Row { name: "", label: text("language_default"), contact: None, is_on: chosen.locale.is_none() };
        let languages = self.words.iter().map(|(locale, words)| Row {
            name: locale.name(),
            label: words.name.clone(),
            contact: None,
            is_on: chosen.locale == Some(*locale),
        });
        let error_quiet = (saved == Saved::Wrong(WrongPreference::Quiet)).then(|| words.text("error", "quiet"));
        let errors = error_quiet.iter().map(|text| FieldError { field: "quiet-from".to_owned(), text: text.clone() });
        let news = match saved {
            Saved::No => None,
            Saved::Yes => Some(text("saved")),
            Saved::Wrong(_) => Some(words.text("error", "title")),
        };
        let title = text("title");
        let title = news.map_or(title.clone(), |news| format!("{news} – {title}"));
        let view = View {
            is_saved: saved == Saved::Yes,
            errors: errors.collect(),
            channels: channels.collect(),
            orders: orders.collect(),
            languages: std::iter::once(as_known).chain(languages).collect(),
            error_quiet,
            from: chosen.from.clone(),
            to: chosen.to.clone(),
            back: back.to_owned(),
        };
        self.render("preferences.html", locale, &title, None, form, view)
    }
}
