//! The `[email]`, `[webhook]` and `[sms]` sections of the configuration.
//!
//! Every key, with its meaning and default, stands in `reference.toml`; a test holds both together. An empty text
//! means "none".

mod check;
mod sms;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

pub use self::check::Problem;
pub use self::sms::{Aliyun, Sms, Twilio};
use super::Limits;
pub use super::webhook::Network;
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
    #[allow(missing_docs)]
    pub sms: Sms,
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
#[derive(Clone, PartialEq, Eq, Deserialize)]
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

impl fmt::Debug for Email {
    /// Without what somebody may have written there instead of a secret's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
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

impl Settings {
    /// The channels by which a notice can go out.
    pub fn configured(&self) -> Vec<Channel> {
        let is_configured = |channel: &Channel| match channel {
            Channel::Email => !self.email.host.is_empty(),
            Channel::Webhook => self.webhook.enabled,
            Channel::Sms => !self.sms.providers().is_empty(),
        };
        Channel::ALL.into_iter().filter(is_configured).collect()
    }

    /// How much a channel does at once. Its total timeout is what the notifier waits beyond an attempt's deadline
    /// before it declares the outcome unknown.
    pub fn limits(&self, channel: Channel) -> Limits {
        let (queue, concurrency, total_timeout) = match channel {
            Channel::Email => (self.email.queue, self.email.concurrency, self.email.timeout),
            Channel::Webhook => (self.webhook.queue, self.webhook.concurrency, self.webhook.timeout),
            Channel::Sms => (self.sms.queue, self.sms.concurrency, self.sms.timeout),
        };
        Limits { queue, concurrency, total_timeout }
    }
}

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
        let fields = |table: &toml_edit::Item| table.as_table().unwrap().len();
        let (email, webhook, sms) = (&shown["email"], &shown["webhook"], &shown["sms"]);
        // As many as the structs have fields.
        assert_eq!([email, webhook, sms, &sms["twilio"], &sms["aliyun"]].map(fields), [13, 8, 9, 8, 6]);
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
}
