//! The state log against a plain model: whatever is touched, aborted or cut off, what is read back is
//! what was committed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::Timestamp;

#[derive(Clone, Debug)]
enum Op {
    Put(u8, u16),
    Remove(u8),
    Commit,
    Abort,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (any::<u8>(), any::<u16>()).prop_map(|(k, v)| Op::Put(k, v)),
        2 => any::<u8>().prop_map(Op::Remove),
        2 => Just(Op::Commit),
        1 => Just(Op::Abort),
    ]
}

fn meta(at: i64) -> Meta {
    Meta {
        offsets: vec![("scans.v1".to_owned(), at)],
        partitions: 1,
        stream_time: Timestamp::from_millis(at),
        epoch: 1,
        writer: "w".to_owned(),
        fingerprint: 0,
        walk: Walk { number: 0, cursor: 0, start: 0, began: Timestamp::MIN, complete_from: 0 },
    }
}

/// A log in memory: every block is one offset, and a marker takes one after each transaction.
#[derive(Default)]
struct MemoryLog {
    blocks: BTreeMap<i64, Vec<u8>>,
    end: i64,
}

impl MemoryLog {
    fn append(&mut self, blocks: Vec<Vec<u8>>, committed: bool) {
        for block in blocks {
            if committed {
                self.blocks.insert(self.end, block);
            }
            self.end += 1;
        }
        self.end += 1;
    }

    fn restore(&self) -> (BTreeMap<String, u16>, Option<Meta>, Table<u16>) {
        let mut table = Table::<u16>::default();
        let mut meta = None;
        for block in self.blocks.values() {
            restore_block(block, &mut vec![&mut table as &mut dyn Stored], &mut Foreign::default(), &mut meta).unwrap();
        }
        (contents(&table), meta, table)
    }
}

fn contents(table: &Table<u16>) -> BTreeMap<String, u16> {
    table.iter().map(|(k, v)| (k.to_owned(), *v)).collect()
}

fn digest_of(table: &mut Table<u16>) -> Digest {
    digest(&vec![table as &mut dyn Stored], &Foreign::default(), &meta(0))
}

proptest! {
    #[test]
    fn what_is_read_back_is_what_was_committed(ops in prop::collection::vec(op(), 1..400)) {
        let (mut table, mut state) = (Table::<u16>::default(), StateLog::empty(0));
        let (mut log, mut committed) = (MemoryLog::default(), BTreeMap::new());
        for (at, op) in (1..).zip(ops) {
            match op {
                Op::Put(k, v) => *table.entry(&k.to_string(), || 0) = v,
                Op::Remove(k) => { table.remove(&k.to_string()); }
                Op::Commit => {
                    let end = state.wants_end_offset().then_some(log.end);
                    let mut meta = meta(at);
                    log.append(state.blocks(&mut vec![&mut table as &mut dyn Stored], &mut meta, end), true);
                    table.commit();
                    if let Some(before) = state.committed() {
                        log.blocks.retain(|offset, _| *offset >= before);
                    }
                    committed = contents(&table);
                    let (found, found_meta, mut restored) = log.restore();
                    prop_assert_eq!(&found, &committed);
                    prop_assert_eq!(digest_of(&mut restored), digest_of(&mut table));
                    prop_assert_eq!(found_meta.unwrap(), meta);
                }
                Op::Abort => {
                    let end = state.wants_end_offset().then_some(log.end);
                    log.append(state.blocks(&mut vec![&mut table as &mut dyn Stored], &mut meta(at), end), false);
                    table.abort();
                    state.aborted();
                    prop_assert_eq!(&contents(&table), &committed);
                    prop_assert_eq!(table.len(), committed.len());
                }
            }
        }
    }

    #[test]
    fn a_restart_in_the_middle_of_a_walk_loses_nothing(
        puts in prop::collection::vec((any::<u8>(), any::<u16>()), 20..200), every in 3usize..20) {
        let (mut table, mut state) = (Table::<u16>::default(), StateLog::empty(0));
        let mut log = MemoryLog::default();
        for (n, (k, v)) in puts.into_iter().enumerate() {
            *table.entry(&k.to_string(), || 0) = v;
            let end = state.wants_end_offset().then_some(log.end);
            log.append(state.blocks(&mut vec![&mut table as &mut dyn Stored], &mut meta(n as i64), end), true);
            table.commit();
            if let Some(before) = state.committed() {
                log.blocks.retain(|offset, _| *offset >= before);
            }
            if n % every == 0 {
                let expected = contents(&table);
                let (found, meta, restored) = log.restore();
                prop_assert_eq!(found, expected);
                table = restored;
                state = StateLog::resumed(meta.unwrap().walk);
            }
        }
    }
}

#[test]
fn the_log_stays_within_three_times_the_live_state() {
    let (mut table, mut state) = (Table::<u16>::default(), StateLog::empty(0));
    let mut log = MemoryLog::default();
    let mut worst = 0.0_f64;
    for n in 0..40_000u32 {
        // Churn over 2,000 keys in an order that visits all of them.
        *table.entry(&format!("P{:05}", n.wrapping_mul(7919) % 2000), || 0) = n as u16;
        if n % 20 == 0 {
            let end = state.wants_end_offset().then_some(log.end);
            log.append(state.blocks(&mut vec![&mut table as &mut dyn Stored], &mut meta(0), end), true);
            table.commit();
            if let Some(before) = state.committed() {
                log.blocks.retain(|offset, _| *offset >= before);
            }
            if n > 10_000 {
                let bytes: usize = log.blocks.values().map(Vec::len).sum();
                // table number, key length, key, flag, value length, value
                let live = table.len() * (1 + 1 + 6 + 1 + 1 + 3);
                // Blocks here are tiny, so that the meta entry in each of them weighs more than in life.
                let metas = log.blocks.len() * 60;
                worst = worst.max((bytes - metas.min(bytes)) as f64 / live as f64);
            }
        }
    }
    assert!(worst < 3.0, "the log grew to {worst} times the live state");
}

/// What the log may hold beside three times the live state: of each of two walks the last transaction, which sweeps whole buckets.
const SLACK_BYTES: u64 = 1024;

/// Bytes of a log's entries. Heads of blocks and meta entries weigh as much again where transactions are as small as here.
fn entry_bytes(log: &MemoryLog) -> u64 {
    let mut own = block::Packer::new(0);
    own.push(0, "", Some(&postcard::to_stdvec(&meta(0)).expect("a meta entry")));
    let [own] = &own.finish()[..] else { panic!("expected one block") };
    log.blocks.values().map(|block| (block.len() - own.len()) as u64).sum()
}

#[test]
fn the_log_stays_within_three_times_the_live_state_however_few_change_and_however_much_at_once() {
    const KEYS: u64 = 1000;
    // How many of the entries change, and how many of them in one transaction.
    let churns =
        [(KEYS, 1), (KEYS, 20), (KEYS, 200), (KEYS, KEYS), (300, 20), (100, 20), (100, 100), (20, 4), (20, 20), (1, 1)];
    for (changing, at_once) in churns {
        let (mut table, mut state, mut log) = (Table::<Vec<u8>>::default(), StateLog::empty(0), MemoryLog::default());
        for n in 0..KEYS {
            *table.entry(&n.to_string(), Vec::new) = vec![0; 100];
        }
        transact(&mut state, &mut table, &mut log, true);
        let live = digest(&vec![&mut table as &mut dyn Stored], &Foreign::default(), &meta(0)).live_bytes;
        let (mut begins, mut walks, mut dice) = (0, 0, 1u64);
        while walks < 4 {
            for _ in 0..at_once {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let key = (dice >> 33) % changing;
                table.get_mut(&key.to_string()).expect("it is never removed")[0] ^= 1;
            }
            transact(&mut state, &mut table, &mut log, true);
            let bytes = entry_bytes(&log);
            assert!(bytes <= 3 * live + SLACK_BYTES, "{at_once} of {changing}: {bytes} bytes in the log, {live} live");
            let now = *log.blocks.keys().next().expect("a block");
            walks += usize::from(std::mem::replace(&mut begins, now) != now);
        }
    }
}

/// Writes what has changed, and more of the walk; the transaction commits or aborts.
fn transact<V: Entry>(state: &mut StateLog, table: &mut Table<V>, log: &mut MemoryLog, commits: bool) -> usize {
    let end = state.wants_end_offset().then_some(log.end);
    let blocks = state.blocks(&mut vec![&mut *table as &mut dyn Stored], &mut meta(0), end);
    let mut entries = 0;
    for block in &blocks {
        block::unpack(block, |_, _| entries += 1).expect("a block of ours");
    }
    log.append(blocks, commits);
    if !commits {
        table.abort();
        state.aborted();
        return entries;
    }
    table.commit();
    if let Some(before) = state.committed() {
        log.blocks.retain(|offset, _| *offset >= before);
    }
    entries
}

#[test]
fn an_abort_in_the_midst_of_a_walk_loses_nothing() {
    let (mut table, mut state, mut log) = (Table::<u16>::default(), StateLog::empty(0), MemoryLog::default());
    for n in 0..500 {
        *table.entry(&n.to_string(), || 0) = n;
    }
    transact(&mut state, &mut table, &mut log, true);
    let begins = *log.blocks.keys().next().expect("a block");
    // Three of four are aborted, each in another place of the walk, until a walk has come round twice.
    for n in 0..400 {
        *table.entry("0", || 0) = n;
        transact(&mut state, &mut table, &mut log, n % 4 == 3);
        let (found, ..) = log.restore();
        assert_eq!(found, contents(&table), "after {n}");
    }
    assert!(*log.blocks.keys().next().expect("a block") > begins, "a walk was completed");
}

#[test]
fn a_sweep_leaves_out_what_was_written_since_its_walk_began() {
    let (mut table, mut state, mut log) = (Table::<u16>::default(), StateLog::empty(0), MemoryLog::default());
    for n in 0..500 {
        *table.entry(&n.to_string(), || 0) = n;
    }
    // The walk begins with this transaction, which writes all of them.
    assert_eq!(transact(&mut state, &mut table, &mut log, true), 500 + 1);
    while !state.wants_end_offset() {
        assert_eq!(transact(&mut state, &mut table, &mut log, true), 1, "nothing but the meta entry");
    }
    assert!(transact(&mut state, &mut table, &mut log, true) > 1, "another walk begins anew");
}

/// How a transaction of the long run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Commit,
    Abort,
    /// The owner is killed with the transaction open, and another one restores.
    Kill,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![6 => Just(End::Commit), 1 => Just(End::Abort), 1 => Just(End::Kill)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Enough churn for several complete walks, whose sweeps are aborted and killed anywhere.
    #[test]
    fn the_log_stays_within_three_times_the_live_state_whatever_is_aborted_or_killed_in_a_sweep(
        ends in prop::collection::vec(end(), 300..400), keys in 200u32..400) {
        let (mut table, mut state) = (Table::<u16>::default(), StateLog::empty(0));
        let (mut log, mut walks, mut n) = (MemoryLog::default(), 0, 0u32);
        for end in ends {
            // Few beside a sixteenth of the state, which a small transaction sweeps at most.
            for _ in 0..5 {
                n += 1;
                let key = format!("P{:05}", n.wrapping_mul(7919) % keys);
                if n % 50 == 0 { table.remove(&key); } else { *table.entry(&key, || 0) = n as u16; }
            }
            let begins = state.wants_end_offset().then_some(log.end);
            let committed = end == End::Commit;
            log.append(state.blocks(&mut vec![&mut table as &mut dyn Stored], &mut meta(0), begins), committed);
            match end {
                End::Commit => {
                    table.commit();
                    if let Some(before) = state.committed() {
                        walks += 1;
                        log.blocks.retain(|offset, _| *offset >= before);
                    }
                    let (found, _, mut restored) = log.restore();
                    prop_assert_eq!(found, contents(&table));
                    prop_assert_eq!(digest_of(&mut restored), digest_of(&mut table));
                }
                End::Abort => {
                    table.abort();
                    state.aborted();
                }
                End::Kill => {
                    let (_, meta, restored) = log.restore();
                    table = restored;
                    state = meta.map_or_else(|| StateLog::empty(log.end), |meta| StateLog::resumed(meta.walk));
                }
            }
            let bytes = entry_bytes(&log);
            let live = digest_of(&mut table).live_bytes;
            prop_assert!(bytes <= 3 * live + SLACK_BYTES, "{bytes} bytes in the log, {live} live");
        }
        prop_assert!(walks >= 2, "several walks were completed, found {walks}");
    }
}

/// What happens to a partition that two versions share.
#[derive(Clone, Debug)]
enum Shared {
    Op(Op),
    /// Another instance of the other version takes the partition.
    Handover,
}

/// A partition in the hands of the old version, which knows one table, or of the new one, which knows another one too.
struct Owner {
    is_new: bool,
    own: Table<u16>,
    /// Its values are of two kinds, so that nobody could take one for the old table's.
    appended: Table<(String, Option<u16>)>,
    state: StateLog,
}

impl Owner {
    fn restored(log: &MemoryLog, is_new: bool) -> Owner {
        let (mut own, mut appended) = (Table::default(), Table::default());
        let (mut foreign, mut meta) = (Foreign::default(), None);
        for block in log.blocks.values() {
            let mut tables: Tables<'_> = vec![&mut own];
            if is_new {
                tables.push(&mut appended);
            }
            restore_block(block, &mut tables, &mut foreign, &mut meta).expect("both versions read it");
        }
        let state = meta.map_or_else(|| StateLog::empty(log.end), |meta| StateLog::resumed(meta.walk));
        Owner { is_new, own, appended, state: state.carrying(foreign) }
    }

    fn tables(&mut self) -> Tables<'_> {
        if self.is_new { vec![&mut self.own, &mut self.appended] } else { vec![&mut self.own] }
    }

    fn write(&mut self, log: &mut MemoryLog, commits: bool) {
        let end = self.state.wants_end_offset().then_some(log.end);
        let Owner { is_new, own, appended, state } = self;
        let mut tables: Tables<'_> = if *is_new { vec![own, appended] } else { vec![own] };
        log.append(state.blocks(&mut tables, &mut meta(0), end), commits);
        if commits {
            self.own.commit();
            self.appended.commit();
            if let Some(before) = self.state.committed() {
                log.blocks.retain(|offset, _| *offset >= before);
            }
        } else {
            self.own.abort();
            self.appended.abort();
            self.state.aborted();
        }
    }

    fn digest(&mut self) -> Digest {
        let foreign = self.state.foreign().clone();
        digest(&self.tables(), &foreign, &meta(0))
    }
}

/// The entries of the table that every version knows, and of the appended one.
type Both = (BTreeMap<String, u16>, BTreeMap<String, (String, Option<u16>)>);

fn both(owner: &Owner) -> Both {
    (contents(&owner.own), owner.appended.iter().map(|(key, value)| (key.to_owned(), value.clone())).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_old_version_carries_what_a_new_one_saved_in_tables_of_its_own(
        ops in prop::collection::vec(prop_oneof![9 => op().prop_map(Shared::Op), 1 => Just(Shared::Handover)], 100..300)) {
        let mut log = MemoryLog::default();
        let mut owner = Owner::restored(&log, true);
        let mut committed = both(&owner);
        for op in ops {
            match op {
                Shared::Op(Op::Put(key, value)) => {
                    let key = key.to_string();
                    *owner.own.entry(&key, || 0) = value;
                    if owner.is_new && value % 3 > 0 {
                        *owner.appended.entry(&key, Default::default) = ("x".repeat(value as usize % 300), (value % 3 == 1).then_some(value));
                    }
                }
                Shared::Op(Op::Remove(key)) => {
                    owner.own.remove(&key.to_string());
                    owner.appended.remove(&key.to_string());
                }
                Shared::Op(Op::Commit) => {
                    owner.write(&mut log, true);
                    let mut new = Owner::restored(&log, true);
                    let found = both(&new);
                    prop_assert_eq!(&found.0, &both(&owner).0);
                    if owner.is_new {
                        committed.1 = both(&owner).1;
                    }
                    prop_assert_eq!(&found.1, &committed.1, "whoever owns it, the new version finds its own again");
                    prop_assert_eq!(new.digest(), owner.digest());
                }
                Shared::Op(Op::Abort) => owner.write(&mut log, false),
                Shared::Handover => owner = Owner::restored(&log, !owner.is_new),
            }
        }
    }
}

#[test]
fn what_is_foreign_outlives_every_truncation_and_an_encoding_that_is_newer_is_refused() {
    let mut log = MemoryLog::default();
    let mut new = Owner::restored(&log, true);
    for n in 0..200u16 {
        *new.own.entry(&n.to_string(), || 0) = n;
        *new.appended.entry(&n.to_string(), Default::default) = ("later".to_owned(), Some(n));
    }
    new.write(&mut log, true);
    let expected = both(&new).1;
    let mut old = Owner::restored(&log, false);
    assert_eq!(old.state.foreign().count(), 200);
    for n in 0..2_000u16 {
        *old.own.entry(&(n % 200).to_string(), || 0) = n;
        old.write(&mut log, n % 5 < 4);
    }
    assert!(*log.blocks.keys().next().expect("a block") > 1_000, "walks were completed and the log cut");
    assert_eq!(both(&Owner::restored(&log, true)).1, expected);

    let newer = [block::VERSION + 1, 0, 0, 0, 0];
    let refused = restore_block(&newer, &mut old.tables(), &mut Foreign::default(), &mut None);
    assert_eq!(refused, Err(RestoreError::Block(block::BlockError::Newer(block::VERSION + 1))));
}

#[test]
fn offsets_of_inputs_that_are_not_known_are_kept() {
    let offsets = [("a", 1), ("later", 7)].map(|(name, offset)| (name.to_owned(), offset)).to_vec();
    let saved = Meta { offsets, ..meta(0) };
    let own = [("a", 2), ("b", 3)].map(|(name, offset)| (name.to_owned(), offset)).to_vec();
    let kept: Vec<_> = [("a", 2), ("b", 3), ("later", 7)].map(|(name, offset)| (name.to_owned(), offset)).to_vec();
    assert_eq!(saved.offsets_with(own), kept);
}
