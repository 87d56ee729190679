//! Made-up notices of every kind, to look at words and to check them.

mod notice;

use chrono_tz::Tz;

pub use notice::{bare, chosen, full, id, shapes};

use self::notice::{at, local};
use super::content::{Content, Digest, DigestCount, DigestParcel};
use super::view::is_own;
use super::{Locale, Reader};
use crate::model::{Audience, Channel, ConditionKind, Destination, HashKey, Level, NoticeKind, SmsProvider, World};
use crate::notify::Policy;
use crate::notify::policy::NotifyPolicy;
use crate::notify::route::Route;
use crate::reroute::{LinkKey, Links};
use crate::track::Rules;

/// The page that links lead to; the domain is reserved and nobody's.
pub const BASE_URL: &str = "https://pw.example";

/// A world with this configuration: with names where it has none of its own, and links to nobody's page.
pub fn world(locale: Locale, configured: &Policy) -> World {
    let mut policy = configured.clone();
    let local = local(locale);
    if policy.notify.from == NotifyPolicy::default().from {
        policy.notify.from = local.from.to_owned();
    }
    policy.notify.hub_names.entry("HGH01".to_owned()).or_insert_with(|| local.hub.to_owned());
    let mut world = World::new(Rules::default(), policy, HashKey::new(*b"sample"));
    world.links = Some(Links::new(BASE_URL, LinkKey::new(*b"sample")).into());
    world
}

/// Somebody who reads this language.
pub fn reader(locale: Locale, audience: Audience) -> Reader {
    let zone = if locale == Locale::ZhTw { Tz::Asia__Taipei } else { Tz::Asia__Shanghai };
    Reader { audience, locale, zone }
}

/// What a hub is told.
pub fn digest() -> Digest {
    let row = |kind, level, count| DigestCount { kind, level, count };
    let parcel = |id: &str, kind, level| DigestParcel { parcel_id: id.to_owned(), kind, level };
    use ConditionKind::*;
    Digest {
        hub: "HGH01".to_owned(),
        merchant: None,
        from: at("2026-11-24T21:30:00+08:00"),
        to: at("2026-11-24T21:45:00+08:00"),
        total: 14,
        counts: vec![row(Stalled, Level::Major, 3), row(OverdueScan, Level::Warn, 11)],
        parcels: vec![
            parcel("SF1024000000017", Stalled, Level::Major),
            parcel("SF1024000000021", OverdueScan, Level::Warn),
        ],
        more: 12,
    }
}

/// Every level: some words differ by it.
pub const LEVELS: [Level; 4] = [Level::Info, Level::Warn, Level::Major, Level::Critical];

/// What is said of a kind.
pub fn contents(kind: NoticeKind, audience: Audience, level: Level, locale: Locale) -> Vec<(String, Content)> {
    if kind == NoticeKind::Digest {
        let is_told = !is_own(audience);
        return is_told.then(|| ("full".to_owned(), Content::Digest(Box::new(digest())))).into_iter().collect();
    }
    let shapes = shapes(kind, audience, level, locale);
    shapes.into_iter().map(|(name, issued)| (name, Content::Notice(Box::new(issued)))).collect()
}

/// A route by a channel to a reader, for looking at words.
pub fn route(channel: Channel, provider: SmsProvider, reader: Reader) -> Route {
    let destination = match channel {
        Channel::Email => Destination::Email { address: "reader@example.com".to_owned(), name: None },
        Channel::Sms => Destination::Sms { provider, phone: "+10000000000".to_owned() },
        Channel::Webhook => Destination::Webhook { url: "https://hooks.example".to_owned(), secrets: Vec::new() },
    };
    Route { destination, reader }
}
