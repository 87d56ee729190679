//! Instances come, go, and die.
//!
//! In come names and instants; what always holds: two processes of one name never live at once, and whoever dies is followed by another.

use std::rc::Rc;

use super::{AHEAD_MOST_MS, BEHIND_MOST_MS, Simulation};
use crate::instance::Instance;

impl Simulation {
    pub(super) fn start(&self, name: &str) {
        self.say(|| format!("{name} starts"));
        let process = self.cluster.start(name, &self.options.prefix);
        // A machine's clock is put right before a daemon starts there.
        self.right(i64::MAX, Some(name));
        let ahead = process.clocks().system().as_millis() - self.cluster.broker_ms();
        self.cluster.step(Some(name), self.dice(|dice| dice.between(-BEHIND_MOST_MS, AHEAD_MOST_MS)) - ahead);
        self.cluster.looks_at_clocks(name);
        let instance = Instance::start(name, process, &self.settings, &self.plan);
        self.instances.borrow_mut().push(Rc::new(instance));
    }

    /// A dead instance: its workers are no more, its last receipts are lost or not; another one comes.
    pub(super) fn bury(&self, instance: &Rc<Instance>) {
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

    pub(super) fn come_again(&self, name: &str) {
        let other = self.dice(|dice| dice.permille(250));
        let away = self.away_until.get() - self.now();
        let after = self.dice(|dice| dice.between(0, 90_000)).max(away);
        if other {
            return self.come(after);
        }
        self.coming.borrow_mut().push((self.now() + after, name.to_owned()));
    }

    pub(super) fn come(&self, after: i64) {
        self.named.set(self.named.get() + 1);
        self.coming.borrow_mut().push((self.now() + after, format!("i{}", self.named.get())));
    }

    pub(super) fn restart(&self, instance: &Instance, after: i64) {
        let now = self.now();
        self.finishing.borrow_mut().push((now + after, instance.name.clone()));
        let away = self.dice(|dice| dice.between(1000, 60_000));
        self.coming.borrow_mut().push((now + after + away, instance.name.clone()));
    }

    /// Instances come and go.
    pub(super) fn arrivals(&self) {
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
}
