//! Reading a partition's state back, and the checks that come before it may decide.
//!
//! Only the state log is needed: its end is asked for through read_uncommitted, then it is read committed until
//! the position reaches that end. Finishing at the last stable offset would lose state silently while a
//! predecessor's transaction is still open.

use std::fmt;
use std::time::Duration;

use super::options::{From, Options};
use super::stage::Stage;
use crate::model::Timestamp;
use crate::state::{Foreign, Machine, Meta, RestoreError, StateLog, Walk, restore_block};

/// Why a partition must not go on. Each names what to do: none of it may be read as zero or empty.
#[derive(Debug, thiserror::Error)]
pub enum CannotResume {
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}] offset {offset}: {error}; the state cannot be used: if the log was damaged, restore it from a \
         replica, else run the version that wrote it"
    )]
    Unreadable { topic: String, partition: i32, offset: i64, error: RestoreError },
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}] begins at offset {begins}, but is complete only from {complete_from} on: something else deleted \
         records; set cleanup.policy=delete and retention.ms=-1, retention.bytes=-1 on it, and restore it from a backup, or delete \
         the group and the state topics and start anew with --from"
    )]
    Truncated { topic: String, partition: i32, begins: i64, complete_from: i64 },
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}] is empty, but the group {group} has committed offset {offset}: the state was lost; restore the \
         topic from a backup, or delete the group {group} and start anew with --from"
    )]
    StateMissing { topic: String, partition: i32, group: String, offset: i64 },
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}] holds state, but the group {group} has no committed offset: the brokers forget offsets of a \
         group that was away for offsets.retention.minutes; if nobody reset the group, start once with --resume-from-state"
    )]
    OffsetMissing { topic: String, partition: i32, group: String },
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}]: the group {group} is at offset {group_offset}, the saved state at {state_offset}: the state log lost \
         its end or the group was reset; restore the log, or reset the group to {state_offset}"
    )]
    OffsetsDiffer { topic: String, partition: i32, group: String, group_offset: i64, state_offset: i64 },
    #[allow(missing_docs)]
    #[error(
        "expected {saved} partitions of {topic}, as when the state was saved, found {found}: keys belong to other partitions now; \
         create new topics with {found} partitions and move the data"
    )]
    Repartitioned { topic: String, saved: u32, found: i32 },
    #[allow(missing_docs)]
    #[error(
        "this is a very first start: neither offsets of the group {group} nor state in {topic}; say where to begin in shipments, scans \
         and reroutes with --from earliest, --from latest or --from 2026-11-22T00:00:00Z"
    )]
    WhereToBegin { topic: String, group: String },
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}]: the saved state goes on from offset {offset}, but the records before {begins} are gone: retention \
         must outlast any outage; to skip what was lost, delete the group {group} and the state topics and start anew with --from"
    )]
    InputCut { topic: String, partition: i32, group: String, offset: i64, begins: i64 },
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}]: the saved state goes on from offset {offset}, but the topic ends at {end}: it was made anew, or brokers \
         lost its end; restore it from a backup, or delete the group {group} and the state topics and start anew with --from"
    )]
    InputShort { topic: String, partition: i32, group: String, offset: i64, end: i64 },
    #[allow(missing_docs)]
    #[error(
        "{topic} [{partition}]: nothing could be read for {STANDS_STILL_AFTER:?}, at offset {position} before {end}; if this goes on, look \
         for a transaction that was left open (kafka-transactions.sh find-hanging) and abort it"
    )]
    StandsStill { topic: String, partition: i32, position: i64, end: i64 },
}

impl CannotResume {
    /// A word for it that stays, for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            CannotResume::Unreadable { .. } => "state_unreadable",
            CannotResume::Truncated { .. } => "state_cut",
            CannotResume::StateMissing { .. } => "state_missing",
            CannotResume::OffsetMissing { .. } => "group_offset_missing",
            CannotResume::OffsetsDiffer { .. } => "group_offset_differs",
            CannotResume::Repartitioned { .. } => "repartitioned",
            CannotResume::WhereToBegin { .. } => "first_start",
            CannotResume::InputCut { .. } => "input_cut",
            CannotResume::InputShort { .. } => "input_short",
            CannotResume::StandsStill { .. } => "open_transaction",
        }
    }
}

/// Nothing of a state log was read for so long. Shorter: a slow broker makes workers start over. Longer: so long nobody watches the
/// partition's parcels.
pub const STANDS_STILL_AFTER: Duration = Duration::from_secs(30);

/// How far the reading of a state log is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries read.
    pub entries: u64,
    /// How much of the log was read.
    pub percent: u8,
    /// How long the rest takes at the pace so far; none before anything was read.
    pub left: Option<Duration>,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} % of its state log, {} entries", self.percent, self.entries)?;
        self.left.map_or(Ok(()), |left| write!(f, ", about {} s left", left.as_secs()))
    }
}

/// How often metrics and `/readyz` learn of the progress. More often costs what the reading is to have.
const SHOWN_EVERY: Duration = Duration::from_millis(500);

/// How often it is logged. A usual restore is over before the first line; one of minutes fills no log.
const LOGGED_EVERY: Duration = Duration::from_secs(5);

/// Where progress is to be told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    #[allow(missing_docs)]
    Nobody,
    /// Metrics and `/readyz`.
    Shown(Progress),
    /// The log, too.
    Logged(Progress),
}

/// A partition whose state log is being read.
pub struct Restoring<S: Stage> {
    #[allow(missing_docs)]
    pub machine: S::Machine,
    /// The log's first offset and its end when it was asked for.
    pub begins: i64,
    #[allow(missing_docs)]
    pub end: i64,
    /// The log was read to its end.
    pub complete: bool,
    meta: Option<Meta>,
    /// What a later version saved.
    pub foreign: Foreign,
    /// Entries read so far.
    pub entries: u64,
    /// When it began, on the boot clock.
    pub began: Duration,
    /// The position reached, and since when.
    reached: (i64, Duration),
    /// When progress was shown and logged last.
    told: (Duration, Duration),
}

impl<S: Stage> Restoring<S> {
    /// Begins, at `now` on the boot clock, to read a log that spans these offsets.
    pub fn new(begins: i64, end: i64, now: Duration) -> Restoring<S> {
        let (machine, began) = (S::machine(), now);
        let complete = begins >= end;
        Restoring {
            machine,
            begins,
            end,
            complete,
            meta: None,
            foreign: Foreign::default(),
            entries: 0,
            began,
            reached: (begins, began),
            told: (began, began),
        }
    }

    /// The reader is at this position at `now`, on the boot clock; true where it has stood still for too long. Then its consumer
    /// is stuck (seen after a broker was killed and came back), or somebody's transaction was left open in the log.
    pub fn stands_still_at(&mut self, position: i64, now: Duration) -> bool {
        if position != self.reached.0 {
            self.reached = (position, now);
        }
        self.complete |= position >= self.end;
        !self.complete && now.saturating_sub(self.reached.1) > STANDS_STILL_AFTER
    }

    /// How far it is, as of the position last told.
    pub fn progress(&self, now: Duration) -> Progress {
        let (read, all) = (self.reached.0 - self.begins, self.end - self.begins);
        let (read, all) = (u128::from(read.max(0).unsigned_abs()), u128::from(all.max(1).unsigned_abs()));
        let took = now.saturating_sub(self.began).as_millis();
        let left = (read > 0).then(|| took * all.saturating_sub(read) / read);
        Progress {
            entries: self.entries,
            percent: (read * 100 / all).min(100) as u8,
            left: left.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))),
        }
    }

    /// Where its progress is to be told at `now`, on the boot clock.
    pub fn tell(&mut self, now: Duration) -> Tell {
        let (shown, logged) = self.told;
        if now.saturating_sub(logged) >= LOGGED_EVERY {
            self.told = (now, now);
            return Tell::Logged(self.progress(now));
        }
        if now.saturating_sub(shown) >= SHOWN_EVERY {
            self.told.0 = now;
            return Tell::Shown(self.progress(now));
        }
        Tell::Nobody
    }

    /// Takes a block of the log.
    pub fn block(&mut self, topic: &str, partition: i32, offset: i64, block: &[u8]) -> Result<(), CannotResume> {
        let read = restore_block(block, &mut self.machine.tables(), &mut self.foreign, &mut self.meta);
        let topic = || topic.to_owned();
        self.entries += read.map_err(|error| CannotResume::Unreadable { topic: topic(), partition, offset, error })?;
        Ok(())
    }

    /// The last meta entry read so far.
    pub fn meta(&self) -> Option<&Meta> {
        self.meta.as_ref()
    }

    /// The state is complete: checks it against what the group and the cluster say. None: a first start.
    pub fn checked(
        &self,
        check: &Check<'_>,
        group_offset: Option<i64>,
        options: &Options,
    ) -> Result<Option<&Meta>, CannotResume> {
        let (topic, group, partition) = (|| check.state_topic.to_owned(), || check.group.to_owned(), check.partition);
        let Some(meta) = &self.meta else {
            return match group_offset {
                Some(offset) => Err(CannotResume::StateMissing { topic: topic(), partition, group: group(), offset }),
                None if S::ASKS_FROM && options.from.is_none() => {
                    Err(CannotResume::WhereToBegin { topic: topic(), group: group() })
                }
                None => Ok(None),
            };
        };
        let complete_from = meta.walk.complete_from;
        if self.begins > complete_from {
            return Err(CannotResume::Truncated { topic: topic(), partition, begins: self.begins, complete_from });
        }
        if meta.partitions != check.partitions as u32 {
            let (topic, found) = (check.main_topic.to_owned(), check.partitions);
            return Err(CannotResume::Repartitioned { topic, saved: meta.partitions, found });
        }
        let state_offset = meta.offset(S::INPUTS[S::MAIN]).unwrap_or(0);
        match group_offset {
            None if !options.resume_from_state && !options.simulated_brokers => {
                Err(CannotResume::OffsetMissing { topic: topic(), partition, group: group() })
            }
            Some(group_offset) if group_offset != state_offset && !options.resume_from_state => {
                let topic = check.main_topic.to_owned();
                Err(CannotResume::OffsetsDiffer { topic, partition, group: group(), group_offset, state_offset })
            }
            _ => Ok(Some(meta)),
        }
    }

    /// The state log and meta entry to go on with; `first` says where a first start begins in each input.
    pub fn resume(&self, first: Vec<i64>, partitions: i32, fingerprint: u64) -> (StateLog, Meta) {
        if let Some(meta) = &self.meta {
            let meta = Meta { epoch: meta.epoch + 1, offsets: meta.offsets_with(named::<S>(first)), ..meta.clone() };
            return (StateLog::resumed(meta.walk).carrying(self.foreign.clone()), meta);
        }
        let log = StateLog::empty(self.end);
        let meta = Meta {
            offsets: named::<S>(first),
            partitions: partitions as u32,
            stream_time: Timestamp::MIN,
            epoch: 1,
            writer: String::new(),
            fingerprint,
            walk: Walk { number: 0, cursor: 0, start: self.end, began: Timestamp::MIN, complete_from: self.end },
        };
        (log, meta)
    }
}

fn named<S: Stage>(offsets: Vec<i64>) -> Vec<(String, i64)> {
    S::INPUTS.iter().map(|input| (*input).to_owned()).zip(offsets).collect()
}

/// What a restored state is checked against.
pub struct Check<'a> {
    #[allow(missing_docs)]
    pub state_topic: &'a str,
    #[allow(missing_docs)]
    pub main_topic: &'a str,
    #[allow(missing_docs)]
    pub group: &'a str,
    #[allow(missing_docs)]
    pub partition: i32,
    /// How many partitions the inputs have now.
    pub partitions: i32,
}

/// Where an input is to be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// At this offset.
    At(i64),
    /// At one that the brokers must be asked for.
    From(From),
}

/// Whether an input still has what the saved state goes on with: it spans `begins..end`, open transactions included.
pub fn input_is_there(
    (topic, partition): (&str, i32),
    group: &str,
    offset: i64,
    (begins, end): (i64, i64),
) -> Result<(), CannotResume> {
    let (topic, group) = (|| topic.to_owned(), || group.to_owned());
    if offset < begins {
        return Err(CannotResume::InputCut { topic: topic(), partition, group: group(), offset, begins });
    }
    if offset > end {
        return Err(CannotResume::InputShort { topic: topic(), partition, group: group(), offset, end });
    }
    Ok(())
}

/// Where to go on in an input: at the saved offset; on a first start where the operator says; and in an input that is new to
/// the saved state, since the version that saved it did not read it, at the earliest.
pub fn begins<S: Stage>(input: &str, saved: Option<&Meta>, options: &Options) -> Begins {
    match saved {
        Some(meta) => meta.offset(input).map_or(Begins::From(From::Earliest), Begins::At),
        None if S::ASKS_FROM => Begins::From(options.from.unwrap_or(From::Earliest)),
        None => Begins::From(From::Earliest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::options::Options;
    use crate::stream::stage::{NotifierStage, TrackerStage};

    fn meta(offsets: &[(&str, i64)]) -> Meta {
        let log = Restoring::<NotifierStage>::new(0, 0, Duration::ZERO);
        let (_, meta) = log.resume(vec![0; NotifierStage::INPUTS.len()], 2, 0);
        Meta { offsets: offsets.iter().map(|(name, offset)| ((*name).to_owned(), *offset)).collect(), ..meta }
    }

    #[test]
    fn a_restore_that_reads_nothing_for_too_long_stands_still() {
        let mut log = Restoring::<TrackerStage>::new(5, 9, Duration::from_secs(1));
        let at = |log: &Restoring<TrackerStage>, seconds| log.began + Duration::from_secs(seconds);
        assert!(!log.stands_still_at(5, at(&log, 30)));
        assert!(log.stands_still_at(5, at(&log, 31)));
        assert!(!log.stands_still_at(7, at(&log, 40)), "it has moved");
        assert!(!log.stands_still_at(7, at(&log, 70)) && log.stands_still_at(7, at(&log, 71)));
        assert!(!log.stands_still_at(9, at(&log, 200)) && log.complete);
    }

    #[test]
    fn progress_is_shown_often_and_logged_now_and_then() {
        let mut log = Restoring::<TrackerStage>::new(100, 300, Duration::from_secs(7));
        let at = |ms| Duration::from_secs(7) + Duration::from_millis(ms);
        assert_eq!(log.tell(at(499)), Tell::Nobody);
        assert_eq!(log.tell(at(500)), Tell::Shown(Progress { entries: 0, percent: 0, left: None }));
        assert!(!log.stands_still_at(150, at(2000)));
        let progress = Progress { entries: 0, percent: 25, left: Some(Duration::from_secs(6)) };
        assert_eq!(log.tell(at(2000)), Tell::Shown(progress));
        assert_eq!(log.tell(at(2100)), Tell::Nobody);
        assert!(matches!(log.tell(at(5000)), Tell::Logged(Progress { percent: 25, .. })));
        assert_eq!(log.tell(at(5400)), Tell::Nobody);
        assert_eq!(progress.to_string(), "25 % of its state log, 0 entries, about 6 s left");
    }

    #[test]
    fn what_is_saved_goes_on_and_an_input_that_is_new_to_it_begins_at_the_earliest() {
        let options = Options { from: Some(From::Latest), ..Options::of_a_test() };
        // As the version without preferences and controls saved it.
        let saved = meta(&[("notices.v1", 17), ("receipts.v1", 4)]);
        let found = NotifierStage::INPUTS.iter().map(|input| begins::<NotifierStage>(input, Some(&saved), &options));
        let new = Begins::From(From::Earliest);
        assert_eq!(found.collect::<Vec<_>>(), [new, Begins::At(17), Begins::At(4), new]);
        assert_eq!(NotifierStage::INPUTS[NotifierStage::MAIN], "notices.v1", "the group's offsets are of this one");
    }

    #[test]
    fn a_first_start_begins_where_it_is_told_but_for_what_is_our_own() {
        let options = Options { from: Some(From::Latest), ..Options::of_a_test() };
        assert_eq!(begins::<TrackerStage>("scans.v1", None, &options), Begins::From(From::Latest));
        assert_eq!(begins::<NotifierStage>("preferences.v1", None, &options), Begins::From(From::Earliest));
    }
}
