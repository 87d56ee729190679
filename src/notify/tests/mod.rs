//! The notifier's behaviour as timelines (handed time, no waiting) and as properties.

mod bounded;
mod delivery;
mod digest;
mod flood;
mod preference;
mod properties;
mod quiet;
mod report;
mod saved;
mod storm;
mod telling;
mod timeline;
mod upgrade;
mod with_tracker;

use std::sync::Arc;
use std::time::Duration;

use super::{Mode, Notifier, Policy};
use crate::model::{HashKey, Merchant, RecipientKey, SmsProvider, Webhook, World};
use crate::state::{Machine, Tables};
use crate::track::Rules;

/// A world in which notices leave and everybody has a contact.
fn world() -> World {
    let mut policy = Policy::default();
    policy.send.mode = Mode::On;
    policy.notify.email.jitter_percent = 0;
    policy.notify.webhook.jitter_percent = 0;
    policy.notify.sms.attempts.jitter_percent = 0;
    policy.contact.service.email = Some("service@example.com".to_owned());
    policy.contact.hub.insert("default".to_owned(), policy.contact.service.clone());
    with(policy)
}

fn with(policy: Policy) -> World {
    let merchant = Merchant {
        merchant: "M-0042".to_owned(),
        name: None,
        webhook: Some(Webhook { url: "https://hooks.example.com/1".to_owned(), secrets: vec!["env:S".to_owned()] }),
        email: None,
        locale: None,
        audiences: None,
        digest: None,
    };
    let mut world = World::new(Rules::default(), policy, HashKey::new(*b"secret"));
    world.merchants = Arc::new([("M-0042".to_owned(), merchant)].into());
    world
}

/// A world whose merchant collects its notices for an hour.
fn collecting() -> World {
    let mut world = world();
    let mut merchant = world.merchants["M-0042"].clone();
    merchant.digest = Some("1h".to_owned());
    world.merchants = Arc::new([("M-0042".to_owned(), merchant)].into());
    world
}

/// The world with another policy.
fn changed(change: impl FnOnce(&mut Policy)) -> World {
    let mut policy = Policy::clone(&world().policy);
    change(&mut policy);
    with(policy)
}

/// A world in which texts to China go by Aliyun, which has approved one template, and others by Twilio.
fn texting() -> World {
    changed(|policy| {
        policy.notify.sms_providers.insert("+86".to_owned(), SmsProvider::Aliyun);
        policy.notify.sms_providers.insert("+".to_owned(), SmsProvider::Twilio);
        policy.notify.sms_codes.insert("stalled.2.en".to_owned(), "SMS_2".to_owned());
    })
}

fn recipient() -> RecipientKey {
    RecipientKey::from_text("p:1")
}

/// A machine restored from what the other one saved.
fn restored(of: &mut Notifier, world: &World) -> Notifier {
    let mut copy = Notifier::default();
    // Every entry, as a whole sweep would write it.
    for (from, to) in of.tables().into_iter().zip(copy.tables()) {
        for bucket in 0..crate::state::BUCKETS {
            from.sweep(bucket, u32::MAX, &mut |key, value| to.restore(key, Some(value), 0).expect("state can be read"));
        }
    }
    of.committed();
    copy.restored(world);
    copy
}

fn sizes(tables: Tables<'_>) -> Vec<usize> {
    tables.iter().map(|table| table.count()).collect()
}
