//! Merges a partition's inputs by time and moves its stream time.
//!
//! In: records as they were fetched, answers to end-offset queries. Out: [`Step`]s. What always holds:
//! stream time never goes back; a record is handed out only when no input can hold an earlier one
//! that had reached the broker when the record was fetched; without records, stream time follows the wall clock only while
//! every input is confirmed to be empty.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::Timestamp;

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<R> {
    /// Apply this record; stream time is now `at`.
    Record {
        /// Index of the input.
        input: usize,
        /// Its offset.
        offset: i64,
        /// Stream time, not before and perhaps after the record's own time.
        at: Timestamp,
        #[allow(missing_docs)]
        record: R,
    },
    /// Nothing waits anywhere: stream time is now this.
    Time(Timestamp),
    /// Records wait until an input without any is confirmed to be empty: ask for the end offsets.
    Ask,
    /// There is nothing to do before something is fetched or a newer answer comes.
    Idle,
}

/// The answer to an end-offset query, which must go through read_uncommitted: what an open transaction has
/// written is input that is not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Counts queries; the count is raised before one is sent.
    pub query: u64,
    /// The wall clock when it was sent.
    pub asked_at: Timestamp,
    /// The input's end offset.
    pub end: i64,
    /// The client's position in it, read after the answer: everything before was handed to us.
    pub position: i64,
}

/// How a record came.
#[derive(Clone, Copy, Debug)]
pub struct Fetch {
    #[allow(missing_docs)]
    pub offset: i64,
    /// Its broker timestamp.
    pub time: Timestamp,
    /// The wall clock at this fetch.
    pub wall: Timestamp,
    /// How many end-offset queries had been sent.
    pub queries: u64,
    /// Its size, key and value.
    pub bytes: usize,
}

/// What of an input was fetched and waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Backlog {
    pub records: usize,
    pub bytes: usize,
}

impl Backlog {
    /// Whether it is more than `most`, in either.
    pub fn exceeds(self, most: Backlog) -> bool {
        self.records > most.records || self.bytes > most.bytes
    }

    /// One more record of so many bytes.
    pub fn add(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes += bytes;
    }

    /// Half of it.
    pub fn half(self) -> Backlog {
        Backlog { records: self.records / 2, bytes: self.bytes / 2 }
    }
}

#[derive(Debug)]
struct Waiting<R> {
    offset: i64,
    time: Timestamp,
    /// How many queries had been sent when it was fetched.
    fetched_after: u64,
    bytes: usize,
    record: R,
}

#[derive(Debug)]
struct Input<R> {
    waiting: VecDeque<Waiting<R>>,
    waiting_bytes: usize,
    /// The newest query that found this input read to its end.
    empty: Option<Answer>,
}

/// The inputs of one partition, in the order in which they go at equal times.
#[derive(Debug)]
pub struct Merge<R> {
    inputs: Vec<Input<R>>,
    stream_time: Timestamp,
    /// How much the brokers' clocks may be ahead of or behind ours.
    clock_skew: Duration,
}

impl<R> Merge<R> {
    /// Resumes at the saved stream time, with so many inputs.
    pub fn new(stream_time: Timestamp, inputs: usize, clock_skew: Duration) -> Merge<R> {
        let input = || Input { waiting: VecDeque::new(), waiting_bytes: 0, empty: None };
        Merge { inputs: (0..inputs).map(|_| input()).collect(), stream_time, clock_skew }
    }

    /// The partition's stream time.
    pub fn stream_time(&self) -> Timestamp {
        self.stream_time
    }

    /// What of an input waits: the caller pauses it when that becomes much.
    pub fn waiting(&self, input: usize) -> Backlog {
        let input = &self.inputs[input];
        Backlog { records: input.waiting.len(), bytes: input.waiting_bytes }
    }

    /// Takes a fetched record. One from the future is taken as of now, once and for all, so that it neither fires
    /// everything nor blocks for ever.
    pub fn fetched(&mut self, input: usize, fetch: Fetch, record: R) {
        let Fetch { offset, time, wall, queries, bytes } = fetch;
        let input = &mut self.inputs[input];
        input.waiting_bytes += bytes;
        input.waiting.push_back(Waiting { offset, time: time.min(wall), fetched_after: queries, bytes, record });
    }

    /// Takes an answer. It confirms that the input is empty if we have been handed all of it.
    pub fn answered(&mut self, input: usize, answer: Answer) {
        if answer.position >= answer.end {
            self.inputs[input].empty = Some(answer);
        }
    }

    /// The offset before which everything of an input was applied, as an answer's end offset is
    /// to be compared: transaction markers between the last record and the position count as read.
    pub fn applied(&self, input: usize, position: i64) -> i64 {
        self.inputs[input].waiting.front().map_or(position, |head| head.offset)
    }

    fn earliest(&self) -> Option<(usize, Timestamp)> {
        let heads = self.inputs.iter().enumerate();
        heads.filter_map(|(i, input)| Some((i, input.waiting.front()?.time))).min_by_key(|(i, time)| (*time, *i))
    }

    /// Whether every input without a record is known to have had none when this record was fetched.
    fn is_next(&self, fetched_after: u64) -> bool {
        let silent = self.inputs.iter().filter(|input| input.waiting.is_empty());
        silent.into_iter().all(|input| input.empty.is_some_and(|answer| answer.query > fetched_after))
    }

    /// What to do next. After a `Record` its effects are to be applied before the next call.
    pub fn step(&mut self) -> Step<R> {
        let Some((index, _)) = self.earliest() else { return self.step_without_records() };
        let fetched_after = self.inputs[index].waiting[0].fetched_after;
        if !self.is_next(fetched_after) {
            return Step::Ask;
        }
        let input = &mut self.inputs[index];
        let head = input.waiting.pop_front().expect("the earliest input has a record");
        input.waiting_bytes -= head.bytes;
        self.stream_time = self.stream_time.max(head.time);
        Step::Record { input: index, offset: head.offset, at: self.stream_time, record: head.record }
    }

    fn step_without_records(&mut self) -> Step<R> {
        let asked = self.inputs.iter().map(|input| input.empty.map(|answer| answer.asked_at));
        let Some(earliest) = asked.min().flatten() else { return Step::Idle };
        let time = earliest - self.clock_skew;
        if time > self.stream_time {
            self.stream_time = time;
            Step::Time(time)
        } else {
            Step::Idle
        }
    }

    /// An input's silence is no longer confirmed: the wall clock cannot be trusted, say.
    pub fn doubt(&mut self) {
        for input in &mut self.inputs {
            input.empty = None;
        }
    }
}

#[cfg(test)]
mod tests;
