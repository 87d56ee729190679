//! Everything that the simulation knows, and how it goes on with time.
//!
//! Time moves only by [`State::advance`]; what is due on the way happens in its order. With one seed and the same calls the same happens.

use std::collections::BTreeMap;
use std::time::Duration;

use super::faults::{Faults, Sabotage};
use super::groups::Group;
use super::log::{Body, Log};
use super::membership::Client;
use super::reader::Reading;
use super::time::{Agenda, Departing, Event};
use super::transactions::Transactional;
use super::writer::Writing;

/// Whose time a topic's records carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamped {
    /// `message.timestamp.type=LogAppendTime`.
    ByBroker,
    /// `CreateTime`.
    ByProducer,
}

#[allow(missing_docs)]
pub struct Topic {
    pub stamped: Stamped,
    pub logs: Vec<Log>,
}

/// A machine that an instance runs on.
pub struct Machine {
    /// Counts the processes that have run here; earlier ones are dead.
    pub incarnation: u64,
    #[allow(missing_docs)]
    pub clocks: Departing,
    /// Its process has crashed and no other was started.
    pub is_down: bool,
    /// Its process does nothing before.
    pub paused_until: Duration,
    /// It does not reach the brokers before.
    pub cut_until: Duration,
    /// What its process started its wall clock from: the system's clock, in milliseconds since 1970, and the boot clock.
    pub wall_from: (i64, Duration),
}

impl Machine {
    /// The wall clock of its process, as the product has it: its value at start plus the boot clock.
    pub fn wall_ms(&self, now: Duration) -> i64 {
        let (system_ms, boot) = self.wall_from;
        system_ms + self.clocks.boot(now).saturating_sub(boot).as_millis() as i64
    }
}

#[allow(missing_docs)]
pub struct State {
    /// The true time since the simulation began.
    pub now: Duration,
    /// Records that were read by a clock behind their own time: that clock's time when they were read last before they were
    /// committed, by topic, partition and offset. The product takes no record to be of the future.
    pub read_early: BTreeMap<(String, i32, i64), i64>,
    pub rng: fastrand::Rng,
    pub faults: Faults,
    pub sabotage: Sabotage,
    /// What has happened how often.
    pub counts: BTreeMap<&'static str, u64>,
    pub topics: BTreeMap<String, Topic>,
    pub transactional: BTreeMap<String, Transactional>,
    pub groups: BTreeMap<String, Group>,
    pub agenda: Agenda,
    pub broker: Departing,
    pub machines: BTreeMap<String, Machine>,
    pub clients: BTreeMap<u64, Client>,
    pub readers: BTreeMap<u64, Reading>,
    pub writers: BTreeMap<u64, Writing>,
    pub session_timeout: Duration,
    pub transaction_timeout: Duration,
    handles: u64,
}

impl State {
    pub fn new(seed: u64, start_ms: i64) -> State {
        State {
            now: Duration::ZERO,
            rng: fastrand::Rng::with_seed(seed),
            faults: Faults::default(),
            sabotage: Sabotage::default(),
            counts: BTreeMap::new(),
            topics: BTreeMap::new(),
            transactional: BTreeMap::new(),
            groups: BTreeMap::new(),
            read_early: BTreeMap::new(),
            agenda: Agenda::default(),
            broker: Departing::new(start_ms),
            machines: BTreeMap::new(),
            clients: BTreeMap::new(),
            readers: BTreeMap::new(),
            writers: BTreeMap::new(),
            session_timeout: Duration::from_secs(10),
            transaction_timeout: Duration::from_secs(10),
            handles: 0,
        }
    }

    /// Goes on to this time; what is due until then happens.
    pub fn advance(&mut self, until: Duration) {
        while let Some((at, event)) = self.agenda.take(until) {
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(until);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Marker { id, topic, partition } => self.marker_arrives(&id, &topic, partition),
            Event::OffsetsDecided { id, group } => self.offsets_decided(&id, &group),
            Event::TransactionExpires { id, began, epoch } => self.transaction_expires(&id, began, epoch),
            Event::Beat { client } => self.beat(client),
            Event::Synced { client, member, generation, partitions, stands } => {
                self.synced(client, member, generation, partitions, stands);
            }
            Event::SessionCheck { group, member } => self.session_check(&group, &member),
            Event::JoinDeadline { group, generation } => self.join_deadline(&group, generation),
        }
    }

    /// A number for a client's handle.
    pub fn handle(&mut self) -> u64 {
        self.handles += 1;
        self.handles
    }

    /// Some time, at most so long.
    pub fn jitter(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.rng.u64(0..=most.as_micros() as u64))
    }

    /// How long a marker takes to its partition.
    pub fn marker_delay(&mut self) -> Duration {
        self.delay(Duration::from_millis(5))
    }

    /// How long an answer takes to its client.
    pub fn answer_delay(&mut self) -> Duration {
        self.delay(Duration::from_millis(20))
    }

    /// Mostly short; while brokers are slow, now and then long.
    fn delay(&mut self, usual: Duration) -> Duration {
        let slow = self.faults.slow_most;
        if slow > usual && self.rng.u8(0..8) == 0 { self.jitter(slow) } else { self.jitter(usual) }
    }

    /// The broker's clock, in milliseconds since 1970.
    pub fn broker_ms(&self) -> i64 {
        self.broker.system_ms(self.now)
    }

    #[allow(missing_docs)]
    pub fn log(&self, topic: &str, partition: i32) -> Option<&Log> {
        self.topics.get(topic)?.logs.get(usize::try_from(partition).ok()?)
    }

    /// A log that must be there: only what was created is written to.
    pub fn log_mut(&mut self, topic: &str, partition: i32) -> &mut Log {
        let topic = self.topics.get_mut(topic).unwrap_or_else(|| panic!("expected topic {topic} to be created"));
        &mut topic.logs[partition as usize]
    }

    /// Adds a record as the topic is stamped.
    pub fn append(&mut self, topic: &str, partition: i32, time: i64, producer: Option<i64>, body: Body) -> i64 {
        let time = match self.topics.get(topic).map(|topic| topic.stamped) {
            Some(Stamped::ByProducer) => time,
            _ => self.broker_ms(),
        };
        self.log_mut(topic, partition).append(time, producer, body)
    }

    /// The instance's process is gone; what it held at the brokers stays until they notice.
    pub fn crash(&mut self, instance: &str) {
        if let Some(machine) = self.machines.get_mut(instance) {
            machine.is_down = true;
        }
        self.clients.retain(|_, client| client.instance != instance);
        self.readers.retain(|_, reading| reading.instance != instance);
        self.writers.retain(|_, writing| writing.instance != instance);
    }

    /// The instance's process stands still until then, with its clocks (a frozen virtual machine) or without (SIGSTOP).
    pub fn pause(&mut self, instance: &str, until: Duration, clocks_too: bool) {
        let now = self.now;
        let Some(machine) = self.machines.get_mut(instance) else { return };
        machine.paused_until = machine.paused_until.max(until);
        if clocks_too {
            machine.clocks.stand_still(now, until);
        }
    }

    /// The instance does not reach the brokers until then.
    pub fn cut(&mut self, instance: &str, until: Duration) {
        if let Some(machine) = self.machines.get_mut(instance) {
            machine.cut_until = machine.cut_until.max(until);
        }
    }

    #[allow(missing_docs)]
    pub fn is_cut(&self, instance: &str) -> bool {
        self.machines.get(instance).is_some_and(|machine| machine.cut_until > self.now)
    }

    /// Whether its process is there and this one of them.
    pub fn is_alive(&self, instance: &str, incarnation: u64) -> bool {
        self.machines.get(instance).is_some_and(|machine| !machine.is_down && machine.incarnation == incarnation)
    }
}
