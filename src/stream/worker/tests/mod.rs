//! A worker's order of calls, and what it does about answers: against brokers that remember what they were asked.

mod bounded;
mod clock;
mod group;
mod order;
mod script;
mod settling;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use self::script::{Fault, START, Script};
use super::{Going, Worker, WorkerError};
use crate::model::{Attempt, HashKey, NoticeId, Timestamp, World};
use crate::notify::{Mode, Policy};
use crate::stream::brokers::Asked;
use crate::stream::clock::Clock;
use crate::stream::options::{From, Options};
use crate::stream::shared::{Outbox, Shared};
use crate::stream::stage::{NotifierStage, Stage, TrackerStage};
use crate::stream::topics::Topics;
use crate::stream::world::Worlds;
use crate::telemetry::Metrics;
use crate::track::Rules;

/// Of every topic.
const PARTITIONS: i32 = 2;

/// Writes down what it was given, among the calls of the brokers.
struct Noting(Script, Mutex<Vec<Attempt>>);

impl Outbox for Noting {
    fn start(&self, attempt: Attempt) {
        self.0.state().calls.push("attempt".to_owned());
        self.1.lock().expect("no test holds it for long").push(attempt);
    }

    fn withdrawn(&self, _: Attempt) {
        self.0.state().calls.push("withdrawn".to_owned());
    }

    fn cancel(&self, _: &NoticeId) {
        self.0.state().calls.push("cancel".to_owned());
    }
}

/// One worker and its brokers.
struct Scene<S: Stage> {
    script: Script,
    shared: Arc<Shared>,
    worker: Worker<S, Script>,
    /// What state logs are to be deleted.
    trims: tokio::sync::mpsc::UnboundedReceiver<(String, i32, i64)>,
}

fn world() -> World {
    let mut policy = Policy::default();
    policy.send.mode = Mode::On;
    policy.contact.service.email = Some("service@example.com".to_owned());
    World::new(Rules::default(), policy, HashKey::new(*b"of a test"))
}

fn options() -> Options {
    let (commit_every, save_time_every) = (Duration::from_millis(100), Duration::from_secs(10));
    Options { from: Some(From::Earliest), commit_every, save_time_every, ..Options::of_a_test() }
}

impl<S: Stage> Scene<S> {
    /// Before the group has given it anything.
    fn new() -> Scene<S> {
        Scene::on(Script::new())
    }

    /// Beside logs that are there already.
    fn on(script: Script) -> Scene<S> {
        let (trim, trims) = tokio::sync::mpsc::unbounded_channel();
        let worlds = Arc::new(Worlds::new(world()));
        let outbox = Arc::new(Noting(script.clone(), Mutex::default()));
        let (topics, metrics) = (Topics::of("", |_| PARTITIONS), Arc::new(Metrics::new()));
        let (clock, stop) = (Clock::of(Arc::new(script.clone())), Arc::new(AtomicBool::new(false)));
        let shared = Arc::new(Shared::new(options(), clock, topics, worlds, metrics, outbox, trim, stop));
        let worker = Worker::new(Arc::clone(&shared), &script, 0).unwrap_or_else(|error| panic!("{error}"));
        Scene { script, shared, worker, trims }
    }

    /// The tables are read, and it has these partitions.
    fn with(partitions: &[i32]) -> Scene<S> {
        let mut scene = Scene::new();
        scene.shared.worlds.complete();
        scene.take(partitions);
        scene
    }

    fn take(&mut self, partitions: &[i32]) {
        self.script.state().asked.push_back(Asked::Assign(partitions.to_vec()));
        self.turns(6);
        for partition in partitions {
            assert!(self.worker.partition(*partition).is_some(), "partition {partition} is active");
        }
        self.script.calls();
    }

    fn turns(&mut self, count: usize) {
        for _ in 0..count {
            // What a turn takes.
            self.script.pass(Duration::from_millis(1));
            let turned = self.worker.turn().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(turned, Going::On);
        }
    }

    /// Turns until one fails.
    fn fails(&mut self) -> WorkerError {
        let turned = || {
            self.script.pass(Duration::from_millis(1));
            self.worker.turn().err()
        };
        std::iter::repeat_with(turned).take(100).flatten().next().expect("a turn fails")
    }

    /// Turns until something is applied to a partition, and not committed yet.
    fn until_dirty(&mut self, partition: i32) {
        for _ in 0..20 {
            self.turns(1);
            if self.worker.partition(partition).is_some_and(|partition| partition.is_dirty()) {
                return;
            }
        }
        panic!("nothing is applied to partition {partition}");
    }

    /// Whether stream time has come this far since the start.
    fn stream_time(&mut self, partition: i32) -> Duration {
        let partition = self.worker.partition(partition).expect("it is active");
        partition.stream_time().since(START)
    }
}

/// A parcel of a partition.
fn parcel_of(partition: i32) -> String {
    let belongs = |id: &String| crate::stream::partitioner::partition(id.as_bytes(), PARTITIONS) == partition;
    (0..).map(|n| format!("P{n}")).find(belongs).expect("one of many")
}

fn scan(parcel: &str, code: &str, at: Timestamp) -> String {
    format!(r#"{{"parcel_id":"{parcel}","code":"{code}","hub":"H1","event_time":"{at}"}}"#)
}

/// The next commit fails like this.
fn fault(scene: &Script, fault: Fault) {
    scene.state().fault = Some(fault);
}
