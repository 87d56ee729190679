//! Who does a turn next, and how much time passes between two rounds.
//!
//! In come the dice and what the workers have yet to do; out come turns. While anything is to be done time goes on by milliseconds, in quiet hours it
//! leaps, and never beyond the next thing that is planned.

use std::rc::Rc;
use std::time::Duration;

use parcelwatch::stream::{NotifierStage, Stage, TrackerStage, Worker};

use super::Simulation;
use crate::brokers::Instance as Process;
use crate::instance::{Instance, Turned, Working};
use crate::settings::PARTITIONS;

/// Of committed points, every so many are compared with their logs: a comparison reads a whole log.
const COMPARES_EVERY: i64 = 100;

/// How far time leaps at most while notices come to their ends. More than the clients' `max.poll.interval.ms`, 5 min, costs them their partitions.
const LULL_MOST_MS: i64 = 4 * 60_000;

/// So long after an abort states are compared at nearly every turn.
const JUST_MS: i64 = 1_000;
/// The same for those.
const COMPARES_EVERY_JUST: i64 = 3;

/// So long after the last trouble states are compared more often.
const RECENT_MS: i64 = 120_000;

/// Time leaps to where a record comes, or to so much before it at most: somebody asks then, and time goes on to what was asked.
const SHORT_MOST_MS: i64 = 2_000;

/// Rounds between two leaps of quiet time. Fewer: instances that have nothing to do never get to tell what they have just found fresh.
const TURNS_AFTER_A_LEAP: usize = 2;

impl Simulation {
    /// Every slot of every instance has a turn, in an order that the dice say.
    pub(super) fn round(&self) {
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

    pub(super) fn turn(&self, instance: &Rc<Instance>, slot: usize) {
        if instance.gone.get() || self.cluster.is_paused(&instance.name) {
            return;
        }
        let slot = &instance.slots[slot];
        if self.hangs(slot.stage) {
            return;
        }
        self.turns.set(self.turns.get() + 1);
        self.depth.set(self.depth.get() + 1);
        let turned = instance.turn(slot, self.now());
        self.depth.set(self.depth.get() - 1);
        self.note((&instance.name, slot.stage, slot.number));
        self.note_read(instance, slot);
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
            let (now, aborted) = (self.now(), self.cluster.aborted());
            if aborted != self.aborted.get().0 {
                self.aborted.set((aborted, now));
            }
            let every = match () {
                () if now - self.aborted.get().1 < JUST_MS => COMPARES_EVERY_JUST,
                () if now - self.last_trouble.get() < RECENT_MS => COMPARES_EVERY / 4,
                () => COMPARES_EVERY * 4,
            };
            self.look_into(instance, slot, every);
        }
    }

    /// A turn in the midst of another's call.
    pub(super) fn others_turn(&self, name: &str) {
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

    /// How long nothing happens: a moment while anything is to be done, else up to the next thing that does.
    pub(super) fn leap(&self, at_most: i64) -> i64 {
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
        let alive: Vec<Rc<Instance>> =
            self.instances.borrow().iter().filter(|instance| !instance.gone.get()).cloned().collect();
        let is_paused = |instance: &&Rc<Instance>| self.cluster.is_paused(&instance.name);
        let short = |next: i64| {
            next - if next - now > 2 * SHORT_MOST_MS { self.dice(|dice| dice.below(SHORT_MOST_MS)) } else { 0 }
        };
        let next = [
            self.history.records.get(self.next_record.get()).map(|record| record.0 - self.history.start).map(&short),
            self.plan.troubles.get(self.next_trouble.get()).map(|trouble| trouble.0).filter(|at| *at > now),
            self.coming.borrow().iter().map(|coming| coming.0).min(),
            self.upstream.borrow().as_ref().map(|upstream| upstream.1).filter(|at| *at > now),
            alive.iter().filter(|instance| !is_paused(instance)).filter_map(|instance| instance.channels.next()).min(),
            self.cluster.next_goes_on().map(|at| at.as_millis() as i64 + 1),
            Some(self.hangs_until.get()).filter(|at| *at > now),
            self.news.borrow().iter().map(|news| news.0).min(),
        ];
        let next = next.into_iter().flatten().min().unwrap_or(i64::MAX);
        let most = if now > self.lulls_from.get() { LULL_MOST_MS } else { self.plan.leap_most };
        let quiet = self.dice(|dice| dice.between(most / 2, most));
        quiet.min(next - now).min(at_most).max(1)
    }

    /// Whether anything is to be done before the next thing happens.
    pub(super) fn is_restless(&self) -> bool {
        let instances = self.instances.borrow();
        let is_up = |instance: &&Rc<Instance>| !instance.gone.get() && !self.cluster.is_paused(&instance.name);
        if !instances.iter().any(|instance| is_up(&instance)) {
            return false;
        }
        let is_held = |stage: &&str| self.hangs(stage) || self.active(stage) == PARTITIONS as usize;
        if ![TrackerStage::NAME, NotifierStage::NAME].iter().all(is_held) {
            return true;
        }
        instances.iter().filter(is_up).any(|instance| {
            instance.slots.iter().filter(|slot| !self.hangs(slot.stage)).any(|slot| {
                match &mut *slot.worker.borrow_mut() {
                    Some(Working::Tracker(worker)) => self.has_work(worker),
                    Some(Working::Notifier(worker)) => self.has_work(worker),
                    None => !slot.finished.get(),
                }
            })
        })
    }

    pub(super) fn has_work<S: Stage>(&self, worker: &mut Worker<S, Process>) -> bool {
        (0..PARTITIONS).any(|number| {
            let Some(partition) = worker.partition(number) else { return false };
            let unread = |(input, name): (usize, &&str)| {
                self.cluster.span(&self.topic(name), number).2
                    > partition.offsets()[input].max(partition.applied(input))
            };
            partition.is_dirty() || partition.overdue() > Duration::ZERO || S::INPUTS.iter().enumerate().any(unread)
        })
    }

    /// Whether this stage's workers get nothing done for now.
    fn hangs(&self, stage: &str) -> bool {
        stage == NotifierStage::NAME && self.now() < self.hangs_until.get()
    }

    /// Whether everything that was written is read and committed.
    pub(super) fn is_read(&self) -> bool {
        !self.is_restless() && self.instances.borrow().iter().all(|instance| instance.channels.depth() == 0)
    }

    /// How many partitions of a stage decide somewhere.
    pub(super) fn active(&self, stage: &str) -> usize {
        let of = |instance: &Rc<Instance>| instance.shared.active().get(stage).map_or(0, Vec::len);
        self.instances.borrow().iter().filter(|instance| !instance.gone.get()).map(of).sum()
    }
}
