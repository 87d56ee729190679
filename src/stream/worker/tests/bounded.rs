//! What a worker holds at most: the worker as it is, on librdkafka's simulated brokers, by clocks that stand still until they are told.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Instant;

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use crate::model::{HashKey, World};
use crate::notify::Policy;
use crate::stream::clock::{Clock, Clocks};
use crate::stream::kafka::Kafka;
use crate::stream::options::{From, Options};
use crate::stream::shared::Outbox;
use crate::stream::stage::TrackerStage;
use crate::stream::topics::{ALL, Topics};
use crate::stream::worker::*;
use crate::stream::world::Worlds;
use crate::telemetry::Metrics;
use crate::track::Rules;

/// 2026-11-20T00:00:00Z.
const START_MS: i64 = 1_795_132_800_000;

/// Long enough for a busy machine; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(90);

const SCANS: usize = 1;

/// Clocks that move when they are told.
#[derive(Default)]
struct Hands {
    passed_ms: AtomicI64,
    set_ahead_ms: AtomicI64,
}

impl Clocks for Hands {
    fn boot(&self) -> Duration {
        Duration::from_secs(1000) + Duration::from_millis(self.passed_ms.load(Ordering::Relaxed) as u64)
    }

    fn system(&self) -> Timestamp {
        let ms = self.passed_ms.load(Ordering::Relaxed) + self.set_ahead_ms.load(Ordering::Relaxed);
        Timestamp::from_millis(START_MS + ms)
    }
}

/// Nothing leaves.
struct Nowhere;

impl Outbox for Nowhere {
    fn start(&self, _: Attempt) {}
    fn withdrawn(&self, _: Attempt) {}
    fn cancel(&self, _: &NoticeId) {}
}

struct Scene {
    cluster: MockCluster<'static, DefaultProducerContext>,
    hands: Arc<Hands>,
    metrics: Arc<Metrics>,
    worker: Worker<TrackerStage, Kafka>,
}

impl Scene {
    fn new(change: impl FnOnce(&mut Options)) -> Scene {
        let cluster = MockCluster::new(1).unwrap();
        ALL.iter().for_each(|topic| cluster.create_topic(topic, 1, 1).unwrap());
        let mut options = Options {
            simulated_brokers: true,
            from: Some(From::Earliest),
            group: "g".to_owned(),
            instance: "i".to_owned(),
            ..Options::of_a_test()
        };
        options.client.set("bootstrap.servers", cluster.bootstrap_servers());
        change(&mut options);
        let (hands, metrics) = (Arc::new(Hands::default()), Arc::new(Metrics::new()));
        let clock = Clock::of(Arc::clone(&hands) as Arc<dyn Clocks>);
        let world = World::new(Rules::default(), Policy::default(), HashKey::new(*b"of a test"));
        let worlds = Arc::new(Worlds::new(world));
        worlds.complete();
        let (trim, _) = tokio::sync::mpsc::unbounded_channel();
        let brokers = Kafka::new(options.clone(), clock.clone());
        let (topics, stop) = (Topics::of("", |_| 1), Arc::new(AtomicBool::new(false)));
        let shared = Shared::new(options, clock, topics, worlds, Arc::clone(&metrics), Arc::new(Nowhere), trim, stop);
        let worker = Worker::new(Arc::new(shared), &brokers, 0).unwrap();
        let mut scene = Scene { cluster, hands, metrics, worker };
        scene.until("its partition", |scene| scene.worker.partition(0).is_some_and(|partition| partition.is_saved()));
        scene
    }

    fn put(&self, topic: &str, values: impl Iterator<Item = String>) {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.cluster.bootstrap_servers());
        let producer: ThreadedProducer<DefaultProducerContext> = config.create().unwrap();
        for value in values {
            let record = BaseRecord::<str, str>::to(topic).partition(0).payload(&value).timestamp(START_MS);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(PATIENCE).unwrap();
    }

    /// A turn, a few milliseconds after the last.
    fn turn(&mut self) {
        self.hands.passed_ms.fetch_add(3, Ordering::Relaxed);
        self.worker.turn().unwrap();
    }

    fn until(&mut self, what: &str, is_so: impl Fn(&mut Scene) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
            self.turn();
        }
    }

    /// The sum of a metric's samples.
    fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.render();
        let samples =
            text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
        samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

fn scan(n: usize) -> String {
    format!(r#"{{"parcel_id":"P{n}","code":"arrived_hub","hub":"H1","event_time":"2026-11-19T23:00:00Z"}}"#)
}

#[test]
fn a_transaction_that_has_grown_large_is_committed_before_its_time() {
    let hour = Duration::from_secs(3600);
    let mut scene = Scene::new(|options| {
        options.commit_every = hour;
        options.save_time_every = hour;
        options.records_per_turn = 2000;
        options.waiting_max = Backlog { records: 20_000, bytes: 16 << 20 };
    });
    let before = scene.metric("parcelwatch_transactions_total");
    scene.put("scans.v1", (0..60_000).map(|_| "rubbish".to_owned()));
    // What a transaction counted is seen once it is committed.
    scene.until("a commit", |scene| scene.metric("parcelwatch_transactions_total") > before);
    let rejected = scene.metric("parcelwatch_rejects_total");
    assert!((50_000.0..=52_000.0).contains(&rejected), "{rejected}");
    assert_eq!(scene.worker.wrote, Backlog::default());
}

#[test]
fn an_input_that_is_far_ahead_is_paused() {
    let mut scene = Scene::new(|_| {});
    // Somebody has set the system's clock: no input is confirmed to be empty, so every scan waits for shipments.
    scene.hands.set_ahead_ms.store(3_600_000, Ordering::Relaxed);
    scene.put("scans.v1", (0..5000).map(scan));
    let most = scene.worker.shared.options.waiting_max.records;
    let waiting = |scene: &mut Scene| scene.worker.partition(0).unwrap().waiting(SCANS).records;
    scene.until("so many to wait", |scene| waiting(scene) > most);
    for _ in 0..300 {
        scene.turn();
        assert_eq!(waiting(&mut scene), most + 1, "and no more");
    }
    assert_eq!(scene.metric("parcelwatch_waiting_records"), most as f64 + 1.0);
    scene.hands.set_ahead_ms.store(0, Ordering::Relaxed);
    scene.until("every scan", |scene| scene.metric("parcelwatch_scans_total") == 5000.0);
    scene.until("nothing to wait", |scene| scene.metric("parcelwatch_waiting_records") == 0.0);
}

#[test]
fn a_full_queue_of_written_records_makes_the_worker_wait_and_not_grow() {
    use crate::stream::brokers::{NewRecord, Writer};
    let mut scene = Scene::new(|_| {});
    scene.cluster.broker_round_trip_time(1, Duration::from_millis(20)).unwrap();
    let value = vec![b'x'; 1_000_000];
    let (mut most, writer) = (0, &mut scene.worker.writer);
    for _ in 0..150 {
        let record = NewRecord { topic: "rejects.v1", partition: 0, key: None, value: Some(&value), headers: &[] };
        writer.produce(record).unwrap();
        most = most.max(writer.unacknowledged().unwrap().0);
    }
    // 64 MiB of records of a megabyte.
    assert!((10..=67).contains(&most), "{most} megabytes waited");
    writer.abort().unwrap();
}
