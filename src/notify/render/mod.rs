//! Words and bytes for readers, purely: mails and texts from the templates beside this folder, CloudEvents for
//! webhooks.
//!
//! In: a notice (or digest), its reader, and the world's words, policy and links. Out: a message. The same input gives the same
//! bytes, whenever it is asked: retries of a webhook are signed anew and carry an unchanged body.

mod content;
mod event;
mod filing;
pub mod lint;
mod locale;
mod mail;
pub mod parts;
pub mod sample;
mod sms;
mod text;
mod view;
mod when;
mod words;

#[cfg(test)]
mod tests;

use chrono_tz::Tz;

pub use content::{Content, Digest, DigestCount, DigestParcel};
pub use filing::{Filing, filings};
pub use locale::Locale;
pub use sms::{VARIANTS_MAX, can_text};
pub use when::{moment, time_zone, window};
pub use words::{FILES, Problem, Words};

use super::policy::NotifyPolicy;
use super::route::Route;
use crate::model::{Audience, Destination, Issued, Message, NoticeId, Timestamp, World};

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

/// The message for a route; none where its text cannot be made, or nobody has approved it.
pub fn message(id: &NoticeId, content: &Content, route: &Route, world: &World) -> Option<Message> {
    match &route.destination {
        Destination::Email { .. } => mail::mail(content, &route.reader, world),
        Destination::Sms { provider, .. } => sms::text(*provider, content, &route.reader, world),
        Destination::Webhook { .. } => event::event(id.as_str(), content, &world.policy.notify).map(Message::Json),
    }
}

/// The date that a notice names, and its day in the reader's zone: what "another day" is judged by.
pub fn date(issued: &Issued, policy: &NotifyPolicy) -> Option<(Timestamp, i32)> {
    let date = issued.facts.eta.map(|eta| eta.to).or(issued.facts.promise)?;
    let zone = issued.recipient.as_ref().and_then(|person| person.time_zone.as_deref()).and_then(time_zone);
    Some((date, when::day(date, zone.unwrap_or(policy.time_zone))))
}
