//! A simulated Apache Kafka, as far as the product can tell: logs, transactions, groups, clients and their faults, on simulated clocks.
//!
//! In come a seed, the driver's plan of faults and the calls of instances, which see it through the product's own seam
//! (`parcelwatch::stream::brokers`); out comes what the real ones would do, each module saying after which source. One thread; one lock that is
//! never held while others take turns; with one seed and the same calls the same happens.
//!
//! What it does not have: replication (what is acknowledged is never lost), KIP-848 groups, static members, quotas.

mod copier;
pub mod copying;
mod faults;
mod groups;
mod instance;
mod log;
mod membership;
mod reader;
mod state;
pub mod tests;
mod time;
mod transactions;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use faults::{Faults, Sabotage};
pub use instance::{Instance, interleave};
use log::{Body, Log};
pub use state::Stamped;
use state::{Machine, State, Topic};
use time::Departing;
use transactions::{Pending, Refused};

use parcelwatch::stream::partition;

/// A committed record, as a reader of committed records sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    #[allow(missing_docs)]
    pub partition: i32,
    #[allow(missing_docs)]
    pub offset: i64,
    /// Milliseconds since 1970, by the broker's clock or the producer's as the topic is stamped.
    pub time: i64,
    #[allow(missing_docs)]
    pub key: Option<Vec<u8>>,
    #[allow(missing_docs)]
    pub value: Option<Vec<u8>>,
    #[allow(missing_docs)]
    pub headers: Vec<(String, String)>,
}

/// The cluster and its time, for the driver. Clones are the same one.
#[derive(Clone)]
pub struct Cluster {
    state: Arc<Mutex<State>>,
    start_ms: i64,
}

impl Cluster {
    /// An empty one whose clocks all show `start_ms` (milliseconds since 1970). `transaction_timeout` and `session_timeout` as the
    /// product's options have them.
    pub fn new(seed: u64, start_ms: i64, transaction_timeout: Duration, session_timeout: Duration) -> Cluster {
        let mut state = State::new(seed, start_ms);
        (state.transaction_timeout, state.session_timeout) = (transaction_timeout, session_timeout);
        Cluster { state: Arc::new(Mutex::new(state)), start_ms }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    #[allow(missing_docs)]
    pub fn create_topic(&self, topic: &str, partitions: i32, stamped: Stamped) {
        let logs = (0..partitions).map(|_| Log::default()).collect();
        self.lock().topics.insert(topic.to_owned(), Topic { stamped, logs });
    }

    /// The true time since the simulation began.
    pub fn now(&self) -> Duration {
        self.lock().now
    }

    /// Time passes; what is due happens.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        let until = state.now + by;
        state.advance(until);
    }

    /// The broker's clock, in milliseconds since 1970.
    pub fn broker_ms(&self) -> i64 {
        self.lock().broker_ms()
    }

    /// Starts a process on the instance's machine, which is set up with the first one; an earlier process is dead from now on.
    pub fn start(&self, instance: &str, prefix: &str) -> Instance {
        let mut state = self.lock();
        state.crash(instance);
        let now = state.now;
        let machine = state.machines.entry(instance.to_owned()).or_insert_with(|| Machine {
            incarnation: 0,
            clocks: Departing::new(self.start_ms),
            is_down: true,
            paused_until: Duration::ZERO,
            cut_until: Duration::ZERO,
            wall_from: (0, Duration::ZERO),
        });
        machine.incarnation += 1;
        (machine.is_down, machine.paused_until) = (false, now);
        let incarnation = machine.incarnation;
        Instance::new(instance::Reach::new(Arc::clone(&self.state), instance, incarnation), prefix)
    }

    /// The process that runs there looks at its machine's clocks, and goes by that from now on.
    pub fn looks_at_clocks(&self, instance: &str) {
        let mut state = self.lock();
        let now = state.now;
        if let Some(machine) = state.machines.get_mut(instance) {
            machine.wall_from = (machine.clocks.system_ms(now), machine.clocks.boot(now));
        }
    }

    /// The time that whoever read and committed this record took it to be of, which is less than its own where its reader's clock was behind.
    pub fn read_at(&self, topic: &str, seen: &Seen) -> i64 {
        let state = self.lock();
        state.read_early.get(&(topic.to_owned(), seen.partition, seen.offset)).copied().unwrap_or(seen.time)
    }

    /// `kill -9`.
    pub fn crash(&self, instance: &str) {
        self.lock().crash(instance);
    }

    /// SIGSTOP for so long, or with its clocks a frozen virtual machine. The driver gives it no turn meanwhile ([`Cluster::is_paused`]).
    pub fn pause(&self, instance: &str, time: Duration, clocks_too: bool) {
        let mut state = self.lock();
        let until = state.now + time;
        state.pause(instance, until, clocks_too);
    }

    /// Whether the instance is cut off now.
    pub fn is_cut(&self, instance: &str) -> bool {
        self.lock().is_cut(instance)
    }

    #[allow(missing_docs)]
    pub fn is_paused(&self, instance: &str) -> bool {
        let state = self.lock();
        state.machines.get(instance).is_some_and(|machine| machine.paused_until > state.now)
    }

    /// When the earliest of the instances that stand still goes on.
    pub fn next_goes_on(&self) -> Option<Duration> {
        let state = self.lock();
        state.machines.values().map(|machine| machine.paused_until).filter(|until| *until > state.now).min()
    }

    /// The instance does not reach the brokers for so long.
    pub fn cut(&self, instance: &str, time: Duration) {
        let mut state = self.lock();
        let until = state.now + time;
        state.cut(instance, until);
    }

    /// No instance reaches the brokers for so long.
    pub fn cut_all(&self, time: Duration) {
        let mut state = self.lock();
        let until = state.now + time;
        let names: Vec<String> = state.machines.keys().cloned().collect();
        names.iter().for_each(|name| state.cut(name, until));
    }

    /// How likely what goes wrong from now on.
    pub fn plan(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Switches safety mechanisms off.
    pub fn sabotage(&self, sabotage: Sabotage) {
        self.lock().sabotage = sabotage;
    }

    /// Nothing goes wrong any more: no faults, no cuts, no pauses, clocks go as they should (departures stay as they are).
    pub fn heal(&self) {
        let mut state = self.lock();
        state.faults = Faults::default();
        let now = state.now;
        for machine in state.machines.values_mut() {
            (machine.paused_until, machine.cut_until) = (now, now);
            machine.clocks.go_on(now);
            machine.clocks.drift(now, 0);
        }
        state.broker.drift(now, 0);
    }

    /// Both clocks of a machine go wrong by so many millionths from now on; none: the broker's.
    pub fn drift(&self, instance: Option<&str>, ppm: i64) {
        let mut state = self.lock();
        let now = state.now;
        state.clocks_of(instance).drift(now, ppm);
    }

    /// Somebody sets the system's clock of a machine; none: the broker's.
    pub fn step(&self, instance: Option<&str>, by_ms: i64) {
        self.lock().clocks_of(instance).step(by_ms);
    }

    /// A plain producer's record, to the partition of its key; `time` counts where the producer stamps. Gives partition and offset.
    pub fn append(&self, topic: &str, key: &[u8], value: Option<&[u8]>, time: i64) -> (i32, i64) {
        self.lock().append_keyed(topic, time, key, value)
    }

    /// As [`Cluster::append`], to the partition that is named.
    pub fn append_at(&self, topic: &str, partition: i32, key: Option<&[u8]>, value: Option<&[u8]>, time: i64) -> i64 {
        let body = Body::Record { key: key.map(<[u8]>::to_vec), value: value.map(<[u8]>::to_vec), headers: Vec::new() };
        self.lock().append(topic, partition, time, None, body)
    }

    /// A foreign transactional producer, which the brokers abort `timeout` after it has begun a transaction.
    pub fn upstream(&self, id: &str, timeout: Duration) -> Upstream {
        Upstream { cluster: self.clone(), id: id.to_owned(), timeout, by: None }
    }

    /// `DeleteRecords`.
    pub fn delete_records(&self, topic: &str, partition: i32, before: i64) {
        self.lock().log_mut(topic, partition).trim(before);
    }

    /// Retention by time: what is older goes.
    pub fn retain_since(&self, topic: &str, ms: i64) {
        let mut state = self.lock();
        if let Some(topic) = state.topics.get_mut(topic) {
            topic.logs.iter_mut().for_each(|log| log.retain_since(ms));
        }
    }

    /// All committed records that are there, by partition in the order of the log.
    pub fn committed(&self, topic: &str) -> Vec<Seen> {
        let state = self.lock();
        let logs = state.topics.get(topic).map_or(&[][..], |topic| &topic.logs);
        let each = logs.iter().enumerate().flat_map(|(partition, log)| {
            log.committed().into_iter().filter_map(move |entry| match &entry.body {
                Body::Record { key, value, headers } => Some(Seen {
                    partition: partition as i32,
                    offset: entry.offset,
                    time: entry.time,
                    key: key.clone(),
                    value: value.clone(),
                    headers: headers.clone(),
                }),
                Body::Marker { .. } => None,
            })
        });
        each.collect()
    }

    /// First offset, last stable one and end of a partition.
    pub fn span(&self, topic: &str, partition: i32) -> (i64, i64, i64) {
        let state = self.lock();
        state.log(topic, partition).map_or((0, 0, 0), |log| (log.begin(), log.stable(), log.end()))
    }

    /// A group's committed offset.
    pub fn group_offset(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        self.lock().groups.get(group)?.offsets.get(&(topic.to_owned(), partition)).copied()
    }

    /// Where a group stands in a partition, if committed records wait there.
    pub fn waits_at(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        let offset = self.group_offset(group, topic, partition).unwrap_or(0);
        self.lock().log(topic, partition).filter(|log| log.waits(offset)).map(|_| offset)
    }

    /// Forgets a group's offset of a partition, as the brokers do after a week.
    pub fn forget_offset(&self, group: &str, topic: &str, partition: i32) {
        if let Some(group) = self.lock().groups.get_mut(group) {
            group.offsets.remove(&(topic.to_owned(), partition));
        }
    }

    /// Generation and assignment of a group, by member.
    pub fn group(&self, group: &str) -> (i32, BTreeMap<String, BTreeSet<i32>>) {
        let state = self.lock();
        state.groups.get(group).map(|group| (group.generation, group.assigned.clone())).unwrap_or_default()
    }

    /// Whether a transaction is open or its markers are on their way.
    pub fn is_transaction_open(&self, id: &str) -> bool {
        self.lock().is_transaction_open(id)
    }

    /// How many transactions were aborted by their own producers.
    pub fn aborted(&self) -> u64 {
        self.lock().counts.get("transaction aborted").copied().unwrap_or(0)
    }

    /// What has happened how often: faults, and what the brokers did about them.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.lock().counts.clone()
    }

    /// A number of the simulation's own dice, below `below`.
    pub fn dice(&self, below: u64) -> u64 {
        self.lock().rng.u64(0..below.max(1))
    }

    /// Every offset of a topic, and its groups and transactions, for a person who looks for a fault.
    pub fn dump(&self, topic: &str) -> String {
        use std::fmt::Write;
        let state = self.lock();
        let mut text = format!("at {:?}\n", state.now);
        for (partition, log) in state.topics.get(topic).map_or(&[][..], |topic| &topic.logs).iter().enumerate() {
            let _ = writeln!(text, "{topic} [{partition}] {}..{}..{}", log.begin(), log.stable(), log.end());
            for entry in log.all() {
                let what = match &entry.body {
                    Body::Record { key, value, .. } => format!("{} {}", readable(key), readable(value)),
                    Body::Marker { committed } => format!("marker, committed: {committed}"),
                };
                let _ = writeln!(text, "  {} at {} by {:?}: {what}", entry.offset, entry.time, entry.producer);
            }
        }
        let _ = writeln!(text, "{:#?}\n{:#?}\n{:#?}", state.groups, state.clients, state.transactional);
        text
    }
}

fn readable(bytes: &Option<Vec<u8>>) -> String {
    bytes.as_ref().map_or("-".to_owned(), |bytes| String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned())
}

/// A foreign transactional producer.
pub struct Upstream {
    cluster: Cluster,
    id: String,
    timeout: Duration,
    by: Option<log::Pid>,
}

impl Upstream {
    /// Writes within its transaction, which is begun where none is open; false where its last one has not quite ended, or was
    /// aborted by the brokers: then it takes over anew with the next call.
    pub fn append(&mut self, topic: &str, key: &[u8], value: Option<&[u8]>, time: i64) -> bool {
        let mut state = self.cluster.lock();
        let Some(by) = self.by.or_else(|| state.init(&self.id, self.timeout).ok()) else { return false };
        self.by = Some(by);
        let partition = state.partition_of(topic, key);
        let body = Body::Record { key: Some(key.to_vec()), value: value.map(<[u8]>::to_vec), headers: Vec::new() };
        match state.produce(&self.id, by, Pending { topic: topic.to_owned(), partition, time, body }) {
            Ok(_) => true,
            Err(Refused::Concurrent) => false,
            Err(_) => {
                self.by = None;
                false
            }
        }
    }

    /// Ends the open transaction; whether it ended so.
    pub fn end(&mut self, commit: bool) -> bool {
        let Some(by) = self.by else { return false };
        let ended = self.cluster.lock().end(&self.id, by, commit).is_ok();
        if !ended {
            self.by = None;
        }
        ended
    }
}

impl State {
    fn partition_of(&self, topic: &str, key: &[u8]) -> i32 {
        partition(key, self.topics.get(topic).map_or(1, |topic| topic.logs.len() as i32))
    }

    /// Adds a plain producer's record to the partition of its key.
    fn append_keyed(&mut self, topic: &str, time: i64, key: &[u8], value: Option<&[u8]>) -> (i32, i64) {
        let partition = self.partition_of(topic, key);
        let body = Body::Record { key: Some(key.to_vec()), value: value.map(<[u8]>::to_vec), headers: Vec::new() };
        (partition, self.append(topic, partition, time, None, body))
    }

    fn clocks_of(&mut self, instance: Option<&str>) -> &mut Departing {
        match instance {
            None => &mut self.broker,
            Some(name) => {
                &mut self
                    .machines
                    .get_mut(name)
                    .unwrap_or_else(|| panic!("expected instance {name} to be started"))
                    .clocks
            }
        }
    }
}
