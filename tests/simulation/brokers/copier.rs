//! A small worker for the simulation's own test: copies a topic to another exactly once, the way the product's workers work.
//!
//! Its state is the next offset of each partition, kept in a state log beside the group's offset; both must agree after a restore.

use std::collections::BTreeMap;
use std::time::Duration;

use parcelwatch::stream::brokers::{
    Asked, BrokerError, Brokers, Membership, NewRecord, ReadError, Reader, WriteError, Writer,
};

/// Input, output and state topic, and the group.
pub const IN: &str = "in";
#[allow(missing_docs)]
pub const OUT: &str = "out";
#[allow(missing_docs)]
pub const STATE: &str = "state";
#[allow(missing_docs)]
pub const GROUP: &str = "copiers";

/// Why a copier ended.
#[derive(Debug)]
pub enum Ended {
    /// It is built anew.
    Rebuild,
    /// State and group do not agree: something was lost.
    Disagree(String),
}

impl From<BrokerError> for Ended {
    fn from(_: BrokerError) -> Ended {
        Ended::Rebuild
    }
}

enum Held {
    Restoring { end: i64, reached: i64, saved: Option<i64> },
    Active { next: i64, saved: i64 },
}

/// See the module.
pub struct Copier<K: Brokers> {
    membership: K::Membership,
    reader: K::Reader,
    writer: K::Writer,
    held: BTreeMap<i32, Held>,
    /// Whether a restored state is checked against the group's offset, which hides what a wrong end would lose.
    checks: bool,
}

impl<K: Brokers> Copier<K> {
    /// Takes over the transactional id and joins.
    pub fn new(brokers: &K, id: &str, checks: bool) -> Result<Copier<K>, Ended> {
        let writer = brokers.writer(id).map_err(|_| Ended::Rebuild)?;
        let reader = brokers.reader(GROUP, &[IN.to_owned(), STATE.to_owned()])?;
        let membership = brokers.join(GROUP, IN)?;
        Ok(Copier { membership, reader, writer, held: BTreeMap::new(), checks })
    }

    /// Serves the group, copies what is there, and commits where told to.
    pub fn turn(&mut self, commits: bool) -> Result<(), Ended> {
        for asked in self.membership.poll()? {
            match &asked {
                Asked::Assign(partitions) => self.take(partitions)?,
                Asked::Revoke(partitions) => self.let_go(partitions)?,
            }
            self.membership.answer(&asked)?;
        }
        let mut outcome = Ok(());
        for _ in 0..50 {
            let Some(polled) = self.reader.poll(Duration::ZERO, |record| {
                let (topic, partition, offset) = (record.topic.to_owned(), record.partition, record.offset);
                (topic, partition, offset, record.value.unwrap_or_default().to_vec())
            }) else {
                break;
            };
            match polled {
                Ok((topic, partition, offset, value)) => outcome = self.read(&topic, partition, offset, &value),
                Err(ReadError::OffsetGone(error)) => return Err(Ended::Disagree(error)),
                Err(ReadError::Passing(_)) => break,
            }
            if outcome.is_err() {
                break;
            }
        }
        if let Err(error) = outcome {
            self.abort(error)?;
        }
        self.restore()?;
        if commits { self.commit() } else { Ok(()) }
    }

    fn take(&mut self, partitions: &[i32]) -> Result<(), Ended> {
        for partition in
            partitions.iter().filter(|partition| !self.held.contains_key(partition)).copied().collect::<Vec<_>>()
        {
            let place = (STATE, partition);
            let begin = self.reader.beginnings([place])?.of(place).ok_or(Ended::Rebuild)?;
            let end = self.reader.ends([place])?.of(place).ok_or(Ended::Rebuild)?;
            self.reader.assign([(place, begin)])?;
            self.held.insert(partition, Held::Restoring { end, reached: begin, saved: None });
        }
        Ok(())
    }

    fn let_go(&mut self, partitions: &[i32]) -> Result<(), Ended> {
        if self.membership.lost() {
            self.abort(WriteError::Abort(String::new()))?;
        } else {
            self.commit()?;
        }
        for partition in partitions {
            match self.held.remove(partition) {
                Some(Held::Restoring { .. }) => self.reader.unassign([(STATE, *partition)])?,
                Some(Held::Active { .. }) => self.reader.unassign([(IN, *partition)])?,
                None => {}
            }
        }
        Ok(())
    }

    fn read(&mut self, topic: &str, partition: i32, offset: i64, value: &[u8]) -> Result<(), WriteError> {
        match self.held.get_mut(&partition) {
            Some(Held::Restoring { saved, .. }) if topic == STATE => {
                *saved = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            }
            Some(Held::Active { next, .. }) if topic == IN => {
                let copy = format!("{partition}:{offset}");
                *next = offset + 1;
                let (key, value) = (Some(copy.as_bytes()), Some(value));
                self.writer.produce(NewRecord { topic: OUT, partition, key, value, headers: &[] })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Goes on with what was read back to its end.
    fn restore(&mut self) -> Result<(), Ended> {
        let positions = self.reader.positions()?;
        let mut complete = Vec::new();
        for (partition, held) in &mut self.held {
            if let Held::Restoring { end, reached, saved } = held {
                *reached = positions.of((STATE, *partition)).unwrap_or(*reached);
                if *reached >= *end {
                    complete.push((*partition, *saved, *end));
                }
            }
        }
        for (partition, saved, end) in complete {
            let told = self.membership.committed(IN, &[partition], Duration::from_secs(1));
            let Some(Ok(offset)) = told.ok().and_then(|mut told| told.remove(&partition)) else { continue };
            if self.checks && offset != saved {
                // Asked after the group's offset: whose process stood still since the restore reads a successor's.
                let ends = self.reader.ends([(STATE, partition)])?;
                if ends.of((STATE, partition)).is_none_or(|now| now > end) {
                    return Err(Ended::Rebuild);
                }
                return Err(Ended::Disagree(format!("[{partition}] state {saved:?}, group {offset:?}")));
            }
            let next = saved.unwrap_or(0);
            self.reader.unassign([(STATE, partition)])?;
            self.reader.assign([((IN, partition), next)])?;
            self.held.insert(partition, Held::Active { next, saved: next });
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Ended> {
        match self.try_commit() {
            Ok(()) => {
                for held in self.held.values_mut() {
                    if let Held::Active { next, saved } = held {
                        *saved = *next;
                    }
                }
                Ok(())
            }
            Err(error) => self.abort(error),
        }
    }

    fn try_commit(&mut self) -> Result<(), WriteError> {
        let mut offsets = Vec::new();
        for (partition, held) in &self.held {
            let Held::Active { next, saved } = held else { continue };
            if next != saved {
                let text = next.to_string();
                let value = Some(text.as_bytes());
                self.writer.produce(NewRecord {
                    topic: STATE,
                    partition: *partition,
                    key: None,
                    value,
                    headers: &[],
                })?;
                offsets.push(((IN, *partition), *next));
            }
        }
        if !self.writer.is_open() {
            return Ok(());
        }
        self.writer.flush()?;
        let group = self.membership.group().ok_or_else(|| WriteError::Abort("no member".to_owned()))?;
        self.writer.commit(&offsets, &group)
    }

    /// Puts back what is not committed and reads it again.
    fn abort(&mut self, error: WriteError) -> Result<(), Ended> {
        if matches!(error, WriteError::Fatal(_)) {
            return Err(Ended::Rebuild);
        }
        self.writer.abort().map_err(|_| Ended::Rebuild)?;
        for (partition, held) in &mut self.held {
            if let Held::Active { next, saved } = held {
                *next = *saved;
                self.reader.unassign([(IN, *partition)])?;
                self.reader.assign([((IN, *partition), *saved)])?;
            }
        }
        Ok(())
    }
}
