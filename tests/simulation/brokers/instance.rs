//! One instance's way to the brokers: every call passes here, where it may fail, be preceded by others' turns, or be the process's last.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use parcelwatch::model::Timestamp;
use parcelwatch::stream::brokers::{BrokerError, Brokers, WriteError};
use parcelwatch::stream::{Clocks, TOPICS, Topics, TopicsError};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::faults::{Aimed, Failed, Fate};
use super::membership::SimMembership;
use super::reader::SimReader;
use super::state::State;
use super::writer::SimWriter;

/// A wait passes in steps of this, so that others take turns in it.
const STEP: Duration = Duration::from_millis(250);
/// How long a description of the cluster may take.
const METADATA_WITHIN: Duration = Duration::from_secs(5);

/// Lets others take turns while this instance's call is under way; told whose call it is.
pub type Interleave = Rc<dyn Fn(&str)>;

thread_local! {
    static INTERLEAVE: RefCell<Option<Interleave>> = const { RefCell::new(None) };
}

/// Whom to let take turns within calls of this thread; none: nobody.
pub fn interleave(others: Option<Interleave>) {
    INTERLEAVE.with(|slot| *slot.borrow_mut() = others);
}

fn others_turn(name: &str) {
    let others = INTERLEAVE.with(|slot| slot.borrow().clone());
    if let Some(others) = others {
        others(name);
    }
}

/// The one way of a process to the cluster and to its clocks.
#[derive(Clone)]
pub struct Reach {
    state: Arc<Mutex<State>>,
    /// The instance.
    pub name: String,
    incarnation: u64,
}

impl Reach {
    /// That of the process which runs there now.
    pub fn new(state: Arc<Mutex<State>>, name: &str, incarnation: u64) -> Reach {
        Reach { state, name: name.to_owned(), incarnation }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// Looks without a chance of failure; also of a process that has crashed.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes what is the client's own; nothing where the process has crashed.
    pub fn look_mut<T: Default>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        if state.is_alive(&self.name, self.incarnation) { change(&mut state) } else { T::default() }
    }

    /// A call that the client answers itself.
    pub fn local<T>(&self, effect: impl FnOnce(&mut State) -> T) -> Result<T, Failed> {
        self.pass(false, effect)
    }

    /// A call so frequent that faults at it are those at the next one: nothing happens between them that anybody could see.
    pub fn light<T>(&self, effect: impl FnOnce(&mut State) -> T) -> Result<T, Failed> {
        let mut state = self.lock();
        if state.is_alive(&self.name, self.incarnation) { Ok(effect(&mut state)) } else { Err(Failed::Crashed) }
    }

    /// A call that goes to the brokers; where they are out of reach it waits for `patience`.
    pub fn call<T>(&self, patience: Duration, effect: impl FnOnce(&mut State) -> T) -> Result<T, Failed> {
        let done = self.pass(true, effect);
        if matches!(done, Err(Failed::OutOfReach)) {
            self.wait(patience);
        }
        done
    }

    /// A point of a commit: whether what is on its way is refused; an error where the process is killed here.
    pub fn aimed(&self, ended: bool) -> Result<bool, Failed> {
        let aimed = {
            let mut state = self.lock();
            if !state.is_alive(&self.name, self.incarnation) {
                return Err(Failed::Crashed);
            }
            state.aimed(&self.name, ended)
        };
        match aimed {
            Aimed::Nothing => Ok(false),
            Aimed::Refused => Ok(true),
            Aimed::Killed => Err(Failed::Crashed),
            Aimed::Stalled(until) => {
                self.wait(until.saturating_sub(self.look(|state| state.now)));
                Ok(false)
            }
        }
    }

    /// The process is gone.
    pub fn is_crashed(&self) -> bool {
        self.look(|state| !state.is_alive(&self.name, self.incarnation))
    }

    /// Waits; others take turns meanwhile where the driver interleaves.
    pub fn wait(&self, time: Duration) {
        let until = self.look(|state| state.now) + time;
        loop {
            let now = {
                let mut state = self.lock();
                let next = until.min(state.now + STEP);
                state.advance(next);
                state.now
            };
            others_turn(&self.name);
            if now >= until {
                return;
            }
        }
    }

    fn pass<T>(&self, reaches_brokers: bool, effect: impl FnOnce(&mut State) -> T) -> Result<T, Failed> {
        let is_preempted = {
            let mut state = self.lock();
            let likely = state.faults.preempt;
            state.happens(likely, "preempted")
        };
        if is_preempted {
            others_turn(&self.name);
        }
        loop {
            let mut state = self.lock();
            match state.fate(&self.name, self.incarnation, reaches_brokers) {
                Fate::Works => return Ok(effect(&mut state)),
                Fate::Fails(failed) => return Err(failed),
                Fate::FailsAfterwards(failed) => {
                    effect(&mut state);
                    if failed == Failed::Crashed {
                        state.crash(&self.name);
                    }
                    return Err(failed);
                }
                Fate::Stalls(until) => {
                    let rest = until.saturating_sub(state.now);
                    drop(state);
                    self.wait(rest);
                }
            }
        }
    }
}

impl From<Failed> for BrokerError {
    fn from(failed: Failed) -> BrokerError {
        BrokerError(failed.to_string())
    }
}

/// A process of an instance, as its workers reach the cluster.
#[derive(Clone)]
pub struct Instance {
    reach: Reach,
    prefix: String,
}

impl Instance {
    /// One that names its topics with this prefix.
    pub fn new(reach: Reach, prefix: &str) -> Instance {
        Instance { reach, prefix: prefix.to_owned() }
    }

    /// The process is gone: its workers are to be dropped, and whatever they would still do outside must not happen.
    pub fn is_crashed(&self) -> bool {
        self.reach.is_crashed()
    }

    /// An effect outside the brokers: whether it may happen, since the process may crash before it as well as anywhere.
    pub fn may_act(&self) -> bool {
        let killed = self.reach.local(|state| {
            let killed = state.happens(state.faults.killed_before_act, "killed before an act");
            if killed {
                state.crash(&self.reach.name);
            }
            killed
        });
        killed == Ok(false)
    }

    /// The true time since the simulation began, in milliseconds; nothing in the product may know it.
    pub fn true_ms(&self) -> i64 {
        self.reach.look(|state| state.now.as_millis() as i64)
    }

    /// Its machine's clocks.
    pub fn clocks(&self) -> Arc<dyn Clocks> {
        Arc::new(MachineClocks(self.reach.clone()))
    }

    /// Writes a record as the product's plain producers do: receipts, say. An answer that is lost counts as written.
    pub fn publish(&self, topic: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Failed> {
        let written = self.reach.call(METADATA_WITHIN, |state| {
            let time = state.machines.get(&self.reach.name).map_or(0, |machine| machine.clocks.system_ms(state.now));
            state.append_keyed(topic, time, key, value);
        });
        // Idempotent: sent again until its answer is there.
        if written == Err(Failed::AnswerLost) { Ok(()) } else { written }
    }
}

impl Brokers for Instance {
    type Membership = SimMembership;
    type Reader = SimReader;
    type Writer = SimWriter;

    fn topics(&self) -> Result<Topics, TopicsError> {
        let counts = self.reach.call(METADATA_WITHIN, |state| {
            let count =
                |name: &str| state.topics.get(&format!("{}{name}", self.prefix)).map(|topic| topic.logs.len() as i32);
            TOPICS.map(|name| (name, count(name)))
        });
        let counts = counts.map_err(|_| KafkaError::MetadataFetch(RDKafkaErrorCode::BrokerTransportFailure))?;
        if let Some((missing, _)) = counts.iter().find(|(_, count)| count.is_none()) {
            return Err(TopicsError::Missing(format!("{}{missing}", self.prefix)));
        }
        let count = |name: &str| counts.iter().find(|(known, _)| *known == name).and_then(|(_, count)| *count);
        Ok(Topics::of(&self.prefix, |name| count(name).unwrap_or_default()))
    }

    fn join(&self, group: &str, main_topic: &str) -> Result<SimMembership, BrokerError> {
        SimMembership::join(self.reach.clone(), group, main_topic)
    }

    fn reader(&self, _group: &str, _topics: &[String]) -> Result<SimReader, BrokerError> {
        SimReader::new(self.reach.clone())
    }

    fn writer(&self, transactional_id: &str) -> Result<SimWriter, WriteError> {
        SimWriter::new(self.reach.clone(), transactional_id)
    }
}

/// A machine's clocks, whether a process runs there or not.
struct MachineClocks(Reach);

impl Clocks for MachineClocks {
    fn boot(&self) -> Duration {
        let boot = |state: &State| state.machines.get(&self.0.name).map(|machine| machine.clocks.boot(state.now));
        self.0.look(boot).unwrap_or_default()
    }

    fn system(&self) -> Timestamp {
        let system =
            |state: &State| state.machines.get(&self.0.name).map(|machine| machine.clocks.system_ms(state.now));
        Timestamp::from_millis(self.0.look(system).unwrap_or_default())
    }
}
