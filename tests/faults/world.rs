//! What a leg runs on: three brokers, three daemons each behind its own links, and the servers that receive what they send.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parcelwatch::topics::{self, Overrides};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::daemon::{Daemon, Settings};
use crate::feed::{PARTITIONS, now};
use crate::kafka::{self, Cluster, Record, free_port};
use crate::links::Link;
use crate::plan::MERCHANTS;
use crate::server::Server;

/// How many daemons share the partitions.
pub const DAEMONS: usize = 3;
/// How many brokers there are.
pub const BROKERS: i32 = 3;
/// The broker whose data lies on a small file system, if there can be one.
pub const SMALL_BROKER: i32 = 3;
/// The size of that file system. What a leg writes there is a tenth.
const SMALL_DISK: &str = "size=400m";
/// Between two looks at whether a daemon has ended by itself.
const WATCH_EVERY: Duration = Duration::from_millis(300);

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Hours of rules.md are seconds here, as in `tests/reference/live.py`; what cannot be configured is not fed. How late anything may
/// be told and arrive by these settings stands in `tests/reference/told.py`.
const LIMITS: &str = r#"
[limits]
never_uploaded = "24s"
overdue_scan_grace = "1s"
delayed_grace = "3s"
thoroughly_delayed = "168s"
dispatch_overdue = "48s"
stalled_at_hub = { info = "12s", warn = "24s", major = "72s" }
stalled_in_transit = { info = "24s", warn = "48s", major = "96s" }
stalled_out_for_delivery = { info = "12s", warn = "24s", major = "36s" }
uncollected = { info = "18s", warn = "48s", major = "168s" }
skipped_scan = "2s"
uploaded_late = "3s"
uploaded_late_last_mile = "500ms"
suspect_signature = "2s"
[services.remote]
promise = "120s"
[send]
mode = "on"
[webhook]
connect_timeout = "1s"
timeout = "3s"
allow_private = ["127.0.0.0/8"]
allow_http = ["127.0.0.1"]
[notify]
gap = "0s"
claim_window = "6s"
[notify.webhook]
total_timeout = "3s"
retries = ["1s"]
[notify.email]
total_timeout = "4s"
retries = ["1s"]
[notify.digest]
window = "15s"
"#;

/// A daemon's place: it runs, or is down because a fault wants it so.
pub struct Place {
    settings: Settings,
    daemon: Option<Daemon>,
}

impl Place {
    /// Starts it, and does not wait.
    pub fn start(&mut self) {
        self.daemon = Some(Daemon::spawn(&self.settings, &["--from", "earliest"]));
    }

    /// The daemon, if it runs.
    pub fn daemon(&mut self) -> Option<&mut Daemon> {
        self.daemon.as_mut()
    }

    /// Takes it away; whoever does is to end it.
    pub fn take(&mut self) -> Option<Daemon> {
        self.daemon.take()
    }
}

/// All of it.
pub struct World {
    pub cluster: Cluster,
    pub prefix: String,
    pub folder: PathBuf,
    /// By daemon, then by broker.
    pub links: Vec<Vec<Link>>,
    pub daemons: Vec<Mutex<Place>>,
    /// Whether one broker's disk is small.
    pub has_small_disk: bool,
    /// What is worth telling beside figures: daemons that ended by themselves, for one.
    pub remarks: Mutex<Vec<String>>,
    pub stopping: AtomicBool,
    /// How often a daemon ended by itself and was started again.
    pub ended: Mutex<usize>,
    receivers: Mutex<Option<[Server; 2]>>,
    _runtime: Runtime,
}

impl World {
    /// Starts everything and waits until the daemons have their partitions. `None` where that cannot be run; that has been said.
    pub fn start(folder: &Path, program: &Path) -> Option<World> {
        let receivers =
            [Server::start("webhook.py", &["--secret", SECRET])?, Server::start("smtp.py", &["--tls", "none"])?];
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let ports: Vec<kafka::Link> = (0..DAEMONS)
            .map(|n| kafka::Link {
                name: format!("D{n}"),
                ports: (0..BROKERS).map(|_| (free_port(), free_port())).collect(),
            })
            .collect();
        let mounted = AtomicBool::new(false);
        let cluster = Cluster::with_links(&ports, |node, folder| {
            if node == SMALL_BROKER {
                mounted.store(mount(&folder.join("data")), Ordering::SeqCst);
            }
        })?;
        let links = ports.iter().map(|link| {
            let links = link.ports.iter().map(|(broker, told)| Link::open(runtime.handle(), *told, *broker));
            links.collect()
        });
        let links = links.collect();
        let prefix = kafka::prefix();
        let settings = settings(&cluster, &prefix, &receivers).of_program(program.to_owned());
        prepare(&cluster, &prefix, &receivers[0]);
        let daemons = ports.iter().enumerate().map(|(n, link)| {
            let told: Vec<String> = link.ports.iter().map(|(_, told)| format!("127.0.0.1:{told}")).collect();
            // Whatever happens, customers hear of it again within the run; and how stale that may be shows within one.
            let settings =
                settings.clone().instance(&format!("d{n}")).runtime("settle_for = \"30s\"\ntell_within = \"30s\"");
            let settings = settings.variable("PARCELWATCH__KAFKA__BOOTSTRAP", &told.join(","));
            Mutex::new(Place { settings, daemon: None })
        });
        let world = World {
            cluster,
            prefix,
            folder: folder.to_owned(),
            links,
            daemons: daemons.collect(),
            has_small_disk: mounted.into_inner(),
            remarks: Mutex::default(),
            stopping: AtomicBool::new(false),
            ended: Mutex::default(),
            receivers: Mutex::new(Some(receivers)),
            _runtime: runtime,
        };
        for place in &world.daemons {
            let mut place = place.lock().expect("nobody has panicked yet");
            place.start();
            place.daemon().expect("just started").wait_until_ready();
        }
        Some(world)
    }

    /// The full name of a topic.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// How many partitions a topic has.
    pub fn partitions(&self, name: &str) -> i32 {
        use rdkafka::consumer::{BaseConsumer, Consumer};
        let consumer: BaseConsumer = self.cluster.client().create().expect("a consumer");
        let metadata =
            consumer.fetch_metadata(Some(&self.topic(name)), Duration::from_secs(20)).expect("brokers answer");
        metadata.topics().iter().map(|topic| i32::try_from(topic.partitions().len()).expect("a few")).sum()
    }

    /// Writes down what every daemon says of itself now, for whoever looks for the cause of something.
    pub fn write_metrics(&self) {
        for (n, place) in self.daemons.iter().enumerate() {
            let address = place.lock().unwrap_or_else(std::sync::PoisonError::into_inner).settings.admin().to_owned();
            // One that is paused or gone says nothing.
            if let Ok(answer) = crate::http::get(&address, "/metrics") {
                let name = format!("metrics-{}-d{n}.txt", now().format("%H%M%S"));
                std::fs::write(self.folder.join(name), answer.body).expect("there is room");
            }
        }
    }

    /// Says something with the time, and keeps it.
    pub fn remark(&self, what: &str) {
        eprintln!("{} {what}", now().format("%H:%M:%S"));
        self.remarks.lock().expect("no holder panics").push(what.to_owned());
    }

    /// Starts daemons again that ended by themselves, as whoever operates them would, until all is to stop.
    pub fn watch(&self) {
        while !self.stopping.load(Ordering::SeqCst) {
            for (n, place) in self.daemons.iter().enumerate() {
                let mut place = place.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if let Some(status) = place.daemon().and_then(Daemon::has_ended) {
                    let words = place.take().map(|daemon| daemon.last_words()).unwrap_or_default();
                    let last = words.lines().rev().find(|line| line.contains("ERROR")).or(words.lines().last());
                    *self.ended.lock().expect("no holder panics") += 1;
                    self.remark(&format!("d{n} ended by itself with {status}: {}", last.unwrap_or_default()));
                    place.start();
                }
            }
            std::thread::park_timeout(WATCH_EVERY);
        }
    }

    /// Ends the receivers: what each has seen.
    pub fn received(&self) -> Vec<serde_json::Value> {
        let receivers = self.receivers.lock().expect("no holder panics").take();
        receivers.into_iter().flatten().flat_map(Server::finish_with_events).collect()
    }
}

impl Drop for World {
    /// Logs of daemons and brokers go where the rest of the leg is: their own folders end with it.
    fn drop(&mut self) {
        for place in &self.daemons {
            let place = place.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for entry in std::fs::read_dir(place.settings.folder()).into_iter().flatten().flatten() {
                // Whatever cannot be copied is missed, and no more.
                let _ = std::fs::copy(entry.path(), self.folder.join(entry.file_name()));
            }
        }
        for node in 1..=BROKERS {
            let log = self.cluster.folder_of(node).join("broker.log");
            let _ = std::fs::copy(log, self.folder.join(format!("broker-{node}.log")));
        }
    }
}

/// A file system of its own below a broker's data, where this user may make one.
fn mount(data: &Path) -> bool {
    std::fs::create_dir_all(data).expect("the folder is ours");
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", SMALL_DISK, "tmpfs"]).arg(data).output();
    mount.is_ok_and(|output| output.status.success())
}

fn settings(cluster: &Cluster, prefix: &str, [endpoint, relay]: &[Server; 2]) -> Settings {
    let contact = format!(
        "webhook = {{ url = \"http://127.0.0.1:{}/hook\", secrets = [\"env:PARCELWATCH_TEST_SECRET\"] }}",
        endpoint.port
    );
    Settings::new(cluster, prefix).variable("PARCELWATCH_TEST_SECRET", SECRET).with(LIMITS).with(&format!(
        "[email]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"notice@courier.example\"\n\
         timeout = \"4s\"\nconnect_timeout = \"2s\"\n[contact.service]\n{contact}\n\
         [contact.hub.default]\n{contact}",
        relay.port
    ))
}

fn prepare(cluster: &Cluster, prefix: &str, endpoint: &Server) {
    let partitions = [("parcels".to_owned(), PARTITIONS), ("recipients".to_owned(), PARTITIONS)].into();
    let overrides = Overrides { replication: Some(BROKERS), partitions };
    let plan = topics::plan(&cluster.client(), prefix, &overrides).expect("a plan");
    topics::apply(&cluster.client(), &plan).expect("topics");
    let producer = cluster.producer();
    for n in 0..MERCHANTS {
        let webhook = json!({"url": format!("http://127.0.0.1:{}/hook", endpoint.port), "secrets": ["env:PARCELWATCH_TEST_SECRET"]});
        let value = json!({"merchant": format!("M-{n}"), "locale": "en", "webhook": webhook});
        producer.send(Record::to(&format!("{prefix}merchants.v1")).key(format!("M-{n}")).value(value.to_string()));
    }
    producer.flush();
}
