//! Fetching: records go to their partitions' inputs or to a restore; end offsets confirm what is empty.

use std::time::Duration;

use super::{ASK_BUSY_EVERY, ASK_IDLE_EVERY, Held, Worker, WorkerError};
use crate::model::Timestamp;
use crate::stream::brokers::{Brokers, ReadError, Reader, Record, Writer};
use crate::stream::clock::Clock;
use crate::stream::partition::Partition;
use crate::stream::partitioner;
use crate::stream::reject::Rejected;
use crate::stream::stage::Stage;
use crate::telemetry::{Metrics, Queue};
use crate::time::{Answer, Backlog, Fetch};

/// How long to wait for a first record when there is nothing else to do; one that comes ends it. Shorter burns an idle
/// machine, longer makes the group and operators wait.
const IDLE_WAIT: Duration = Duration::from_millis(50);

/// How often gauges of partitions are set. End offsets are asked for every few milliseconds while records wait, and
/// setting every gauge each time would cost the path of a scan.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Bytes that may wait in all inputs of a worker, shared evenly among them. More: memory of a worker that has many partitions. Less:
/// inputs of many partitions stutter while they catch up.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// What may wait in each of so many inputs of a worker. At least one record may.
fn share(most: Backlog, inputs: usize) -> Backlog {
    Backlog { bytes: most.bytes.min(WAITING_BYTES_MAX / inputs.max(1)), ..most }
}

impl<S: Stage, K: Brokers> Worker<S, K> {
    pub(super) fn fetch(&mut self) -> Result<(), WorkerError> {
        let busy = self.ask || self.active().any(|p| (0..S::INPUTS.len()).any(|input| p.waiting(input).records > 0));
        let mut wait = if busy { Duration::ZERO } else { IDLE_WAIT.min(self.until_commit()) };
        let most = self.share();
        let mut now = Now::default();
        for _ in 0..self.shared.options.records_per_turn {
            let fetching = Fetching {
                inputs: &self.inputs,
                partition_count: self.partition_count,
                state_topic: &self.state_topic,
                clock: &self.shared.clock,
                most,
            };
            let (held, queries, metrics) = (&mut self.held, self.queries, &self.shared.metrics);
            let take = |record: Record<'_>| fetching.route::<S>(&record, &mut now, held, queries, metrics);
            let Some(polled) = self.reader.poll(wait, take) else {
                break;
            };
            wait = Duration::ZERO;
            match polled {
                Ok(routed) => {
                    if routed? == Room::Full {
                        // It is to be paused before more of it comes.
                        break;
                    }
                }
                Err(ReadError::OffsetGone(_)) if self.restore_what_was_cut()? => break,
                Err(ReadError::OffsetGone(error)) => return Err(self.input_gone(error)),
                Err(ReadError::Passing(error)) => {
                    tracing::debug!(stage = S::NAME, %error, "reading");
                    break;
                }
            }
        }
        self.hold_back()
    }

    fn share(&self) -> Backlog {
        share(self.shared.options.waiting_max, self.held.len() * S::INPUTS.len())
    }

    /// Which input is behind its log's beginning; the client's error does not say.
    fn input_gone(&self, error: String) -> WorkerError {
        for partition in self.active() {
            for (input, topic) in self.inputs.iter().enumerate() {
                let place = (topic.as_str(), partition.number);
                let offset = partition.offsets()[input];
                let begins = self.reader.beginnings([place]).ok().and_then(|begins| begins.of(place));
                let ends = self.reader.ends([place]).ok().and_then(|ends| ends.of(place));
                if begins.is_some_and(|begins| begins > offset) || ends.is_some_and(|end| end < offset) {
                    let (topic, partition) = (topic.clone(), partition.number);
                    return WorkerError::InputGone { topic, partition, offset, error };
                }
            }
        }
        WorkerError::Rebuild(error)
    }

    /// Pauses inputs that are far ahead of the others, and resumes them when they are not any more.
    fn hold_back(&mut self) -> Result<(), WorkerError> {
        let most = self.share();
        for held in self.held.values_mut() {
            let Held::Active(partition) = held else { continue };
            for (input, topic) in self.inputs.iter().enumerate() {
                let (waiting, place) = (partition.waiting(input), [(topic.as_str(), partition.number)]);
                if waiting.exceeds(most) && !partition.paused[input] {
                    let (waiting, number) = (waiting.records, partition.number);
                    tracing::info!(
                        stage = S::NAME,
                        topic,
                        partition = number,
                        waiting,
                        "paused: far ahead of other inputs"
                    );
                    self.reader.pause(place)?;
                    partition.paused[input] = true;
                } else if !waiting.exceeds(most.half()) && partition.paused[input] {
                    self.reader.resume(place)?;
                    partition.paused[input] = false;
                }
            }
        }
        Ok(())
    }

    /// One batched query for the ends of all inputs: at once where records wait for it, else now and then.
    pub(super) fn ask_for_ends(&mut self) {
        // Who gets no answer does not ask faster for it.
        let every = if self.ask && !self.unanswered { ASK_BUSY_EVERY } else { ASK_IDLE_EVERY };
        if self.shared.clock.boot().saturating_sub(self.asked) < every {
            return;
        }
        if self.active().next().is_none() {
            self.answered = None;
            self.ask_whether_it_is_over();
            return;
        }
        self.ask = false;
        self.report_what_waits();
        let clock = &self.shared.clock;
        let departure = clock.departure();
        self.shared.metrics.clock_departure(departure);
        if departure > self.shared.options.clock_skew {
            // Somebody set the system's clock: what follows the wall clock stands still.
            self.active_mut().for_each(|partition| partition.doubt());
        }
        self.queries += 1;
        let (query, asked_at) = (self.queries, self.shared.clock.now());
        let numbers: Vec<i32> = self.active().map(|partition| partition.number).collect();
        let places = numbers.iter().flat_map(|n| self.inputs.iter().map(move |topic| (topic.as_str(), *n)));
        let answers = self.reader.ends(places);
        self.asked = self.shared.clock.boot();
        self.unanswered = answers.is_err();
        let (ends, positions) = match (answers, self.reader.positions()) {
            (Ok(ends), Ok(positions)) => (ends, positions),
            (Err(error), _) | (_, Err(error)) => {
                tracing::warn!(stage = S::NAME, %error, "no answer about end offsets: stream time stands still");
                self.shared.outage().failed((S::NAME, self.slot), self.answered.unwrap_or(asked_at));
                for partition in self.active() {
                    self.shared.metrics.telling(S::NAME, partition.number, false);
                }
                return;
            }
        };
        let options = &self.shared.options;
        let now = self.shared.clock.now();
        if let Some(last) = self.answered.replace(asked_at).filter(|last| now.since(*last) > options.tell_within) {
            // Nothing was asked all the while: a commit waited for the brokers.
            self.shared.outage().failed((S::NAME, self.slot), last);
        }
        self.shared.outage().answered((S::NAME, self.slot), now, options.tell_within, options.settle_for);
        if departure > options.clock_skew {
            return;
        }
        let is_report_due = self.shared.clock.boot().saturating_sub(self.reported) >= REPORT_EVERY;
        if is_report_due {
            self.reported = self.shared.clock.boot();
        }
        let (inputs, shared) = (&self.inputs, &self.shared);
        for held in self.held.values_mut() {
            let Held::Active(partition) = held else { continue };
            for (input, topic) in inputs.iter().enumerate() {
                let place = (topic.as_str(), partition.number);
                let Some(end) = ends.of(place) else { continue };
                // Until something arrives, the position is the offset that was assigned.
                let position = positions.of(place).unwrap_or(partition.offsets()[input]);
                partition.answered(input, Answer { query, asked_at, end, position });
                if is_report_due {
                    let lag = end - partition.applied(input);
                    shared.metrics.consumer_lag(S::NAME, S::INPUTS[input], partition.number, lag);
                }
            }
            if is_report_due {
                report(partition, asked_at, &shared.metrics);
            }
        }
    }

    /// What waits here and in the client, for the metrics; also while nobody answers.
    fn report_what_waits(&mut self) {
        let now = self.shared.clock.boot();
        if now.saturating_sub(self.reported_waiting) < REPORT_EVERY {
            return;
        }
        self.reported_waiting = now;
        let (metrics, me) = (&self.shared.metrics, format!("{}-{}", S::NAME, self.slot));
        for partition in self.active() {
            for (input, topic) in S::INPUTS.iter().enumerate() {
                metrics.waiting(S::NAME, topic, partition.number, partition.waiting(input));
            }
        }
        for (queue, count) in [(Queue::Fetched, self.reader.fetched()), (Queue::Written, self.writer.unacknowledged())]
        {
            if let Some((entries, limit)) = count {
                metrics.queue(queue, &me, entries, limit);
            }
        }
    }

    /// A worker that lost its partitions in an outage has nothing to ask about but whether it is over.
    fn ask_whether_it_is_over(&mut self) {
        let (me, options) = ((S::NAME, self.slot), &self.shared.options);
        if !self.shared.outage().concerns(&me) {
            return;
        }
        self.asked = self.shared.clock.boot();
        if self.reader.ends([(self.inputs[S::MAIN].as_str(), 0)]).is_ok() {
            let now = self.shared.clock.now();
            self.shared.outage().answered(me, now, options.tell_within, options.settle_for);
        }
    }
}

/// How a partition stands, for the metrics.
fn report<S: Stage>(partition: &Partition<S>, now: Timestamp, metrics: &Metrics) {
    let number = partition.number;
    metrics.stream_time_lag(S::NAME, number, now.since(partition.stream_time()));
    metrics.timers_due(S::NAME, number, partition.overdue());
    metrics.telling(S::NAME, number, partition.may_speak());
    S::observe(&partition.machine, number, metrics);
}

/// Hands a message to the partition that it is for.
struct Fetching<'a> {
    inputs: &'a [String],
    partition_count: i32,
    state_topic: &'a str,
    clock: &'a Clock,
    /// What may wait in an input.
    most: Backlog,
}

/// The wall clock within a turn's fetch. Asking it takes a twentieth of a record's time, and where what it said last is
/// no earlier than the broker's time, nothing depends on what it says now.
#[derive(Default)]
struct Now(Option<Timestamp>);

impl Now {
    /// The wall clock as far as a record's time is judged by it.
    fn judging(&mut self, broker: Option<Timestamp>, clock: &Clock) -> Timestamp {
        if let (Some(said), Some(broker)) = (self.0, broker)
            && broker <= said
        {
            return said;
        }
        *self.0.insert(clock.now())
    }
}

/// Whether the input of a record has room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Left,
    Full,
}

impl Fetching<'_> {
    fn route<S: Stage>(
        &self,
        record: &Record<'_>,
        now: &mut Now,
        held: &mut std::collections::BTreeMap<i32, Held<S>>,
        queries: u64,
        metrics: &Metrics,
    ) -> Result<Room, WorkerError> {
        let Record { topic, partition: number, offset, key, value, .. } = *record;
        match held.get_mut(&number) {
            Some(Held::Restoring(restoring)) if topic == self.state_topic => {
                restoring.block(topic, number, offset, value.unwrap_or_default())?;
            }
            Some(Held::Active(partition)) => {
                let Some(input) = self.inputs.iter().position(|name| name == topic) else { return Ok(Room::Left) };
                let broker = record.time.map(Timestamp::from_millis);
                let wall = now.judging(broker, self.clock);
                let time = broker.unwrap_or(wall).min(wall);
                let bytes = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
                let record = S::decode(input, key, value, time)
                    .map_err(|reject| Box::new(Rejected::new(reject, input, (number, offset), key, value)));
                partition.fetched(input, Fetch { offset, time, wall, queries, bytes }, record);
                if key.is_some_and(|key| partitioner::partition(key, self.partition_count) != number) {
                    metrics.misplaced(S::INPUTS[input]);
                }
                if partition.waiting(input).exceeds(self.most) {
                    return Ok(Room::Full);
                }
            }
            // It was on its way when the partition was let go.
            _ => {}
        }
        Ok(Room::Left)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::stream::clock::Clocks;

    /// A clock that goes on by a second with every look.
    struct Looked(AtomicU64);

    impl Clocks for Looked {
        fn boot(&self) -> Duration {
            Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed))
        }

        fn system(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
    }

    #[test]
    fn the_clock_is_looked_at_for_a_record_that_may_be_ahead_of_it_and_for_no_other() {
        let clock = Clock::of(Arc::new(Looked(AtomicU64::new(0))));
        let (mut now, second) = (Now::default(), |n: i64| Timestamp::from_millis(n * 1000));
        // The broker's second, and what the clock is taken to say: it goes on where it is asked.
        for (broker, said) in
            [(Some(0), 1), (Some(1), 1), (Some(0), 1), (Some(2), 2), (Some(9), 3), (Some(3), 3), (None, 4)]
        {
            assert_eq!(now.judging(broker.map(second), &clock), second(said), "{broker:?}");
        }
    }

    #[test]
    fn every_input_has_its_share_of_what_may_wait() {
        let most = Backlog { records: 20_000, bytes: 16 << 20 };
        for (inputs, bytes) in [(0, 16 << 20), (3, 16 << 20), (16, 4 << 20), (300, (64 << 20) / 300)] {
            assert_eq!(share(most, inputs), Backlog { records: 20_000, bytes }, "{inputs} inputs");
        }
    }
}
