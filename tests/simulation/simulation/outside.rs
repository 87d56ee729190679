//! What comes from outside and goes there: records of the courier's systems, attempts at channels, their receipts.

use parcelwatch::model::Receipt;
use parcelwatch::stream::{NotifierStage, Stage};

use super::Simulation;
use crate::channels::{Begun, Weather};
use crate::instance::Instance;

impl Simulation {
    /// Appends what is due.
    pub(super) fn records(&self) {
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

    /// What instances do beside their workers: attempts, receipts, deleting what state logs no longer need.
    pub(super) fn outside(&self) {
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
    pub(super) fn publish(&self, instance: &Instance) {
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

    pub(super) fn append_receipt(&self, receipt: &Receipt) {
        let value = serde_json::to_vec(receipt).expect("texts and numbers");
        let key = receipt.recipient_key.as_str().as_bytes();
        self.cluster.append(&self.topic("receipts.v1"), key, Some(&value), 0);
    }

    /// *withdrawal_read*: nothing begins at an instance whose notifier has read, and committed, that it is withdrawn.
    pub(super) fn owner_knows(&self, begun: &Begun) {
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

    /// *opted_out*: no attempt is handed out for somebody whose opting out was read, and committed, before.
    pub(super) fn opted_out(&self, begun: &Begun) {
        if let Some(since) = self.opt_outs.borrow().since(&begun.recipient_key).filter(|since| begun.handed > *since) {
            self.found.borrow_mut().add("opted_out", format!("{begun:?}, read by {since}"));
        }
    }
}
