//! A reading client with manual assignment: fetches, their buffer, positions and look-ups.
//!
//! As librdkafka does it without end-of-partition events: what was fetched waits in a buffer and is as the log was when it was
//! fetched; pausing or unassigning drops it; the position follows the last record or marker that was taken from the buffer
//! (control messages are queued and dropped when polled, aborted records never queued), and is absent before the first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parcelwatch::stream::brokers::{BrokerError, Found, Offsets, Place, ReadError, Reader, Record};

use super::instance::Reach;
use super::log::{Body, Entry};
use super::state::State;

/// A query of offsets that takes longer has failed; the product's own patience.
const ASK_WITHIN: Duration = Duration::from_secs(2);
/// Most offsets that one fetch brings.
const FETCHED_MOST: usize = 40;

/// One partition of a reader.
#[derive(Default)]
struct Assigned {
    /// Where the next fetch begins.
    next: i64,
    position: Option<i64>,
    is_paused: bool,
    /// Its offset is gone: nothing is fetched any more. True once that was told.
    gone: Option<bool>,
    buffer: VecDeque<Arc<Entry>>,
    /// A response on its way: when it arrives, what it brings, where the next goes on.
    response: Option<(Duration, Vec<Arc<Entry>>, i64)>,
}

impl Assigned {
    /// What was fetched is dropped; the next fetch begins at `position`.
    fn forget_fetched(&mut self) {
        let began = self.buffer.front().or(self.response.as_ref().and_then(|(_, entries, _)| entries.first()));
        if let Some(first) = began.map(|entry| entry.offset) {
            self.next = self.position.unwrap_or(first.min(self.next));
        } else if let Some(position) = self.position {
            self.next = position;
        }
        self.buffer.clear();
        self.response = None;
    }
}

/// A reader's side of its assignment.
#[derive(Default)]
pub struct Reading {
    #[allow(missing_docs)]
    pub instance: String,
    assigned: BTreeMap<(String, i32), Assigned>,
    /// The partition that records come from until another's turn.
    current: Option<(String, i32)>,
}

/// What a poll gives.
enum Polled {
    Record((String, i32), Arc<Entry>),
    Gone(String),
    Nothing,
}

impl State {
    /// Sends fetches for what is not paused and takes the responses that have arrived.
    fn pump(&mut self, reading: &mut Reading) {
        let (now, is_cut) = (self.now, self.is_cut(&reading.instance));
        for ((topic, partition), assigned) in &mut reading.assigned {
            if assigned.is_paused || assigned.gone.is_some() {
                continue;
            }
            if let Some((_, entries, next)) = assigned.response.take_if(|(at, _, _)| *at <= now && !is_cut) {
                assigned.buffer.extend(entries);
                assigned.next = next;
            }
            if is_cut || assigned.response.is_some() || !assigned.buffer.is_empty() || self.rng.u8(0..4) == 0 {
                continue;
            }
            let most = match self.faults.fetched_most {
                0 => FETCHED_MOST,
                most => most,
            };
            let most = self.rng.usize(1..=most);
            let delay = self.answer_delay();
            let Some(log) = self.log(topic, *partition) else { continue };
            let until = if self.sabotage.stable_offset_ignored { log.end() } else { log.stable() };
            match log.fetch(assigned.next, until, most) {
                Some(fetched) if fetched.next == assigned.next => {}
                Some(fetched) => assigned.response = Some((now + delay, fetched.entries, fetched.next)),
                None => assigned.gone = Some(false),
            }
        }
    }

    fn poll(&mut self, id: u64) -> Polled {
        let Some(mut reading) = self.readers.remove(&id) else { return Polled::Nothing };
        let mut has_more = reading.assigned.values().any(|assigned| !assigned.buffer.is_empty());
        if !has_more || self.rng.u8(0..16) == 0 {
            self.pump(&mut reading);
            has_more = true;
        }
        let polled = if has_more { self.take(&mut reading) } else { Polled::Nothing };
        self.readers.insert(id, reading);
        polled
    }

    /// The next record of the buffers; another partition's turn comes at times.
    fn take(&mut self, reading: &mut Reading) -> Polled {
        for ((topic, partition), assigned) in &mut reading.assigned {
            if assigned.gone == Some(false) {
                assigned.gone = Some(true);
                return Polled::Gone(format!("{topic} [{partition}]: offset {} is out of range", assigned.next));
            }
        }
        loop {
            let is_filled = |place: &(String, i32)| reading.assigned.get(place).is_some_and(|a| !a.buffer.is_empty());
            let stays = reading.current.as_ref().is_some_and(is_filled) && self.rng.u8(0..8) > 0;
            if !stays {
                let filled: Vec<_> = reading.assigned.keys().filter(|place| is_filled(place)).collect();
                reading.current = self.rng.choice(filled).cloned();
            }
            let Some(place) = reading.current.clone() else { return Polled::Nothing };
            let Some(assigned) = reading.assigned.get_mut(&place) else { return Polled::Nothing };
            let Some(entry) = assigned.buffer.pop_front() else { return Polled::Nothing };
            assigned.position = Some(entry.offset + 1);
            if matches!(entry.body, Body::Record { .. }) {
                self.note_clock(&reading.instance, &place, &entry);
                return Polled::Record(place, entry);
            }
        }
    }

    /// Whoever reads a record by a clock that is behind takes it to be of that clock's time; a record that is read again, before anybody
    /// has committed it, of the time of the new reading.
    fn note_clock(&mut self, instance: &str, place: &(String, i32), entry: &Entry) {
        let Some(wall) = self.machines.get(instance).map(|machine| machine.wall_ms(self.now)) else { return };
        if self.groups.values().any(|group| group.offsets.get(place).is_some_and(|read| *read > entry.offset)) {
            return;
        }
        let key = (place.0.clone(), place.1, entry.offset);
        if wall < entry.time {
            self.read_early.insert(key, wall);
        } else {
            self.read_early.remove(&key);
        }
    }

    fn reading(&mut self, id: u64) -> &mut Reading {
        self.readers.entry(id).or_default()
    }
}

/// The handle of one.
pub struct SimReader {
    reach: Reach,
    id: u64,
}

impl SimReader {
    /// Makes one that reads nothing yet.
    pub fn new(reach: Reach) -> Result<SimReader, BrokerError> {
        let instance = reach.name.clone();
        let id = reach.call(ASK_WITHIN, |state| {
            let id = state.handle();
            state.readers.insert(id, Reading { instance, ..Reading::default() });
            id
        })?;
        Ok(SimReader { reach, id })
    }

    fn each<'a>(
        &self,
        places: impl IntoIterator<Item = Place<'a>>,
        change: impl Fn(&mut Reading, (String, i32)),
    ) -> Result<(), BrokerError> {
        Ok(self.reach.local(|state| {
            let reading = state.reading(self.id);
            places.into_iter().for_each(|(topic, partition)| change(reading, (topic.to_owned(), partition)));
        })?)
    }

    fn ask<'a>(
        &self,
        places: impl IntoIterator<Item = Place<'a>>,
        offset: impl Fn(&State, Place<'a>) -> Option<Found>,
    ) -> Result<Offsets, BrokerError> {
        let told = self.reach.call(ASK_WITHIN, |state| {
            let mut offsets = Offsets::default();
            for place in places {
                if let Some(found) = offset(state, place) {
                    offsets.add(place, found);
                }
            }
            offsets
        });
        Ok(told?)
    }
}

impl Reader for SimReader {
    fn poll<R>(&self, _timeout: Duration, take: impl FnOnce(Record<'_>) -> R) -> Option<Result<R, ReadError>> {
        // Waits for nothing: the driver advances time between turns.
        match self.reach.light(|state| state.poll(self.id)) {
            Ok(Polled::Record((topic, partition), entry)) => {
                let Body::Record { key, value, .. } = &entry.body else { return None };
                let (key, value, offset, time) = (key.as_deref(), value.as_deref(), entry.offset, Some(entry.time));
                Some(Ok(take(Record { topic: &topic, partition, offset, time, key, value })))
            }
            Ok(Polled::Gone(error)) => Some(Err(ReadError::OffsetGone(error))),
            Ok(Polled::Nothing) => None,
            Err(error) => Some(Err(ReadError::Passing(error.to_string()))),
        }
    }

    fn assign<'a>(&self, places: impl IntoIterator<Item = (Place<'a>, i64)>) -> Result<(), BrokerError> {
        Ok(self.reach.local(|state| {
            let reading = state.reading(self.id);
            for ((topic, partition), next) in places {
                reading.assigned.insert((topic.to_owned(), partition), Assigned { next, ..Assigned::default() });
            }
        })?)
    }

    fn unassign<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        self.each(places, |reading, place| drop(reading.assigned.remove(&place)))
    }

    fn pause<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        self.each(places, |reading, place| {
            if let Some(assigned) = reading.assigned.get_mut(&place) {
                assigned.forget_fetched();
                assigned.is_paused = true;
            }
        })
    }

    fn resume<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<(), BrokerError> {
        self.each(places, |reading, place| {
            if let Some(assigned) = reading.assigned.get_mut(&place) {
                assigned.is_paused = false;
            }
        })
    }

    fn positions(&self) -> Result<Offsets, BrokerError> {
        let told = self.reach.local(|state| {
            let mut offsets = Offsets::default();
            for ((topic, partition), assigned) in &state.reading(self.id).assigned {
                if let Some(position) = assigned.position {
                    offsets.add((topic, *partition), Found::At(position));
                }
            }
            offsets
        });
        Ok(told?)
    }

    fn ends<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError> {
        self.ask(places, |state, (topic, partition)| {
            let log = state.log(topic, partition)?;
            Some(Found::At(if state.sabotage.ends_are_stable { log.stable() } else { log.end() }))
        })
    }

    fn beginnings<'a>(&self, places: impl IntoIterator<Item = Place<'a>>) -> Result<Offsets, BrokerError> {
        self.ask(places, |state, (topic, partition)| Some(Found::At(state.log(topic, partition)?.begin())))
    }

    fn at_time<'a>(&self, places: impl IntoIterator<Item = Place<'a>>, ms: i64) -> Result<Offsets, BrokerError> {
        self.ask(places, |state, (topic, partition)| {
            Some(state.log(topic, partition)?.at_time(ms).map_or(Found::AfterAll, Found::At))
        })
    }
}

impl Drop for SimReader {
    fn drop(&mut self) {
        self.reach.look_mut(|state| drop(state.readers.remove(&self.id)));
    }
}
