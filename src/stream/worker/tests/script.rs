//! Brokers in memory that do as they are told and remember what they were asked for, in order.
//!
//! They hold logs, offsets and one member's assignment; a transaction's records appear when it commits, and its marker
//! occupies an offset. They enforce nothing: that is the business of Apache Kafka (`tests/it`) and of the simulation.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::model::Timestamp;
use crate::stream::brokers::{
    Asked, BrokerError, Brokers, Committed, Found, Membership, NewRecord, Offsets, Place, ReadError, Reader, Record,
    WriteError, Writer,
};
use crate::stream::clock::Clocks;
use crate::stream::topics::{Topics, TopicsError};

/// 2026-11-20T00:00:00Z.
pub const START: Timestamp = Timestamp::from_millis(1_795_132_800_000);

type Spot = (String, i32);

/// What occupies an offset; none: a marker, or what was aborted.
type Slot = Option<(Timestamp, Option<Vec<u8>>, Vec<u8>)>;

/// What goes wrong at the next call of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The commit fails so that it is to be aborted.
    CommitAborts,
    /// The producer is fenced.
    Fenced,
}

/// Everything there is.
pub struct State {
    pub calls: Vec<String>,
    pub logs: BTreeMap<Spot, Vec<Slot>>,
    pub asked: VecDeque<Asked>,
    pub lost: bool,
    pub member: bool,
    /// Of the group; a commit with another is refused.
    pub generation: u32,
    /// The group forms anew during the next flush.
    pub regroups: bool,
    pub fault: Option<Fault>,
    /// Of every topic.
    pub partitions: i32,
    /// No question about offsets is answered.
    pub unreachable: bool,
    /// The ends of this topic are not told, those of others are.
    pub untold: Option<&'static str>,
    /// An open transaction of somebody upstream: its records lie beyond the last stable offset.
    pub unstable: HashMap<Spot, usize>,
    pub committed: HashMap<Spot, i64>,
    /// What each question about ends takes.
    pub answer_takes: Duration,
    boot: Duration,
    /// How far somebody has set the system's clock.
    pub set_by: i64,
    /// Where logs begin that were cut.
    pub begins: HashMap<Spot, i64>,
    reading: BTreeMap<Spot, i64>,
    /// What was to be read next is gone: nothing more is fetched.
    gone: BTreeSet<Spot>,
    /// Of those that were assigned, which have handed something over or passed something.
    moved: BTreeMap<Spot, bool>,
    open: Vec<(Spot, Slot)>,
}

/// Shared by the test and the worker.
#[derive(Clone)]
pub struct Script(Arc<Mutex<State>>);

impl Script {
    pub fn new() -> Script {
        Script(Arc::new(Mutex::new(State {
            calls: Vec::new(),
            logs: BTreeMap::new(),
            asked: VecDeque::new(),
            lost: false,
            member: true,
            generation: 1,
            regroups: false,
            fault: None,
            partitions: super::PARTITIONS,
            unreachable: false,
            untold: None,
            unstable: HashMap::new(),
            committed: HashMap::new(),
            answer_takes: Duration::ZERO,
            boot: Duration::from_secs(1000),
            set_by: 0,
            begins: HashMap::new(),
            reading: BTreeMap::new(),
            gone: BTreeSet::new(),
            moved: BTreeMap::new(),
            open: Vec::new(),
        })))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test holds it for long")
    }

    /// Somebody upstream writes a record, now.
    pub fn put(&self, topic: &str, partition: i32, key: &str, value: String) {
        let now = self.system();
        let slot = Some((now, Some(key.as_bytes().to_vec()), value.into_bytes()));
        self.state().logs.entry((topic.to_owned(), partition)).or_default().push(slot);
    }

    pub fn pass(&self, time: Duration) {
        self.state().boot += time;
    }

    /// What was asked since this was last asked, without the questions that every turn asks.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// The values of a partition.
    pub fn values(&self, topic: &str, partition: i32) -> Vec<Vec<u8>> {
        let state = self.state();
        let log = state.logs.get(&(topic.to_owned(), partition));
        log.into_iter().flatten().flatten().map(|(_, _, value)| value.clone()).collect()
    }

    fn call(&self, what: impl Into<String>) {
        self.state().calls.push(what.into());
    }
}

impl State {
    fn end(&self, topic: &str, partition: i32) -> i64 {
        self.logs.get(&(topic.to_owned(), partition)).map_or(0, |log| log.len() as i64)
    }

    fn refuses(&self) -> Result<(), BrokerError> {
        if self.unreachable { Err(BrokerError("out of reach".to_owned())) } else { Ok(()) }
    }
}

impl Clocks for Script {
    fn boot(&self) -> Duration {
        self.state().boot
    }

    fn system(&self) -> Timestamp {
        let state = self.state();
        let real = START + (state.boot - Duration::from_secs(1000));
        Timestamp::from_millis(real.as_millis() + state.set_by)
    }
}

impl Brokers for Script {
    type Membership = Script;
    type Reader = Script;
    type Writer = Script;

    fn topics(&self) -> Result<Topics, TopicsError> {
        let partitions = self.state().partitions;
        Ok(Topics::of("", |_| partitions))
    }

    fn join(&self, _: &str, _: &str) -> Result<Script, BrokerError> {
        Ok(self.clone())
    }

    fn reader(&self, _: &str, _: &[String]) -> Result<Script, BrokerError> {
        Ok(self.clone())
    }

    fn writer(&self, _: &str) -> Result<Script, WriteError> {
        Ok(self.clone())
    }
}

impl Membership for Script {
    /// The generation.
    type Group = u32;

    fn poll(&self) -> Result<Vec<Asked>, BrokerError> {
        Ok(self.state().asked.drain(..).collect())
    }

    fn answer(&self, asked: &Asked) -> Result<(), BrokerError> {
        self.call(format!("answer {asked:?}"));
        Ok(())
    }

    fn lost(&self) -> bool {
        self.state().lost
    }

    fn group(&self) -> Option<u32> {
        let state = self.state();
        state.member.then_some(state.generation)
    }

    fn committed(&self, topic: &str, partitions: &[i32], _: Duration) -> Result<Committed, BrokerError> {
        let state = self.state();
        Ok(partitions.iter().map(|p| (*p, Ok(state.committed.get(&(topic.to_owned(), *p)).copied()))).collect())
    }

    fn leave(&self) {
        self.call("leave");
    }
}

fn spot((topic, partition): Place<'_>) -> Spot {
    (topic.to_owned(), partition)
}

impl Reader for Script {
    fn poll<R>(&self, timeout: Duration, take: impl FnOnce(Record<'_>) -> R) -> Option<Result<R, ReadError>> {
        let found = {
            let mut state = self.state();
            let places: Vec<Spot> =
                state.reading.keys().filter(|place| !state.gone.contains(*place)).cloned().collect();
            let mut found = None;
            for place in places {
                if state.begins.get(&place).is_some_and(|begins| state.reading[&place] < *begins) {
                    state.gone.insert(place);
                    return Some(Err(ReadError::OffsetGone("offset out of range".to_owned())));
                }
                let stable = state.unstable.get(&place).copied().unwrap_or(usize::MAX);
                while found.is_none() {
                    let at = state.reading[&place] as usize;
                    let Some(slot) = state.logs.get(&place).and_then(|log| log.get(at)).filter(|_| at < stable) else {
                        break;
                    };
                    found = slot.clone().map(|slot| (place.clone(), at as i64, slot));
                    *state.reading.get_mut(&place).expect("it is read") += 1;
                    state.moved.insert(place.clone(), true);
                }
            }
            if found.is_none() {
                state.boot += timeout;
            }
            found
        };
        let ((topic, partition), offset, (time, key, value)) = found?;
        let (time, key, value) = (Some(time.as_millis()), key.as_deref(), Some(value.as_slice()));
        Some(Ok(take(Record { topic: &topic, partition, offset, time, key, value })))
    }

    fn assign<'a>(&self, places: impl IntoIterator<Item = (Place<'a>, i64)>) -> Result<(), BrokerError> {
        for (place, offset) in places {
            self.call(format!("read {} {} from {offset}", place.0, place.1));
            let mut state = self.state();
            state.gone.remove(&spot(place));
            state.reading.insert(spot(place), offset);
            state.moved.insert(spot(place), false);
        }
        Ok(())
    }

    fn unassign<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        for place in places {
            self.call(format!("let go {} {}", place.0, place.1));
            self.state().reading.remove(&spot(place));
        }
        Ok(())
    }

    fn pause<'a>(&self, _: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        Ok(())
    }

    fn resume<'a>(&self, _: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        Ok(())
    }

    fn positions(&self) -> Result<Offsets, BrokerError> {
        let state = self.state();
        state.refuses()?;
        let mut offsets = Offsets::default();
        for (place, position) in state.reading.iter().filter(|(place, _)| state.moved[place]) {
            offsets.add((&place.0, place.1), Found::At(*position));
        }
        Ok(offsets)
    }

    fn ends<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError> {
        let mut state = self.state();
        state.calls.push("ends".to_owned());
        state.refuses()?;
        let mut offsets = Offsets::default();
        for place in places.into_iter().filter(|place| state.untold != Some(place.0)) {
            offsets.add(place, Found::At(state.end(place.0, place.1)));
        }
        let took = state.answer_takes;
        state.boot += took;
        Ok(offsets)
    }

    fn beginnings<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError> {
        let mut offsets = Offsets::default();
        let state = self.state();
        let begins = |place| state.begins.get(&spot(place)).copied().unwrap_or(0);
        places.into_iter().for_each(|place| offsets.add(place, Found::At(begins(place))));
        Ok(offsets)
    }

    fn at_time<'a>(&self, places: impl IntoIterator<Item = Place<'a>>, _: i64) -> Result<Offsets, BrokerError> {
        self.beginnings(places)
    }
}

impl Writer for Script {
    type Group = u32;

    fn is_open(&self) -> bool {
        !self.state().open.is_empty()
    }

    fn produce(&mut self, record: NewRecord<'_>) -> Result<(), WriteError> {
        let now = self.system();
        let mut state = self.state();
        state.calls.push(format!("produce {} {}", record.topic, record.partition));
        let slot = Some((now, record.key.map(<[u8]>::to_vec), record.value.unwrap_or_default().to_vec()));
        state.open.push(((record.topic.to_owned(), record.partition), slot));
        Ok(())
    }

    fn flush(&self) -> Result<(), WriteError> {
        self.call("flush");
        let mut state = self.state();
        state.generation += u32::from(std::mem::take(&mut state.regroups));
        Ok(())
    }

    fn commit(&mut self, offsets: &[(Place<'_>, i64)], generation: &u32) -> Result<(), WriteError> {
        let mut state = self.state();
        if *generation != state.generation {
            return Err(WriteError::Abort("ILLEGAL_GENERATION".to_owned()));
        }
        let told = offsets.iter().map(|((topic, partition), offset)| format!("{topic} {partition} {offset}"));
        let told = told.collect::<Vec<_>>().join(", ");
        state.calls.push(format!("commit {told}"));
        match state.fault.take() {
            Some(Fault::CommitAborts) => return Err(WriteError::Abort("ILLEGAL_GENERATION".to_owned())),
            Some(Fault::Fenced) => return Err(WriteError::Fatal("_FENCED: fenced by a newer producer".to_owned())),
            None => {}
        }
        let open = std::mem::take(&mut state.open);
        close(&mut state, open, true);
        for (place, offset) in offsets {
            state.committed.insert(spot(*place), *offset);
        }
        Ok(())
    }

    fn abort(&mut self) -> Result<(), WriteError> {
        let mut state = self.state();
        state.calls.push("abort".to_owned());
        let open = std::mem::take(&mut state.open);
        close(&mut state, open, false);
        Ok(())
    }
}

/// What a transaction wrote stands in the logs, or what it wrote is passed over; then its markers.
fn close(state: &mut State, open: Vec<(Spot, Slot)>, committed: bool) {
    let mut touched = Vec::new();
    for (place, slot) in open {
        state.logs.entry(place.clone()).or_default().push(slot.filter(|_| committed));
        if !touched.contains(&place) {
            touched.push(place);
        }
    }
    for place in touched {
        state.logs.entry(place).or_default().push(None);
    }
}
