//! The world in which the machines are fuzzed: everything on, so that everything can happen.

use std::sync::{Arc, LazyLock};

use parcelwatch::document::read_offers;
use parcelwatch::model::{HashKey, Merchant, SmsProvider, Webhook, World};
use parcelwatch::notify::{Mode, Policy};
use parcelwatch::reroute::{LinkKey, Links};
use parcelwatch::track::Rules;

/// The key of links, and of proofs.
pub static LINKS: LazyLock<Arc<Links>> =
    LazyLock::new(|| Arc::new(Links::new("https://pw.example", LinkKey::new(*b"secret"))));

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut policy = Policy::default();
    policy.send.mode = Mode::On;
    policy.notify.sms_providers.insert("+".to_owned(), SmsProvider::Twilio);
    policy.contact.service.email = Some("service@example.com".to_owned());
    policy.contact.hub.insert("default".to_owned(), policy.contact.service.clone());
    let mut world = World::new(Rules::default(), policy, HashKey::new(*b"secret"));
    let offers = read_offers("offers.toml", include_str!("../../deploy/offers.toml")).expect("the example");
    world.offers = Arc::new(offers);
    world.links = Some(Arc::clone(&LINKS));
    let merchants =
        [("M-1", None), ("M-2", Some("1h"))].map(|(name, digest)| (name.to_owned(), merchant(name, digest)));
    world.merchants = Arc::new(merchants.into());
    world
});

/// Notices leave, customers may choose, one merchant is told at once and another hourly.
pub fn world() -> World {
    WORLD.clone()
}

fn merchant(name: &str, digest: Option<&str>) -> Merchant {
    Merchant {
        merchant: name.to_owned(),
        name: None,
        webhook: Some(Webhook { url: "https://hooks.example.com/1".to_owned(), secrets: vec!["env:S".to_owned()] }),
        email: Some("shop@example.com".to_owned()),
        locale: None,
        audiences: None,
        digest: digest.map(str::to_owned),
    }
}
