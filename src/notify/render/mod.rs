//! Words and bytes for readers, purely: mails from the templates beside this folder, CloudEvents for
//! webhooks.
//!
//! In: a notice (or digest), its reader and the policy. Out: a message. The same input gives the same
//! bytes, whenever it is asked: retries of a webhook are signed anew and carry an unchanged body.

mod content;
mod event;
mod mail;
mod text;
mod view;
mod when;
mod words;

#[cfg(test)]
mod tests;

use chrono_tz::Tz;

pub use content::{Content, Digest, DigestCount, DigestParcel};
pub use when::{moment, time_zone, window};

use super::policy::NotifyPolicy;
use super::route::Route;
use crate::model::{Audience, Channel, Issued, Message, NoticeId, Timestamp};

/// A language that we have words in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English, and where a reader's language is not ours.
    En,
    /// Chinese in simplified characters, for every `zh`.
    ZhCn,
}

impl Locale {
    /// Every language.
    pub const ALL: [Locale; 2] = [Locale::En, Locale::ZhCn];

    /// The name in the configuration and in HTML.
    pub const fn name(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::ZhCn => "zh-CN",
        }
    }

    /// The language of this name.
    pub fn exact(name: &str) -> Option<Locale> {
        Locale::ALL.into_iter().find(|locale| locale.name() == name)
    }

    /// The nearest language to a reader's (BCP 47).
    pub fn of(tag: &str) -> Locale {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Locale::ZhCn } else { Locale::En }
    }
}

/// For whom a message is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    #[allow(missing_docs)]
    pub audience: Audience,
    #[allow(missing_docs)]
    pub locale: Locale,
    /// Times are named in this zone.
    pub zone: Tz,
}

/// The message for a route; none where its text cannot be made.
pub fn message(id: &NoticeId, content: &Content, route: &Route, policy: &NotifyPolicy) -> Option<Message> {
    match route.channel() {
        Channel::Email => mail::mail(content, &route.reader, policy),
        Channel::Sms => None,
        Channel::Webhook => event::event(id.as_str(), content, policy).map(Message::Json),
    }
}

/// The date that a notice names, and its day in the reader's zone: what "another day" is judged by.
pub fn date(issued: &Issued, policy: &NotifyPolicy) -> Option<(Timestamp, i32)> {
    let date = issued.facts.eta.map(|eta| eta.to).or(issued.facts.promise)?;
    let zone = issued.recipient.as_ref().and_then(|person| person.time_zone.as_deref()).and_then(time_zone);
    Some((date, when::day(date, zone.unwrap_or(policy.time_zone))))
}
