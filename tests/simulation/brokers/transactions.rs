//! The transaction coordinator: who may write under a transactional id, and how its transactions end.
//!
//! As Apache Kafka's `TransactionCoordinator` does it for clients that do not speak KIP-890's second version (librdkafka 2.12): an
//! initialisation aborts what is open under a raised epoch and answers CONCURRENT_TRANSACTIONS until that is done; an end is decided first
//! and its markers arrive at each partition in their own time, so others see a transaction piece by piece; until all have
//! arrived, nothing new begins; one that is open for longer than its timeout is aborted and its producer fenced. Produce
//! requests are verified with the coordinator (KIP-890), so nothing is added to a transaction that has ended.

use std::collections::BTreeSet;
use std::time::Duration;

use super::log::{Body, Pid};
use super::state::State;
use super::time::Event;

/// Looked for what is open for too long that often (`transaction.abort.timed.out.transaction.cleanup.interval.ms`).
const LOOKS_EVERY: Duration = Duration::from_secs(10);

/// What a coordinator answers instead of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// CONCURRENT_TRANSACTIONS: asked again a little later.
    Concurrent,
    /// PRODUCER_FENCED or INVALID_PRODUCER_EPOCH: somebody has taken over.
    Fenced,
    /// INVALID_TXN_STATE.
    InvalidState,
    /// ILLEGAL_GENERATION of the group's coordinator.
    IllegalGeneration,
    /// UNKNOWN_MEMBER_ID of the group's coordinator.
    UnknownMember,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing is open; how the last one ended, if any did.
    Done(Option<bool>),
    Ongoing,
    /// Decided, and so many markers are on their way.
    Ending {
        committed: bool,
        left: usize,
    },
}

/// What is known of a transactional id.
#[derive(Debug)]
pub struct Transactional {
    pid: i64,
    epoch: i16,
    timeout: Duration,
    standing: Standing,
    places: BTreeSet<(String, i32)>,
    groups: BTreeSet<String>,
    began: Duration,
}

/// Who commits offsets: group, member, generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    #[allow(missing_docs)]
    pub group: String,
    #[allow(missing_docs)]
    pub member: String,
    #[allow(missing_docs)]
    pub generation: i32,
}

/// A record to be appended.
#[derive(Clone, Debug)]
pub struct Pending {
    #[allow(missing_docs)]
    pub topic: String,
    #[allow(missing_docs)]
    pub partition: i32,
    /// The producer's time, which counts where the topic says so.
    pub time: i64,
    #[allow(missing_docs)]
    pub body: Body,
}

impl State {
    /// InitProducerId.
    pub fn init(&mut self, id: &str, timeout: Duration) -> Result<Pid, Refused> {
        let next = self.transactional.len() as i64 + 1;
        let of = self.transactional.entry(id.to_owned()).or_insert_with(|| Transactional {
            pid: next,
            epoch: -1,
            timeout,
            standing: Standing::Done(None),
            places: BTreeSet::new(),
            groups: BTreeSet::new(),
            began: Duration::ZERO,
        });
        match of.standing {
            Standing::Ongoing => {
                of.epoch += 1;
                self.end_now(id, false);
                *self.counts.entry("transaction aborted by a successor").or_default() += 1;
                Err(Refused::Concurrent)
            }
            Standing::Ending { .. } => Err(Refused::Concurrent),
            Standing::Done(_) => {
                (of.timeout, of.standing) = (timeout, Standing::Done(None));
                of.epoch += 1;
                Ok((of.pid, of.epoch))
            }
        }
    }

    /// AddPartitionsToTxn and Produce of records of one producer.
    pub fn produce(&mut self, id: &str, by: Pid, record: Pending) -> Result<i64, Refused> {
        self.begin(id, by)?;
        let Pending { topic, partition, time, body } = record;
        let of = self.transactional.get_mut(id).ok_or(Refused::Fenced)?;
        of.places.insert((topic.clone(), partition));
        Ok(self.append(&topic, partition, time, Some(by.0), body))
    }

    /// AddOffsetsToTxn and TxnOffsetCommit: the group's coordinator checks member and generation, which fences.
    pub fn send_offsets(
        &mut self,
        id: &str,
        by: Pid,
        metadata: &GroupMetadata,
        offsets: &[(String, i32, i64)],
    ) -> Result<(), Refused> {
        self.begin(id, by)?;
        let of = self.transactional.get_mut(id).ok_or(Refused::Fenced)?;
        // Added to the transaction before the group is asked: a refused one has a marker to come there as well.
        of.groups.insert(metadata.group.clone());
        let group = self.groups.entry(metadata.group.clone()).or_default();
        if !self.sabotage.generations_unchecked {
            group.admits(&metadata.member, metadata.generation)?;
        }
        let pending = group.pending.entry(by.0).or_default();
        for (topic, partition, offset) in offsets {
            pending.insert((topic.clone(), *partition), *offset);
        }
        Ok(())
    }

    /// EndTxn: decided when this returns; the markers follow. Asked again after a lost answer it says what it said.
    pub fn end(&mut self, id: &str, by: Pid, commit: bool) -> Result<(), Refused> {
        let of = self.transactional.get(id).ok_or(Refused::Fenced)?;
        if (of.pid, of.epoch) != by && !self.sabotage.epochs_unchecked {
            return Err(Refused::Fenced);
        }
        match of.standing {
            Standing::Ongoing => {
                if !commit {
                    *self.counts.entry("transaction aborted").or_default() += 1;
                }
                self.end_now(id, commit);
                Ok(())
            }
            Standing::Ending { committed, .. } if committed == commit => Err(Refused::Concurrent),
            Standing::Done(Some(committed)) if committed == commit => Ok(()),
            _ => Err(Refused::InvalidState),
        }
    }

    fn begin(&mut self, id: &str, by: Pid) -> Result<(), Refused> {
        let (now, unchecked) = (self.now, self.sabotage.epochs_unchecked);
        let late = self.jitter(LOOKS_EVERY);
        let of = self.transactional.get_mut(id).ok_or(Refused::Fenced)?;
        if (of.pid, of.epoch) != by && !unchecked {
            return Err(Refused::Fenced);
        }
        match of.standing {
            Standing::Ending { .. } => return Err(Refused::Concurrent),
            Standing::Ongoing => {}
            Standing::Done(_) => {
                (of.standing, of.began) = (Standing::Ongoing, now);
                let expires = Event::TransactionExpires { id: id.to_owned(), began: now, epoch: of.epoch };
                let at = now + of.timeout + late;
                self.agenda.note(at, expires);
            }
        }
        Ok(())
    }

    fn end_now(&mut self, id: &str, committed: bool) {
        let Some(of) = self.transactional.get_mut(id) else { return };
        let (places, groups) = (std::mem::take(&mut of.places), std::mem::take(&mut of.groups));
        let left = places.len() + groups.len();
        of.standing = if left == 0 { Standing::Done(Some(committed)) } else { Standing::Ending { committed, left } };
        for (topic, partition) in places {
            let at = self.now + self.marker_delay();
            self.agenda.note(at, Event::Marker { id: id.to_owned(), topic, partition });
        }
        for group in groups {
            let at = self.now + self.marker_delay();
            self.agenda.note(at, Event::OffsetsDecided { id: id.to_owned(), group });
        }
    }

    /// The marker is written.
    pub fn marker_arrives(&mut self, id: &str, topic: &str, partition: i32) {
        let Some((pid, committed)) = self.marked(id) else { return };
        let time = self.broker_ms();
        self.log_mut(topic, partition).mark(time, pid, committed);
    }

    /// The group's pending offsets become its own, or nothing.
    pub fn offsets_decided(&mut self, id: &str, group: &str) {
        let Some((pid, committed)) = self.marked(id) else { return };
        let group = self.groups.entry(group.to_owned()).or_default();
        let pending = group.pending.remove(&pid).unwrap_or_default();
        if committed {
            group.offsets.extend(pending);
        }
    }

    /// One marker of this id's less is on its way.
    fn marked(&mut self, id: &str) -> Option<(i64, bool)> {
        let of = self.transactional.get_mut(id)?;
        let Standing::Ending { committed, left } = of.standing else { return None };
        of.standing = match left {
            1 => Standing::Done(Some(committed)),
            more => Standing::Ending { committed, left: more - 1 },
        };
        Some((of.pid, committed))
    }

    /// The coordinator found it open for too long: its producer is fenced by a raised epoch.
    pub fn transaction_expires(&mut self, id: &str, began: Duration, epoch: i16) {
        let Some(of) = self.transactional.get_mut(id) else { return };
        if of.standing == Standing::Ongoing && of.began == began && of.epoch == epoch {
            of.epoch += 1;
            *self.counts.entry("transaction timed out").or_default() += 1;
            self.end_now(id, false);
        }
    }

    /// Whether a transaction is open or its markers are on their way, for the driver.
    pub fn is_transaction_open(&self, id: &str) -> bool {
        self.transactional.get(id).is_some_and(|of| !matches!(of.standing, Standing::Done(_)))
    }
}
