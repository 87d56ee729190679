//! Writes conditions and notices in the order of (logical instant, parcel id, as decided), one JSON object per line.
//!
//! The machine decides in the order of instants, but not of parcels: what belongs to one instant is held and sorted.

use std::io::{self, Write};

use serde::Serialize;

use super::{Error, Results};
use crate::model::{ConditionChange, Notice, Timestamp};

/// Both outputs.
pub(super) struct Output {
    conditions: Lane,
    notices: Lane,
    /// Instant and parcel of what is decided at the moment: a withdrawal names neither.
    at: Timestamp,
    parcel_id: String,
}

impl Output {
    pub fn new(results: Results) -> Output {
        Output {
            conditions: Lane::new("conditions", results.conditions),
            notices: Lane::new("notices", results.notices),
            at: Timestamp::MIN,
            parcel_id: String::new(),
        }
    }

    /// A record of this parcel is applied at `at`.
    pub fn begin(&mut self, at: Timestamp, parcel_id: &str) {
        self.at = at;
        self.parcel_id.clear();
        self.parcel_id.push_str(parcel_id);
    }

    pub fn condition(&mut self, change: ConditionChange) -> Result<(), Error> {
        self.begin(change.at, &change.parcel_id);
        self.conditions.hold(self.at, &self.parcel_id, &change)
    }

    pub fn notice(&mut self, notice: Notice) -> Result<(), Error> {
        if let Notice::Issued(issued) = &notice {
            let (at, parcel_id) = (issued.at, issued.parcel_id.clone());
            self.begin(at, &parcel_id);
        }
        self.notices.hold(self.at, &self.parcel_id, &notice)
    }

    pub fn finish(&mut self) -> Result<(), Error> {
        self.conditions.flush()?;
        self.notices.flush()
    }
}

/// One output.
struct Lane {
    what: &'static str,
    to: Option<Box<dyn Write>>,
    at: Timestamp,
    /// The lines of that instant with their parcels, as decided.
    held: Vec<(String, String)>,
}

impl Lane {
    fn new(what: &'static str, to: Option<Box<dyn Write>>) -> Lane {
        Lane { what, to, at: Timestamp::MIN, held: Vec::new() }
    }

    fn hold(&mut self, at: Timestamp, parcel_id: &str, record: &impl Serialize) -> Result<(), Error> {
        if self.to.is_none() {
            return Ok(());
        }
        debug_assert!(at >= self.at, "{}: {at} was decided after {}", self.what, self.at);
        if at > self.at {
            self.write_held().map_err(|source| Error::Write { what: self.what, source })?;
            self.at = at;
        }
        let line =
            serde_json::to_string(record).map_err(|error| Error::Write { what: self.what, source: error.into() })?;
        self.held.push((parcel_id.to_owned(), line));
        Ok(())
    }

    fn write_held(&mut self) -> io::Result<()> {
        let Some(to) = &mut self.to else { return Ok(()) };
        self.held.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, line) in self.held.drain(..) {
            to.write_all(line.as_bytes())?;
            to.write_all(b"\n")?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.write_held().and_then(|()| self.to.as_mut().map_or(Ok(()), |to| to.flush()));
        flushed.map_err(|source| Error::Write { what: self.what, source })
    }
}
