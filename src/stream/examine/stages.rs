//! A stage's partitions: the same reading and the same checks as before a partition decides, of every partition and whoever
//! owns it.

use std::collections::HashMap;
use std::time::Duration;

use super::cluster::{Cluster, Told};
use super::finding::Finding;
use super::{ExamineError, Found, Patient};
use crate::state::Meta;
use crate::stream::brokers::{Brokers, Reader};
use crate::stream::clock::Clock;
use crate::stream::inspect::{InspectError, read_log};
use crate::stream::kafka::Kafka;
use crate::stream::options::Options;
use crate::stream::restore::{CannotResume, Check, STANDS_STILL_AFTER, input_is_there};
use crate::stream::stage::Stage;
use crate::stream::topics::Topics;

/// A stage under examination.
struct Examined<'a, S: Stage> {
    options: &'a Options,
    clock: &'a Clock,
    cluster: &'a Cluster<'a>,
    topics: &'a Topics,
    group: String,
    count: i32,
    /// The state logs' ends when they were asked for first, and when that was.
    ends: Told,
    asked: Duration,
    /// The group's offsets at that time.
    before: HashMap<i32, i64>,
    stage: std::marker::PhantomData<S>,
}

/// Looks at every partition of a stage.
pub fn look<S: Stage>(
    Patient { options, clock, .. }: &Patient<'_>,
    cluster: &Cluster<'_>,
    topics: &Topics,
    found: Found<'_>,
) -> Result<(), ExamineError> {
    let count = match topics.co_partitioned::<S>() {
        Ok(count) => count,
        Err(error) => {
            found(Finding::error("partition_counts", S::NAME, &error));
            return Ok(());
        }
    };
    let state = topics.name(S::STATE);
    let logs: Vec<(String, i32)> = (0..count).map(|partition| (state.to_owned(), partition)).collect();
    let (ends, group) = (cluster.ends(&logs)?, options.group_of(S::NAME));
    let is_used = ends.values().any(|end| end.is_some_and(|end| end > 0));
    let asked = clock.boot();
    let Some(before) = committed::<S>(cluster, topics, &group, (count, is_used), found)? else { return Ok(()) };
    let examined = Examined::<S> {
        options,
        clock,
        cluster,
        topics,
        group,
        count,
        ends,
        asked,
        before,
        stage: std::marker::PhantomData,
    };
    examined.partitions(found)
}

/// The group's offsets of the main input; none where brokers that answer do not tell them, which is said.
fn committed<S: Stage>(
    cluster: &Cluster<'_>,
    topics: &Topics,
    group: &str,
    (count, is_used): (i32, bool),
    found: Found<'_>,
) -> Result<Option<HashMap<i32, i64>>, ExamineError> {
    match cluster.committed(group, topics.name(S::INPUTS[S::MAIN]), count, is_used) {
        Ok(offsets) => Ok(Some(offsets)),
        Err(error) => {
            // Brokers that answer nothing at all are no finding about the group.
            cluster.answers()?;
            found(Finding::problem(
                "group_offsets",
                group,
                format!("expected the group's committed offsets, found: {error}"),
                "offsets that a transaction has pending are told when it ends: if this goes on, look for one that was left \
                 open (kafka-transactions.sh find-hanging) and abort it",
            ));
            Ok(None)
        }
    }
}

/// What a partition has to go on with.
enum Start {
    /// Where this says.
    Saved(Meta),
    /// Nothing was ever saved or committed.
    Nothing,
    /// It cannot: that was said.
    Broken,
}

impl<S: Stage> Examined<'_, S> {
    fn partitions(&self, found: Found<'_>) -> Result<(), ExamineError> {
        let mut fresh = Vec::new();
        let state = self.topics.name(S::STATE).to_owned();
        // Without a group's offsets there is nothing that a reader could meet, and none is made.
        let reader = match self.ends.values().any(|end| end.is_some_and(|end| end > 0)) {
            true => {
                let kafka = Kafka::new(self.options.clone(), self.clock.clone());
                Some(kafka.reader(&self.options.group_of("inspect"), &[state])?)
            }
            false => None,
        };
        for partition in 0..self.count {
            let start = match &reader {
                Some(reader) => self.partition(reader, partition, found)?,
                None if self.before.contains_key(&partition) => {
                    found(self.missing(partition));
                    Start::Broken
                }
                None => Start::Nothing,
            };
            match start {
                Start::Saved(meta) => self.inputs(partition, &meta, found)?,
                Start::Nothing => fresh.push(partition),
                Start::Broken => {}
            }
        }
        self.say_fresh(&fresh, found);
        Ok(())
    }

    fn place(partition: i32) -> String {
        format!("{} {partition}", S::NAME)
    }

    fn missing(&self, partition: i32) -> Finding {
        let (topic, group) = (self.topics.name(S::STATE).to_owned(), self.group.clone());
        let offset = self.before.get(&partition).copied().unwrap_or_default();
        let error = CannotResume::StateMissing { topic, partition, group, offset };
        Finding::error(error.name(), Self::place(partition), &error)
    }

    fn broken(place: &str, error: &CannotResume, found: Found<'_>) -> Start {
        found(Finding::error(error.name(), place, error));
        Start::Broken
    }

    /// Reads the log and checks it against the group, as a restore does.
    fn partition(&self, reader: &impl Reader, partition: i32, found: Found<'_>) -> Result<Start, ExamineError> {
        let (topic, place) = (self.topics.name(S::STATE), Self::place(partition));
        if let Some(error) = self.stands_still(partition)? {
            return Ok(Self::broken(&place, &error, found));
        }
        let read = match read_log::<S>(reader, self.clock, topic, partition) {
            Ok(read) => read,
            Err(InspectError::Unreadable(error)) => return Ok(Self::broken(&place, &error, found)),
            Err(error) => return Err(error.into()),
        };
        let main_topic = self.topics.name(S::INPUTS[S::MAIN]);
        let now = match committed::<S>(self.cluster, self.topics, &self.group, (self.count, true), found)? {
            Some(now) => now,
            None => return Ok(Start::Broken),
        };
        let saved = read.log.meta().and_then(|meta| meta.offset(S::INPUTS[S::MAIN]));
        let group_offset = at_once((self.before.get(&partition).copied(), now.get(&partition).copied()), saved);
        let (group, partitions) = (self.group.as_str(), self.count);
        let check = Check { state_topic: topic, main_topic, group, partition, partitions };
        match read.log.checked(&check, group_offset, self.options) {
            Ok(None) | Err(CannotResume::WhereToBegin { .. }) => Ok(Start::Nothing),
            Err(error) => Ok(Self::broken(&place, &error, found)),
            Ok(Some(meta)) => {
                let text = format!(
                    "state and offsets agree: stream time {}, {} entries from offset {} to {}",
                    meta.stream_time, read.log.entries, read.log.begins, read.log.end
                );
                found(Finding::ok("state", place, text));
                Ok(Start::Saved(meta.clone()))
            }
        }
    }

    /// Whether a transaction has held the log's committed end back ever since its end was asked for, for longer than a restore
    /// would wait. The first log like that is waited for, the others have been waited for then.
    fn stands_still(&self, partition: i32) -> Result<Option<CannotResume>, ExamineError> {
        let place = (self.topics.name(S::STATE).to_owned(), partition);
        let Some(end) = self.ends.get(&place).copied().flatten() else { return Ok(None) };
        if self.clock.boot().saturating_sub(self.asked) <= STANDS_STILL_AFTER {
            return Ok(None);
        }
        let stable = self.cluster.stable_ends(std::slice::from_ref(&place))?.get(&place).copied().flatten();
        let held_back = stable.filter(|stable| *stable < end);
        Ok(held_back.map(|position| CannotResume::StandsStill { topic: place.0, partition, position, end }))
    }

    /// Whether every input still has what the state goes on with.
    fn inputs(&self, partition: i32, meta: &Meta, found: Found<'_>) -> Result<(), ExamineError> {
        let places: Vec<(String, i32)> =
            S::INPUTS.iter().map(|input| (self.topics.name(input).to_owned(), partition)).collect();
        let (begins, ends) = (self.cluster.beginnings(&places)?, self.cluster.ends(&places)?);
        for (input, place) in S::INPUTS.iter().zip(&places) {
            let span = (begins.get(place).copied().flatten(), ends.get(place).copied().flatten());
            let (Some(offset), (Some(begins), Some(end))) = (meta.offset(input), span) else { continue };
            if let Err(error) = input_is_there((&place.0, partition), &self.group, offset, (begins, end)) {
                found(Finding::error(error.name(), Self::place(partition), &error));
            }
        }
        Ok(())
    }

    fn say_fresh(&self, fresh: &[i32], found: Found<'_>) {
        if fresh.is_empty() {
            return;
        }
        if fresh.len() == self.count as usize {
            let how = if S::ASKS_FROM { "; that needs --from, to say where to begin" } else { "" };
            let text = format!("neither state nor offsets of the group {}: a very first start{how}", self.group);
            return found(Finding::ok("first_start", S::NAME, text));
        }
        found(Finding::warning(
            "first_start",
            S::NAME,
            format!("partitions {fresh:?} have neither state nor offsets, the others have"),
            "as after a first start that ended early: the next start needs --from and begins there in these partitions. If they \
             did have state, restore the state log and the group's offsets first",
        ));
    }
}

/// The group's offset at the time at which the state was read: it was asked for before and after that, and instances may run.
/// Where what was saved lies between, it moved along.
fn at_once((before, after): (Option<i64>, Option<i64>), saved: Option<i64>) -> Option<i64> {
    match (before, after, saved) {
        (before, Some(after), Some(saved))
            if before.unwrap_or(saved) <= saved && saved <= after && before != Some(after) =>
        {
            Some(saved)
        }
        _ => after,
    }
}

#[cfg(test)]
mod tests {
    use super::at_once;

    #[test]
    fn a_group_that_moves_is_compared_with_what_it_was_when_the_state_was_read() {
        for (before, after, saved, found) in [
            (Some(7), Some(7), Some(7), Some(7)),
            (Some(7), Some(7), Some(9), Some(7)),
            (Some(7), Some(12), Some(9), Some(9)),
            (Some(7), Some(12), Some(13), Some(12)),
            (None, Some(12), Some(9), Some(9)),
            (None, None, Some(9), None),
            (Some(7), Some(12), None, Some(12)),
        ] {
            assert_eq!(at_once((before, after), saved), found, "{before:?} {after:?} {saved:?}");
        }
    }
}
