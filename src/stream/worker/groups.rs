//! What the group asks: partitions come, are restored and become active one by one; partitions go.

use std::time::Duration;

use super::{Held, Worker, WorkerError};
use crate::model::World;
use crate::state::Machine;
use crate::stream::brokers::{Asked, Brokers, Membership, Reader, WriteError};
use crate::stream::options::From;
use crate::stream::partition::Partition;
use crate::stream::restore::{Begins, CannotResume, Check, Progress, Restoring, Tell, begins, input_is_there};
use crate::stream::shared::{Shared, Standing};
use crate::stream::stage::Stage;

/// How long the group's committed offsets may take; they wait for pending transactions, and meanwhile the
/// worker's other partitions wait. Asked again in the next turn.
const COMMITTED_TIMEOUT: Duration = Duration::from_secs(1);

impl<S: Stage, K: Brokers> Worker<S, K> {
    pub(super) fn serve_group(&mut self) -> Result<(), WorkerError> {
        for asked in self.membership.poll()? {
            match &asked {
                Asked::Assign(partitions) => self.take(partitions)?,
                Asked::Revoke(partitions) => self.let_go(partitions)?,
            }
            self.membership.answer(&asked)?;
            self.shared.joined(S::NAME, self.slot, true);
            self.shared.metrics.rebalanced(S::NAME);
        }
        Ok(())
    }

    /// Begins to restore these partitions.
    pub(super) fn take(&mut self, partitions: &[i32]) -> Result<(), WorkerError> {
        let topic = self.state_topic.clone();
        let places = || partitions.iter().map(|partition| (topic.as_str(), *partition));
        let new = || places().filter(|(_, partition)| !self.held.contains_key(partition));
        if new().next().is_none() {
            return Ok(());
        }
        if let Some(grown) = partitions.iter().find(|partition| **partition >= self.partition_count) {
            // Its state would be read as a first start. How many there are now only a worker that is built anew asks, and stops.
            let (topic, known) = (&self.inputs[S::MAIN], self.partition_count);
            return Err(WorkerError::Rebuild(format!("{topic} [{grown}] was assigned, and had {known} partitions")));
        }
        // Asked after the assignment, so that no earlier owner can add to what we are about to read.
        let (begins, ends) = (self.reader.beginnings(new())?, self.reader.ends(new())?);
        let mut spans = Vec::new();
        for place in new() {
            let (Some(begin), Some(end)) = (begins.of(place), ends.of(place)) else {
                let (topic, partition) = place;
                return Err(WorkerError::Rebuild(format!("{topic} [{partition}]: the broker does not tell its span")));
            };
            spans.push((place.1, begin, end));
        }
        tracing::info!(stage = S::NAME, ?partitions, "assigned, restoring");
        for (partition, begin, end) in spans {
            self.reader.assign([((topic.as_str(), partition), begin)])?;
            self.held
                .insert(partition, Held::Restoring(Box::new(Restoring::new(begin, end, self.shared.clock.boot()))));
            self.shared.stands(S::NAME, partition, Standing::Restoring(Progress::default()), &self.questions.0);
            self.shared.metrics.partition(S::NAME, partition, false);
        }
        Ok(())
    }

    fn let_go(&mut self, partitions: &[i32]) -> Result<(), WorkerError> {
        if self.membership.lost() {
            tracing::warn!(stage = S::NAME, ?partitions, "assignment lost: another member may own it already");
            self.abort(WriteError::Abort("the assignment was lost".to_owned()))?;
        } else {
            self.commit()?;
        }
        for partition in partitions {
            match self.held.remove(partition) {
                Some(Held::Restoring(_)) => self.reader.unassign([(self.state_topic.as_str(), *partition)])?,
                Some(Held::Active(_)) => {
                    self.reader.unassign(self.inputs.iter().map(|topic| (topic.as_str(), *partition)))?;
                }
                None => continue,
            }
            self.left(*partition);
        }
        if !partitions.is_empty() {
            tracing::info!(stage = S::NAME, ?partitions, "let go");
        }
        Ok(())
    }

    /// Activates the partitions whose state log was read to its end.
    pub(super) fn advance_restores(&mut self) -> Result<(), WorkerError> {
        let Some(world) = self.shared.worlds.get() else { return Ok(()) };
        let restoring = |held: &Held<S>| matches!(held, Held::Restoring(_));
        if !self.held.values().any(restoring) {
            return Ok(());
        }
        let (positions, now) = (self.reader.positions()?, self.shared.clock.boot());
        let (mut complete, mut stuck) = (Vec::new(), Vec::new());
        for (partition, held) in &mut self.held {
            let Held::Restoring(restoring) = held else { continue };
            let position = positions.of((&self.state_topic, *partition)).unwrap_or(restoring.begins);
            if restoring.stands_still_at(position, now) {
                let (topic, partition, end) = (self.state_topic.clone(), *partition, restoring.end);
                stuck.push((partition, CannotResume::StandsStill { topic, partition, position, end }));
                continue;
            }
            tell_progress::<S>(&self.shared, *partition, restoring.tell(now));
            if restoring.complete {
                complete.push(*partition);
            }
        }
        self.begin_anew(stuck)?;
        if complete.is_empty() {
            return Ok(());
        }
        let committed = match self.membership.committed(&self.inputs[S::MAIN], &complete, COMMITTED_TIMEOUT) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::info!(stage = S::NAME, %error, "the group's offsets are not stable yet");
                return Ok(());
            }
        };
        for partition in complete {
            let offset = match committed.get(&partition) {
                Some(Ok(offset)) => *offset,
                Some(Err(error)) => {
                    // No answer is not the answer that there is none: asked again in the next turn.
                    tracing::info!(stage = S::NAME, partition, %error, "the group's offset is not told");
                    continue;
                }
                None => continue,
            };
            self.activate(partition, offset, &world)?;
        }
        // A first start commits where it began before it applies anything.
        self.commit()
    }

    /// Restores that stand still: it may pass, when somebody's transaction is aborted or another consumer is made.
    fn begin_anew(&mut self, stuck: Vec<(i32, CannotResume)>) -> Result<(), WorkerError> {
        let partitions: Vec<i32> = stuck.iter().map(|(partition, _)| *partition).collect();
        for (partition, error) in stuck {
            if self.active().next().is_none() {
                return Err(WorkerError::Rebuild(error.to_string()));
            }
            // The partitions that decide show that the consumer is well, and are to go on.
            tracing::warn!(stage = S::NAME, partition, %error, "the restore is begun anew");
        }
        self.restore_anew(&partitions)
    }

    fn restore_anew(&mut self, partitions: &[i32]) -> Result<(), WorkerError> {
        for partition in partitions {
            self.held.remove(partition);
            self.reader.unassign([(self.state_topic.as_str(), *partition)])?;
        }
        self.take(partitions)
    }

    /// What was to be read next of some state log is gone: its former owner's last cut came after we had asked where it begins. It is
    /// read from where it begins now; whether that is too late is seen at its end. False where none is short of its beginning.
    pub(super) fn restore_what_was_cut(&mut self) -> Result<bool, WorkerError> {
        let restoring = self.held.iter().filter_map(|(partition, held)| match held {
            Held::Restoring(restoring) => Some((*partition, restoring.begins)),
            Held::Active(_) => None,
        });
        let restoring: Vec<(i32, i64)> = restoring.collect();
        if restoring.is_empty() {
            return Ok(false);
        }
        let place = |partition| (self.state_topic.as_str(), partition);
        let begins = self.reader.beginnings(restoring.iter().map(|(partition, _)| place(*partition)))?;
        let positions = self.reader.positions()?;
        let is_cut = |(partition, began): &(i32, i64)| {
            let position = positions.of(place(*partition)).unwrap_or(*began);
            begins.of(place(*partition)).is_some_and(|begins| begins > position)
        };
        let cut: Vec<i32> = restoring.into_iter().filter(is_cut).map(|(partition, _)| partition).collect();
        if !cut.is_empty() {
            tracing::info!(stage = S::NAME, partitions = ?cut, "state logs were cut while they were read: begun anew");
            self.restore_anew(&cut)?;
        }
        Ok(!cut.is_empty())
    }

    fn activate(&mut self, partition: i32, group_offset: Option<i64>, world: &World) -> Result<(), WorkerError> {
        let Some(Held::Restoring(mut restoring)) = self.held.remove(&partition) else { return Ok(()) };
        let options = &self.shared.options;
        let check = Check {
            state_topic: &self.state_topic,
            main_topic: &self.inputs[S::MAIN],
            group: &self.group,
            partition,
            partitions: self.partition_count,
        };
        let saved = match restoring.checked(&check, group_offset, options) {
            Ok(saved) => saved.cloned(),
            // A process that stood still since it read the log compares it with the offset that its successor has committed meanwhile.
            Err(_) if self.log_has_grown(partition, restoring.end)? => {
                let topic = &self.state_topic;
                return Err(WorkerError::Rebuild(format!("{topic} [{partition}]: written to while it was restored")));
            }
            Err(error) => return Err(error.into()),
        };
        let first = self.first_offsets(partition, saved.as_ref())?;
        if let Some(saved) = &saved {
            self.inputs_are_there(partition, saved)?;
        }
        if let Some(before) =
            saved.as_ref().map(|saved| saved.walk.complete_from).filter(|from| *from > restoring.begins)
        {
            // Whoever completed that walk did not come to cut the log, and the next one is complete in days.
            let _ = self.shared.trim.send((self.state_topic.clone(), partition, before));
        }
        restoring.machine.restored(world);
        let (log, meta) = restoring.resume(first, self.partition_count, S::fingerprint(world));
        let took = self.shared.clock.boot().saturating_sub(restoring.began);
        self.shared.metrics.restored(S::NAME, took, restoring.entries);
        tracing::info!(
            stage = S::NAME,
            partition,
            entries = restoring.entries,
            took_ms = took.as_millis() as u64,
            stream_time = saved.as_ref().map(|meta| meta.stream_time.to_string()),
            "restored"
        );
        self.reader.unassign([(self.state_topic.as_str(), partition)])?;
        let now = self.shared.clock.now();
        let active = Partition::<S>::new(partition, restoring.machine, meta, log, now, world, options);
        let offsets = self.inputs.iter().map(|topic| (topic.as_str(), partition)).zip(active.offsets().iter().copied());
        self.reader.assign(offsets)?;
        self.held.insert(partition, Held::Active(Box::new(active)));
        self.dirty_since.get_or_insert_with(|| self.shared.clock.boot());
        self.shared.stands(S::NAME, partition, Standing::Active, &self.questions.0);
        self.shared.metrics.partition(S::NAME, partition, true);
        Ok(())
    }

    /// Reading would find out as well, but not which of both it is.
    fn inputs_are_there(&self, partition: i32, saved: &crate::state::Meta) -> Result<(), WorkerError> {
        if self.shared.options.simulated_brokers {
            return Ok(());
        }
        let places = || self.inputs.iter().map(|topic| (topic.as_str(), partition));
        let (begins, ends) = (self.reader.beginnings(places())?, self.reader.ends(places())?);
        for (name, place) in S::INPUTS.iter().zip(places()) {
            if let (Some(offset), Some(begins), Some(end)) = (saved.offset(name), begins.of(place), ends.of(place)) {
                input_is_there(place, &self.group, offset, (begins, end))?;
            }
        }
        Ok(())
    }

    /// Whether the state log ends later than when its restore began; asked after the group's offset, before which everything
    /// was written that belongs to it.
    fn log_has_grown(&self, partition: i32, end: i64) -> Result<bool, WorkerError> {
        let place = (self.state_topic.as_str(), partition);
        Ok(self.reader.ends([place])?.of(place).is_none_or(|now| now > end))
    }

    /// Where to go on in each input.
    fn first_offsets(&self, partition: i32, saved: Option<&crate::state::Meta>) -> Result<Vec<i64>, WorkerError> {
        let mut offsets = Vec::new();
        for (name, topic) in S::INPUTS.iter().zip(&self.inputs) {
            let place = (topic.as_str(), partition);
            let found = match begins::<S>(name, saved, &self.shared.options) {
                Begins::At(offset) => Some(offset),
                Begins::From(From::Earliest) => self.reader.beginnings([place])?.of(place),
                Begins::From(From::Latest) => self.reader.ends([place])?.of(place),
                Begins::From(From::Time(time)) => {
                    // Asked before: what is written between the two questions is not to be skipped.
                    let end = self.reader.ends([place])?.of(place);
                    let found = self.reader.at_time([place], time.as_millis())?;
                    if found.is_after_all(place) { end } else { found.of(place) }
                }
            };
            offsets.push(found.ok_or_else(|| {
                WorkerError::Rebuild(format!("{topic} [{partition}]: the broker does not tell where it begins"))
            })?);
        }
        Ok(offsets)
    }
}

fn tell_progress<S: Stage>(shared: &Shared, partition: i32, tell: Tell) {
    let progress = match tell {
        Tell::Nobody => return,
        Tell::Shown(progress) => progress,
        Tell::Logged(progress) => {
            let Progress { entries, percent, left } = progress;
            let left_s = left.map(|left| left.as_secs());
            tracing::info!(stage = S::NAME, partition, entries, percent, left_s, "restoring");
            progress
        }
    };
    shared.restores(S::NAME, partition, progress);
    shared.metrics.restore_progress(S::NAME, partition, progress.percent);
}
