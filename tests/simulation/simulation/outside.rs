//! What comes from outside and goes there: records of the courier's systems, attempts at channels, their receipts.

use std::collections::BTreeSet;

use parcelwatch::model::{Receipt, Timestamp};
use parcelwatch::stream::{NotifierStage, Stage};

use serde_json::{Value, json};

use super::Simulation;
use crate::channels::{Begun, Handed, Weather};
use crate::instance::{Instance, Slot, Working};
use crate::oracle::Planned;
use crate::settings::PARTITIONS;

/// What is left of an attempt's time when it is claimed, at least: `notify.claim_window` less `runtime.attempt_within`, by which the notifier's
/// time may be behind the wall clock.
const LEFT_OF_A_CLAIM_MS: i64 = 5_000;

/// Scans of a parcel that comes and goes. Fewer: who attempts while they are behind is not noticed, since nothing is to be attempted.
const COMES_AND_GOES: usize = 8;

/// So many in a thousand of the attempts that are kept waiting are met by a scan of their parcel.
const MET_BY_A_SCAN: u64 = 500;

impl Simulation {
    /// Appends what is due.
    pub(super) fn records(&self) {
        let now = self.now();
        let news: Vec<_> = self.news.borrow_mut().extract_if(.., |news| news.0 <= now).collect();
        for (_, parcel_id, code) in news {
            self.scanned(&parcel_id, json!({ "parcel_id": parcel_id, "code": code }), "is news");
        }
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

    /// *claimed_in_time*: notifiers claim only while their time is close to the wall clock's, so that withdrawals that are written are read
    /// first. What is claimed has a window from that time on (`notify.claim_window`), or until the notice's own end.
    fn claimed_in_time(&self, handed: &Handed) {
        let mut told = self.told.borrow_mut();
        told.read(self.cluster.committed(&self.topic("notices.v1")));
        let Some(issued) = told.of(&handed.notice_id).cloned() else { return };
        if handed.deadline < handed.since + LEFT_OF_A_CLAIM_MS
            && issued.expires.is_none_or(|expires| handed.deadline < expires)
        {
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
        let scan = planned.unwrap_or_else(|| json!({ "parcel_id": parcel_id, "code": "delivered" }));
        self.scanned(parcel_id, scan, "meets an attempt");
    }

    /// A parcel that is announced and still scanned is attempted in vain and goes out again, in turn, until then: each attempt is told, and withdrawn
    /// by the next scan. Whoever is behind finds both in the log.
    pub(super) fn comes_and_goes(&self, until: i64) {
        let (past, coming) = self.history.records.split_at(self.next_record.get());
        // What cannot be read has a key of its own.
        let is_parcel = |key: &str| !key.starts_with("rubbish");
        let of = |records: &[Planned], topic| -> BTreeSet<String> {
            records
                .iter()
                .filter(|record| record.1 == topic && is_parcel(&record.2))
                .map(|record| record.2.clone())
                .collect()
        };
        let parcels: Vec<String> = of(past, "shipments.v1").intersection(&of(coming, "scans.v1")).cloned().collect();
        let Some(parcel_id) = parcels.get(self.dice(|dice| dice.below(parcels.len() as i64)) as usize) else { return };
        let mut at: Vec<i64> = (0..COMES_AND_GOES).map(|_| self.dice(|dice| dice.between(self.now(), until))).collect();
        at.sort_unstable();
        let codes = ["attempt_failed", "out_for_delivery"].into_iter().cycle();
        self.news.borrow_mut().extend(at.into_iter().zip(codes).map(|(at, code)| (at, parcel_id.clone(), code)));
    }

    fn scanned(&self, parcel_id: &str, mut scan: Value, why: &str) {
        let now = Timestamp::from_millis(self.cluster.broker_ms());
        (scan["event_time"], scan["upload_time"]) = (json!(now), json!(now));
        let value = scan.to_string();
        let place = self.cluster.append(&self.topic("scans.v1"), parcel_id.as_bytes(), Some(value.as_bytes()), 0);
        self.say(|| format!("scans.v1 {place:?} {why}: {value}"));
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

    /// A worker has had its turn: how far it has read notices.
    pub(super) fn note_read(&self, instance: &Instance, slot: &Slot) {
        if slot.stage != NotifierStage::NAME {
            return;
        }
        let (mut worker, mut read) = (slot.worker.borrow_mut(), self.read.borrow_mut());
        for number in 0..PARTITIONS {
            let partition = match &mut *worker {
                Some(Working::Notifier(worker)) => worker.partition(number),
                _ => None,
            };
            let offset = partition.map(|partition| partition.applied(NotifierStage::MAIN));
            read.note((instance.name.clone(), slot.number, number), offset);
        }
    }

    /// *withdrawal_read*: nothing begins at an instance whose notifier has read that it is withdrawn, committed or not.
    pub(super) fn owner_knows(&self, begun: &Begun) {
        let mut withdrawals = self.withdrawals.borrow_mut();
        withdrawals.read(self.cluster.committed(&self.topic("notices.v1")));
        let Some((partition, offset, time)) = withdrawals.of(&begun.notice_id) else { return };
        if self.read.borrow().has(&begun.instance, (partition, offset)) {
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
