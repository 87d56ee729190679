//! The `[email]` and `[webhook]` sections of the configuration.
//!
//! Every key, with its meaning and default, stands in `reference.toml`; a test holds both together. An empty text
//! means "none".

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::secrets::Secrets;
pub use super::webhook::Network;
use super::{Limits, email, webhook};
use crate::model::Channel;

/// The commented default.
pub const REFERENCE: &str = include_str!("reference.toml");

/// How the channels are set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    #[allow(missing_docs)]
    pub email: Email,
    #[allow(missing_docs)]
    pub webhook: Webhook,
}

/// How mail is protected on its way to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Begins in clear and must switch to TLS before anything is said.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// In clear.
    None,
}

/// The mail relay.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "reference.toml says what each key means")]
pub struct Email {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub ca_file: String,
    pub username: String,
    /// The secret's name.
    pub password: String,
    pub from: String,
    pub reply_to: String,
    pub hello_name: String,
    #[serde(deserialize_with = "duration")]
    pub connect_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    pub queue: usize,
    pub concurrency: usize,
}

/// How webhooks go out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "reference.toml says what each key means")]
pub struct Webhook {
    pub enabled: bool,
    pub ca_file: String,
    pub allow_private: Vec<Network>,
    pub allow_http: Vec<String>,
    #[serde(deserialize_with = "duration")]
    pub connect_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    pub queue: usize,
    pub concurrency: usize,
}

impl Default for Email {
    fn default() -> Email {
        Email {
            host: String::new(),
            port: 587,
            tls: Tls::StartTls,
            ca_file: String::new(),
            username: String::new(),
            password: String::new(),
            from: String::new(),
            reply_to: String::new(),
            hello_name: String::new(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            queue: 10_000,
            concurrency: 8,
        }
    }
}

impl Default for Webhook {
    fn default() -> Webhook {
        Webhook {
            enabled: true,
            ca_file: String::new(),
            allow_private: Vec::new(),
            allow_http: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            queue: 10_000,
            concurrency: 64,
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, dotted: `email.from`.
    pub key: &'static str,
    /// One sentence: expected this, found that; never a secret or an address.
    pub message: String,
}

impl Problem {
    pub(super) fn at(key: &'static str, message: impl Into<String>) -> Problem {
        Problem { key, message: message.into() }
    }
}

impl Settings {
    /// The channels by which a notice can go out.
    pub fn configured(&self) -> Vec<Channel> {
        let is_configured = |channel: &Channel| match channel {
            Channel::Email => !self.email.host.is_empty(),
            Channel::Webhook => self.webhook.enabled,
        };
        Channel::ALL.into_iter().filter(is_configured).collect()
    }

    /// How much a channel does at once. Its total timeout is what the notifier waits beyond an attempt's deadline
    /// before it declares the outcome unknown.
    pub fn limits(&self, channel: Channel) -> Limits {
        let (queue, concurrency, total_timeout) = match channel {
            Channel::Email => (self.email.queue, self.email.concurrency, self.email.timeout),
            Channel::Webhook => (self.webhook.queue, self.webhook.concurrency, self.webhook.timeout),
        };
        Limits { queue, concurrency, total_timeout }
    }

    /// Everything that is wrong, as far as the settings alone tell it; reads no file and no secret.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self.email.host.is_empty() {
            self.email.check(&mut problems);
        }
        if self.webhook.enabled {
            self.webhook.check(&mut problems);
        }
        problems
    }
}

impl Email {
    fn check(&self, problems: &mut Vec<Problem>) {
        if email::mailbox(&self.from).is_none() {
            problems.push(Problem::at(
                "email.from",
                "expected a mail address, found none that can be read: mail needs a sender",
            ));
        }
        if !self.reply_to.is_empty() && email::mailbox(&self.reply_to).is_none() {
            problems.push(Problem::at("email.reply_to", "expected a mail address, found something else"));
        }
        if self.username.is_empty() != self.password.is_empty() {
            problems.push(Problem::at("email.password", "expected user name and password both or neither, found one"));
        }
        if !self.password.is_empty() {
            if let Err(error) = Secrets::check(&self.password) {
                problems.push(Problem::at("email.password", error.to_string()));
            }
            if self.tls == Tls::None {
                problems.push(Problem::at(
                    "email.tls",
                    "expected starttls or tls, found none: a password never goes out in clear",
                ));
            }
        }
        check_limits(
            [("email.connect_timeout", self.connect_timeout), ("email.timeout", self.timeout)],
            [("email.queue", self.queue), ("email.concurrency", self.concurrency)],
            problems,
        );
    }
}

impl Webhook {
    fn check(&self, problems: &mut Vec<Problem>) {
        if self.allow_http.iter().any(|host| !webhook::is_host(host)) {
            problems.push(Problem::at(
                "webhook.allow_http",
                "expected host names or addresses as they stand in a URL, in lower case, without scheme and port",
            ));
        }
        check_limits(
            [("webhook.connect_timeout", self.connect_timeout), ("webhook.timeout", self.timeout)],
            [("webhook.queue", self.queue), ("webhook.concurrency", self.concurrency)],
            problems,
        );
    }
}

/// A connection has at most half of the total time: later a timeout could no longer be told from a lost answer.
fn check_limits(timeouts: [(&'static str, Duration); 2], counts: [(&'static str, usize); 2], found: &mut Vec<Problem>) {
    for (key, timeout) in timeouts {
        if timeout.is_zero() || timeout > TIMEOUT_MAX {
            found.push(Problem::at(key, "expected more than nothing and at most 10m"));
        }
    }
    let [(key, connect), (_, total)] = timeouts;
    if connect > total / 2 {
        found.push(Problem::at(key, "expected at most half of timeout"));
    }
    for (key, count) in counts {
        if !(1..=COUNT_MAX).contains(&count) {
            found.push(Problem::at(key, format!("expected 1 to {COUNT_MAX}, found {count}")));
        }
    }
}

/// Longer would keep a claimed notice in doubt for longer than it is of use.
const TIMEOUT_MAX: Duration = Duration::from_secs(600);

/// More would be held in memory than a shutdown could answer.
const COUNT_MAX: usize = 1_000_000;

/// Reads `5s`, `1m 30s`.
fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(d)?;
    humantime::parse_duration(&text)
        .map_err(|_| de::Error::custom(format!("expected a duration like \"5s\", found \"{text}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Settings, String> {
        toml_edit::de::from_str(toml).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn the_commented_default_is_the_default_and_shows_every_key() {
        assert_eq!(read(REFERENCE).unwrap(), Settings::default());
        let shown: toml_edit::DocumentMut = REFERENCE.parse().unwrap();
        let shown = |section: &str| shown[section].as_table().unwrap().len();
        // As many as the structs have fields.
        assert_eq!((shown("email"), shown("webhook")), (13, 8));
    }

    #[test]
    fn webhooks_are_there_by_default_and_mail_with_a_host() {
        assert_eq!(Settings::default().configured(), [Channel::Webhook]);
        let both = read("[email]\nhost = \"mail.example.com\"").unwrap();
        assert_eq!(both.configured(), [Channel::Email, Channel::Webhook]);
        assert!(read("[webhook]\nenabled = false").unwrap().configured().is_empty());
    }

    #[test]
    fn unknown_keys_and_odd_values_are_refused() {
        for (toml, part) in [
            ("[email]\nhots = \"x\"", "hots"),
            ("[email]\ntls = \"maybe\"", "maybe"),
            ("[webhook]\ntimeout = \"soon\"", "expected a duration"),
            ("[webhook]\nallow_private = [\"10.0.0.0\"]", "expected a network"),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(part), "{toml}: {error}");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let settings = read(
            "[email]\nhost = \"h\"\ntls = \"none\"\nusername = \"u\"\npassword = \"oops\"\nqueue = 0\n\
             [webhook]\nallow_http = [\"http://x\"]\nconnect_timeout = \"10s\"",
        )
        .unwrap();
        let problems = settings.check();
        let keys: Vec<_> = problems.iter().map(|problem| problem.key).collect();
        assert_eq!(
            keys,
            [
                "email.from",
                "email.password",
                "email.tls",
                "email.queue",
                "webhook.allow_http",
                "webhook.connect_timeout"
            ]
        );
        assert!(!format!("{problems:?}").contains("oops"));
    }

    #[test]
    fn a_channel_that_is_off_needs_nothing() {
        assert_eq!(Settings::default().check(), []);
        assert_eq!(read("[webhook]\nenabled = false\nqueue = 0").unwrap().check(), []);
    }
}
