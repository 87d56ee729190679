//! A cluster from formatting to its end, and what tests ask of it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::Metadata;

use super::ports::free_port;
use super::settings::{Link, Ports, Settings};
use super::supervisor::Supervisor;
use super::{Producer, java, secure};
use crate::support::until;

/// For a broker to come up. Three of them on two busy cores take some 15 s; longer means that it never will.
const PATIENCE: Duration = Duration::from_secs(120);
/// For one answer of a running broker.
const ANSWER: Duration = Duration::from_secs(10);

/// `-XX:TieredStopAtLevel=1`: brokers live for a minute, so the optimising compiler costs more than it brings.
const BROKER_JVM: [&str; 4] = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN"];
const TOOL_JVM: [&str; 3] = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// How many brokers, each of which is also a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brokers {
    /// Replication factor 1.
    One,
    /// Replication factor 3, two in-sync replicas demanded: survives the loss of one broker.
    Three,
}

/// A running cluster. Dropping it ends it, but for the user's own.
pub struct Cluster {
    bootstrap: String,
    security: Vec<(String, String)>,
    pub(super) own: Option<Own>,
}

/// What there is beyond an address if the brokers are ours.
pub(super) struct Own {
    pub(super) folder: PathBuf,
    pub(super) ports: Vec<Ports>,
    supervisor: Mutex<Supervisor>,
}

impl Cluster {
    /// Starts brokers and waits until all of them serve. `None` where brokers cannot be run (said already).
    pub fn start(brokers: Brokers) -> Option<Self> {
        Cluster::start_with(brokers, &[])
    }

    /// The same, with variables (`NAME=value`) in the brokers' environment.
    pub fn start_with(brokers: Brokers, environment: &[String]) -> Option<Self> {
        java::available().then(|| {
            let count = if brokers == Brokers::One { 1 } else { 3 };
            let plain = Settings { protocol: "PLAINTEXT", security: "", links: &[] };
            Cluster::launch(&new_folder(), &plain, count, &[], (Vec::new(), environment))
        })
    }

    /// Starts three brokers that have these listeners too. `before` is given the folder of each before it is formatted.
    pub fn with_links(links: &[Link], before: impl Fn(i32, &Path)) -> Option<Self> {
        java::available().then(|| {
            let folder = new_folder();
            for node in 1..=3 {
                let own = folder.join(node.to_string());
                std::fs::create_dir_all(&own).expect("expected to create a broker's folder");
                before(node, &own);
            }
            Cluster::launch(
                &folder,
                &Settings { protocol: "PLAINTEXT", security: "", links },
                3,
                &[],
                (Vec::new(), &[]),
            )
        })
    }

    /// Starts one broker that demands TLS and SASL/SCRAM-SHA-512; [`Cluster::client_properties`] has what a
    /// client needs to be let in.
    pub fn secure() -> Option<Self> {
        java::available().then(|| {
            let folder = new_folder();
            let keys = secure::Keys::make(&folder);
            let settings = Settings { protocol: "SASL_SSL", security: &keys.broker_settings(), links: &[] };
            let users = secure::users();
            let users: Vec<&str> = users.iter().map(String::as_str).collect();
            Cluster::launch(&folder, &settings, 1, &users, (keys.client_properties(), &[]))
        })
    }

    /// A certificate that a secure cluster's broker does not have, as PEM.
    pub fn foreign_certificate(&self) -> PathBuf {
        secure::Keys::make(&self.own().folder.join("foreign")).certificate().to_owned()
    }

    /// The cluster of somebody who set `PARCELWATCH_TEST_BOOTSTRAP`.
    pub(super) fn of_the_user(bootstrap: &str) -> Self {
        Cluster { bootstrap: bootstrap.to_owned(), security: Vec::new(), own: None }
    }

    fn launch(
        folder: &Path,
        settings: &Settings,
        count: usize,
        format_options: &[&str],
        (security, environment): (Vec<(String, String)>, &[String]),
    ) -> Self {
        let ports: Vec<Ports> = (0..count).map(|_| Ports { clients: free_port(), controller: free_port() }).collect();
        // `env` becomes the broker, so its process is the one that the supervisor kills.
        let environment = std::iter::once("env").chain(environment.iter().map(String::as_str)).map(str::to_owned);
        let broker: Vec<String> = environment.chain(java::command("kafka.Kafka", &BROKER_JVM)).collect();
        let supervisor = Supervisor::spawn(folder, &broker);
        let bootstrap: Vec<String> = ports.iter().map(|ports| format!("127.0.0.1:{}", ports.clients)).collect();
        let cluster = Cluster {
            bootstrap: bootstrap.join(","),
            security,
            own: Some(Own { folder: folder.to_owned(), ports: ports.clone(), supervisor: Mutex::new(supervisor) }),
        };
        // Any 22 characters of URL-safe base64 do; the port keeps clusters apart that should never meet.
        let id = format!("t{:021}", ports[0].controller);
        std::thread::scope(|scope| {
            for node in 1..=count {
                let (ports, id) = (&ports, &id);
                scope.spawn(move || format_broker(folder, settings, node, ports, id, format_options));
            }
        });
        let nodes = 1..=i32::try_from(count).expect("a handful");
        nodes.clone().for_each(|node| cluster.own().supervisor().start(node));
        nodes.for_each(|node| cluster.wait_for(node, count));
        cluster
    }

    /// `bootstrap.servers`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Every librdkafka property that a client needs, `bootstrap.servers` among them.
    pub fn client_properties(&self) -> Vec<(String, String)> {
        let bootstrap = ("bootstrap.servers".to_owned(), self.bootstrap.clone());
        std::iter::once(bootstrap).chain(self.security.iter().cloned()).collect()
    }

    /// [`Cluster::client_properties`] as the start of a client's configuration.
    pub fn client(&self) -> ClientConfig {
        self.client_properties().into_iter().collect()
    }

    /// Kills broker `node` (1 to 3) with `kill -9`; it is gone when this returns.
    pub fn kill(&self, node: i32) {
        self.own().supervisor().kill(node);
    }

    /// Lets a broker answer nobody until [`Self::resume`].
    pub fn pause(&self, node: i32) {
        self.own().supervisor().pause(node);
    }

    /// Lets a paused broker go on.
    pub fn resume(&self, node: i32) {
        self.own().supervisor().resume(node);
        self.wait_for(node, 1);
    }

    /// Asks a broker to end (SIGTERM), and does not wait for it.
    pub fn terminate(&self, node: i32) {
        self.own().supervisor().terminate(node);
    }

    /// Whether a broker's process is there.
    pub fn is_running(&self, node: i32) -> bool {
        self.own().supervisor().is_running(node)
    }

    /// The folder of a broker: its log is `broker.log`, its data is in `data`.
    pub fn folder_of(&self, node: i32) -> PathBuf {
        self.own().folder.join(node.to_string())
    }

    /// Starts a killed broker again on its data and its port, and waits until it serves.
    pub fn restart(&self, node: i32) {
        self.own().supervisor().start(node);
        self.wait_for(node, 1);
    }

    /// A producer that places records as Java's clients do.
    pub fn producer(&self) -> Producer {
        Producer::new(&self.client())
    }

    /// Creates a topic with the cluster's replication and waits until each partition has a leader.
    pub fn create_topic(&self, name: &str, partitions: i32, configs: &[(&str, &str)]) {
        let replication = TopicReplication::Fixed(-1);
        let topic = configs
            .iter()
            .fold(NewTopic::new(name, partitions, replication), |topic, (key, value)| topic.set(key, value));
        let topics = [topic];
        let admin: AdminClient<DefaultClientContext> = self.client().create().expect("an admin client");
        let options = AdminOptions::new().operation_timeout(Some(ANSWER));
        let results = wait_for_answer(|| admin.create_topics(&topics, &options));
        for result in results.expect("an answer to creating topics") {
            result.unwrap_or_else(|(topic, error)| panic!("expected to create {topic}: {error}"));
        }
        let consumer: BaseConsumer = self.client().create().expect("a consumer");
        until(&format!("leaders of {name}"), PATIENCE, || {
            let metadata = fetch_metadata(&consumer, Some(name))?;
            let partitions = metadata.topics().first().map_or(&[][..], |topic| topic.partitions());
            if !partitions.is_empty() && partitions.iter().all(|partition| partition.leader() > 0) {
                return Ok(());
            }
            Err(format!("found {} partitions, not all led", partitions.len()))
        });
    }

    /// The broker that leads a partition now.
    pub fn leader(&self, topic: &str, partition: i32) -> i32 {
        let consumer: BaseConsumer = self.client().create().expect("a consumer");
        until(&format!("a leader of {topic}/{partition}"), PATIENCE, || {
            let metadata = fetch_metadata(&consumer, Some(topic))?;
            let mut partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
            match partitions.find(|found| found.id() == partition) {
                Some(found) if found.leader() > 0 => Ok(found.leader()),
                _ => Err("found none".to_owned()),
            }
        })
    }

    /// Waits until broker `node` itself answers that it and at least `alive` brokers are in service.
    fn wait_for(&self, node: i32, alive: usize) {
        let own = self.own();
        let mut config = self.client();
        config.set("bootstrap.servers", format!("127.0.0.1:{}", own.port_of(node)));
        // Refused connections are expected until the broker listens; they are not news.
        config.set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
        config.set("reconnect.backoff.max.ms", "200");
        let consumer: BaseConsumer = config.create().expect("a consumer");
        until(&format!("broker {node}"), PATIENCE, || {
            assert!(
                own.supervisor().is_running(node),
                "expected broker {node} to come up, found that it ended:\n{}",
                own.log_of(node)
            );
            let metadata = fetch_metadata(&consumer, None)?;
            let found: Vec<i32> = metadata.brokers().iter().map(|broker| broker.id()).collect();
            if found.contains(&node) && found.len() >= alive { Ok(()) } else { Err(format!("found {found:?}")) }
        });
    }

    fn own(&self) -> &Own {
        self.own.as_ref().expect("expected brokers of our own, found PARCELWATCH_TEST_BOOTSTRAP in use")
    }
}

impl Own {
    fn supervisor(&self) -> MutexGuard<'_, Supervisor> {
        // A test that panicked amid an order leaves nothing half done here.
        self.supervisor.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn port_of(&self, node: i32) -> u16 {
        self.ports[usize::try_from(node - 1).expect("brokers count from 1")].clients
    }

    fn log_of(&self, node: i32) -> String {
        std::fs::read_to_string(self.folder.join(node.to_string()).join("broker.log")).unwrap_or_default()
    }
}

fn new_folder() -> PathBuf {
    // Kept: the supervisor removes it after the brokers are gone.
    let made = tempfile::Builder::new().prefix("parcelwatch-kafka-").tempdir();
    made.expect("expected a writable temporary folder").keep()
}

fn format_broker(folder: &Path, settings: &Settings, node: usize, ports: &[Ports], id: &str, options: &[&str]) {
    let folder = folder.join(node.to_string());
    std::fs::create_dir_all(&folder).expect("expected to create a broker's folder");
    let file = folder.join("server.properties");
    std::fs::write(&file, settings.render(node, ports, &folder.join("data"))).expect("expected to write settings");
    let file = file.to_str().expect("a temporary folder whose name is text");
    let arguments = [&["format", "-t", id, "-c", file], options].concat();
    java::run(&java::command("kafka.tools.StorageTool", &TOOL_JVM), &arguments);
}

fn fetch_metadata(consumer: &BaseConsumer, topic: Option<&str>) -> Result<Metadata, String> {
    consumer.fetch_metadata(topic, Duration::from_secs(2)).map_err(|error| error.to_string())
}

/// On a thread of its own, because the calling test may run inside a tokio runtime, which forbids to block.
fn wait_for_answer<T: Send, F: Future<Output = T>>(ask: impl FnOnce() -> F + Send) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(ask())
        });
        waiting.join().expect("the thread does not panic")
    })
}
