//! Sorts records by their keys; what does not fit in memory goes to temporary files as sorted runs, which are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};

use super::Error;
use super::order::Key;
use crate::model::Timestamp;

/// Bytes of records that `replay` holds in memory by default. More: machines with little memory swap. Less: more runs,
/// each an open file.
pub const MEMORY_BYTES: usize = 512 << 20;

/// What a record costs in memory beside its bytes.
const OVERHEAD_BYTES: usize = 64;

/// A record in its order.
pub(super) struct Record {
    pub key: Key,
    pub line: Box<[u8]>,
}

/// Takes records in any order.
pub(super) struct Sorter {
    memory_bytes: usize,
    held: Vec<Record>,
    held_bytes: usize,
    runs: Vec<File>,
    count: u64,
    last: Option<Timestamp>,
}

impl Sorter {
    pub fn new(memory_bytes: usize) -> Sorter {
        Sorter { memory_bytes, held: Vec::new(), held_bytes: 0, runs: Vec::new(), count: 0, last: None }
    }

    /// How many records it has.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// The time of the last record.
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// Takes a record.
    pub fn push(&mut self, key: Key, line: &[u8]) -> Result<(), Error> {
        self.count += 1;
        self.last = self.last.max(Some(key.time));
        self.held_bytes += line.len() + OVERHEAD_BYTES;
        self.held.push(Record { key, line: line.into() });
        if self.held_bytes > self.memory_bytes { self.spill().map_err(on_disk) } else { Ok(()) }
    }

    /// Writes what is held to a run.
    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable_by_key(|record| record.key);
        let mut run = BufWriter::new(tempfile::tempfile()?);
        for record in self.held.drain(..) {
            run.write_all(&record.key.to_bytes())?;
            run.write_all(&(record.line.len() as u64).to_le_bytes())?;
            run.write_all(&record.line)?;
        }
        let mut file = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(file);
        self.held_bytes = 0;
        Ok(())
    }

    /// All records, in order.
    pub fn sorted(mut self) -> Result<impl Iterator<Item = Result<Record, Error>>, Error> {
        self.held.sort_unstable_by_key(|record| record.key);
        let held = Run::Held(self.held.into_iter());
        let on_disk = self.runs.into_iter().map(|file| Run::Disk(BufReader::new(file)));
        Merge::new(on_disk.chain([held]).collect())
    }
}

fn on_disk(source: io::Error) -> Error {
    Error::Sort { directory: std::env::temp_dir().display().to_string(), source }
}

/// Records in order.
enum Run {
    Held(std::vec::IntoIter<Record>),
    Disk(BufReader<File>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Record>> {
        match self {
            Run::Held(records) => Ok(records.next()),
            Run::Disk(file) => {
                if file.fill_buf()?.is_empty() {
                    return Ok(None);
                }
                let mut key = [0; Key::BYTES];
                file.read_exact(&mut key)?;
                let mut length = [0; 8];
                file.read_exact(&mut length)?;
                let mut line = vec![0; u64::from_le_bytes(length) as usize];
                file.read_exact(&mut line)?;
                Ok(Some(Record { key: Key::from_bytes(&key), line: line.into() }))
            }
        }
    }
}

/// The runs merged: the heap holds the head of each.
struct Merge {
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(Key, usize)>>,
    lines: Vec<Option<Box<[u8]>>>,
}

impl Merge {
    fn new(runs: Vec<Run>) -> Result<Merge, Error> {
        let mut merge = Merge { lines: runs.iter().map(|_| None).collect(), heads: BinaryHeap::new(), runs };
        for run in 0..merge.runs.len() {
            merge.advance(run).map_err(on_disk)?;
        }
        Ok(merge)
    }

    fn advance(&mut self, run: usize) -> io::Result<()> {
        if let Some(record) = self.runs[run].next()? {
            self.heads.push(Reverse((record.key, run)));
            self.lines[run] = Some(record.line);
        }
        Ok(())
    }
}

impl Iterator for Merge {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((key, run)) = self.heads.pop()?;
        let line = self.lines[run].take()?;
        Some(self.advance(run).map(|()| Record { key, line }).map_err(on_disk))
    }
}
