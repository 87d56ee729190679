//! Every text is made at least once; a few stand here to be read.

mod approved;
mod event;
mod mail;
mod sms;
mod words;

use std::sync::Arc;

use super::*;
use crate::model::{Channel, Issued, Level, NoticeKind, SmsProvider};
use crate::notify::Policy;

/// A notice of this kind with every fact.
fn full(kind: &str, audience: Audience, locale: Locale) -> Issued {
    sample::full(NoticeKind::from_name(kind).expect("a kind"), audience, Level::Warn, locale)
}

/// How it reads.
fn made(issued: &Issued, locale: Locale, channel: Channel, provider: SmsProvider, world: &World) -> Option<Message> {
    let route = sample::route(channel, provider, sample::reader(locale, issued.audience));
    message(&issued.id, &Content::Notice(Box::new(issued.clone())), &route, world)
}

fn world(locale: Locale) -> World {
    sample::world(locale, &Policy::default())
}

/// The world with another policy.
fn with(locale: Locale, change: impl FnOnce(&mut NotifyPolicy)) -> World {
    let mut world = world(locale);
    change(&mut Arc::make_mut(&mut world.policy).notify);
    world
}
