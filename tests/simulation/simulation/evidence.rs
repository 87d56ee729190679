//! What is held against the invariants: what live workers hold while they run, and what is written in the end.

use parcelwatch::stream::{NotifierStage, Stage, TrackerStage, Worker};

use super::Simulation;
use crate::brokers::Instance as Process;
use crate::instance::{Instance, Slot, Working};
use crate::invariants::state::StateLog;
use crate::invariants::{Evidence, Written};
use crate::settings::PARTITIONS;

impl Simulation {
    /// Compares what a worker holds with what is saved, now and then.
    pub(super) fn look_into(&self, instance: &Instance, slot: &Slot, every: i64) {
        match &mut *slot.worker.borrow_mut() {
            Some(Working::Tracker(worker)) => self.compare(instance, worker, every),
            Some(Working::Notifier(worker)) => self.compare(instance, worker, every),
            None => {}
        }
    }

    pub(super) fn compare<S: Stage>(&self, instance: &Instance, worker: &mut Worker<S, Process>, every: i64) {
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
            self.saved.borrow_mut().check(partition, &log, &world, &mut self.found.borrow_mut());
        }
    }

    /// Records of an input, as of the time that they were taken to be of.
    fn read(&self, topic: &str) -> Vec<Written> {
        self.written(topic).into_iter().map(|record| Written { time: record.read, ..record }).collect()
    }

    pub(super) fn written(&self, topic: &str) -> Vec<Written> {
        let written = |seen: crate::brokers::Seen| Written {
            read: self.cluster.read_at(&self.topic(topic), &seen),
            key: String::from_utf8_lossy(seen.key.as_deref().unwrap_or_default()).into_owned(),
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
    pub(super) fn evidence(&self, until: i64) -> Evidence {
        let mut notices = self.written("notices.v1");
        notices.sort_by_key(|notice| (notice.time, notice.partition, notice.offset));
        Evidence {
            until: until + self.history.start,
            inputs: ["shipments.v1", "scans.v1", "reroutes.v1"].map(|topic| self.read(topic)).concat(),
            conditions: self.written("conditions.v1"),
            notices,
            deliveries: self.written("deliveries.v1"),
            rejects: self.written("rejects.v1"),
            preferences: self.written("preferences.v1"),
            ends: self.ends.borrow().clone(),
            well: self.well(until),
        }
    }

    /// What has not come to its end.
    pub(super) fn waits_for(&self, evidence: &Evidence) -> Option<String> {
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
}
