//! What instances hold while they run, at committed points, against what a successor would read back.
//!
//! - *restored*: the tables of a live partition equal those restored from its log by the production code, byte for byte.
//! - *timers*: a live partition wants to be called no later than its restored double.
//! - *stream_time*: what is saved never goes back, whoever saves it, and never outruns the brokers' clock.
//! - *log_bound*: a state log stays within three times what lives, and a little for what is always there.

use std::collections::BTreeMap;

use parcelwatch::model::World;
use parcelwatch::state::{Foreign, Machine, Meta, Stored, Tables, restore_block};
use parcelwatch::stream::{Partition, Stage};

use super::Violations;

/// What a log holds beside three times its live state: the transactions of the walk in progress and of the one before each have a meta
/// entry, and a walk takes at least sixteen transactions. Larger hides a sweep that stands still.
const LOG_SLACK_BYTES: usize = 64 * 1024;

/// A state log as the brokers have it: committed blocks, nothing open.
pub struct StateLog {
    pub blocks: Vec<Vec<u8>>,
    /// The brokers' clock now.
    pub now: i64,
}

/// What was saved so far, by stage and partition.
#[derive(Default)]
pub struct Saved(BTreeMap<(&'static str, i32), Meta>);

impl Saved {
    /// Compares a partition, which is committed, with its log.
    pub fn check<S: Stage>(
        &mut self,
        partition: &mut Partition<S>,
        log: &StateLog,
        world: &World,
        found: &mut Violations,
    ) {
        let name = format!("{} [{}]", S::NAME, partition.number);
        let (mut fresh, mut meta) = (S::machine(), None);
        for block in &log.blocks {
            if let Err(error) = restore_block(block, &mut fresh.tables(), &mut Foreign::default(), &mut meta) {
                return found.add("restored", format!("{name}: {error}"));
            }
        }
        let Some(meta) = meta else { return found.add("restored", format!("{name}: no meta entry")) };
        if meta.epoch != partition.meta.epoch {
            // Somebody else owns it by now, and this one has yet to hear of it.
            return;
        }
        if meta != partition.meta {
            return found.add("restored", format!("{name}: saved {meta:?}, live {:?}", partition.meta));
        }
        let (live, restored) = (dump(&partition.machine.tables()), dump(&fresh.tables()));
        for (number, (live, restored)) in live.iter().zip(&restored).enumerate() {
            if live != restored {
                let differs = |key: &&String| live.get(*key) != restored.get(*key);
                let keys: Vec<&String> = live.keys().chain(restored.keys()).filter(differs).take(3).collect();
                found.add("restored", format!("{name}: table {number} differs at {keys:?}"));
            }
        }
        fresh.set_open(partition.may_speak());
        fresh.restored(world);
        let (wants, derived) = (partition.machine.poll_timeout(), fresh.poll_timeout());
        let is_late = match (wants, derived) {
            (None, Some(_)) => true,
            (Some(wants), Some(derived)) => wants > derived,
            _ => false,
        };
        if is_late {
            found.add("timers", format!("{name}: wants to be called at {wants:?}, derived is {derived:?}"));
        }
        self.time::<S>(&name, partition.number, meta, log.now, found);
        let live_bytes: usize = live.iter().flatten().map(|(key, value)| key.len() + value.len()).sum();
        let log_bytes: usize = log.blocks.iter().map(Vec::len).sum();
        if log_bytes > 3 * live_bytes + LOG_SLACK_BYTES {
            found.add("log_bound", format!("{name}: {log_bytes} bytes of log, {live_bytes} of state"));
        }
    }

    fn time<S: Stage>(&mut self, name: &str, number: i32, meta: Meta, latest: i64, found: &mut Violations) {
        if meta.stream_time.as_millis() > latest {
            found.add("stream_time", format!("{name}: {} is ahead of the brokers' clock", meta.stream_time));
        }
        if let Some(before) = self.0.get(&(S::NAME, number)) {
            if before.stream_time > meta.stream_time {
                found.add(
                    "stream_time",
                    format!("{name}: went back from {} to {}", before.stream_time, meta.stream_time),
                );
            }
            let back =
                before.offsets.iter().find(|(input, offset)| meta.offset(input).is_some_and(|now| now < *offset));
            if let Some((input, offset)) = back {
                found.add("stream_time", format!("{name}: {input} went back from {offset}"));
            }
        }
        self.0.insert((S::NAME, number), meta);
    }
}

fn dump(tables: &Tables<'_>) -> Vec<BTreeMap<String, Vec<u8>>> {
    let read = |table: &&mut dyn Stored| {
        let mut entries = BTreeMap::new();
        table.saved(&mut |key, value| {
            entries.insert(key.to_owned(), value.to_owned());
        });
        entries
    };
    tables.iter().map(read).collect()
}
