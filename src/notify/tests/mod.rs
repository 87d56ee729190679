//! The notifier's behaviour as timelines (handed time, no waiting) and as properties.

mod delivery;
mod digest;
mod properties;
mod telling;
mod timeline;
mod with_tracker;

use std::sync::Arc;

use super::{Mode, Notifier, Policy};
use crate::model::{HashKey, Merchant, RecipientKey, Webhook, World};
use crate::state::{Machine, Tables};
use crate::track::Rules;

/// A world in which notices leave and everybody has a contact.
fn world() -> World {
    let mut policy = Policy::default();
    policy.send.mode = Mode::On;
    policy.notify.email.jitter_percent = 0;
    policy.notify.webhook.jitter_percent = 0;
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

/// The world with another policy.
fn changed(change: impl FnOnce(&mut Policy)) -> World {
    let mut policy = Policy::clone(&world().policy);
    change(&mut policy);
    with(policy)
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
