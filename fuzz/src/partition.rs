//! A partition as the runtime drives it, without its I/O: a machine, its state log, and beside it a twin that is never aborted
//! and never restored.
//!
//! What must hold: aborting and restoring show in nothing; what is read back from the log is what was committed, byte by byte;
//! once time has passed, no limit is left behind it.

use std::collections::BTreeMap;

use parcelwatch::model::{Effect, Notice, Timestamp, World};
use parcelwatch::state::{BUCKETS, Foreign, Machine, Meta, StateLog, Walk, restore_block};

/// What is done to a machine.
#[derive(Clone)]
enum Op<I> {
    Record(Timestamp, I),
    Pass(Timestamp),
}

/// Everything of a partition.
pub struct Partition<M: Machine> {
    pub world: World,
    machine: M,
    twin: M,
    is_open: bool,
    state: StateLog,
    /// The state log: blocks by offset.
    log: BTreeMap<i64, Vec<u8>>,
    end: i64,
    /// Since the last commit, each with what came of it.
    since: Vec<(Op<M::Input>, Vec<Effect>)>,
    now: Timestamp,
}

impl<M: Machine + Default> Partition<M>
where
    M::Input: Clone,
{
    pub fn new(world: World, now: Timestamp) -> Partition<M> {
        let (mut machine, mut twin) = (M::default(), M::default());
        for new in [&mut machine, &mut twin] {
            new.restored(&world);
            new.set_open(true);
        }
        let state = StateLog::empty(0);
        Partition { world, machine, twin, is_open: true, state, log: BTreeMap::new(), end: 0, since: Vec::new(), now }
    }

    /// Applies a record read at `now`.
    pub fn record(&mut self, now: Timestamp, input: M::Input) {
        self.op(Op::Record(now, input));
    }

    /// Lets time come to `now`.
    pub fn pass(&mut self, now: Timestamp) {
        self.op(Op::Pass(now));
        let mut spurious = Vec::new();
        assert_eq!(self.machine.handle_timeout(now, 8, &self.world, &mut spurious), 0, "time has passed twice");
        assert!(spurious.is_empty(), "time has passed twice: {spurious:?}");
        assert!(self.machine.poll_timeout().is_none_or(|limit| limit >= now), "a limit is left behind");
    }

    fn op(&mut self, op: Op<M::Input>) {
        self.now = match op {
            Op::Record(now, _) | Op::Pass(now) => now,
        };
        let found = perform(&mut self.machine, op.clone(), &self.world);
        let twin = perform(&mut self.twin, op.clone(), &self.world);
        assert_same(&found, &twin, "an abort or a restore shows");
        self.since.push((op, found));
    }

    /// Ends a transaction; returns the effects that are real now.
    pub fn commit(&mut self) -> Vec<Effect> {
        let blocks = self.blocks();
        for block in blocks {
            self.log.insert(self.end, block);
            self.end += 1;
        }
        self.end += 1;
        self.machine.committed();
        self.twin.committed();
        if let Some(before) = self.state.committed() {
            self.log.retain(|offset, _| *offset >= before);
        }
        self.since.drain(..).flat_map(|(_, effects)| effects).collect()
    }

    /// Aborts, with or without blocks written before, and does the same again.
    pub fn abort(&mut self, is_written: bool) {
        if is_written {
            self.end += self.blocks().len() as i64 + 1;
        }
        self.machine.aborted(&self.world);
        self.state.aborted();
        assert_eq!(self.dump(), self.read_back().0, "an abort left something behind");
        for (op, before) in std::mem::take(&mut self.since) {
            let again = perform(&mut self.machine, op.clone(), &self.world);
            assert_same(&again, &before, "after an abort it is decided otherwise");
            self.since.push((op, again));
        }
    }

    /// Reads the machine back from its log; what was not committed is done again.
    pub fn restore(&mut self) {
        let expected = {
            self.machine.aborted(&self.world);
            self.state.aborted();
            self.dump()
        };
        let (found, meta, machine) = self.read_back();
        assert_eq!(found, expected, "what is read back is not what was committed");
        self.machine = machine;
        self.machine.set_open(self.is_open);
        self.state = meta.map_or_else(|| StateLog::empty(self.end), |meta| StateLog::resumed(meta.walk));
        for (op, before) in std::mem::take(&mut self.since) {
            let again = perform(&mut self.machine, op.clone(), &self.world);
            assert_same(&again, &before, "after a restore it is decided otherwise");
            self.since.push((op, again));
        }
    }

    /// Opens or closes; between transactions.
    pub fn set_open(&mut self, is_open: bool) {
        self.is_open = is_open;
        self.machine.set_open(is_open);
        self.twin.set_open(is_open);
    }

    pub fn machine(&self) -> &M {
        &self.machine
    }

    fn blocks(&mut self) -> Vec<Vec<u8>> {
        let end = self.state.wants_end_offset().then_some(self.end);
        let mut meta = meta(self.now);
        self.state.blocks(&mut self.machine.tables(), &mut meta, end)
    }

    /// The log read into a new machine.
    fn read_back(&self) -> (BTreeMap<(usize, String), Vec<u8>>, Option<Meta>, M) {
        let (mut machine, mut meta) = (M::default(), None);
        for block in self.log.values() {
            restore_block(block, &mut machine.tables(), &mut Foreign::default(), &mut meta).expect("blocks of ours");
        }
        machine.restored(&self.world);
        (dump(&mut machine, &self.world), meta, machine)
    }

    fn dump(&mut self) -> BTreeMap<(usize, String), Vec<u8>> {
        dump(&mut self.machine, &self.world)
    }
}

/// A meta entry of this time.
pub fn meta(now: Timestamp) -> Meta {
    Meta {
        offsets: vec![("scans.v1".to_owned(), 1)],
        partitions: 1,
        stream_time: now,
        epoch: 1,
        writer: "w".to_owned(),
        fingerprint: 0,
        walk: Walk { number: 0, cursor: 0, start: 0, began: Timestamp::MIN, complete_from: 0 },
    }
}

/// Every entry as it would be saved. A sweep in a transaction that is aborted: between transactions
/// only, and after `restored`.
pub fn dump<M: Machine>(machine: &mut M, world: &World) -> BTreeMap<(usize, String), Vec<u8>> {
    let mut found = BTreeMap::new();
    for (number, table) in machine.tables().into_iter().enumerate() {
        for bucket in 0..BUCKETS {
            table.sweep(bucket, u32::MAX, &mut |key, value| {
                found.insert((number, key.to_owned()), value.to_vec());
            });
        }
    }
    machine.aborted(world);
    found
}

/// Does it, to its end.
fn perform<M: Machine>(machine: &mut M, op: Op<M::Input>, world: &World) -> Vec<Effect> {
    let mut out = Vec::new();
    match op {
        Op::Record(now, input) => machine.handle(now, input, world, &mut out),
        Op::Pass(now) => while machine.handle_timeout(now, 16, world, &mut out) == 16 {},
    }
    out
}

/// The same effects, in whatever order; of notices only which. What one offers and until when it is of use follows, where it was withheld,
/// from when telling opened, and after a restore telling opens anew. The id is a function of what it tells.
fn assert_same(found: &[Effect], expected: &[Effect], what: &str) {
    let timeless = |effect: &Effect| match effect {
        Effect::Notice { key, notice: Notice::Issued(issued) } => {
            Effect::Notice { key: key.clone(), notice: Notice::Withdrawn { id: issued.id.clone() } }
        }
        effect => effect.clone(),
    };
    let mut rest: Vec<Effect> = expected.iter().map(timeless).collect();
    for effect in found {
        let same = timeless(effect);
        let at = rest.iter().position(|other| *other == same);
        let at = at.unwrap_or_else(|| panic!("{what}: unexpected {effect:?}, expected {expected:?}"));
        rest.swap_remove(at);
    }
    assert!(rest.is_empty(), "{what}: missing {rest:?}, found {found:?}");
}
