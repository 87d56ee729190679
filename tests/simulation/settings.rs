//! What every simulated instance is told: the defaults, except that everything is sent, and small tables that many share.

use std::sync::Arc;

use parcelwatch::config::Config;
use parcelwatch::document::read_offers;
use parcelwatch::model::{HashKey, Merchant, Webhook, World};
use parcelwatch::reroute::{LinkKey, Links};
use parcelwatch::stream::{From, Options};

/// Merchants `M-0` and so on; each has a webhook, the last one a mail address, too.
pub const MERCHANTS: usize = 3;

/// The one of them that collects its notices, and for how long.
pub const COLLECTING: &str = "M-1";
pub const COLLECTS_FOR_MS: i64 = 25 * 60_000;

/// Partitions of every topic. More spread the parcels thinner over the same turns.
pub const PARTITIONS: i32 = 3;

/// What can be chosen; `tests/reference/choosing.py` reads the same from its own constants.
const OFFERS: &str = include_str!("offers.toml");

const SETTINGS: &str = r#"
[send]
mode = "on"
[email]
host = "mail.invalid"
from = "notice@courier.example"
[contact.service]
email = "service@courier.example"
"#;

/// The configuration of a whole run.
pub struct Settings {
    config: Config,
    hash_key: HashKey,
}

impl Settings {
    /// Reads it as the daemon does.
    pub fn load() -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("parcelwatch.toml");
        let key = folder.path().join("key");
        std::fs::write(&key, "the simulation's own key of recipients, 2026").expect("a file");
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a file");
        let hubs = format!("{{ url = \"https://hubs.example/hook\", secrets = [\"file:{}\"] }}", secret.display());
        let settings = format!(
            "{SETTINGS}[contact.hub.default]\nwebhook = {hubs}\n[privacy]\nhash_key = \"file:{}\"\n",
            key.display()
        );
        std::fs::write(&file, settings).expect("a file");
        let config = Config::load(Some(&file)).unwrap_or_else(|errors| panic!("{errors}"));
        let hash_key = config.privacy.hash_key().expect("the key was just written");
        Settings { config, hash_key }
    }

    /// What the runtime of this instance is told.
    pub fn options(&self, instance: &str) -> Options {
        let options = parcelwatch::daemon::options(&self.config).expect("the default is sound");
        Options { instance: instance.to_owned(), from: Some(From::Earliest), prefix: String::new(), ..options }
    }

    /// What decisions are handed.
    pub fn world(&self) -> World {
        let mut world = World::new(self.config.rules.clone(), self.config.policy.clone(), self.hash_key.clone());
        let merchants = (0..MERCHANTS).map(|n| {
            let name = format!("M-{n}");
            let webhook =
                Webhook { url: format!("https://m{n}.example/hook"), secrets: vec!["env:M_SECRET".to_owned()] };
            let digest = (name == COLLECTING).then(|| format!("{COLLECTS_FOR_MS}ms"));
            let merchant = Merchant {
                merchant: name.clone(),
                name: None,
                webhook: Some(webhook),
                email: (n + 1 == MERCHANTS).then(|| format!("ops{n}@m.example")),
                locale: Some("en".to_owned()),
                audiences: None,
                digest,
            };
            (name, merchant)
        });
        world.merchants = Arc::new(merchants.collect());
        world.links =
            Some(Arc::new(Links::new("https://pw.example", LinkKey::new(*b"the simulation's own key of links"))));
        world.offers = Arc::new(read_offers("offers.toml", OFFERS).unwrap_or_else(|errors| panic!("{errors}")));
        world
    }
}
