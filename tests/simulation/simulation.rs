//! One seed, from its first record to the last word on the last notice.
//!
//! In come a plan and a history; out comes evidence. One thread does everything: who does a turn next and how much time passes (`schedule`), which
//! instances there are (`crew`), what goes wrong (`troubles`), what comes from and goes to the world (`outside`), when
//! nothing is wrong (`health`), and what is held against the invariants (`evidence`). Where an instance waits for the brokers in the midst
//! of a call, the others are turned meanwhile.

mod crew;
mod evidence;
mod health;
mod outside;
mod schedule;
mod troubles;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use parcelwatch::stream::{NotifierStage, Options, Stage};
use xxhash_rust::xxh3::Xxh3;

use crate::brokers::{Cluster, Stamped, Upstream, interleave};
use crate::channels::Ends;
use crate::dice::Dice;
use crate::instance::Instance;
use crate::invariants::state::Saved;
use crate::invariants::{Evidence, Violations};
use crate::known::{OptOuts, Read, Withdrawals};
use crate::oracle::History;
use crate::plan::{DAY, Plan};
use crate::settings::{PARTITIONS, Settings};
use crate::told::Told;

/// Whatever is to come to an end does so within this simulated time after the last fault, or it never will.
const SETTLES_WITHIN_MS: i64 = 12 * DAY;

/// Where faults stop in an outage, instances come within this time.
const COMES_WITHIN_MS: i64 = 90_000;

/// How far ahead of the brokers' clock a machine's may be: less than `runtime.clock_skew`.
const AHEAD_MOST_MS: i64 = 1_500;

/// How far behind: as long as together with the other less than twice that, a partition that is handed over has no time that its new
/// owner has yet to come to but for a second.
const BEHIND_MOST_MS: i64 = 1_500;

/// How a clock is put right.
#[derive(Clone, Copy, Debug)]
enum Righted {
    Step(i64),
    Drift,
}

/// By stage and partition: where it waits, and since when.
type Waits = HashMap<(&'static str, i32), (i64, i64)>;

/// See the module.
pub struct Simulation {
    pub cluster: Cluster,
    settings: Rc<Settings>,
    /// What is the same for every instance.
    options: Options,
    plan: Plan,
    history: History,
    next_record: Cell<usize>,
    next_trouble: Cell<usize>,
    dice: RefCell<Dice>,
    instances: RefCell<Vec<Rc<Instance>>>,
    /// Instances that come, and when.
    coming: RefCell<Vec<(i64, String)>>,
    /// Instances that are to finish, and when.
    finishing: RefCell<Vec<(i64, String)>>,
    /// Clocks that are put right again, and when: a system's clock by so many milliseconds, or the end of a drift.
    righted: RefCell<Vec<(i64, String, Righted)>>,
    named: Cell<usize>,
    rough_until: Cell<i64>,
    /// Faults have not stopped yet.
    troubled_now: Cell<bool>,
    /// Nobody comes before.
    away_until: Cell<i64>,
    /// Notifiers get no turns before.
    hangs_until: Cell<i64>,
    /// Little is read at a time before.
    trickles_until: Cell<i64>,
    /// Scans of these codes and parcels that come while notifiers hang, and when.
    news: RefCell<Vec<(i64, String, &'static str)>>,
    foul_until: Cell<i64>,
    last_trouble: Cell<i64>,
    /// How many transactions were aborted by when they were counted last, and when that was.
    aborted: Cell<(u64, i64)>,
    /// Where each stage's partitions wait to be read on, and since when.
    waits: RefCell<Waits>,
    /// When that was looked at last.
    looked: Cell<i64>,
    /// When every partition had an owner last, or something was wrong that may keep it from one.
    owned: Cell<i64>,
    /// Spans in which something was wrong, in true milliseconds.
    unwell: RefCell<Vec<(i64, i64)>>,
    ends: RefCell<Ends>,
    withdrawals: RefCell<Withdrawals>,
    read: RefCell<Read>,
    told: RefCell<Told>,
    opt_outs: RefCell<OptOuts>,
    /// A foreign producer with an open transaction, and when it ends that.
    upstream: RefCell<Option<(Upstream, i64)>>,
    saved: RefCell<Saved>,
    pub found: RefCell<Violations>,
    /// A hash of everything that happened, in its order.
    trace: Cell<u64>,
    turns: Cell<u64>,
    /// From then on nothing that is read is judged any more, and what is claimed only comes to its end.
    lulls_from: Cell<i64>,
    /// How deep turns are nested: one waits while another goes on.
    depth: Cell<usize>,
    /// So many more rounds before time leaps again.
    awake: Cell<usize>,
    /// Rounds since time leapt last.
    waited: Cell<usize>,
    /// Which troubles came how often.
    troubled: RefCell<BTreeMap<String, u64>>,
}

impl Simulation {
    /// Sets everything up; nothing has happened yet.
    pub fn new(seed: u64, plan: Plan, history: History, settings: Rc<Settings>) -> Rc<Simulation> {
        let mut dice = Dice::new(seed);
        let options = settings.options("any");
        let session_timeout = Duration::from_millis(plan.session_timeout_ms);
        let cluster = Cluster::new(dice.next(), history.start, options.transaction_timeout, session_timeout);
        for topic in parcelwatch::stream::TOPICS {
            cluster.create_topic(&options.topic(topic), PARTITIONS, Stamped::ByBroker);
        }
        let simulation = Rc::new(Simulation {
            cluster,
            settings,
            options,
            history,
            next_record: Cell::new(0),
            next_trouble: Cell::new(0),
            dice: RefCell::new(dice),
            instances: RefCell::default(),
            coming: RefCell::default(),
            finishing: RefCell::default(),
            righted: RefCell::default(),
            named: Cell::new(plan.instances),
            rough_until: Cell::new(0),
            troubled_now: Cell::new(false),
            away_until: Cell::new(0),
            hangs_until: Cell::new(0),
            trickles_until: Cell::new(0),
            news: RefCell::default(),
            foul_until: Cell::new(0),
            last_trouble: Cell::new(0),
            aborted: Cell::default(),
            waits: RefCell::default(),
            looked: Cell::new(0),
            owned: Cell::new(0),
            unwell: RefCell::default(),
            ends: RefCell::default(),
            withdrawals: RefCell::default(),
            read: RefCell::default(),
            told: RefCell::default(),
            opt_outs: RefCell::default(),
            upstream: RefCell::default(),
            saved: RefCell::default(),
            found: RefCell::default(),
            trace: Cell::new(0),
            turns: Cell::new(0),
            lulls_from: Cell::new(i64::MAX),
            depth: Cell::new(0),
            awake: Cell::new(0),
            waited: Cell::new(0),
            troubled: RefCell::default(),
            plan,
        });
        for number in 0..simulation.plan.instances {
            simulation.start(&format!("i{number}"));
        }
        let weak = Rc::downgrade(&simulation);
        interleave(Some(Rc::new(move |name| {
            if let Some(simulation) = weak.upgrade() {
                simulation.others_turn(name);
            }
        })));
        simulation
    }

    /// Milliseconds since the start.
    fn now(&self) -> i64 {
        self.cluster.now().as_millis() as i64
    }

    fn topic(&self, name: &str) -> String {
        self.options.topic(name)
    }

    fn note(&self, what: impl Hash) {
        let mut hasher = Xxh3::with_seed(self.trace.get());
        (self.now(), what).hash(&mut hasher);
        self.trace.set(hasher.finish());
    }

    fn dice<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T {
        throw(&mut self.dice.borrow_mut())
    }

    fn say(&self, what: impl FnOnce() -> String) {
        let what = what();
        self.note(&what);
        if crate::TRACE.get() {
            println!("{:>13} {what}", self.now());
        }
    }

    /// Runs to the end and gives what is left of it.
    pub fn run(&self) -> Evidence {
        let last = self.history.records.last().map_or(0, |record| record.0 - self.history.start);
        let calm_from = last.min(self.plan.length_days * DAY - DAY / 4);
        while self.now() < calm_from && self.found.borrow().0.is_empty() {
            self.step(true, i64::MAX);
        }
        self.calm();
        while self.next_record.get() < self.history.records.len() && self.found.borrow().0.is_empty() {
            self.step(false, i64::MAX);
        }
        // Limits of what is on its way pass for one more day; what they lead to has its last word after that.
        let until = self.now().max(last) + DAY;
        self.settle(until)
    }

    fn calm(&self) {
        self.say(|| "faults stop".to_owned());
        self.cluster.heal();
        self.right(i64::MAX, None);
        self.upstream_ends(i64::MAX);
        for until in [&self.rough_until, &self.foul_until, &self.away_until, &self.hangs_until, &self.trickles_until] {
            until.set(0);
        }
        for coming in self.coming.borrow_mut().iter_mut() {
            coming.0 = coming.0.min(self.now() + COMES_WITHIN_MS);
        }
        self.last_trouble.set(self.now());
        if self.instances.borrow().iter().all(|instance| instance.gone.get() || instance.shared.stopping()) {
            self.come(0);
        }
    }

    fn settle(&self, until: i64) -> Evidence {
        let latest = until + SETTLES_WITHIN_MS;
        self.lulls_from.set(until);
        let mut evidence = None;
        while evidence.is_none() && self.found.borrow().0.is_empty() {
            let next = if self.now() < until { until } else { self.now() + DAY / 2 };
            while self.now() < next && self.found.borrow().0.is_empty() {
                self.step(false, next - self.now());
            }
            if self.now() > until {
                let now = self.evidence(until);
                let waits = self.waits_for(&now);
                match waits {
                    None => evidence = Some(now),
                    Some(what) if self.now() > latest => {
                        self.found.borrow_mut().add("settles", what);
                    }
                    Some(_) => {}
                }
            }
        }
        for instance in self.instances.borrow().iter().filter(|instance| !instance.gone.get()) {
            instance.slots.iter().for_each(|slot| self.look_into(instance, slot, 1));
        }
        evidence.unwrap_or_else(|| self.evidence(until))
    }

    /// Something happens: a record, a trouble, a turn, or nothing for a while.
    fn step(&self, troubled: bool, at_most: i64) {
        self.records();
        self.troubled_now.set(troubled);
        if troubled {
            self.troubles();
        }
        self.arrivals();
        let (topic, group) = (self.topic("preferences.v1"), self.options.group_of(NotifierStage::NAME));
        let read = |partition| self.cluster.group_offset(&group, &topic, partition).unwrap_or(0);
        self.opt_outs.borrow_mut().look(self.now(), read);
        self.round();
        self.outside();
        self.sea(troubled);
        self.look_after();
        let leap = self.leap(at_most);
        self.cluster.advance(Duration::from_millis(leap.max(1) as u64));
    }

    /// What happened, in a number: two runs of one seed have the same.
    pub fn trace(&self) -> u64 {
        self.trace.get()
    }

    /// What went wrong how often, and how many turns there were.
    pub fn counts(&self) -> (u64, BTreeMap<String, u64>) {
        let mut counts = self.troubled.borrow().clone();
        for (what, count) in self.cluster.counts() {
            counts.insert(what.to_owned(), count);
        }
        (self.turns.get(), counts)
    }
}
