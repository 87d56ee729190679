//! What goes wrong, when the plan says so, and how it is put right.

use std::rc::Rc;
use std::time::Duration;

use super::{AHEAD_MOST_MS, BEHIND_MOST_MS, Righted, Simulation};
use crate::brokers::Faults;
use crate::instance::Instance;
use crate::plan::Trouble;

/// How much a fetch brings at most while little is read at a time: withdrawals come later than what they withdraw.
const TRICKLE: usize = 2;

/// Parcels that are scanned again and again while notifiers hang.
const COME_AND_GO: usize = 3;

impl Simulation {
    pub(super) fn troubles(&self) {
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

    pub(super) fn happens(&self, trouble: Trouble, instance: &Rc<Instance>, alive: &[Rc<Instance>]) {
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
                let (to, lasts) = (
                    self.dice(|dice| dice.between(-BEHIND_MOST_MS, AHEAD_MOST_MS)),
                    seconds(300, 7200).as_millis() as i64,
                );
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
            Trouble::Outage => {
                self.away_until.set(now + seconds(60, 10 * 3600).as_millis() as i64);
                for instance in alive {
                    self.cluster.crash(&instance.name);
                    self.bury(instance);
                }
            }
            Trouble::Behind => {
                let hangs = seconds(30, 3600).as_millis() as i64;
                self.hangs_until.set(now + hangs);
                self.trickles_until.set(now + hangs + seconds(60, 600).as_millis() as i64);
                (0..COME_AND_GO).for_each(|_| self.comes_and_goes(now + hangs));
            }
            Trouble::Foul => self.foul_until.set(now + seconds(60, 3 * 3600).as_millis() as i64),
        }
    }

    /// Puts clocks right whose time for that has come.
    pub(super) fn right(&self, now: i64, only: Option<&str>) {
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

    /// How likely which fault is now.
    pub(super) fn sea(&self, troubled: bool) {
        let (now, swell) = (self.now(), self.plan.swell);
        let mut faults = match () {
            () if now < self.rough_until.get() => {
                Faults { refused_in_commit: swell.refused_in_commit, ..Faults::rough() }
            }
            () if troubled => swell,
            () => Faults::default(),
        };
        if now < self.trickles_until.get() {
            faults.fetched_most = TRICKLE;
        }
        self.cluster.plan(faults);
    }

    /// The foreign producer ends its transaction where it is time: what it has aborted was never input.
    pub(super) fn upstream_ends(&self, now: i64) {
        let due = self.upstream.borrow_mut().take_if(|(_, at)| *at <= now);
        if let Some((mut upstream, _)) = due {
            let commit = self.dice(|dice| dice.permille(700));
            let ended = upstream.end(commit);
            self.say(|| format!("a foreign transaction ends: commit {commit}, {ended}"));
        }
    }

    /// Somebody who has been told something wants no more of it, or again.
    pub(super) fn opt_out(&self) {
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
}
