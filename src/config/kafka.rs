//! `[kafka]`: which cluster, under which names, and the client's properties.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;
use serde::{Deserialize, Deserializer, de};

use super::Secret;
use crate::channel::SecretError;
use crate::document::Check;

/// How the cluster is reached and what things are called there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Brokers to begin with, separated by commas.
    pub bootstrap: String,
    /// What every topic's name begins with.
    pub prefix: String,
    /// The tracker's consumer group, and what other groups and transactional ids begin with.
    pub group: String,
    #[allow(missing_docs)]
    pub group_protocol: GroupProtocol,
    /// Properties of librdkafka.
    pub client: BTreeMap<String, Property>,
}

/// How instances share partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupProtocol {
    /// Cooperative-sticky assignment by the members.
    Classic,
    /// KIP-848: assignment by the broker, which then also decides session timeouts.
    Consumer,
}

/// The value of a client's property.
#[derive(Clone, PartialEq)]
pub enum Property {
    /// As librdkafka reads it.
    Plain(String),
    /// To be read when a client is made.
    Secret(Secret),
}

/// Properties that the runtime sets, because its guarantees rest on them, and where the setting stands instead.
const OWN: [(&str, &str); 20] = [
    ("bootstrap.servers", "set kafka.bootstrap"),
    ("metadata.broker.list", "set kafka.bootstrap"),
    ("group.id", "set kafka.group"),
    ("group.protocol", "set kafka.group_protocol"),
    ("group.instance.id", "instances come and go by name: set runtime.instance"),
    ("session.timeout.ms", "set runtime.session_timeout"),
    ("transaction.timeout.ms", "set runtime.transaction_timeout"),
    ("transactional.id", "set runtime.instance"),
    ("message.timeout.ms", "it follows runtime.transaction_timeout"),
    ("delivery.timeout.ms", "it follows runtime.transaction_timeout"),
    ("enable.idempotence", "exactly-once rests on it"),
    ("acks", "exactly-once rests on it"),
    ("request.required.acks", "exactly-once rests on it"),
    ("isolation.level", "exactly-once rests on it"),
    ("enable.auto.commit", "exactly-once rests on it"),
    ("enable.auto.offset.store", "exactly-once rests on it"),
    ("auto.offset.reset", "a silent jump would be a storm of false alarms"),
    ("enable.partition.eof", "positions rest on it"),
    ("partition.assignment.strategy", "a partition's state moves by it"),
    ("partitioner", "every record names its partition"),
];

impl Kafka {
    /// The name of a topic, `scans.v1` say, in this cluster.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What every client of ours begins with: the brokers and the user's properties, secrets read now.
    pub fn client_config(&self) -> Result<ClientConfig, SecretError> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("client.id", "parcelwatch");
        for (name, property) in &self.client {
            config.set(name, property.read()?);
        }
        Ok(config)
    }

    pub(super) fn check(&self, check: &mut Check<'_>) {
        check.that(!self.bootstrap.trim().is_empty(), "kafka.bootstrap", "expected at least one broker, found none");
        for (key, name) in [("kafka.prefix", &self.prefix), ("kafka.group", &self.group)] {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            // Kafka allows 249 characters for a topic's name; ours follow the prefix.
            check.that(
                name.chars().all(legal) && name.len() <= 200,
                key,
                "expected at most 200 letters, digits, '.', '_' and '-'",
            );
        }
        check.that(!self.group.is_empty(), "kafka.group", "expected a name, found none");
        for (name, property) in &self.client {
            if let Err(message) = check_property(name, property) {
                check.wrong_at(&["kafka", "client", name], message);
            }
        }
    }
}

fn check_property(name: &str, property: &Property) -> Result<(), String> {
    if let Some((_, instead)) = OWN.iter().find(|(own, _)| *own == name) {
        return Err(format!("is parcelwatch's own: {instead}"));
    }
    let secret = ["password", "secret", "key.pem"].iter().any(|part| name.contains(part));
    if secret && matches!(property, Property::Plain(_)) {
        return Err("expected env:NAME or file:PATH, found the secret itself".to_owned());
    }
    let value = property.read().map_err(|error| error.to_string())?;
    let mut alone = ClientConfig::new();
    match alone.set(name, value).create_native_config() {
        Ok(_) => Ok(()),
        Err(rdkafka::error::KafkaError::ClientConfig(_, why, _, _)) if !secret => Err(lower_first(&why)),
        Err(_) => Err("expected a property of librdkafka with a value that it takes".to_owned()),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

impl Property {
    fn read(&self) -> Result<String, SecretError> {
        match self {
            Property::Plain(text) => Ok(text.clone()),
            Property::Secret(secret) => secret.read_text(),
        }
    }
}

impl fmt::Debug for Property {
    /// Which kind it is: a value may be one that should have been a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Property::Plain(_) => f.write_str("Plain(..)"),
            Property::Secret(secret) => write!(f, "{secret:?}"),
        }
    }
}

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Property, D::Error> {
        d.deserialize_any(PropertyVisitor)
    }
}

struct PropertyVisitor;

impl de::Visitor<'_> for PropertyVisitor {
    type Value = Property;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Property, E> {
        Ok(Secret::parse(text).map_or_else(|| Property::Plain(text.to_owned()), Property::Secret))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Property, E> {
        Ok(Property::Plain(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Property, E> {
        Ok(Property::Plain(number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Property, E> {
        Ok(Property::Plain(truth.to_string()))
    }
}
