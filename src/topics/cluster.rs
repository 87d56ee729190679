//! Reading what topics a cluster has, and creating missing ones. The only part of `topics` that talks to brokers.
//!
//! In: the client's properties as they stand in the configuration. Out: a [`Plan`], or created topics. The
//! calls block and may be made inside or outside of an async runtime.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

use super::overrides::Wanted;
use super::plan::Existing;
use super::{Creation, Error, Overrides, Plan, definitions};

/// For connecting, which takes in a slow TLS handshake and a broker that is being restarted.
const CONNECT_SLICES: u32 = 15;
/// After each slice the connections' complaints are read, so that a wrong password is told after a second
/// and not after fifteen.
const CONNECT_SLICE: Duration = Duration::from_secs(1);
/// For one administrative request. Creating replicas on a loaded cluster takes seconds.
const REQUEST: Duration = Duration::from_secs(30);
/// For created topics to be known to the broker that we ask.
const APPEAR: Duration = Duration::from_secs(30);
const APPEAR_AGAIN: Duration = Duration::from_millis(50);

/// Compares the definitions with what the cluster has.
///
/// # Errors
/// If the overrides cannot be, if the properties are refused, or if the cluster does not answer.
pub fn plan(client: &ClientConfig, prefix: &str, overrides: &Overrides) -> Result<Plan, Error> {
    let wanted = overrides.resolve(definitions(), prefix)?;
    let metadata = Connection::open(client)?.metadata()?;
    let existing = existing(client, &wanted, &metadata)?;
    Ok(Plan::new(bootstrap(client), metadata.brokers().len(), &wanted, &existing))
}

/// Creates what the plan found missing, waits until it is there, and returns the names. Everything else stays
/// as it is. A topic that somebody else has created meanwhile is none of ours and no error.
///
/// # Errors
/// If the cluster refuses one; the others may have been created, and applying again goes on from there.
pub fn apply(client: &ClientConfig, plan: &Plan) -> Result<Vec<String>, Error> {
    let missing: Vec<&Creation> = plan.missing().collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let admin = admin(client)?;
    let topics: Vec<NewTopic> = missing.iter().map(|creation| new_topic(creation)).collect();
    let options = options().operation_timeout(Some(REQUEST));
    let results = wait_for_answer(|| admin.create_topics(&topics, &options)).map_err(Error::NoAnswer)?;
    let mut created = Vec::new();
    for (creation, result) in missing.iter().zip(results) {
        match result {
            Ok(_) => created.push(creation.topic.clone()),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(refused(creation, plan.brokers, code)),
        }
    }
    wait_until_known(client, &missing)?;
    Ok(created)
}

fn new_topic(creation: &Creation) -> NewTopic<'_> {
    let replication = TopicReplication::Fixed(creation.replication);
    let topic = NewTopic::new(&creation.topic, creation.partitions, replication);
    creation.configs.iter().fold(topic, |topic, (key, value)| topic.set(key, value))
}

fn refused(creation: &Creation, brokers: usize, code: RDKafkaErrorCode) -> Error {
    let Creation { topic, partitions, replication, .. } = creation.clone();
    Error::Create { topic, partitions, replication, brokers, code }
}

/// The answer to a creation comes from the controller; the broker that is asked next learns of it later.
fn wait_until_known(client: &ClientConfig, created: &[&Creation]) -> Result<(), Error> {
    let connection = Connection::open(client)?;
    let mut waited = Duration::ZERO;
    loop {
        let metadata = connection.metadata()?;
        let known: BTreeSet<&str> = metadata.topics().iter().map(|topic| topic.name()).collect();
        let missing = created.iter().map(|creation| creation.topic.as_str()).filter(|topic| !known.contains(topic));
        let missing: Vec<&str> = missing.collect();
        if missing.is_empty() {
            return Ok(());
        }
        if waited >= APPEAR {
            return Err(Error::NotAppeared { within_s: APPEAR.as_secs(), missing: missing.join(", ") });
        }
        std::thread::sleep(APPEAR_AGAIN);
        waited += APPEAR_AGAIN;
    }
}

/// Those of the wanted topics that exist, by full name.
fn existing(
    client: &ClientConfig,
    wanted: &[Wanted],
    metadata: &Metadata,
) -> Result<BTreeMap<String, Existing>, Error> {
    let mut existing = BTreeMap::new();
    for topic in metadata.topics() {
        if wanted.iter().any(|wanted| wanted.topic == topic.name()) {
            let replicas = topic.partitions().iter().map(|partition| partition.replicas().len());
            let found = Existing {
                partitions: i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX),
                // The least of its partitions: a reassignment may have left them unequal.
                replication: i32::try_from(replicas.min().unwrap_or(0)).unwrap_or(i32::MAX),
                configs: BTreeMap::new(),
            };
            existing.insert(topic.name().to_owned(), found);
        }
    }
    for resource in configs(client, existing.keys())? {
        if let OwnedResourceSpecifier::Topic(name) = &resource.specifier
            && let Some(found) = existing.get_mut(name)
        {
            found.configs = resource.entries.into_iter().map(|entry| (entry.name, entry.value)).collect();
        }
    }
    Ok(existing)
}

fn configs<'a>(client: &ClientConfig, topics: impl Iterator<Item = &'a String>) -> Result<Vec<ConfigResource>, Error> {
    let names: Vec<&String> = topics.collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let admin = admin(client)?;
    let asked: Vec<ResourceSpecifier> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    let options = options();
    let results = wait_for_answer(|| admin.describe_configs(&asked, &options))
        .map_err(|error| Error::Describe { topic: format!("{} topics", names.len()), reason: error.to_string() })?;
    let named = names.iter().zip(results);
    named.map(|(name, result)| result.map_err(|code| not_described(name, code))).collect()
}

fn not_described(topic: &str, code: RDKafkaErrorCode) -> Error {
    Error::Describe { topic: topic.to_owned(), reason: code.to_string() }
}

fn admin(client: &ClientConfig) -> Result<AdminClient<DefaultClientContext>, Error> {
    client.create().map_err(Error::Client)
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST))
}

fn bootstrap(client: &ClientConfig) -> &str {
    client.get("bootstrap.servers").unwrap_or("(bootstrap.servers is not set)")
}

/// On a thread of its own, because a caller inside an async runtime must not block on another.
fn wait_for_answer<T: Send, F: Future<Output = T>>(ask: impl FnOnce() -> F + Send) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime without I/O needs nothing of the system").block_on(ask())
        });
        waiting.join().expect("waiting for an answer does not panic")
    })
}

/// A connection that can say why it failed. It is a consumer, because only a consumer's metadata requests never
/// create topics on brokers that allow it.
struct Connection {
    consumer: BaseConsumer<Complaints>,
    bootstrap: String,
}

/// What the client's connections reported, oldest first.
#[derive(Default)]
struct Complaints(Mutex<Vec<(KafkaError, String)>>);

impl ClientContext for Complaints {
    fn error(&self, error: KafkaError, reason: &str) {
        self.0.lock().expect("no panic while it is held").push((error, reason.to_owned()));
    }
}

impl ConsumerContext for Complaints {}

impl Connection {
    fn open(client: &ClientConfig) -> Result<Self, Error> {
        let consumer = client.create_with_context(Complaints::default()).map_err(Error::Client)?;
        Ok(Connection { consumer, bootstrap: bootstrap(client).to_owned() })
    }

    /// All topics and brokers that we may see.
    fn metadata(&self) -> Result<Metadata, Error> {
        let mut failure = String::new();
        for _ in 0..CONNECT_SLICES {
            match self.consumer.fetch_metadata(None, CONNECT_SLICE) {
                Ok(metadata) => return Ok(metadata),
                Err(error) => failure = error.to_string(),
            }
            self.hear_complaints();
            let complaints = self.consumer.context().0.lock().expect("no panic while it is held");
            if let Some((_, reason)) = complaints.iter().find(|(error, _)| is_refusal(error)) {
                return Err(self.unreachable(reason));
            }
            if let Some((_, reason)) = complaints.last() {
                failure.clone_from(reason);
            }
        }
        Err(self.unreachable(&failure))
    }

    /// Polling hands queued errors to the context; a consumer without subscription gets nothing else.
    fn hear_complaints(&self) {
        while self.consumer.poll(Duration::ZERO).is_some() {}
    }

    fn unreachable(&self, reason: &str) -> Error {
        Error::Unreachable { bootstrap: self.bootstrap.clone(), reason: reason.to_owned() }
    }
}

/// Asking again will not help.
fn is_refusal(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL))
}
