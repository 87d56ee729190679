//! A transactional producer client: what it has queued, how its calls wait, and what its errors mean.
//!
//! As `rdkafka_txnmgr.c` sorts them: fenced (also by INVALID_PRODUCER_EPOCH) and an invalid state are fatal; an offset that the group
//! refuses (ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID) asks for an abort; CONCURRENT_TRANSACTIONS and whatever passes is tried again until the
//! call's time is over. Queued records go out in the background or with the flush. An end whose answer is lost is sent again, and answered as
//! before; where that takes too long, nobody knows.

use std::time::Duration;

use parcelwatch::stream::brokers::{NewRecord, Place, WriteError, Writer};

use super::faults::Failed;
use super::instance::Reach;
use super::log::{Body, Pid};
use super::state::State;
use super::transactions::{GroupMetadata, Pending, Refused};

/// A call that waits tries again after that long.
const TRIES_AGAIN: Duration = Duration::from_millis(20);
/// How often a passing error is tried again within a call before its time counts as over.
const PATIENCE: u32 = 3;

/// A producer's side of its transaction.
pub struct Writing {
    #[allow(missing_docs)]
    pub instance: String,
    id: String,
    by: Pid,
    queued: Vec<Pending>,
    /// The coordinator knows of the open transaction.
    begun: bool,
    failed: Option<Sorted>,
}

/// An error as the client sorts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sorted {
    Abort(&'static str),
    Fatal(&'static str),
}

impl From<Sorted> for WriteError {
    fn from(sorted: Sorted) -> WriteError {
        match sorted {
            Sorted::Abort(error) => WriteError::Abort(error.to_owned()),
            Sorted::Fatal(error) => WriteError::Fatal(error.to_owned()),
        }
    }
}

/// None: to be tried again.
fn sorted(refused: Refused) -> Option<Sorted> {
    match refused {
        Refused::Concurrent => None,
        Refused::Fenced => {
            Some(Sorted::Fatal("_FENCED: the producer is fenced by a newer one or by its transaction's timeout"))
        }
        Refused::InvalidState => Some(Sorted::Fatal("INVALID_TXN_STATE")),
        Refused::IllegalGeneration => Some(Sorted::Abort("ILLEGAL_GENERATION")),
        Refused::UnknownMember => Some(Sorted::Abort("UNKNOWN_MEMBER_ID")),
    }
}

impl State {
    /// Sends what is queued; false where it has to wait.
    fn send_queued(&mut self, handle: u64) -> bool {
        let Some(mut writing) = self.writers.remove(&handle) else { return true };
        let mut sent = true;
        if writing.failed.is_some() {
            writing.queued.clear();
        }
        let mut queued = std::mem::take(&mut writing.queued).into_iter();
        while let Some(record) = queued.next() {
            match self.produce(&writing.id, writing.by, record.clone()) {
                Ok(_) => writing.begun = true,
                Err(Refused::Concurrent) => {
                    writing.queued = std::iter::once(record).chain(queued).collect();
                    sent = false;
                    break;
                }
                Err(refused) => {
                    writing.failed = sorted(refused);
                    break;
                }
            }
        }
        self.writers.insert(handle, writing);
        sent
    }
}

/// The handle of one.
pub struct SimWriter {
    reach: Reach,
    handle: u64,
    id: String,
    by: Pid,
    timeout: Duration,
    open: bool,
}

impl SimWriter {
    /// Takes over a transactional id: waits until what an earlier one left open is aborted.
    pub fn new(reach: Reach, id: &str) -> Result<SimWriter, WriteError> {
        let timeout = reach.look(|state| state.transaction_timeout);
        let by = waits(&reach, Duration::from_secs(30), true, |state| state.init(id, timeout))?;
        let instance = reach.name.clone();
        let writing = Writing { instance, id: id.to_owned(), by, queued: Vec::new(), begun: false, failed: None };
        let made = reach.local(|state| {
            let handle = state.handle();
            state.writers.insert(handle, writing);
            handle
        });
        let handle = made.map_err(|failed| WriteError::Fatal(failed.to_string()))?;
        Ok(SimWriter { reach, handle, id: id.to_owned(), by, timeout, open: false })
    }

    fn failed(&self) -> Result<(), WriteError> {
        let failed = self.reach.look(|state| state.writers.get(&self.handle).map(|writing| writing.failed));
        match failed {
            Some(None) => Ok(()),
            Some(Some(failed)) => Err(failed.into()),
            None => Err(WriteError::Fatal(Failed::Crashed.to_string())),
        }
    }

    /// Remembers how a call failed.
    fn note(&self, error: WriteError) -> WriteError {
        let failed = match &error {
            WriteError::Abort(_) => Sorted::Abort("the transaction has failed before"),
            WriteError::Fatal(_) => Sorted::Fatal("the producer has failed before"),
        };
        self.reach.look_mut(|state| {
            if let Some(writing) = state.writers.get_mut(&self.handle) {
                writing.failed.get_or_insert(failed);
            }
        });
        error
    }

    /// A point of a commit: it may be refused here in a way that asks for an abort, and the process may be killed or stand still.
    fn aimed(&self, refused: &str, ended: bool) -> Result<(), WriteError> {
        match self.reach.aimed(ended) {
            Ok(false) => Ok(()),
            Ok(true) => Err(self.note(WriteError::Abort(refused.to_owned()))),
            Err(failed) => Err(WriteError::Fatal(failed.to_string())),
        }
    }

    fn end(&self, commit: bool) -> Result<(), WriteError> {
        let begun = self.reach.look(|state| state.writers.get(&self.handle).is_some_and(|writing| writing.begun));
        if begun {
            let (id, by) = (&self.id, self.by);
            waits(&self.reach, PATIENCE * self.timeout, false, |state| state.end(id, by, commit))?;
        }
        self.reach.look_mut(|state| {
            if let Some(writing) = state.writers.get_mut(&self.handle) {
                (writing.begun, writing.failed) = (false, None);
                writing.queued.clear();
            }
        });
        Ok(())
    }
}

/// Repeats a call of the coordinator for as long as it is refused in passing, at most for `patience`. `again`: also where its answer was
/// lost it has no effect to be afraid of.
fn waits<T>(
    reach: &Reach,
    patience: Duration,
    again: bool,
    call: impl Fn(&mut State) -> Result<T, Refused>,
) -> Result<T, WriteError> {
    let until = reach.look(|state| state.now) + patience;
    let fatal = |error: Failed| WriteError::Fatal(error.to_string());
    loop {
        match reach.call(TRIES_AGAIN, &call) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(refused)) => {
                if let Some(sorted) = sorted(refused) {
                    return Err(sorted.into());
                }
            }
            Err(Failed::Crashed) => return Err(fatal(Failed::Crashed)),
            // Sent again it mostly gets its answer; at times the connection is not back in time.
            Err(Failed::AnswerLost) if !again && reach.look_mut(|state| state.rng.bool()) => {
                reach.wait(patience);
                return Err(fatal(Failed::AnswerLost));
            }
            Err(_) => {}
        }
        if reach.look(|state| state.now) >= until {
            return Err(fatal(Failed::OutOfReach));
        }
        reach.wait(TRIES_AGAIN);
    }
}

impl Writer for SimWriter {
    type Group = GroupMetadata;

    fn is_open(&self) -> bool {
        self.open
    }

    fn produce(&mut self, record: NewRecord<'_>) -> Result<(), WriteError> {
        let NewRecord { topic, partition, key, value, headers } = record;
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body = Body::Record { key: key.map(<[u8]>::to_vec), value: value.map(<[u8]>::to_vec), headers };
        let (topic, handle) = (topic.to_owned(), self.handle);
        let queued = self.reach.local(|state| {
            let time = state.machines.get(&self.reach.name).map_or(0, |machine| machine.clocks.system_ms(state.now));
            if let Some(writing) = state.writers.get_mut(&handle) {
                writing.queued.push(Pending { topic, partition, time, body });
            }
            // The background thread lingers for a moment and sends.
            if state.rng.u8(0..8) == 0 && !state.is_cut(&self.reach.name) {
                state.send_queued(handle);
            }
        });
        queued.map_err(|failed| WriteError::Fatal(failed.to_string()))?;
        self.open = true;
        self.failed()
    }

    fn flush(&self) -> Result<(), WriteError> {
        self.aimed("a record was refused", false)?;
        let until = self.reach.look(|state| state.now) + self.timeout;
        loop {
            match self.reach.call(TRIES_AGAIN, |state| state.send_queued(self.handle)) {
                // Acknowledged or failed: which, the next call says.
                Ok(true) => return Ok(()),
                Err(Failed::Crashed) => return Err(WriteError::Fatal(Failed::Crashed.to_string())),
                Ok(false) | Err(_) => {}
            }
            if self.reach.look(|state| state.now) >= until {
                let error = "records were not acknowledged within the transaction's timeout";
                return Err(self.note(WriteError::Abort(error.to_owned())));
            }
            self.reach.wait(TRIES_AGAIN);
        }
    }

    fn commit(&mut self, offsets: &[(Place<'_>, i64)], group: &GroupMetadata) -> Result<(), WriteError> {
        self.failed()?;
        self.aimed("offsets were refused", false)?;
        let offsets: Vec<_> = offsets.iter().map(|((topic, p), offset)| ((*topic).to_owned(), *p, *offset)).collect();
        let (id, by, handle) = (&self.id, self.by, self.handle);
        if !offsets.is_empty() {
            waits(&self.reach, PATIENCE * self.timeout, true, |state| {
                let sent = state.send_offsets(id, by, group, &offsets);
                if let (Some(writing), true) = (state.writers.get_mut(&handle), sent != Err(Refused::Concurrent)) {
                    writing.begun = true;
                }
                sent
            })
            .map_err(|error| self.note(error))?;
        }
        self.aimed("the end was refused", false)?;
        self.end(true).map_err(|error| self.note(error))?;
        self.open = false;
        self.aimed("", true)
    }

    fn abort(&mut self) -> Result<(), WriteError> {
        if !self.open {
            return Ok(());
        }
        if let Err(fatal @ WriteError::Fatal(_)) = self.failed() {
            return Err(fatal);
        }
        self.end(false).map_err(|error| self.note(error))?;
        self.open = false;
        Ok(())
    }
}

impl Drop for SimWriter {
    /// Destroying a producer aborts nothing: its transaction stays open until it times out or a successor comes.
    fn drop(&mut self) {
        self.reach.look_mut(|state| drop(state.writers.remove(&self.handle)));
    }
}
