//! One running instance: its threads, its listeners, its end.
//!
//! Workers are threads of their own; channels, listeners and housekeeping share a tokio runtime. A worker that has to be
//! built anew is; an error that an operator has to mend stops the whole instance, after the other workers
//! have finished their transactions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};

use super::announce::{Announcer, incarnation};
use super::brokers::Brokers;
use super::clock::Clock;
use super::instances::INSTANCES_MAX;
use super::kafka::Kafka;
use super::options::{Options, REPORTED_MAX};
use super::preflight;
use super::publish::Publisher;
use super::pulse::{TICK, Watch, Who, patience};
use super::query::Asker;
use super::receipts::Receipts;
use super::shared::{Outbox, QUESTIONS_MAX, Shared};
use super::stage::{NotifierStage, Stage, TrackerStage};
use super::threads::Threads;
use super::topics::{Topics, TopicsError};
use super::trim::trim;
use super::worker::{Worker, WorkerError};
use super::world::{TableReader, TablesError, Worlds};
use crate::channel::{Dispatcher, Transport, WallClock};
use crate::model::{Attempt, Channel, NoticeId, World};
use crate::telemetry::{Metrics, Queue};

/// Between two tries to build a worker or to reach the brokers.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What attempts that run may take at the end; the whole end stays below 10 s.
const CHANNELS_WITHIN: Duration = Duration::from_secs(4);

/// How long the workers may take to finish once the instance is to stop. Longer: where one stands still, nobody goes on with its
/// partitions. Shorter: what a slow broker is about to commit is put back.
const OTHERS_WITHIN: Duration = Duration::from_secs(10);

/// What an instance is made of.
pub struct Setup {
    #[allow(missing_docs)]
    pub options: Options,
    /// Configuration; its tables are filled by reading.
    pub world: World,
    #[allow(missing_docs)]
    pub transports: Vec<Arc<dyn Transport>>,
    #[allow(missing_docs)]
    pub metrics: Arc<Metrics>,
    /// The wall clock, as started.
    pub clock: Clock,
    /// Set to stop; the instance sets it itself when it cannot go on.
    pub stop: Arc<AtomicBool>,
    /// Where other instances reach this one's admin listener.
    pub advertise: String,
}

/// A started instance.
pub struct Instance {
    shared: Arc<Shared>,
    announcer: Announcer,
    receipts: Arc<Receipts>,
    publisher: Publisher,
    dispatcher: Arc<Dispatcher>,
    threads: Threads,
    failure: Arc<Mutex<Option<InstanceError>>>,
}

/// Why an instance did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    #[allow(missing_docs)]
    #[error(transparent)]
    Topics(#[from] TopicsError),
    #[allow(missing_docs)]
    #[error(transparent)]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[allow(missing_docs)]
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[allow(missing_docs)]
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    #[allow(missing_docs)]
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// A mistake of ours.
    #[error("a thread has panicked")]
    Panicked,
    #[allow(missing_docs)]
    #[error(
        "the {} worker {} has stood still for minutes in a call to the brokers: this process ends, so that another one can go on with its \
         partitions", .0.0, .0.1
    )]
    StandsStill(Who),
    /// It was told to stop, and some threads have not ended.
    #[error("{0} threads have not ended in time: what they had not committed is put back by the next start")]
    LeftBehind(usize),
    /// It was told to stop before the brokers were reached.
    #[error("stopped before the brokers were reached")]
    Stopped,
}

impl InstanceError {
    /// Whether it ends in the same way however often it is started, until somebody acts.
    pub fn needs_somebody(&self) -> bool {
        match self {
            InstanceError::Tables(TablesError::Twin(_)) => true,
            InstanceError::Topics(error) => !matches!(error, TopicsError::Metadata(_)),
            InstanceError::Worker(error) => !matches!(error, WorkerError::Rebuild(_)),
            _ => false,
        }
    }
}

impl Outbox for Dispatcher {
    fn start(&self, attempt: Attempt) {
        Dispatcher::start(self, attempt);
    }

    fn withdrawn(&self, attempt: Attempt) {
        Dispatcher::withdrawn(self, attempt);
    }

    fn cancel(&self, notice: &NoticeId) {
        Dispatcher::cancel(self, notice);
    }
}

impl Instance {
    /// Waits for the brokers, checks the topics and starts everything.
    pub fn start(setup: Setup, runtime: &Runtime) -> Result<Instance, InstanceError> {
        let Setup { options, world, transports, metrics, clock, stop, advertise } = setup;
        let started = clock.now();
        let topics = reach(&stop, || match Topics::read(&options) {
            Err(TopicsError::Metadata(error)) => Err(error),
            read => Ok(read),
        })??;
        topics.co_partitioned::<TrackerStage>()?;
        topics.co_partitioned::<NotifierStage>()?;
        let waited = clock.now().since(started);
        if !options.simulated_brokers {
            preflight::warn(&options);
        }
        let receipts = Arc::new(Receipts::new(&options, &topics, clock.clone(), Arc::clone(&metrics))?);
        let publisher = Publisher::new(&options, &topics, clock.clone())?;
        let wall: WallClock = Arc::new({
            let clock = clock.clone();
            move || clock.now()
        });
        let report = {
            let receipts = Arc::clone(&receipts);
            Arc::new(move |receipt| receipts.report(&receipt))
        };
        let dispatcher = Arc::new(Dispatcher::spawn(runtime.handle(), transports, wall, report));
        let notice_partitions = topics.partitions(NotifierStage::INPUTS[NotifierStage::MAIN]).unsigned_abs();
        let worlds = Arc::new(Worlds::new(World { notice_partitions, ..world }));
        let tables = reach(&stop, || {
            TableReader::new(&options, clock.clone(), &topics, Arc::clone(&worlds), Arc::clone(&metrics))
        })?;
        let (trim_to, trims) = tokio::sync::mpsc::unbounded_channel();
        let (workers, outbox) = ((options.tracker_workers, options.notifier_workers), Arc::clone(&dispatcher));
        let shared = Shared::new(options, clock, topics, worlds, metrics, outbox, trim_to, Arc::clone(&stop));
        let shared = Arc::new(shared);
        if waited > shared.options.tell_within {
            // Started in the middle of an outage: it counts from here at least.
            for slot in 0..workers.0 {
                shared.outage().failed((TrackerStage::NAME, slot), started);
            }
        }
        if !shared.options.simulated_brokers {
            let states = [TrackerStage::STATE, NotifierStage::STATE];
            let logs = states.iter().map(|state| shared.topics.partitions(state) as usize).sum();
            runtime.spawn(trim(shared.options.client.clone(), trims, Arc::clone(&shared.metrics), logs));
        }
        let announcer = Announcer { incarnation: incarnation(), address: advertise };
        shared.worlds.instances.i_am(&shared.options.instance, &announcer.incarnation);
        runtime.spawn(announcer.clone().announce(Arc::clone(&shared)));
        let mut instance = Instance {
            shared,
            announcer,
            receipts,
            publisher,
            dispatcher,
            threads: Threads::new(stop),
            failure: Arc::default(),
        };
        instance.thread("tables", move |shared, failure| {
            if let Err(error) = tables.run(&shared.stop, || shared.changed.notify_one()) {
                fail(&shared, &failure, error.into());
            }
        })?;
        runtime.spawn(watch(Arc::clone(&instance.shared), Arc::clone(&instance.failure)));
        for slot in 0..workers.0 {
            instance.worker::<TrackerStage>(slot)?;
        }
        for slot in 0..workers.1 {
            instance.worker::<NotifierStage>(slot)?;
        }
        Ok(instance)
    }

    /// What the listeners ask.
    pub fn asker(&self) -> Asker {
        Asker::new(Arc::clone(&self.shared))
    }

    /// Writes what pages are told.
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Tells the metrics what waits here now, beside what the workers report.
    pub fn observer(&self) -> Arc<dyn Fn(&Metrics) + Send + Sync> {
        let (dispatcher, receipts, publisher) =
            (Arc::clone(&self.dispatcher), Arc::clone(&self.receipts), self.publisher.clone());
        let shared = Arc::clone(&self.shared);
        Arc::new(move |metrics| {
            for channel in Channel::ALL {
                let depth = dispatcher.depth(channel);
                metrics.attempts_in_hand(channel, depth.waiting, depth.running);
            }
            metrics.queue(Queue::Outcomes, "", receipts.waiting(), REPORTED_MAX);
            metrics.queue(Queue::Told, "", publisher.waiting(), REPORTED_MAX);
            // That the worker which waits is full shows long before all are.
            metrics.queue(Queue::Questions, "", shared.questions.load(Ordering::Relaxed), QUESTIONS_MAX);
            metrics.queue(Queue::Instances, "", shared.worlds.instances.len(), INSTANCES_MAX);
        })
    }

    fn thread(
        &mut self,
        name: &str,
        work: impl FnOnce(Arc<Shared>, Arc<Mutex<Option<InstanceError>>>) + Send + 'static,
    ) -> Result<(), InstanceError> {
        let (shared, failure) = (Arc::clone(&self.shared), Arc::clone(&self.failure));
        Ok(self.threads.start(name, move || work(shared, failure))?)
    }

    fn worker<S: Stage>(&mut self, slot: usize) -> Result<(), InstanceError> {
        self.shared.joined(S::NAME, slot, false);
        let kafka = Kafka::new(self.shared.options.clone(), self.shared.clock.clone());
        self.thread(&format!("{}-{slot}", S::NAME), move |shared, failure| {
            let ended = keep_working::<S, Kafka>(&shared, &kafka, slot);
            shared.pulse.ended((S::NAME, slot));
            if let Err(error) = ended {
                fail(&shared, &failure, error.into());
            }
        })
    }

    /// Waits until every worker has ended, lets the channels finish, and says why it ended.
    pub fn join(self, runtime: &Handle) -> Result<(), InstanceError> {
        let ended = self.threads.join(OTHERS_WITHIN);
        runtime.block_on(self.dispatcher.shutdown(CHANNELS_WITHIN));
        self.receipts.flush();
        match self.failure.lock().expect("no holder of this lock panics").take() {
            Some(error @ InstanceError::Tables(TablesError::Twin(_))) => {
                self.announcer.last_word(&self.shared);
                Err(error)
            }
            Some(error) => Err(error),
            // The panic's message is on stderr.
            None if ended.panicked => Err(InstanceError::Panicked),
            None if ended.left > 0 => Err(InstanceError::LeftBehind(ended.left)),
            None => Ok(()),
        }
    }
}

/// Ends the instance when a worker stands still.
async fn watch(shared: Arc<Shared>, failure: Arc<Mutex<Option<InstanceError>>>) {
    let mut watch = Watch::new(patience(shared.options.transaction_timeout));
    while !shared.stopping() {
        tokio::time::sleep(TICK).await;
        if let Some(who) = watch.tick(&shared.pulse) {
            fail(&shared, &failure, InstanceError::StandsStill(who));
        }
    }
}

/// The instance stops, and says why at its end.
fn fail(shared: &Shared, failure: &Mutex<Option<InstanceError>>, error: InstanceError) {
    tracing::error!(%error, "cannot go on");
    failure.lock().expect("no holder of this lock panics").get_or_insert(error);
    shared.stop.store(true, Ordering::Relaxed);
}

/// Runs a worker and builds it anew whenever that can help.
fn keep_working<S: Stage, K: Brokers>(shared: &Arc<Shared>, brokers: &K, slot: usize) -> Result<(), WorkerError> {
    let turns = shared.pulse.of((S::NAME, slot));
    loop {
        turns.fetch_add(1, Ordering::Relaxed);
        let ended = Worker::<S, K>::new(Arc::clone(shared), brokers, slot).and_then(Worker::run);
        match ended {
            Ok(()) => return Ok(()),
            Err(WorkerError::Rebuild(error)) if !shared.stopping() => {
                shared.metrics.rebuilt(S::NAME);
                tracing::warn!(stage = S::NAME, slot, %error, "the worker is built anew");
                shared.joined(S::NAME, slot, false);
                // As above where a worker cannot even be built.
                shared.outage().failed((S::NAME, slot), shared.clock.now());
                std::thread::sleep(RETRY_AFTER);
            }
            Err(WorkerError::Rebuild(_)) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Asks the brokers until they answer, for as long as it takes: they may be starting, or a leader may just move.
fn reach<T>(stop: &AtomicBool, ask: impl Fn() -> Result<T, rdkafka::error::KafkaError>) -> Result<T, InstanceError> {
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(_) if stop.load(Ordering::Relaxed) => return Err(InstanceError::Stopped),
            Err(error) => {
                tracing::warn!(%error, "waiting for the brokers");
                std::thread::sleep(RETRY_AFTER);
            }
        }
    }
}
