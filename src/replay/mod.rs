//! History through the same tracker and notifier as `run`, on a simulated clock (wire.md, "replay").
//!
//! In come files of shipments and scans in any order, out go conditions and notices in the order of their logical
//! instants, the same bytes for the same files. Three steps: `read` opens files, plain or compressed; `sort`
//! brings their records into the order of their time, on disk where they do not fit in memory; `drive` hands them to
//! the tracker and lets time pass; `hear` is the notifier behind it. Nothing is sent.

mod drive;
mod hear;
mod order;
mod progress;
mod read;
mod sort;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

pub use self::drive::Summary;
pub use self::hear::Decisions;
pub use self::sort::MEMORY_BYTES;

use self::drive::Drive;
use self::order::Source;
use self::progress::Progress;
use self::sort::Sorter;
use self::write::Output;
use crate::model::{Timestamp, World};

/// What to replay. The path `-` is standard input.
#[derive(Clone, Debug)]
pub struct History {
    /// Shipment records, one per line.
    pub shipments: PathBuf,
    /// Scans, one per line.
    pub scans: PathBuf,
    /// Records later than this are not read, and time passes up to it; else up to the last record.
    pub until: Option<Timestamp>,
    /// Bytes of records that are held in memory; more are sorted on disk.
    pub memory_bytes: usize,
}

/// Where the result goes; none: nowhere.
#[derive(Default)]
pub struct Results {
    /// Conditions, one per line.
    pub conditions: Option<Box<dyn Write>>,
    /// Notices, one per line.
    pub notices: Option<Box<dyn Write>>,
}

/// Why a history could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{path}: cannot read")]
    Read {
        #[allow(missing_docs)]
        path: String,
        #[allow(missing_docs)]
        source: std::io::Error,
    },
    /// Records could not be sorted on disk.
    #[error("cannot sort on disk in {directory}")]
    Sort {
        /// The directory for temporary files.
        directory: String,
        #[allow(missing_docs)]
        source: std::io::Error,
    },
    /// The result could not be written.
    #[error("cannot write {what}")]
    Write {
        /// `conditions` or `notices`.
        what: &'static str,
        #[allow(missing_docs)]
        source: std::io::Error,
    },
}

/// Replays a history. Draws its progress on standard error where that is a terminal.
pub fn replay(history: &History, world: &World, results: Results) -> Result<Summary, Error> {
    let mut rejects = BTreeMap::new();
    let mut sorter = Sorter::new(history.memory_bytes);
    for (path, source) in [(&history.shipments, Source::Shipments), (&history.scans, Source::Scans)] {
        take_in(path, source, history.until, &mut sorter, &mut rejects)?;
    }
    let until = history.until.or(sorter.last());
    let progress = Progress::records(sorter.len());
    let mut drive = Drive::new(world, Output::new(results));
    for record in sorter.sorted()? {
        drive.apply(record?)?;
        progress.advance(1);
    }
    let mut summary = drive.finish(until)?;
    summary.rejects = rejects;
    Ok(summary)
}

/// Reads a file's records into the sorter; counts those that are rejected.
fn take_in(
    path: &Path,
    source: Source,
    until: Option<Timestamp>,
    sorter: &mut Sorter,
    rejects: &mut BTreeMap<(&'static str, &'static str), u64>,
) -> Result<(), Error> {
    let unreadable = |error| Error::Read { path: path.display().to_string(), source: error };
    let progress = Progress::bytes(path, source.name());
    let mut lines = read::Lines::open(path, progress).map_err(unreadable)?;
    let mut number = 0;
    while let Some(line) = lines.next_line().map_err(unreadable)? {
        number += 1;
        match order::key(source, line, number) {
            Ok(key) if until.is_none_or(|until| key.time <= until) => sorter.push(key, line)?,
            Ok(_) => {}
            Err(reject) => *rejects.entry((source.name(), reject.reason)).or_default() += 1,
        }
    }
    Ok(())
}
