//! One partition of a stage: its machine, its inputs, its clock, its state log. No I/O: the worker fetches
//! for it, writes what it decides, and tells it how the transaction ended.

use std::time::Duration;

use super::options::Options;
use super::reject::Rejected;
use super::stage::{Freshness, Stage};
use crate::model::{Effect, Timestamp, World};
use crate::state::{Digest, Machine, Meta, StateLog, digest};
use crate::time::{Aftermath, Answer, Backlog, Fetch, Merge, Step, Telling};

/// A fetched record: decoded, or to be put aside.
pub type Fetched<S> = Result<<<S as Stage>::Machine as Machine>::Input, Box<Rejected>>;

/// What a turn of a partition gives.
#[derive(Default)]
pub struct Output {
    #[allow(missing_docs)]
    pub effects: Vec<Effect>,
    #[allow(missing_docs)]
    #[expect(clippy::vec_box, reason = "they waited in a box, and a flood of them is not to be moved about")]
    pub rejects: Vec<Box<Rejected>>,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There is more to do at once.
    More,
    /// Records wait for an answer to an end-offset query.
    Ask,
    /// Nothing to do.
    Idle,
}

struct Pending<S: Stage> {
    input: usize,
    offset: i64,
    at: Timestamp,
    record: Fetched<S>,
}

/// A partition that is restored and reads its inputs.
pub struct Partition<S: Stage> {
    /// Its number.
    pub number: i32,
    /// What decides.
    pub machine: S::Machine,
    /// The last committed meta entry.
    pub meta: Meta,
    log: StateLog,
    merge: Merge<Fetched<S>>,
    telling: Telling,
    /// Taken from the inputs, but timers go first.
    pending: Option<Pending<S>>,
    /// For each input, the offset of the next record to apply.
    offsets: Vec<i64>,
    /// For each input, the client's position when it was last asked for.
    positions: Vec<i64>,
    /// Something was applied since the last commit.
    dirty: bool,
    /// Something was committed since the partition became ours.
    saved: bool,
    speaks: bool,
    /// The wall clock when the partition became ours: nobody may have watched the brokers between its saved clock and then.
    watched_from: Timestamp,
    /// Stream time as it was saved under other rules: what has passed by then is judged anew before any input.
    rejudge: Option<Timestamp>,
    /// The rules by which everything was judged so far.
    fingerprint: u64,
    /// Inputs that are not fetched for now.
    pub paused: Vec<bool>,
    clock_skew: Duration,
}

impl<S: Stage> Partition<S> {
    /// Goes on from a meta entry, at `now` on the wall clock; the machine is restored already.
    pub fn new(
        number: i32,
        machine: S::Machine,
        meta: Meta,
        log: StateLog,
        now: Timestamp,
        world: &World,
        options: &Options,
    ) -> Partition<S> {
        let offsets: Vec<i64> = S::INPUTS.iter().map(|input| meta.offset(input).unwrap_or(0)).collect();
        Partition {
            number,
            machine,
            merge: Merge::new(meta.stream_time, S::INPUTS.len(), options.clock_skew),
            telling: Telling::new(S::INPUTS.len(), options.tell_within),
            pending: None,
            positions: offsets.clone(),
            offsets,
            dirty: true,
            saved: false,
            speaks: false,
            // On a first start there is no saved clock to go on from.
            watched_from: if meta.stream_time == Timestamp::MIN { Timestamp::MIN } else { now },
            rejudge: rejudge::<S>(&meta, world),
            fingerprint: meta.fingerprint,
            paused: vec![false; S::INPUTS.len()],
            clock_skew: options.clock_skew,
            meta,
            log,
        }
    }

    /// Stream time.
    pub fn stream_time(&self) -> Timestamp {
        self.merge.stream_time()
    }

    /// The offsets of the next records to apply.
    pub fn offsets(&self) -> &[i64] {
        &self.offsets
    }

    /// What of an input was fetched and waits.
    pub fn waiting(&self, input: usize) -> Backlog {
        self.merge.waiting(input)
    }

    /// Takes a fetched record.
    pub fn fetched(&mut self, input: usize, fetch: Fetch, record: Fetched<S>) {
        self.merge.fetched(input, fetch, record);
    }

    /// Takes the answer to an end-offset query.
    pub fn answered(&mut self, input: usize, answer: Answer) {
        self.positions[input] = answer.position;
        self.merge.answered(input, answer);
        self.telling.asked(input, answer.asked_at, answer.end);
    }

    /// The wall clock is not to be trusted for now.
    pub fn doubt(&mut self) {
        self.merge.doubt();
    }

    /// The offset before which everything of an input was applied.
    pub fn applied(&self, input: usize) -> i64 {
        match &self.pending {
            Some(pending) if pending.input == input => pending.offset,
            _ => self.merge.applied(input, self.positions[input].max(self.offsets[input])),
        }
    }

    /// For how long, in stream time, the earliest limit that has passed waits to take effect.
    pub fn overdue(&self) -> Duration {
        let limit = self.machine.poll_timeout().filter(|limit| *limit != Timestamp::MIN);
        limit.map_or(Duration::ZERO, |limit| self.stream_time().since(limit))
    }

    /// Whether its machine could speak to the outside at the last turn.
    pub fn may_speak(&self) -> bool {
        self.speaks
    }

    /// Applies what may be applied: at most `records` records and `timers` timers.
    pub fn turn(
        &mut self,
        wall: Timestamp,
        aftermath: Aftermath,
        world: &World,
        options: &Options,
        out: &mut Output,
    ) -> Turn {
        for input in 0..self.offsets.len() {
            // Beyond the last record: markers and aborted records are read, too. Saved as unread, they would be missed once
            // retention has removed them.
            self.offsets[input] = self.applied(input);
            self.telling.applied(input, self.offsets[input]);
        }
        let is_settled = self.is_settled(wall, aftermath, options);
        self.speaks = S::may_speak(&self.freshness(wall, is_settled), options);
        self.machine.set_open(self.speaks);
        if !self.rejudged(world, options, out) {
            return Turn::More;
        }
        let mut timers = options.timers_per_turn;
        for _ in 0..options.records_per_turn {
            let mut ended = None;
            if self.pending.is_none() {
                let before = self.stream_time();
                let step = self.merge.step();
                self.note_silence(before, options);
                match step {
                    Step::Record { input, offset, at, record } => {
                        self.pending = Some(Pending { input, offset, at, record });
                    }
                    Step::Time(_) => ended = Some(Turn::Idle),
                    Step::Ask => ended = Some(Turn::Ask),
                    Step::Idle => ended = Some(Turn::Idle),
                }
            }
            // A record waits for the timers before it, the timers for their turn.
            timers -= self.let_pass(timers, world, out);
            if timers == 0 {
                return Turn::More;
            }
            if let Some(pending) = self.pending.take() {
                self.apply(pending, world, out);
            }
            if let Some(turn) = ended {
                return turn;
            }
        }
        Turn::More
    }

    /// Whether nothing is left of an outage, be it one that this instance has seen or that the saved state tells of. What it has seen is
    /// saved in turn, in one transaction with the clock that passes over it.
    fn is_settled(&mut self, wall: Timestamp, aftermath: Aftermath, options: &Options) -> bool {
        let Some(settling) = S::settling(&mut self.machine) else { return aftermath != Aftermath::Lasts };
        let seen = match aftermath {
            Aftermath::SettlesAt(at) => Some(at),
            Aftermath::None | Aftermath::Lasts => None,
        };
        // No longer than it may take, whatever the clock was of whoever saved it.
        let until = settling.until().max(seen).map(|at| at.min(wall + options.settle_for)).filter(|at| wall < *at);
        self.dirty |= settling.set(until);
        until.is_none() && aftermath != Aftermath::Lasts
    }

    /// Stream time has moved on from `before`. Where nobody watched the brokers, records tell whether they were there: a stretch without
    /// any that is longer than an outage may be was perhaps one, and hubs send what they kept after it.
    fn note_silence(&mut self, before: Timestamp, options: &Options) {
        let end = self.merge.stream_time().min(self.watched_from);
        if end.since(before) <= options.tell_within {
            return;
        }
        if let Some(settling) = S::settling(&mut self.machine) {
            let until = settling.until().max(Some(end + options.settle_for));
            self.dirty |= settling.set(until);
        }
    }

    fn freshness(&self, wall: Timestamp, is_settled: bool) -> Freshness {
        let now = self.stream_time();
        Freshness {
            reads_fresh: is_settled && self.telling.is_open(wall),
            behind: wall.since(now),
            ahead: now.since(wall),
            limits_wait: self.machine.poll_timeout().is_some_and(|limit| limit < now),
            speaks: self.speaks,
        }
    }

    /// Judges a slice by changed rules; true when nothing is left of that.
    fn rejudged(&mut self, world: &World, options: &Options, out: &mut Output) -> bool {
        let Some(saved) = self.rejudge else { return true };
        let max = options.timers_per_turn;
        let fired = S::rules_changed(&mut self.machine, saved, max, world, &mut out.effects);
        self.dirty = true;
        if fired >= max {
            return false;
        }
        self.rejudge = None;
        self.fingerprint = S::fingerprint(world);
        true
    }

    fn let_pass(&mut self, max: usize, world: &World, out: &mut Output) -> usize {
        let now = self.stream_time();
        if self.machine.poll_timeout().is_none_or(|limit| limit >= now) {
            return 0;
        }
        let fired = self.machine.handle_timeout(now, max, world, &mut out.effects);
        self.dirty |= fired > 0;
        fired.min(max)
    }

    fn apply(&mut self, pending: Pending<S>, world: &World, out: &mut Output) {
        let Pending { input, offset, at, record } = pending;
        match record {
            Ok(record) => self.machine.handle(at, record, world, &mut out.effects),
            Err(rejected) => out.rejects.push(rejected),
        }
        self.offsets[input] = offset + 1;
        self.dirty = true;
    }

    /// Whether its first transaction is committed. Until then what it began with cannot be put back, only
    /// restored again.
    pub fn is_saved(&self) -> bool {
        self.saved
    }

    /// Whether there is something to commit.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// The clock is to be saved with the next transaction, if it has moved.
    pub fn save_time(&mut self) {
        self.dirty |= self.stream_time() != self.meta.stream_time;
    }

    /// Whether the state log's end offset is needed for the transaction.
    pub fn wants_end_offset(&self) -> bool {
        self.log.wants_end_offset()
    }

    /// The state at the last commit: its digest, and where that is.
    pub fn digest(&mut self) -> serde_json::Value {
        let Digest { hash, live_bytes } = digest(&self.machine.tables(), self.log.foreign(), &self.meta);
        let Meta { offsets, stream_time, .. } = &self.meta;
        serde_json::json!({ "digest": hash, "live_bytes": live_bytes, "offsets": offsets, "stream_time": stream_time })
    }

    /// The blocks of this transaction and the meta entry within them.
    pub fn blocks(&mut self, writer: &str, end: Option<i64>) -> (Vec<Vec<u8>>, Meta) {
        let mut meta = Meta {
            offsets: self.saved_offsets(),
            stream_time: self.stream_time(),
            writer: writer.to_owned(),
            fingerprint: self.fingerprint,
            ..self.meta.clone()
        };
        let blocks = self.log.blocks(&mut self.machine.tables(), &mut meta, end);
        (blocks, meta)
    }

    /// The offsets to save; of inputs that only a later version reads, those that it left.
    fn saved_offsets(&self) -> Vec<(String, i64)> {
        let own = S::INPUTS.iter().map(|input| (*input).to_owned()).zip(self.offsets.iter().copied());
        self.meta.offsets_with(own.collect())
    }

    /// The transaction is committed. Returns the offset before which the state log may be deleted.
    pub fn committed(&mut self, meta: Meta) -> Option<i64> {
        self.machine.committed();
        self.meta = meta;
        self.dirty = false;
        self.saved = true;
        self.log.committed()
    }

    /// The transaction is aborted: everything is as it was at the last commit, and the inputs are to be read
    /// again from [`Partition::offsets`].
    pub fn aborted(&mut self, world: &World) {
        self.machine.aborted(world);
        self.log.aborted();
        self.pending = None;
        self.rejudge = rejudge::<S>(&self.meta, world);
        self.fingerprint = self.meta.fingerprint;
        self.offsets = S::INPUTS.iter().map(|input| self.meta.offset(input).unwrap_or(0)).collect();
        self.positions = self.offsets.clone();
        self.merge = Merge::new(self.meta.stream_time, S::INPUTS.len(), self.clock_skew);
        // What was read up to is to be read again, and what opened meanwhile opens again.
        self.telling.forget();
        self.speaks = false;
        self.paused = vec![false; S::INPUTS.len()];
        self.dirty = false;
    }
}

/// From where on what was judged by other rules is to be judged anew; none on a first start.
fn rejudge<S: Stage>(meta: &Meta, world: &World) -> Option<Timestamp> {
    let other = meta.fingerprint != S::fingerprint(world) && meta.stream_time != Timestamp::MIN;
    other.then_some(meta.stream_time)
}

#[cfg(test)]
mod tests;
