//! One seed, from its first record to the last word on the last notice.
//!
//! One thread does everything: the scheduler picks by the seed's dice who does a turn next and how much time passes before. While anything is to be
//! done, time goes on by milliseconds; in quiet hours it leaps. Where an instance waits for the brokers in the midst of a call, the
//! others are turned meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use parcelwatch::model::Receipt;
use parcelwatch::stream::{NotifierStage, Options, Stage, TrackerStage, Worker};
use xxhash_rust::xxh3::Xxh3;

use crate::brokers::{Cluster, Faults, Instance as Process, Stamped, Upstream, interleave};
use crate::channels::{Begun, Ends, Weather};
use crate::dice::Dice;
use crate::instance::{Instance, Slot, Turned, Working};
use crate::invariants::state::{Saved, StateLog};
use crate::invariants::{Evidence, Violations, Written};
use crate::known::{OptOuts, Withdrawals};
use crate::oracle::History;
use crate::plan::{DAY, Plan, Trouble};
use crate::settings::{PARTITIONS, Settings};

/// Whatever is to come to an end does so within this simulated time after the last fault, or it never will.
const SETTLES_WITHIN_MS: i64 = 12 * DAY;

/// Of committed points, every so many are compared with their logs: a comparison reads a whole log.
const COMPARES_EVERY: i64 = 100;

/// How far time leaps at most while notices come to their ends. More than the clients' `max.poll.interval.ms`, 5 min, costs them their partitions.
const LULL_MOST_MS: i64 = 4 * 60_000;

/// So long after the last trouble states are compared more often.
const RECENT_MS: i64 = 120_000;

/// Rounds between two leaps of quiet time. Fewer: instances that have nothing to do never get to tell what they have just found fresh.
const TURNS_AFTER_A_LEAP: usize = 2;

/// How far ahead of the brokers' clock a machine's may be: less than `runtime.clock_skew`. It is never behind: the time of a record
/// that a slow clock cuts short depends on when it was fetched, and the independent reading does not know that.
const AHEAD_MOST_MS: i64 = 1_500;

/// How a clock is put right.
#[derive(Clone, Copy, Debug)]
enum Righted {
    Step(i64),
    Drift,
}

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
    foul_until: Cell<i64>,
    last_trouble: Cell<i64>,
    ends: RefCell<Ends>,
    withdrawals: RefCell<Withdrawals>,
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
            foul_until: Cell::new(0),
            last_trouble: Cell::new(0),
            ends: RefCell::default(),
            withdrawals: RefCell::default(),
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

    fn start(&self, name: &str) {
        self.say(|| format!("{name} starts"));
        let process = self.cluster.start(name, &self.options.prefix);
        // A machine's clock is put right before a daemon starts there.
        self.right(i64::MAX, Some(name));
        let ahead = process.clocks().system().as_millis() - self.cluster.broker_ms();
        self.cluster.step(Some(name), self.dice(|dice| dice.below(AHEAD_MOST_MS)) - ahead);
        let instance = Instance::start(name, process, &self.settings, &self.plan);
        self.instances.borrow_mut().push(Rc::new(instance));
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

    /// Puts clocks right whose time for that has come.
    fn right(&self, now: i64, only: Option<&str>) {
        let due: Vec<(i64, String, Righted)> = {
            let is_due =
                |(at, name, _): &mut (i64, String, Righted)| *at <= now && only.is_none_or(|only| only == name);
            self.righted.borrow_mut().extract_if(.., is_due).collect()
        };
        for (_, name, how) in due {
            match how {
                Righted::Step(by) => self.cluster.step(Some(&name), by),
                Righted::Drift => self.cluster.drift(Some(&name), 0),
            }
        }
    }

    fn calm(&self) {
        self.say(|| "faults stop".to_owned());
        self.cluster.heal();
        self.right(i64::MAX, None);
        self.upstream_ends(i64::MAX);
        self.rough_until.set(0);
        self.foul_until.set(0);
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

    /// What has not come to its end.
    fn waits_for(&self, evidence: &Evidence) -> Option<String> {
        for stage in [TrackerStage::NAME, NotifierStage::NAME] {
            let active = self.active(stage);
            if active != PARTITIONS as usize {
                return Some(format!("{active} of {PARTITIONS} partitions of the {stage} are active"));
            }
        }
        if !self.is_read() {
            return Some("records are not read".to_owned());
        }
        crate::invariants::deliveries::without_last_word(evidence)
            .map(|notice| format!("nothing final is known of {notice}"))
    }

    /// Something happens: a record, a trouble, a turn, or nothing for a while.
    fn step(&self, troubled: bool, at_most: i64) {
        self.records();
        if troubled {
            self.troubles();
        }
        self.arrivals();
        let (topic, group) = (self.topic("preferences.v1"), self.options.group_of(NotifierStage::NAME));
        let read = |partition| self.cluster.group_offset(&group, &topic, partition).unwrap_or(0);
        self.opt_outs.borrow_mut().look(self.now(), read);
        self.round();
        self.outside();
        let now = self.now();
        if now >= self.rough_until.get() {
            self.cluster.plan(Faults::default());
        } else {
            self.last_trouble.set(now);
        }
        let leap = self.leap(at_most);
        self.cluster.advance(Duration::from_millis(leap.max(1) as u64));
    }

    /// How long nothing happens: a moment while anything is to be done, else up to the next thing that does.
    fn leap(&self, at_most: i64) -> i64 {
        // Some turns after a leap: what is fresh is known in one, and told in the next.
        self.awake.set(self.awake.get().saturating_sub(1));
        if self.awake.get() > 0 || self.is_restless() {
            // What waits for a time-out of seconds or minutes is not to be watched by milliseconds.
            self.waited.set(self.waited.get() + 1);
            let most = if self.waited.get() > 60 { 1000 } else { 60 };
            return self.dice(|dice| dice.between(1, most)).min(at_most);
        }
        self.waited.set(0);
        self.awake.set(TURNS_AFTER_A_LEAP);
        let now = self.now();
        let next = [
            self.history.records.get(self.next_record.get()).map(|record| record.0 - self.history.start),
            self.plan.troubles.get(self.next_trouble.get()).map(|trouble| trouble.0).filter(|at| *at > now),
            self.coming.borrow().iter().map(|coming| coming.0).min(),
            self.upstream.borrow().as_ref().map(|upstream| upstream.1).filter(|at| *at > now),
            self.instances.borrow().iter().filter_map(|instance| instance.channels.next()).min(),
        ];
        let next = next.into_iter().flatten().min().unwrap_or(i64::MAX);
        let most = if now > self.lulls_from.get() { LULL_MOST_MS } else { self.plan.leap_most };
        let quiet = self.dice(|dice| dice.between(most / 2, most));
        quiet.min(next - now).min(at_most).max(1)
    }

    /// Appends what is due.
    fn records(&self) {
        while let Some(record) = self.history.records.get(self.next_record.get()) {
            if record.0 - self.history.start > self.now() {
                return;
            }
            self.next_record.set(self.next_record.get() + 1);
            let (key, value, topic) = (record.2.as_bytes(), record.3.as_bytes(), self.topic(&record.1));
            let within = self
                .upstream
                .borrow_mut()
                .as_mut()
                .is_some_and(|(upstream, _)| upstream.append(&topic, key, Some(value), record.0));
            let place = (!within).then(|| self.cluster.append(&topic, key, Some(value), record.0));
            self.say(|| format!("{} {place:?} {} {}", record.1, record.2, record.3));
        }
    }

    /// Every slot of every instance has a turn, in an order that the dice say.
    fn round(&self) {
        let instances = self.instances.borrow().clone();
        let mut order: Vec<(usize, usize)> = instances
            .iter()
            .enumerate()
            .flat_map(|(i, instance)| (0..instance.slots.len()).map(move |s| (i, s)))
            .collect();
        self.dice(|dice| (1..order.len()).rev().for_each(|i| order.swap(i, dice.below(i as i64 + 1) as usize)));
        for (i, s) in order {
            self.turn(&instances[i], s);
        }
    }

    fn turn(&self, instance: &Rc<Instance>, slot: usize) {
        if instance.gone.get() || self.cluster.is_paused(&instance.name) {
            return;
        }
        let slot = &instance.slots[slot];
        self.turns.set(self.turns.get() + 1);
        self.depth.set(self.depth.get() + 1);
        let turned = instance.turn(slot, self.now());
        self.depth.set(self.depth.get() - 1);
        self.note((&instance.name, slot.stage, slot.number));
        match turned {
            Turned::Rebuilt(why) => {
                self.say(|| format!("{} {} {} ends: {why}", instance.name, slot.stage, slot.number))
            }
            Turned::Stopped(why) => self.found.borrow_mut().add("never_stops", why),
            Turned::Worked | Turned::Rested => {}
        }
        if instance.process.is_crashed() {
            self.bury(instance);
        } else {
            // Soon after something went wrong more often: what was put back is yet to be written over.
            let is_recent = self.now() - self.last_trouble.get() < RECENT_MS;
            self.look_into(instance, slot, if is_recent { COMPARES_EVERY / 4 } else { COMPARES_EVERY * 4 });
        }
    }

    /// A turn in the midst of another's call.
    fn others_turn(&self, name: &str) {
        if self.depth.get() >= 2 || !self.dice(|dice| dice.permille(300)) {
            return;
        }
        let instances = self.instances.borrow().clone();
        let (i, s) = self.dice(|dice| (dice.next() as usize, dice.next() as usize));
        let Some(instance) = instances.get(i % instances.len().max(1)) else { return };
        // Threads of one instance are stopped together with it.
        if instance.name != name || !self.cluster.is_paused(name) {
            self.turn(instance, s % instance.slots.len());
        }
    }

    /// A dead instance: its workers are no more, its last receipts are lost or not; another one comes.
    fn bury(&self, instance: &Rc<Instance>) {
        if instance.gone.replace(true) {
            return;
        }
        self.last_trouble.set(self.now());
        self.say(|| format!("{} is dead", instance.name));
        for receipt in instance.outgoing.take() {
            if self.dice(|dice| dice.permille(500)) {
                self.append_receipt(&receipt);
            }
        }
        self.come_again(&instance.name);
    }

    fn come_again(&self, name: &str) {
        let other = self.dice(|dice| dice.permille(250));
        let after = self.dice(|dice| dice.between(0, 90_000));
        if other {
            return self.come(after);
        }
        self.coming.borrow_mut().push((self.now() + after, name.to_owned()));
    }

    fn come(&self, after: i64) {
        self.named.set(self.named.get() + 1);
        self.coming.borrow_mut().push((self.now() + after, format!("i{}", self.named.get())));
    }

    fn append_receipt(&self, receipt: &Receipt) {
        let value = serde_json::to_vec(receipt).expect("texts and numbers");
        let key = receipt.recipient_key.as_str().as_bytes();
        self.cluster.append(&self.topic("receipts.v1"), key, Some(&value), 0);
    }

    /// Instances come and go.
    fn arrivals(&self) {
        let now = self.now();
        let due: Vec<(i64, String)> = self.coming.borrow_mut().extract_if(.., |coming| coming.0 <= now).collect();
        for (_, name) in due {
            // Workers of a name that still finishes would be its twins.
            if self.instances.borrow().iter().any(|instance| instance.name == name && !instance.gone.get()) {
                self.coming.borrow_mut().push((now + 1000, name));
            } else {
                self.start(&name);
            }
        }
        let instances = self.instances.borrow().clone();
        for instance in instances.iter().filter(|instance| !instance.gone.get() && instance.has_finished()) {
            instance.outgoing.borrow_mut().extend(instance.channels.shut());
            self.publish(instance);
            instance.gone.set(true);
            self.say(|| format!("{} has finished", instance.name));
        }
        let is_busy = |instance: &Rc<Instance>| instance.slots.iter().any(|slot| slot.busy.get());
        self.instances.borrow_mut().retain(|instance| !instance.gone.get() || is_busy(instance));
    }

    /// What instances do beside their workers: attempts, receipts, deleting what state logs no longer need.
    fn outside(&self) {
        let now = self.now();
        let weather = if now < self.foul_until.get() { Weather::Foul } else { Weather::Fair };
        let instances = self.instances.borrow().clone();
        for instance in instances.iter().filter(|instance| !instance.gone.get()) {
            if self.cluster.is_paused(&instance.name) || instance.process.is_crashed() {
                continue;
            }
            let (begun, receipts) = self.dice(|dice| instance.channels.step(now, weather, &instance.name, dice));
            for begun in &begun {
                self.say(|| format!("{begun:?}"));
                self.owner_knows(begun);
                self.opted_out(begun);
            }
            self.ends.borrow_mut().note(now, begun);
            instance.outgoing.borrow_mut().extend(receipts);
            self.publish(instance);
            while let Ok((topic, partition, before)) = instance.trims.borrow_mut().try_recv() {
                self.cluster.delete_records(&topic, partition, before);
            }
        }
    }

    /// Writes the receipts that wait, as long as the brokers take them.
    fn publish(&self, instance: &Instance) {
        let topic = self.topic("receipts.v1");
        loop {
            let Some(receipt) = instance.outgoing.borrow().first().cloned() else { return };
            let value = serde_json::to_vec(&receipt).expect("texts and numbers");
            let key = receipt.recipient_key.as_str().as_bytes();
            if self.cluster.is_cut(&instance.name) || instance.process.publish(&topic, key, Some(&value)).is_err() {
                return;
            }
            instance.outgoing.borrow_mut().remove(0);
        }
    }

    /// *withdrawal_read*: nothing begins at an instance whose notifier has read, and committed, that it is withdrawn.
    fn owner_knows(&self, begun: &Begun) {
        let topic = self.topic("notices.v1");
        let group = self.options.group_of(NotifierStage::NAME);
        let instances = self.instances.borrow();
        let Some(instance) = instances.iter().find(|instance| instance.name == begun.instance) else { return };
        let mut withdrawals = self.withdrawals.borrow_mut();
        withdrawals.read(self.cluster.committed(&topic));
        let Some((partition, offset, time)) = withdrawals.of(&begun.notice_id) else { return };
        let read = self.cluster.group_offset(&group, &topic, partition).is_some_and(|read| read > offset);
        if read && instance.shared.worker_of(NotifierStage::NAME, partition).is_some() {
            self.found.borrow_mut().add("withdrawal_read", format!("{begun:?}, withdrawn at {time}"));
        }
    }
}

impl Simulation {
    fn troubles(&self) {
        while let Some((at, trouble)) = self.plan.troubles.get(self.next_trouble.get()).copied() {
            if at > self.now() {
                break;
            }
            self.next_trouble.set(self.next_trouble.get() + 1);
            let alive: Vec<Rc<Instance>> =
                self.instances.borrow().iter().filter(|instance| !instance.gone.get()).cloned().collect();
            if let Some(instance) = alive.get(self.dice(|dice| dice.below(alive.len() as i64)) as usize) {
                *self.troubled.borrow_mut().entry(format!("{trouble:?}").to_lowercase()).or_default() += 1;
                self.say(|| format!("{trouble:?} {}", instance.name));
                self.last_trouble.set(self.now());
                self.happens(trouble, instance, &alive);
            }
        }
        self.right(self.now(), None);
        self.upstream_ends(self.now());
        let finishing: Vec<(i64, String)> =
            self.finishing.borrow_mut().extract_if(.., |finishing| finishing.0 <= self.now()).collect();
        for (_, name) in finishing {
            let instances = self.instances.borrow();
            if let Some(instance) = instances.iter().find(|instance| instance.name == name) {
                self.last_trouble.set(self.now());
                instance.stop();
            }
        }
    }

    fn happens(&self, trouble: Trouble, instance: &Rc<Instance>, alive: &[Rc<Instance>]) {
        let (now, name) = (self.now(), &instance.name);
        let seconds =
            |from: i64, to: i64| Duration::from_millis(self.dice(|dice| dice.between(from * 1000, to * 1000)) as u64);
        match trouble {
            Trouble::Kill => {
                self.cluster.crash(name);
                self.bury(instance);
            }
            Trouble::Pause => self.cluster.pause(name, seconds(1, 600), false),
            Trouble::Cut if self.dice(|dice| dice.permille(300)) => self.cluster.cut_all(seconds(1, 200)),
            Trouble::Cut => self.cluster.cut(name, seconds(1, 120)),
            Trouble::Restart => self.restart(instance, 0),
            Trouble::Rolling => {
                for (number, instance) in alive.iter().enumerate() {
                    self.restart(instance, number as i64 * 40_000);
                }
            }
            Trouble::Join => {
                self.come(0);
                let stays = self.dice(|dice| dice.between(30_000, 4 * 3_600_000));
                self.finishing.borrow_mut().push((now + stays, format!("i{}", self.named.get())));
            }
            Trouble::Rough => {
                self.cluster.plan(Faults::rough());
                self.rough_until.set(now + seconds(5, 200).as_millis() as i64);
            }
            Trouble::Step => {
                let by = self.dice(|dice| dice.between(-7_200_000, 7_200_000));
                self.cluster.step(Some(name), by);
                let lasts = seconds(30, 1800).as_millis() as i64;
                self.righted.borrow_mut().push((now + lasts, name.clone(), Righted::Step(-by)));
            }
            Trouble::Drift => {
                let ahead = instance.shared.clock.now().as_millis() - (self.cluster.broker_ms());
                let (to, lasts) =
                    (self.dice(|dice| dice.between(20, AHEAD_MOST_MS)), seconds(300, 7200).as_millis() as i64);
                self.cluster.drift(Some(name), (to - ahead) * 1_000_000 / lasts);
                self.righted.borrow_mut().push((now + lasts, name.clone(), Righted::Drift));
            }
            Trouble::Open => {
                let lasts = seconds(5, 90).as_millis() as i64;
                // Some of them are aborted by the brokers before their end.
                let timeout = seconds(5, 120);
                self.upstream_ends(i64::MAX);
                let upstream = self.cluster.upstream("orders", timeout);
                *self.upstream.borrow_mut() = Some((upstream, now + lasts));
            }
            Trouble::OptOut => self.opt_out(),
            Trouble::Foul => self.foul_until.set(now + seconds(60, 3 * 3600).as_millis() as i64),
        }
    }

    /// The foreign producer ends its transaction where it is time: what it has aborted was never input.
    fn upstream_ends(&self, now: i64) {
        let due = self.upstream.borrow_mut().take_if(|(_, at)| *at <= now);
        if let Some((mut upstream, _)) = due {
            let commit = self.dice(|dice| dice.permille(700));
            let ended = upstream.end(commit);
            self.say(|| format!("a foreign transaction ends: commit {commit}, {ended}"));
        }
    }

    /// Somebody who has been told something wants no more of it, or again.
    fn opt_out(&self) {
        let chosen = {
            let ends = self.ends.borrow();
            let people: Vec<&str> =
                ends.begun.iter().map(|(_, begun)| &*begun.recipient_key).filter(|key| key.starts_with("p:")).collect();
            people.get(self.dice(|dice| dice.below(people.len() as i64)) as usize).map(|key| (*key).to_owned())
        };
        let Some(key) = chosen else { return };
        let out = self.opt_outs.borrow().last(&key).is_none_or(|out| !out);
        let at = parcelwatch::model::Timestamp::from_millis(self.cluster.broker_ms());
        let channels: &[&str] = if out { &["email", "sms"] } else { &[] };
        let value = serde_json::json!({ "recipient_key": key, "opt_out": channels, "at": at }).to_string();
        let place = self.cluster.append(&self.topic("preferences.v1"), key.as_bytes(), Some(value.as_bytes()), 0);
        self.say(|| format!("{key} opts {}", if out { "out" } else { "in" }));
        self.opt_outs.borrow_mut().add(&key, out, place);
    }

    /// *opted_out*: no attempt is handed out for somebody whose opting out was read, and committed, before.
    fn opted_out(&self, begun: &Begun) {
        if let Some(since) = self.opt_outs.borrow().since(&begun.recipient_key).filter(|since| begun.handed > *since) {
            self.found.borrow_mut().add("opted_out", format!("{begun:?}, read by {since}"));
        }
    }

    fn restart(&self, instance: &Instance, after: i64) {
        let now = self.now();
        self.finishing.borrow_mut().push((now + after, instance.name.clone()));
        let away = self.dice(|dice| dice.between(1000, 60_000));
        self.coming.borrow_mut().push((now + after + away, instance.name.clone()));
    }

    /// How many partitions of a stage decide somewhere.
    fn active(&self, stage: &str) -> usize {
        let of = |instance: &Rc<Instance>| instance.shared.active().get(stage).map_or(0, Vec::len);
        self.instances.borrow().iter().filter(|instance| !instance.gone.get()).map(of).sum()
    }

    /// Whether anything is to be done before the next thing happens.
    fn is_restless(&self) -> bool {
        if [TrackerStage::NAME, NotifierStage::NAME].iter().any(|stage| self.active(stage) != PARTITIONS as usize) {
            return true;
        }
        let instances = self.instances.borrow();
        instances.iter().filter(|instance| !instance.gone.get() && !self.cluster.is_paused(&instance.name)).any(
            |instance| {
                instance.slots.iter().any(|slot| match &mut *slot.worker.borrow_mut() {
                    Some(Working::Tracker(worker)) => self.has_work(worker),
                    Some(Working::Notifier(worker)) => self.has_work(worker),
                    None => !slot.finished.get(),
                })
            },
        )
    }

    fn has_work<S: Stage>(&self, worker: &mut Worker<S, Process>) -> bool {
        (0..PARTITIONS).any(|number| {
            let Some(partition) = worker.partition(number) else { return false };
            let unread = |(input, name): (usize, &&str)| {
                self.cluster.span(&self.topic(name), number).2
                    > partition.offsets()[input].max(partition.applied(input))
            };
            partition.is_dirty() || partition.overdue() > Duration::ZERO || S::INPUTS.iter().enumerate().any(unread)
        })
    }

    /// Whether everything that was written is read and committed.
    fn is_read(&self) -> bool {
        !self.is_restless() && self.instances.borrow().iter().all(|instance| instance.channels.depth() == 0)
    }

    /// Compares what a worker holds with what is saved, now and then.
    fn look_into(&self, instance: &Instance, slot: &Slot, every: i64) {
        match &mut *slot.worker.borrow_mut() {
            Some(Working::Tracker(worker)) => self.compare(instance, worker, every),
            Some(Working::Notifier(worker)) => self.compare(instance, worker, every),
            None => {}
        }
    }

    fn compare<S: Stage>(&self, instance: &Instance, worker: &mut Worker<S, Process>, every: i64) {
        for number in 0..PARTITIONS {
            let Some(partition) = worker.partition(number) else { continue };
            if partition.is_dirty() || !partition.is_saved() || self.dice(|dice| dice.below(every)) > 0 {
                continue;
            }
            let topic = self.topic(S::STATE);
            let (_, stable, end) = self.cluster.span(&topic, number);
            if stable < end {
                continue;
            }
            let committed = self.cluster.committed(&topic);
            let blocks = committed.into_iter().filter(|seen| seen.partition == number).filter_map(|seen| seen.value);
            let log = StateLog { blocks: blocks.collect(), now: self.cluster.broker_ms() };
            let Some(world) = instance.shared.worlds.get() else { continue };
            let skew = instance.shared.options.clock_skew.as_millis() as i64;
            self.saved.borrow_mut().check(partition, &log, &world, skew, &mut self.found.borrow_mut());
        }
    }

    fn written(&self, topic: &str) -> Vec<Written> {
        let written = |seen: crate::brokers::Seen| Written {
            topic: topic.to_owned(),
            partition: seen.partition,
            offset: seen.offset,
            time: seen.time,
            value: seen.value.unwrap_or_default(),
            headers: seen.headers,
        };
        self.cluster.committed(&self.topic(topic)).into_iter().map(written).collect()
    }

    /// What is written by now.
    fn evidence(&self, until: i64) -> Evidence {
        let mut notices = self.written("notices.v1");
        notices.sort_by_key(|notice| (notice.time, notice.partition, notice.offset));
        Evidence {
            until: until + self.history.start,
            inputs: ["shipments.v1", "scans.v1", "reroutes.v1"].map(|topic| self.written(topic)).concat(),
            conditions: self.written("conditions.v1"),
            notices,
            deliveries: self.written("deliveries.v1"),
            rejects: self.written("rejects.v1"),
            ends: self.ends.borrow().clone(),
            healthy_since: self.last_trouble.get() + self.history.start,
        }
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
