//! One simulated instance: what a daemon is made of beside its brokers, with its workers as slots that are turned from outside.
//!
//! A worker that has to be built anew is, a second later, as in production. What an operator has to mend is a violation: no fault of the
//! simulation may bring a healthy cluster there.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parcelwatch::model::Receipt;
use parcelwatch::stream::{
    Clock, Going, NotifierStage, Options, Outbox, Shared, Stage, Topics, TrackerStage, Worker, WorkerError, Worlds,
};
use parcelwatch::telemetry::Metrics;

use crate::brokers::Instance as Process;
use crate::channels::Channels;
use crate::plan::Plan;
use crate::settings::{PARTITIONS, Settings};

/// Between two tries to build a worker, as in production.
const RETRY_AFTER_MS: i64 = 1000;

/// A worker of either stage.
pub enum Working {
    Tracker(Box<Worker<TrackerStage, Process>>),
    Notifier(Box<Worker<NotifierStage, Process>>),
}

impl Working {
    /// Whether anything is decided that is not committed yet.
    fn is_dirty(&mut self) -> bool {
        fn of<S: Stage>(worker: &mut Worker<S, Process>) -> bool {
            (0..PARTITIONS).any(|number| worker.partition(number).is_some_and(|partition| partition.is_dirty()))
        }
        match self {
            Working::Tracker(worker) => of(worker),
            Working::Notifier(worker) => of(worker),
        }
    }
}

/// A place for a worker.
pub struct Slot {
    pub stage: &'static str,
    pub number: usize,
    /// Taken out while it works, so that nobody turns it in the midst of its turn.
    pub worker: RefCell<Option<Working>>,
    pub busy: Cell<bool>,
    build_at: Cell<i64>,
    /// When the first turn began in which anything may have been decided that is not committed, by the instance's own clock.
    decides_from: Cell<i64>,
    pub finished: Cell<bool>,
}

impl Slot {
    fn new(stage: &'static str, number: usize) -> Slot {
        Slot {
            stage,
            number,
            worker: RefCell::new(None),
            busy: Cell::new(false),
            build_at: Cell::new(i64::MIN),
            decides_from: Cell::new(0),
            finished: Cell::new(false),
        }
    }
}

/// How a turn went.
#[derive(Debug, PartialEq, Eq)]
pub enum Turned {
    /// It did its turn.
    Worked,
    /// It has nothing to do here, or waits to be built.
    Rested,
    /// The worker ended for this reason and is to be built anew.
    Rebuilt(String),
    /// An operator is called for.
    Stopped(String),
}

/// See the module.
pub struct Instance {
    pub name: String,
    pub process: Process,
    pub shared: Arc<Shared>,
    pub channels: Arc<Channels>,
    pub slots: Vec<Slot>,
    pub trims: RefCell<tokio::sync::mpsc::UnboundedReceiver<(String, i32, i64)>>,
    /// Receipts on their way to the brokers.
    pub outgoing: RefCell<Vec<Receipt>>,
    pub gone: Cell<bool>,
}

impl Instance {
    /// Starts one on these brokers.
    pub fn start(name: &str, process: Process, settings: &Settings, plan: &Plan) -> Instance {
        let clock = Clock::of(process.clocks());
        let worlds = Arc::new(Worlds::new(settings.world()));
        worlds.complete();
        let (trim, trims) = tokio::sync::mpsc::unbounded_channel();
        let save_time_every = Duration::from_millis(plan.save_time_every_ms);
        let session_timeout = Duration::from_millis(plan.session_timeout_ms);
        let options = Options { save_time_every, session_timeout, ..settings.options(name) };
        let channels = Arc::new(Channels::new(clock.clone(), process.clone()));
        let shared = Shared::new(
            options.clone(),
            clock,
            Topics::of(&options.prefix, |_| PARTITIONS),
            worlds,
            Arc::new(Metrics::new()),
            Arc::clone(&channels) as Arc<dyn Outbox>,
            trim,
            Arc::new(AtomicBool::new(false)),
        );
        let stages = [TrackerStage::NAME, NotifierStage::NAME];
        Instance {
            name: name.to_owned(),
            process,
            shared: Arc::new(shared),
            channels,
            slots: stages.iter().flat_map(|stage| (0..plan.slots).map(|number| Slot::new(stage, number))).collect(),
            trims: RefCell::new(trims),
            outgoing: RefCell::default(),
            gone: Cell::new(false),
        }
    }

    /// Tells it to finish.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Whether it finished in an orderly way.
    pub fn has_finished(&self) -> bool {
        self.slots.iter().all(|slot| slot.finished.get())
    }

    /// Turns a slot's worker once; builds it where there is none.
    pub fn turn(&self, slot: &Slot, now: i64) -> Turned {
        if slot.busy.get() || slot.finished.get() || self.gone.get() {
            return Turned::Rested;
        }
        let worker = slot.worker.borrow_mut().take();
        slot.busy.set(true);
        let (worker, turned) = match worker {
            Some(mut worker) => {
                if !worker.is_dirty() {
                    slot.decides_from.set(self.shared.clock.now().as_millis());
                }
                self.channels.within_turn(slot.decides_from.get(), || self.work(slot, worker, now))
            }
            None if now < slot.build_at.get() => (None, Turned::Rested),
            None => self.build(slot, now),
        };
        slot.busy.set(false);
        *slot.worker.borrow_mut() = worker;
        turned
    }

    fn build(&self, slot: &Slot, now: i64) -> (Option<Working>, Turned) {
        if self.shared.stopping() {
            slot.finished.set(true);
            return (None, Turned::Rested);
        }
        let shared = Arc::clone(&self.shared);
        let built = if slot.stage == TrackerStage::NAME {
            Worker::new(shared, &self.process, slot.number).map(|worker| Working::Tracker(Box::new(worker)))
        } else {
            Worker::new(shared, &self.process, slot.number).map(|worker| Working::Notifier(Box::new(worker)))
        };
        match built {
            Ok(worker) => (Some(worker), Turned::Worked),
            Err(error) => (None, self.failed(slot, error, now)),
        }
    }

    fn work(&self, slot: &Slot, worker: Working, now: i64) -> (Option<Working>, Turned) {
        match worker {
            Working::Tracker(worker) => {
                let (worker, turned) = self.round(slot, worker, now);
                (worker.map(Working::Tracker), turned)
            }
            Working::Notifier(worker) => {
                let (worker, turned) = self.round(slot, worker, now);
                (worker.map(Working::Notifier), turned)
            }
        }
    }

    #[allow(clippy::type_complexity, reason = "a worker or none, and how it went")]
    fn round<S: Stage>(
        &self,
        slot: &Slot,
        mut worker: Box<Worker<S, Process>>,
        now: i64,
    ) -> (Option<Box<Worker<S, Process>>>, Turned) {
        match worker.turn() {
            Ok(Going::On) => (Some(worker), Turned::Worked),
            Ok(Going::Finished) => {
                slot.finished.set(true);
                worker.end(false);
                (None, Turned::Worked)
            }
            Err(error) => {
                worker.end(true);
                (None, self.failed(slot, error, now))
            }
        }
    }

    fn failed(&self, slot: &Slot, error: WorkerError, now: i64) -> Turned {
        slot.build_at.set(now + RETRY_AFTER_MS);
        match error {
            _ if self.process.is_crashed() => Turned::Rested,
            WorkerError::Rebuild(error) => Turned::Rebuilt(error),
            error => Turned::Stopped(format!("{} {} {}: {error}", self.name, slot.stage, slot.number)),
        }
    }
}
