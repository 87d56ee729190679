//! Configuration: one TOML file over a commented default, environment variables over both.
//!
//! In come a file's text and the environment, out comes a [`Config`] or *every* error, each with its place.
//! The commented default is what is loaded when nothing is said: it is made of one `reference.toml` per
//! module that has settings, and it is also the list of known keys. [`document`](crate::document) reads and lays over; here
//! are the sections, one file each, whose `check` says whether settings fit together.
//!
//! What always holds: no error, no `Debug` output and no printed configuration carries a secret.

pub mod duration;
mod kafka;
mod listen;
mod log;
mod privacy;
mod reroute;
mod runtime;
mod secret;
mod texts;
mod topics;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use crate::channel::{self, Secrets};
use crate::document::{Check, Sections};
use crate::notify::{self, Policy};
use crate::reroute::Offers;
use crate::track::{self, Rules};

pub use self::kafka::{GroupProtocol, Kafka, Property};
pub use self::listen::{Address, Listen};
pub use self::log::{Log, LogFormat};
pub use self::privacy::Privacy;
pub use self::reroute::Reroute;
pub use self::runtime::Runtime;
pub use self::secret::Secret;
pub use self::topics::Topics;
pub use crate::document::{Errors, Place, Problem, read_offers};

/// Everything that is configured.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Config {
    pub kafka: Kafka,
    pub topics: Topics,
    pub runtime: Runtime,
    pub listen: Listen,
    pub log: Log,
    pub privacy: Privacy,
    pub channels: channel::Settings,
    pub rules: Rules,
    pub policy: Policy,
    pub reroute: Reroute,
    /// What `reroute.offers` names.
    pub offers: Arc<Offers>,
}

/// What is laid over the default.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// A file: its name, for places, and its text.
    pub file: Option<(String, String)>,
    /// Environment variables, by name; those that are no overrides are not looked at.
    pub environment: Vec<(String, String)>,
}

/// The parts of the commented default, in the order in which they are shown.
const REFERENCES: [&str; 5] = [
    include_str!("reference.toml"),
    track::REFERENCE,
    crate::reroute::REFERENCE,
    notify::REFERENCE,
    channel::settings::REFERENCE,
];

/// The commented default: every key with its meaning.
pub fn reference() -> String {
    REFERENCES.map(str::trim_end).join("\n\n") + "\n"
}

impl Config {
    /// Loads the file, or the default where none is named, under this process's environment.
    pub fn load(path: Option<&Path>) -> Result<Config, Errors> {
        Source::of(path)?.read()
    }
}

impl Source {
    /// The file, if any, and this process's environment.
    pub fn of(path: Option<&Path>) -> Result<Source, Errors> {
        let Some(path) = path else { return Ok(Source { file: None, environment: text_variables() }) };
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Source { file: Some((name, text)), environment: text_variables() }),
            Err(error) => {
                let place = Place::File { name: name.into(), line: 1, column: 1 };
                let message = format!("expected a readable file of UTF-8 text: {error}");
                Err(Errors::one(Problem { place, key: String::new(), message }))
            }
        }
    }

    /// Reads and checks everything.
    pub fn read(&self) -> Result<Config, Errors> {
        let mut sections = self.sections();
        let config = read(&mut sections);
        sections.finish(config)
    }

    /// What is in force, as TOML with the place of what is not default; meaningful where `read` succeeds.
    pub fn print(&self) -> String {
        self.sections().print()
    }

    /// The default with the file and the environment laid over it.
    fn sections(&self) -> Sections {
        let file = self.file.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        Sections::new(&reference(), file, &self.environment)
    }
}

/// The environment, as far as it is text.
fn text_variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Reads the sections, then checks what was read.
fn read(sections: &mut Sections) -> Option<Config> {
    let kafka = sections.table::<Kafka>("kafka");
    let topics = sections.table::<Topics>("topics");
    let runtime = sections.table::<Runtime>("runtime");
    let listen = sections.table::<Listen>("listen");
    let log = sections.table::<Log>("log");
    let privacy = sections.table::<Privacy>("privacy");
    let channels = sections.tables_of::<channel::Settings>(channel::settings::REFERENCE);
    let rules = sections.tables_of::<Rules>(track::REFERENCE);
    let policy = sections.tables_of::<Policy>(notify::REFERENCE);
    let reroute = sections.table::<Reroute>("reroute");
    let offers = reroute.as_ref().map_or_else(Offers::default, |reroute| reroute.load_offers(sections.problems()));
    let config = Config {
        kafka: kafka?,
        topics: topics?,
        runtime: runtime?,
        listen: listen?,
        log: log?,
        privacy: privacy?,
        rules: rules?,
        policy: policy?,
        channels: channels?,
        reroute: reroute?,
        offers: Arc::new(offers),
    };
    config.check(&mut sections.check());
    Some(config)
}

impl Config {
    fn check(&self, check: &mut Check<'_>) {
        self.kafka.check(check);
        self.topics.check(check);
        self.runtime.check(check);
        self.listen.check(check);
        self.log.check(check);
        self.privacy.check(check);
        self.reroute.check(check);
        self.check_sending(check);
        self.check_texts(check);
        // Opening reads certificates and the relay's password, and talks to nobody.
        if let Err(problems) = channel::open(&self.channels, &Arc::new(Secrets::new())) {
            problems.into_iter().for_each(|problem| check.that(false, problem.key, problem.message));
        }
    }
}

impl Config {
    /// What the notifier and the channels are told must fit together.
    fn check_sending(&self, check: &mut Check<'_>) {
        check.fit(
            !(self.policy.send.anything_leaves() && self.privacy.is_development()),
            ["privacy.hash_key", "send"],
            "expected a key of your own where send is on, found none: with the built-in one recipients could be guessed",
        );
        check.fit(
            !(self.policy.send.anything_leaves() && self.reroute.is_development()),
            ["reroute.link_key", "send"],
            "expected a key of your own where send is on, found none: with the built-in one links could be forged",
        );
        for (keys, allowed, waited_for) in [
            (["email.timeout", "notify.email.total_timeout"], self.channels.email.timeout, &self.policy.notify.email),
            (
                ["webhook.timeout", "notify.webhook.total_timeout"],
                self.channels.webhook.timeout,
                &self.policy.notify.webhook,
            ),
            (["sms.timeout", "notify.sms.total_timeout"], self.channels.sms.timeout, &self.policy.notify.sms.attempts),
        ] {
            let message =
                format!("expected at most {}, found more: what is still under way would be repeated", keys[1]);
            check.fit(allowed <= waited_for.total_timeout, keys, message);
        }
        check.fit(
            self.policy.notify.sms.report_within > self.channels.sms.twilio.validity,
            ["notify.sms.report_within", "sms.twilio.validity"],
            "expected more than sms.twilio.validity, found less: texts that did not arrive would count as arrived",
        );
        check.fit(
            self.policy.notify.claim_window >= self.runtime.attempt_within + self.runtime.commit_every,
            ["notify.claim_window", "runtime.attempt_within"],
            "expected at least runtime.attempt_within and runtime.commit_every together, found less: claims would be \
             late before they are committed",
        );
        let hubs = self.policy.contact.hub.iter().map(|(code, contact)| (vec!["contact", "hub", code], contact));
        let contacts = hubs.chain([(vec!["contact", "service"], &self.policy.contact.service)]);
        for (path, contact) in contacts {
            if contact.email.as_deref().is_some_and(|email| !channel::is_address(email)) {
                check.wrong_at(&[&path[..], &["email"]].concat(), "expected a mail address, found another text");
            }
            let is_url = |url: &str| url.starts_with("https://") || url.starts_with("http://");
            if contact.webhook.as_ref().is_some_and(|webhook| !is_url(&webhook.url)) {
                let path = [&path[..], &["webhook", "url"]].concat();
                check.wrong_at(&path, "expected a URL that begins with https:// or http://");
            }
            for secret in contact.webhook.iter().flat_map(|webhook| &webhook.secrets) {
                if let Err(error) = Secrets::new().resolve(secret) {
                    check.wrong_at(&[&path[..], &["webhook", "secrets"]].concat(), error.to_string());
                }
            }
        }
    }
}
