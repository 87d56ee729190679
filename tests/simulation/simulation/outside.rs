//! What comes from outside and goes there: records of the courier's systems, attempts at channels, their receipts.

use parcelwatch::model::{Receipt, Timestamp};
use parcelwatch::stream::{NotifierStage, Stage};

use serde_json::{Value, json};

use super::Simulation;
use crate::channels::{Begun, Handed, Weather};
use crate::instance::Instance;

/// So many in a thousand of the attempts that are kept waiting are met by a scan of their parcel.
const MET_BY_A_SCAN: u64 = 500;

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
        let weather = match () {
            () if now < self.foul_until.get() => Weather::Foul,
            () if self.troubled_now.get() && !self.plan.troubles.is_empty() => Weather::Fair,
            () => Weather::Calm,
        };
        let instances = self.instances.borrow().clone();
        for instance in instances.iter().filter(|instance| !instance.gone.get()) {
            if self.cluster.is_paused(&instance.name) || instance.process.is_crashed() {
                continue;
            }
            let handed = self.dice(|dice| instance.channels.handed(now, weather, dice));
            for handed in &handed {
                self.say(|| format!("{handed:?}"));
                self.claimed_in_time(handed);
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

    /// *claimed_in_time*: what is claimed can still be attempted. Notifiers claim while their time is close to the wall clock's, and give it
    /// the whole window (`notify.claim_window`), or up to the notice's own end.
    fn claimed_in_time(&self, handed: &Handed) {
        let mut told = self.told.borrow_mut();
        told.read(self.cluster.committed(&self.topic("notices.v1")));
        let Some(issued) = told.of(&handed.notice_id).cloned() else { return };
        if handed.deadline < handed.since && issued.expires.is_none_or(|expires| handed.deadline < expires) {
            self.found.borrow_mut().add("claimed_in_time", format!("{handed:?}, {issued:?}"));
        }
        if handed.waits && self.dice(|dice| dice.permille(MET_BY_A_SCAN)) {
            self.meet(&issued.parcel_id);
        }
    }

    /// While an attempt waits, a scan of its parcel comes: the one that was to come next, or that it is delivered.
    fn meet(&self, parcel_id: &str) {
        let records = self.history.records.get(self.next_record.get()..).unwrap_or_default();
        let next = records.iter().find(|record| record.1 == "scans.v1" && record.2 == parcel_id);
        let planned = next.and_then(|record| serde_json::from_str::<Value>(&record.3).ok()).filter(Value::is_object);
        let mut scan = planned.unwrap_or_else(|| json!({ "parcel_id": parcel_id, "code": "delivered" }));
        let now = Timestamp::from_millis(self.cluster.broker_ms());
        (scan["event_time"], scan["upload_time"]) = (json!(now), json!(now));
        let value = scan.to_string();
        let place = self.cluster.append(&self.topic("scans.v1"), parcel_id.as_bytes(), Some(value.as_bytes()), 0);
        self.say(|| format!("scans.v1 {place:?} meets an attempt: {value}"));
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
