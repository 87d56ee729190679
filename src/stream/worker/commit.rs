//! What is decided becomes records; a transaction is committed or put back.

use std::sync::Arc;
use std::time::Duration;

use super::{AfterCommit, Held, Worker, WorkerError};
use crate::model::{Attempt, Effect, Notice};
use crate::state::Meta;
use crate::stream::brokers::{Brokers, Membership, NewRecord, Offsets, Place, Reader, WriteError, Writer};
use crate::stream::partition::Output;
use crate::stream::partitioner;
use crate::stream::reject::Headers;
use crate::stream::stage::Stage;
use crate::time::Backlog;

/// A transaction that holds so much is committed before its time. More: what undoes it, and what its commit sets off, takes memory
/// beside it. Less: a worker that catches up commits more often than the brokers like.
const TRANSACTION_MAX: Backlog = Backlog { records: TRANSACTION_RECORDS_MAX, bytes: TRANSACTION_BYTES_MAX };
const TRANSACTION_RECORDS_MAX: usize = 50_000;
const TRANSACTION_BYTES_MAX: usize = 16 << 20;

impl<S: Stage, K: Brokers> Worker<S, K> {
    /// The one place where effects are performed: records go into the transaction, the rest waits for its commit, but for
    /// withdrawals. What they follow from is committed, whatever becomes of this transaction, and attempts begin meanwhile.
    pub(super) fn write(&mut self, output: Output) -> Result<(), WriteError> {
        for effect in &output.effects {
            if let Effect::Cancel(notice) = effect {
                self.shared.outbox.cancel(notice);
            }
        }
        let (mut texts, shared) = (Headers::default(), Arc::clone(&self.shared));
        for rejected in output.rejects {
            let headers = rejected.headers(shared.topics.name(S::INPUTS[rejected.input]), &mut texts);
            // In the order in which they came, and in as few batches as there are inputs: a flood would have a small one for
            // each partition of its own.
            let partition = rejected.partition % shared.topics.partitions("rejects.v1");
            self.produce_to("rejects.v1", partition, rejected.key.as_deref(), rejected.value.as_deref(), &headers)?;
            *self.after.rejects.entry((rejected.input, rejected.reject.reason)).or_default() += 1;
        }
        for effect in output.effects {
            match effect {
                Effect::Condition(change) => {
                    let value = json(&change);
                    self.produce("conditions.v1", Some(change.parcel_id.as_bytes()), Some(&value), &[])?;
                }
                Effect::Notice { key, notice } => {
                    if let Notice::Issued(issued) = &notice {
                        self.after.noticed.push(issued.at);
                    }
                    self.produce("notices.v1", Some(key.as_str().as_bytes()), Some(&json(&notice)), &[])?;
                }
                Effect::Delivery(delivery) => {
                    let key = delivery.recipient_key.as_str().to_owned();
                    self.produce("deliveries.v1", Some(key.as_bytes()), Some(&json(&delivery)), &[])?;
                }
                Effect::WorkOrder(order) => {
                    self.produce("work-orders.v1", Some(order.id.as_bytes()), Some(&json(&order)), &[])?;
                }
                Effect::Preference(preference) => {
                    let key = preference.recipient_key.as_str().as_bytes();
                    self.produce("preferences.v1", Some(key), Some(&json(&preference)), &[])?;
                }
                Effect::Attempt(attempt) => self.after.attempts.push(*attempt),
                Effect::Cancel(notice) => drop(self.after.withdrawn.insert(notice)),
                Effect::Count(count) => self.after.counts.push(count),
            }
        }
        Ok(())
    }

    fn produce(
        &mut self,
        topic: &'static str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, &str)],
    ) -> Result<(), WriteError> {
        let partition = partitioner::partition(key.unwrap_or_default(), self.shared.topics.partitions(topic));
        self.produce_to(topic, partition, key, value, headers)
    }

    fn produce_to(
        &mut self,
        topic: &'static str,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, &str)],
    ) -> Result<(), WriteError> {
        self.wrote.add(key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len));
        let topic = self.shared.topics.name(topic);
        self.writer.produce(NewRecord { topic, partition, key, value, headers })
    }

    /// How long the open transaction may still collect; for ever where there is nothing to commit.
    pub(super) fn until_commit(&self) -> Duration {
        let every = self.shared.options.commit_every;
        self.dirty_since
            .map_or(Duration::MAX, |since| every.saturating_sub(self.shared.clock.boot().saturating_sub(since)))
    }

    pub(super) fn commit_when_due(&mut self) -> Result<(), WorkerError> {
        let now = self.shared.clock.boot();
        if now.saturating_sub(self.time_saved) >= self.shared.options.save_time_every {
            self.time_saved = now;
            self.active_mut().for_each(|partition| partition.save_time());
            self.mark_dirty();
        }
        match self.dirty_since {
            Some(since) if now.saturating_sub(since) >= self.shared.options.commit_every => self.commit(),
            Some(_) if self.wrote.exceeds(TRANSACTION_MAX) => self.commit(),
            _ => Ok(()),
        }
    }

    /// Commits what there is, or puts it back where that fails in a way that another try can mend.
    pub(super) fn commit(&mut self) -> Result<(), WorkerError> {
        if self.dirty_since.is_none() && !self.writer.is_open() {
            return Ok(());
        }
        let began = self.shared.clock.boot();
        match self.try_commit() {
            Ok(metas) => {
                self.shared.metrics.committed(S::NAME, self.shared.clock.boot().saturating_sub(began));
                let wrote = std::mem::take(&mut self.wrote);
                self.shared.metrics.wrote(S::NAME, wrote.records, wrote.bytes);
                self.dirty_since = None;
                self.committed(metas);
                Ok(())
            }
            Err(error) => self.abort(error),
        }
    }

    fn try_commit(&mut self) -> Result<Vec<Meta>, WriteError> {
        let ends = self.state_log_ends();
        let (mut offsets, mut metas) = (Vec::<(Place<'_>, i64)>::new(), Vec::new());
        for held in self.held.values_mut() {
            let Held::Active(partition) = held else { continue };
            if !partition.is_dirty() {
                continue;
            }
            let number = partition.number;
            let end = ends.as_ref().and_then(|ends| ends.of((&self.state_topic, number)));
            let (blocks, meta) = partition.blocks(&self.transactional_id, end);
            for block in blocks {
                self.wrote.add(block.len());
                let (topic, value) = (self.state_topic.as_str(), Some(block.as_slice()));
                self.writer.produce(NewRecord { topic, partition: number, key: None, value, headers: &[] })?;
            }
            let inputs = self.inputs.iter().map(|topic| (topic.as_str(), number));
            offsets.extend(inputs.zip(partition.offsets().iter().copied()));
            metas.push(meta);
        }
        if !self.writer.is_open() {
            return Ok(metas);
        }
        self.writer.flush()?;
        let group = self.membership.group();
        let group = group.ok_or_else(|| WriteError::Abort("this worker is no member of its group now".to_owned()))?;
        self.writer.commit(&offsets, &group)?;
        Ok(metas)
    }

    fn state_log_ends(&self) -> Option<Offsets> {
        let wanting: Vec<i32> =
            self.active().filter(|p| p.is_dirty() && p.wants_end_offset()).map(|p| p.number).collect();
        if wanting.is_empty() {
            return None;
        }
        // Without an answer no walk begins; another transaction asks again.
        self.reader.ends(wanting.iter().map(|number| (self.state_topic.as_str(), *number))).ok()
    }

    fn committed(&mut self, metas: Vec<Meta>) {
        let mut metas = metas.into_iter();
        for held in self.held.values_mut() {
            let Held::Active(partition) = held else { continue };
            if !partition.is_dirty() {
                continue;
            }
            let Some(meta) = metas.next() else { break };
            if let Some(before) = partition.committed(meta) {
                // The receiver lives as long as the instance; at its end there is nothing to trim any more.
                let _ = self.shared.trim.send((self.state_topic.clone(), partition.number, before));
            }
        }
        self.perform();
    }

    /// What had to wait for the commit.
    fn perform(&mut self) {
        let AfterCommit { attempts, withdrawn, counts, rejects, noticed } = std::mem::take(&mut self.after);
        let metrics = &self.shared.metrics;
        counts.iter().for_each(|count| metrics.count(count));
        for ((input, reason), count) in rejects {
            metrics.rejected(S::INPUTS[input], reason, count);
        }
        let now = self.shared.clock.now();
        for at in noticed {
            metrics.scan_to_notice(now.since(at));
        }
        // What was claimed and withdrawn within one transaction must not leave. Nothing is claimed after its withdrawal.
        let is_withdrawn = |attempt: &Attempt| withdrawn.contains(&attempt.notice_id);
        for attempt in attempts {
            if is_withdrawn(&attempt) {
                self.shared.outbox.withdrawn(attempt);
            } else {
                self.shared.outbox.start(attempt);
            }
        }
    }

    /// Puts back everything since the last commit and reads the inputs again from there.
    pub(super) fn abort(&mut self, error: WriteError) -> Result<(), WorkerError> {
        if let WriteError::Fatal(error) = error {
            let open_for =
                self.dirty_since.map_or(Duration::ZERO, |since| self.shared.clock.boot().saturating_sub(since));
            return Err(WorkerError::Rebuild(fencing_hint(error, open_for, self.shared.options.transaction_timeout)));
        }
        tracing::warn!(stage = S::NAME, %error, "the transaction is aborted, its inputs are read again");
        self.shared.metrics.aborted(S::NAME);
        self.writer.abort()?;
        self.after = AfterCommit::default();
        self.wrote = Backlog::default();
        self.dirty_since = None;
        let Some(world) = self.shared.worlds.get() else { return Ok(()) };
        let unsaved: Vec<i32> = self.active().filter(|p| !p.is_saved()).map(|p| p.number).collect();
        for number in &unsaved {
            self.held.remove(number);
            self.reader.unassign(self.inputs.iter().map(|topic| (topic.as_str(), *number)))?;
        }
        self.take(&unsaved)?;
        let inputs = &self.inputs;
        for held in self.held.values_mut() {
            let Held::Active(partition) = held else { continue };
            let number = partition.number;
            partition.aborted(&world);
            self.reader.unassign(inputs.iter().map(|topic| (topic.as_str(), number)))?;
            let places = inputs.iter().map(|topic| (topic.as_str(), number));
            self.reader.assign(places.zip(partition.offsets().iter().copied()))?;
        }
        Ok(())
    }
}

/// A fenced producer either stalled past its transaction's timeout or has a twin: how long the transaction was open says which is
/// likely.
fn fencing_hint(error: String, open_for: Duration, transaction_timeout: Duration) -> String {
    if !error.to_lowercase().contains("fenced") {
        return error;
    }
    if open_for >= transaction_timeout {
        format!(
            "{error}: most likely this worker stalled: its transaction was open for {open_for:.1?}, and \
             runtime.transaction_timeout is {transaction_timeout:?}"
        )
    } else {
        format!(
            "{error}: its transaction was open for {open_for:.1?} only, so most likely another instance runs under the same \
             name (runtime.instance must be unique)"
        )
    }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("our records are made of texts, numbers and lists")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_fenced_hears_whether_it_stalled_or_has_a_twin() {
        let timeout = Duration::from_secs(10);
        let hint = |open_for, error: &str| fencing_hint(error.to_owned(), Duration::from_secs(open_for), timeout);
        assert!(hint(10, "_FENCED: x").contains("this worker stalled"));
        assert!(hint(9, "_FENCED: x").contains("another instance runs under the same name"));
        assert!(hint(99, "INVALID_PRODUCER_EPOCH: fenced").contains("this worker stalled"));
        assert_eq!(hint(99, "SOMETHING: else"), "SOMETHING: else");
    }
}
